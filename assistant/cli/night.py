"""Commands of the night: sleep, what it learnt, its journal, and running it every night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event as Flag
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.common import (
    AsJson,
    interrupt_sets,
    print_json,
    progress_bars,
    say,
    settings_of,
)
from assistant.cli.memories import opened
from assistant.nights import by_night, verdict
from memory.errors import Interrupted, RefusedInput

if TYPE_CHECKING:
    from assistant.models.slot import ModelSlot
    from assistant.settings import Settings
    from finetune.manifest import Manifest
    from finetune.night import Outcome
    from memory.ports import Progress
    from memory.store import MemoryStore

STEPS = ("consolidate", "dataset", "train", "evaluate")
Number = Annotated[int, typer.Argument(metavar="N", help="As `lifelore adapter list` shows it.")]
adapter = typer.Typer(name="adapter", help="What the nights learnt of your manner.")
schedule = typer.Typer(name="schedule", help="Have a night every night.")


def register(app: typer.Typer) -> None:
    app.command()(sleep)
    app.command()(journal)
    app.add_typer(adapter, rich_help_panel=None)
    app.add_typer(schedule, rich_help_panel=None)


def sleep(
    context: typer.Context,
    only: Annotated[
        str | None, typer.Option(help=f"One step: {', '.join(STEPS)}.", show_default=False)
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Print the playback set: what would be learnt from.")
    ] = False,
    due: Annotated[
        bool, typer.Option("--due", help="Only if a night is due; meant for a scheduler.")
    ] = False,
    anytime: Annotated[
        bool, typer.Option("--anytime", help="With --due: also on battery and while busy.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Work through what was said, learn your manner, and let what was learnt serve if it helps.

    First facts are noted down and sessions, days and weeks summed up. Then an adapter is trained
    on what you wrote, measured on words of yours that it never saw, and promoted or rejected;
    `lifelore journal` tells why. Ctrl-C loses nothing: the next run goes on.
    """
    if only is not None and only not in STEPS:
        raise RefusedInput(f"There is no step {only!r}; choose one of {', '.join(STEPS)}.")
    settings, stop = settings_of(context), Flag()
    done: dict[str, Any] = {}
    with opened(context) as store:
        if due and (reason := _not_due(store, anytime)):
            say(reason)
            return
        with progress_bars() as progress, interrupt_sets(stop):
            if only in (None, "consolidate"):
                done |= _consolidate(settings, store, stop, progress)
            if only != "consolidate" and (only or settings.server_url is None):
                done["night"] = _told(_night(settings, store, stop, progress, only, done))
        playback = list(_playback(store, done, as_json=as_json)) if show else []
    if as_json:
        print_json(done)
    elif only != "consolidate" and "night" in done:
        print(done["night"]["text"])
    if "facts" in done and not as_json:
        print(_consolidated(done))
    for line in playback:
        print(line)


def _playback(store: MemoryStore, done: dict[str, Any], *, as_json: bool) -> Iterator[str]:
    """The playback set as lines; for programs it goes with the rest instead."""
    from assistant.cli.playback import playback_json, playback_lines
    from finetune.dataset import DATASET_FILE, load

    dataset = load(store.home / DATASET_FILE)
    if as_json:
        done["playback"] = playback_json(dataset)
    else:
        yield from playback_lines(dataset, store.log)


def _not_due(store: MemoryStore, anytime: bool) -> str | None:
    from assistant import due

    return due.why_not(
        datetime.now().astimezone(),
        last=due.last_night(store),
        spoken=due.last_words(store),
        mains=due.on_mains(),
        load=due.load_a_core(),
        anytime=anytime,
    )


def _consolidate(
    settings: Settings, store: MemoryStore, stop: Flag, progress: Progress
) -> dict[str, Any]:
    """Facts and summaries. Raises Abort when stopped."""
    from assistant.build import model_slot
    from assistant.derive import ModelExtractor, consolidate

    slot: ModelSlot = model_slot(settings)
    try:
        consolidate(store, ModelExtractor(slot, stop), progress)
    except Interrupted as stopped:
        raise typer.Abort() from stopped
    finally:
        slot.close()
    left, dropped = store.underived(), store.facts.dropped()
    store.catch_up_instant()
    merged = store.profile.read(datetime.now(UTC)).merged
    return {
        "facts": len(store.facts.all(history=True)),
        "dropped": dropped,
        "turns": left.turns,
        "summaries": left.summaries,
        "patches": len(store.patches.all()),
        "merged_lines": len(merged),
    }


def _consolidated(done: dict[str, Any]) -> str:
    return (
        f"{done['turns']} turns read, {done['facts']} facts kept, "
        f"{sum(done['dropped'].values())} not borne out by their turn; "
        f"{done['summaries']} summaries; "
        f"{done['merged_lines']} of the profile's lines merged or shortened."
    )


def _night(
    settings: Settings,
    store: MemoryStore,
    stop: Flag,
    progress: Progress,
    only: str | None,
    done: dict[str, Any],
) -> Outcome:
    """The rest of the night. Raises Abort when stopped, FinetuneFault and MemoryFault."""
    from assistant.night import night_of
    from finetune.errors import Stopped
    from finetune.night import STEPS as OF_TRAINING

    night = night_of(settings, store, stop, progress)
    if "facts" in done:
        night.tell("consolidate", _consolidated(done), done)
    step = next((step for step in OF_TRAINING if step == only), None)
    try:
        return night.run(step)
    except Stopped as stopped:
        say(str(stopped))
        raise typer.Abort() from stopped


