"""Commands on what is remembered: recall, sessions, import, forget."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.common import AsJson, memory_json, print_json, progress_bars, say, settings_of
from memory.errors import RefusedInput

if TYPE_CHECKING:
    from memory.forget import ForgetPlan
    from memory.store import MemoryStore

_SHOWN = 200
"""Characters of a memory that a listing shows."""


def register(app: typer.Typer) -> None:
    app.command()(recall)
    app.command()(sessions)
    app.command(name="import")(import_file)
    app.command(name="correct")(correct_answer)
    app.command()(forget)


@contextmanager
def opened(context: typer.Context) -> Iterator[MemoryStore]:
    from assistant.build import open_store

    store = open_store(settings_of(context))
    try:
        yield store
    finally:
        store.close()


def recall(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="What to look for, in your own words.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many memories.")] = 10,
    at: Annotated[
        str | None,
        typer.Option(help="Only what was said up to this ISO time.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what is remembered about something, best first. Needs no language model."""
    until = _time(at) if at else None
    if not query.strip():
        raise RefusedInput("There is nothing to look for: the query is empty.")
    with opened(context) as store:
        with progress_bars() as progress:
            behind = store.catch_up(progress)
        found = store.recall(query, k, until=until)
    if as_json:
        print_json([memory_json(memory) for memory in found.memories])
    if problem := found.degraded or behind:
        say(f"({problem})")
    if as_json:
        return
    if found.memories and not found.known:
        print("Nothing seems to answer this. The nearest:")
    for memory in found.memories:
        who = memory.speaker or memory.origin.value
        print(f"{memory.score:.2f}  {memory.at:%Y-%m-%d %H:%M}  {who}: {_short(memory.text)}")
        print(f"      {memory.id}")
    if not found.memories:
        print("Nothing is remembered about this.")


def sessions(context: typer.Context, as_json: AsJson = False) -> None:
    """List conversations, newest first."""
    with opened(context) as store:
        store.catch_up_instant()
        listed = store.sessions.newest(limit=10_000)
    if as_json:
        print_json(
            [
                {
                    "id": s.id,
                    "title": s.title,
                    "started_at": s.started_at.isoformat(),
                    "last_at": s.last_at.isoformat(),
                    "turns": s.turns,
                }
                for s in listed
            ]
        )
        return
    for summary in listed:
        print(
            f"{summary.last_at:%Y-%m-%d %H:%M}  {summary.id}  {summary.turns:>5}  {summary.title}"
        )


def import_file(
    context: typer.Context,
    format_name: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="mbox, chatgpt, claude or jsonl; for benchmarks locomo, beam, realmem, "
            "prefeval or personamem.",
        ),
    ],
    path: Annotated[Path, typer.Argument(help="The file or folder to read.")],
    me: Annotated[
        list[str] | None,
        typer.Option(
            help="Who you are in it: a mail address or a name; may be repeated.",
            show_default=False,
        ),
    ] = None,
    conversation: Annotated[
        str | None,
        typer.Option(help="locomo: only this conversation, by number or sample_id."),
    ] = None,
) -> None:
    """Bring what you wrote and were told elsewhere into memory, with its own times.

    Importing a file again adds only what is new; one that was interrupted goes on. Files may be
    gzipped. Words of other people never become anything about you.

    \b
    lifelore import mbox Mail.mbox --me ann@example.org   (a Maildir or folder also)
    lifelore import chatgpt export.zip                    (or its conversations.json)
    lifelore import claude export.zip                     (or its conversations.json)
    lifelore import jsonl life.jsonl                      (one message a line, see the README)
    """
    from memory.importers import importer_for
    from memory.ingest import ingest

    importer = importer_for(format_name, conversation, me or ())
    problems: list[str] = []
    with opened(context) as store, progress_bars() as progress:
        drafts = importer.read(path, lambda problem: problems.append(str(problem)), progress)
        report = ingest(store, drafts, problems, progress)
    for problem in report.problems[:20]:
        say(f"({problem})")
    if len(report.problems) > 20:
        say(f"(and {len(report.problems) - 20} more)")
    print(
        f"{report.added} remembered, {report.known} already known, "
        f"{len(report.problems)} not readable."
    )
    if report.behind:
        say(f"({report.behind})")


