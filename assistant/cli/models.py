"""`lifelore setup`: what fits this machine, and fetching it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from threading import Event as Flag
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.common import interrupt_sets, progress_bars, say, settings_of
from assistant.errors import AssistantFault, DownloadFailed, SetupNeeded

if TYPE_CHECKING:
    from assistant.models.catalog import ModelEntry
    from assistant.settings import Settings


_FOR_SPEECH = ("speech", "voice")


def register(app: typer.Typer) -> None:
    app.command()(setup)


def setup(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Fetch without asking.")] = False,
    model: Annotated[
        str | None,
        typer.Option(
            help="This language model instead of the suggested one, or one for speech, by name."
        ),
    ] = None,
) -> None:
    """Fetch the models that Lifelore needs. What is already here is not fetched again."""
    from assistant.machine import this_machine
    from assistant.models.catalog import shipped_catalog
    from assistant.models.fetch import installed

    settings = settings_of(context)
    catalog = shipped_catalog()
    machine = this_machine()
    if model is not None and catalog.find(model).role in _FOR_SPEECH:
        _fetch_for_speech(catalog.find(model), settings, yes=yes)
        return
    embedder = catalog.find(settings.embedder)
    if model is not None:
        choices: Sequence[ModelEntry] = [catalog.find(model)]
    else:
        here = [
            e
            for e in catalog.models
            if e.role == "llm" and not e.test_only and installed(e, settings.models)
        ]
        choices = here[:1] or machine.suggest(catalog)
    missing = [e for e in (embedder, choices[0]) if installed(e, settings.models) is None]
    if not missing:
        say(f"Everything is here: {choices[0].title}, {embedder.title}.")
        _prepare(settings)
        _measure(choices[0], settings)
        return
    _show(catalog.models, settings, machine.describe(), choices[0])
    if not yes:
        _ask(missing)
    if embedder in missing:
        _fetch_first([embedder], settings)
    got = _fetch_first(choices, settings) if choices[0] in missing else choices[0]
    _prepare(settings)
    _measure(got, settings)
    say(f"Ready: {got.title}. Run `lifelore` to begin.")


def _ask(missing: Sequence[ModelEntry]) -> None:
    """Nothing is fetched unasked."""
    total = sum(entry.download_bytes for entry in missing)
    if not sys.stdin.isatty():
        raise SetupNeeded("Nobody is here to ask; run `lifelore setup --yes` to fetch.")
    if not typer.confirm(f"Fetch {', '.join(e.title for e in missing)} ({total / 1e9:.1f} GB)?"):
        raise typer.Exit(1)


def _fetch_for_speech(entry: ModelEntry, settings: Settings, *, yes: bool) -> None:
    """A model that listens or speaks; those of conversation are left as they are."""
    from assistant.models.fetch import installed

    if installed(entry, settings.models) is None:
        if not yes:
            _ask([entry])
        _fetch_first([entry], settings)
    say(f"Ready: {entry.title}. `lifelore voice` and `lifelore transcribe` use it.")


def _prepare(settings: Settings) -> None:
    """Make what every home shares and the first turn would wait for."""
    from assistant.build import embedder_for, stay_local
    from memory.errors import EmbedderUnavailable
    from memory.user.relevance import Prototypes

    stay_local()
    try:
        with progress_bars() as progress:
            embedder = embedder_for(settings, settings.embedder)
            Prototypes.of(embedder, settings.models, progress=progress)
    except EmbedderUnavailable as fault:
        say(f"(The areas of life could not be prepared: {fault})")


def _measure(entry: ModelEntry, settings: Settings) -> None:
    """Find out how fast the model reads here, which decides how much of memory it is given."""
    from assistant.build import model_slot, reading_of
    from assistant.reading import measure

    used = settings.model_copy(update={"model": entry.name, "server_url": None})
    slot, reading = model_slot(used), reading_of(used)
    try:
        with progress_bars() as progress:
            speed = measure(slot.get(), progress)
    except AssistantFault as fault:
        say(f"(How fast {entry.title} reads could not be measured: {fault})")
        return
    finally:
        slot.close()
    if speed is not None and reading.speeds is not None:
        reading.speeds.replace(reading.model, speed)
    say(f"{reading.describe()}.")


def _fetch_first(choices: Sequence[ModelEntry], settings: Settings) -> ModelEntry:
    """Fetch the first of the choices that can be had; the last one's failure is the answer."""
    from assistant.models.fetch import fetch

    for entry in choices:
        cancel = Flag()
        try:
            with progress_bars(in_bytes=True) as progress, interrupt_sets(cancel):
                fetch(entry, settings.models, progress, cancel)
            return entry
        except DownloadFailed as failure:
            if cancel.is_set():
                raise typer.Abort() from failure
            if entry is choices[-1]:
                raise
            say(f"({failure} Trying the next one that fits.)")
    raise SetupNeeded(
        "No model of the catalog fits this machine; set `server_url` to use a server."
    )


def _show(
    entries: Sequence[ModelEntry], settings: Settings, machine: str, suggested: ModelEntry
) -> None:
    say(f"This machine: {machine}. Models go to {settings.models}.")
    for entry in entries:
        if entry.role == "llm" and not entry.test_only:
            _show_one(entry, settings, "*" if entry is suggested else " ")
    say("For speech, where you want it (`lifelore setup --model NAME`):")
    for entry in entries:
        if entry.role in _FOR_SPEECH:
            _show_one(entry, settings, " ")


def _show_one(entry: ModelEntry, settings: Settings, mark: str) -> None:
    from assistant.models.fetch import installed

    state = "here" if installed(entry, settings.models) else f"{entry.download_bytes / 1e9:.1f} GB"
    say(
        f" {mark} {entry.name:<22} {state:>7}  needs {entry.memory_bytes / 1e9:.1f} GB memory"
        f"  {entry.licence}. {entry.notes}"
    )