def _told(outcome: Outcome) -> dict[str, Any]:
    decision = outcome.decision
    return {
        "text": outcome.text,
        "adapter": outcome.adapter,
        "promoted": decision.promote if decision else None,
        "reasons": [reason.code for reason in decision.reasons] if decision else [],
        "gain": decision.gain if decision else None,
    }


def journal(context: typer.Context, as_json: AsJson = False) -> None:
    """Read what the nights did: what was learnt, how it scored, why it serves or not."""
    from finetune.journal import read
    from finetune.workplace import FOLDER

    entries = read(settings_of(context).home / FOLDER)
    if as_json:
        print_json([entry.model_dump(mode="json") for entry in entries])
        return
    for members in by_night(entries):
        print(f"Night of {members[0].at.astimezone():%Y-%m-%d}")
        for entry in members:
            print(f"  {entry.at.astimezone():%H:%M}  {entry.text}")
            for line in _figures(entry.data.get("scores")):
                print(f"         {line}")
    if not entries:
        print("There was no night yet; `lifelore sleep` has one now.")


def _figures(scores: Any) -> Iterator[str]:
    """A line a system."""
    for system, values in (scores or {}).items():
        shown = ", ".join(
            f"{name.replace('_', ' ')} {value:.3f}"
            for name, value in values.items()
            if value is not None
        )
        yield f"{system}: {shown}"


# -- adapters


@adapter.command("list")
def list_adapters(context: typer.Context, as_json: AsJson = False) -> None:
    """List adapters with their verdicts; the one in use is marked."""
    adapters = _adapters(context)
    serving = adapters.serving
    number = serving.number if serving else None
    made = adapters.all()
    if as_json:
        print_json([_adapter_json(manifest, number) for manifest in made])
        return
    for manifest in made:
        mark = "*" if manifest.number == number else " "
        print(f"{mark} {manifest.number:>3}  {manifest.made_at:%Y-%m-%d}  {verdict(manifest)}")
    if not made:
        print("There is no adapter yet; `lifelore sleep` trains one.")
    if adapters.retraining:
        say("(Something an adapter had learnt was forgotten; the next night trains without it.)")


@adapter.command("show")
def show_adapter(context: typer.Context, number: Number, as_json: AsJson = False) -> None:
    """Show where an adapter came from and how it scored."""
    from finetune.evaluate import figures

    adapters = _adapters(context)
    manifest, serving = adapters.get(number), adapters.serving
    given = _adapter_json(manifest, serving.number if serving else None)
    given["scores"] = figures(manifest.measured)
    if as_json:
        print_json(given)
        return
    print(f"Adapter {number}{', in use' if given['in_use'] else ''}: {verdict(manifest)}")
    print(f"  trained for {manifest.base_name} on {manifest.measured.trained_on} of your texts,")
    print(f"  from {len(manifest.sources)} memories up to log position {manifest.log_position}")
    for line in _figures(given["scores"]):
        print(f"  {line}")


@adapter.command("promote")
def promote(context: typer.Context, number: Number) -> None:
    """Let an adapter serve from the next turn on, whatever the verdict on it was."""
    _adapters(context).promote(number)
    print(f"Adapter {number} serves from now on; `lifelore adapter rollback` takes that back.")


@adapter.command("rollback")
def rollback(context: typer.Context) -> None:
    """Return to the adapter that served before, or to none."""
    before = _adapters(context).rollback()
    print(f"Adapter {before.number} serves again." if before else "The model serves alone again.")


def _adapters(context: typer.Context) -> Any:
    from assistant.adapters import adapters_of

    return adapters_of(settings_of(context))


def _adapter_json(manifest: Manifest, serving: int | None) -> dict[str, Any]:
    kept = manifest.model_dump(mode="json", exclude={"measured", "decision"})
    return {
        **kept,
        "in_use": manifest.number == serving,
        "promoted": manifest.decision.promote,
        "verdict": verdict(manifest),
        "reasons": [reason.code for reason in manifest.decision.reasons],
        "gain": manifest.decision.gain,
    }


# -- every night


@schedule.command("install")
def install(
    context: typer.Context,
    anytime: Annotated[
        bool, typer.Option("--anytime", help="Also on battery, and while the machine is in use.")
    ] = False,
) -> None:
    """Have the night begin by itself, between 1 and 6, or later if it was missed.

    It waits for mains power and for you to be away, and stops within seconds when you come back.
    """
    from assistant.schedule import command_line, scheduler

    found = scheduler()
    found.install(command_line(settings_of(context).home.absolute(), anytime=anytime))
    print(f"Lifelore's night is entered with {found.name}; `lifelore schedule remove` undoes it.")


@schedule.command("status")
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Say whether nights are scheduled, when the last one was, and what the next waits for."""
    from assistant import due
    from assistant.schedule import scheduler

    found = scheduler()
    command = found.installed()
    with opened(context) as store:
        last, waiting = due.last_night(store), _not_due(store, anytime=False)
    if as_json:
        print_json(
            {
                "scheduler": found.name,
                "installed": command is not None,
                "command": command,
                "last_night": last.isoformat() if last else None,
                "waits_for": waiting,
            }
        )
        return
    print(f"With {found.name}: {command or 'not installed'}")
    print(f"Last night: {f'{last.astimezone():%Y-%m-%d %H:%M}' if last else 'none yet'}")
    print(waiting or "A night is due now.")


@schedule.command("remove")
def remove() -> None:
    """Take the nightly run out again."""
    from assistant.schedule import scheduler

    found = scheduler()
    print("Removed." if found.remove() else f"Nothing was entered with {found.name}.")
