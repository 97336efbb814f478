"""`lifelore nudge`: what there is to offer now, for a scheduler, and what you make of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.common import AsJson, print_json, settings_of
from assistant.cli.memories import opened
from memory.errors import RefusedInput

if TYPE_CHECKING:
    from assistant.nudge.nudger import Nudger, Offer
    from memory.events import Event

Id = Annotated[str, typer.Argument(metavar="ID", help="As `lifelore nudge` printed it.")]
group = typer.Typer(
    name="nudge", invoke_without_command=True, rich_markup_mode=None, subcommand_metavar="[COMMAND]"
)


def register(app: typer.Typer) -> None:
    app.add_typer(group)


@group.callback()
def nudge(
    context: typer.Context,
    as_json: AsJson = False,
    desktop: Annotated[
        bool, typer.Option("--notify", help="Also show a notification on the desktop.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is due, and note nothing down.")
    ] = False,
) -> None:
    """Offer what is due now: reminders, follow-ups, and suggestions from your plans and habits.

    Meant to be run by a scheduler, say every half hour. Prints nothing in quiet hours, while
    offers are off, or when nothing is worth it. What you rate teaches it what to offer and when.
    """
    if context.invoked_subcommand is not None:
        return
    with _nudger(context) as nudger:
        due = nudger.due()
        shown = [(None, offer) for offer in due] if dry_run else _offered(nudger, due)
        on = nudger.on
    if desktop and not dry_run:
        from assistant.nudge.notify import notify

        for _, offer in shown:
            notify("Lifelore", offer.text)
    if as_json:
        print_json({"on": on, "offers": [_json(event, offer) for event, offer in shown]})
        return
    for event, offer in shown:
        print(offer.text)
        print(f"      {event.id if event else '(not offered yet)'}  {offer.why}")


@group.command()
def rate(
    context: typer.Context,
    suggestion: Id,
    rating: Annotated[int, typer.Argument(min=1, max=4, help="From 1, bad, to 4, good.")],
) -> None:
    """Say how good a suggestion was."""
    with _nudger(context) as nudger:
        nudger.answer(suggestion, "accepted" if rating >= 3 else "dismissed", rating)


@group.command()
def snooze(
    context: typer.Context,
    suggestion: Id,
    until: Annotated[str, typer.Argument(help='An ISO time, or such as "tomorrow", "next week".')],
) -> None:
    """Hear of it again later."""
    with _nudger(context) as nudger:
        nudger.answer(suggestion, "snoozed", until=_time(until))


@group.command()
def off(context: typer.Context) -> None:
    """Never offer anything, until `lifelore nudge on`."""
    with _nudger(context) as nudger:
        nudger.turn(on=False)
    print("Nothing is offered any more.")


@group.command()
def on(context: typer.Context) -> None:
    """Offer things again."""
    with _nudger(context) as nudger:
        nudger.turn(on=True)
        heard = nudger.on
    print("Offers are on." if heard else "Offers stay off: the setting `nudges` is false.")


@contextmanager
def _nudger(context: typer.Context) -> Iterator[Nudger]:
    from assistant.nudge.nudger import Nudger
    from memory.ports import SystemClock

    with opened(context) as store:
        yield Nudger(store, SystemClock(), settings_of(context))


def _offered(nudger: Nudger, due: list[Offer]) -> list[tuple[Event | None, Offer]]:
    """Those that are now recorded as offered; others were withdrawn meanwhile."""
    events = [(nudger.offer(offer), offer) for offer in due]
    return [(event, offer) for event, offer in events if event is not None]


def _json(event: Event | None, offer: Offer) -> dict[str, Any]:
    return {
        "id": event.id if event else None,
        "kind": offer.kind,
        "topic": offer.topic,
        "text": offer.text,
        "why": offer.why,
        "sources": list(offer.sources),
    }


def _time(text: str) -> datetime:
    from memory.when import resolve

    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        pass
    if found := resolve(text, datetime.now().astimezone()):
        return found[0].start
    raise RefusedInput(f"{text!r} is no time; write it like 2026-11-05T18:00, or tomorrow.")