def correct_answer(
    context: typer.Context,
    answer: Annotated[
        str, typer.Argument(metavar="ID", help="The answer, as `lifelore recall` shows its id.")
    ],
    text: Annotated[
        str | None,
        typer.Argument(help="What it should have said; without it, your editor opens."),
    ] = None,
    first: Annotated[
        bool, typer.Option("--first", help="Only print what the answer said at first.")
    ] = False,
) -> None:
    """Put your own words in the place of an answer.

    From then on they stand in the conversation and are what is remembered, and the night learns
    that you prefer them. What the answer said at first stays in the log; to write it again takes
    the correction back.
    """
    from assistant.cli.editor import edited
    from memory.correct import answer_of, correct
    from memory.events import Message
    from memory.forget import KEPT_ANSWER

    with opened(context) as store:
        event = answer_of(store.log, answer)
        assert isinstance(event.payload, Message)
        if first:
            print(event.payload.text)
            return
        if text is None:
            file = store.home / KEPT_ANSWER
            try:
                text = edited(file, event.text or "", "write the words after the id")
            finally:
                file.unlink(missing_ok=True)
        made = correct(store.log, answer, text)
        store.catch_up_instant()
    print("Your words stand there now." if made else "Nothing was changed.")


def forget(
    context: typer.Context,
    event_id: Annotated[
        list[str] | None, typer.Option("--id", help="A memory's id; may be repeated.")
    ] = None,
    session: Annotated[
        str | None, typer.Option(help="A whole conversation.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase memories for good: the words, and everything derived from them."""
    if (not event_id) == (session is None):
        raise typer.BadParameter("give either --id (once or more) or --session")
    with opened(context) as store:
        plan = store.plan_forgetting(ids=event_id or [], session_id=session)
        if not as_json:
            show_plan(plan)
        if not plan.ids:
            raise typer.Exit(0)
        if dry_run:
            if as_json:
                print_json({"would_erase": plan.ids, "erased": 0})
            return
        if not yes and not typer.confirm("Erase for good?", err=True):
            raise typer.Exit(1)
        with progress_bars() as progress:
            done = store.forget(plan, progress)
        others = not store.holds_index
    if as_json:
        print_json({"erased": done.erased, "left_in": [str(path) for path in done.left_in]})
    else:
        print(f"{done.erased} erased.")
    if others:
        say("(Another Lifelore is open; it lets go of the vectors when it works next.)")
    if done.left_in:
        say(
            "The same words also stand in other memories or are held by another Lifelore: "
            + ", ".join(path.name for path in done.left_in)
        )


def show_plan(plan: ForgetPlan) -> None:
    """Say what would be erased, with what, and what stays beside it."""
    from memory.forget import texts_of

    for title, events in (("Erases", plan.asked), ("and what repeats it", plan.with_it)):
        if events:
            say(f"{title}:")
        for event in events:
            say(
                f"  {event.at:%Y-%m-%d %H:%M} {event.origin.value}: "
                f"{_short(' '.join(texts_of(event.payload)) or event.kind)}"
            )
    if plan.beside:
        say("Lines that you wrote into your profile in its place stay (`lifelore profile edit`):")
    for event in plan.beside:
        say(f"  {event.at:%Y-%m-%d %H:%M} {_short(' '.join(texts_of(event.payload)))}")
    if plan.ids:
        say("Your own other messages stay; `lifelore recall` finds those that mention it.")
    else:
        say("Nothing to erase: it is already gone.")


def _short(text: str) -> str:
    line = " ".join(text[: 2 * _SHOWN].split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError) as error:
        raise RefusedInput(
            f"{text!r} is not a time; write it as 2024-03-12 or 2024-03-12T21:02."
        ) from error
