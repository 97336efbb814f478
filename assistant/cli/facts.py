"""Commands on what was derived: facts, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.common import (
    AsJson,
    memory_json,
    print_json,
    say,
)
from assistant.cli.memories import opened
from assistant.cli.profile import line_json
from memory.errors import NotFound

if TYPE_CHECKING:
    from memory.recall import Memory
    from memory.store import MemoryStore
    from memory.user.lines import Line
    from memory.views.facts import Fact
    from memory.views.summaries import Summary

_FOUND = 50


def register(app: typer.Typer) -> None:
    app.command()(facts)
    app.command()(why)


def facts(
    context: typer.Context,
    text: Annotated[
        str | None,
        typer.Argument(
            help="Someone's name (yourself: user), or words to look for.", show_default=False
        ),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Also what was true once and is no more.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what was noted down about you and the people you spoke of.

    Facts are read out of your words by the language model, while Lifelore is open or by
    `lifelore sleep`. Each is checked against the turn it is from; `lifelore why ID` shows that.
    """
    with opened(context) as store:
        store.catch_up_instant()
        found = _matching(store, text, history)
        left = store.underived()
    if as_json:
        print_json([_fact_json(fact) for fact in found])
    else:
        for fact in found:
            print(f"{_dates(fact)}  {fact.statement}")
            over = f", until {fact.superseded_by}" if fact.superseded_by else ""
            print(f"      {fact.id}  {fact.subject}: {fact.attribute}{over}")
        if not found:
            print("Nothing is noted down about this." if text else "Nothing is noted down yet.")
    if waiting := left.turns_in_all - left.turns:
        say(f"({waiting} turns are still to be read; `lifelore sleep` does that now.)")


def why(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="ID", help="Of a line, a fact or a memory.")],
    as_json: AsJson = False,
) -> None:
    """Show where something comes from: the words themselves, who said them and when.

    Ids stand in `lifelore profile show` (without the ^), `lifelore facts`, `lifelore recall` and
    `lifelore ask --json`.
    """
    with opened(context) as store:
        store.catch_up_instant()
        made, turns, noted = _origin(store, what)
    if as_json:
        beside = "edits" if made.get("kind") == "profile line" else "facts"
        print_json({**made, "sources": [memory_json(turn) for turn in turns], beside: noted})
        return
    if made:
        print(made["text"])
        print(f"  {_maker(made)}, from:")
    for part in made.get("shows", ()):
        print(f"  - {part['text']}")
    for turn in turns:
        who = turn.speaker or turn.origin.value
        print(f"{turn.at:%Y-%m-%d %H:%M}  {who}: {turn.text}")
        print(f"      {turn.id}")
    for fact in noted:
        print(f"  -> {fact['text']} ({fact['id']})")


def _matching(store: MemoryStore, text: str | None, history: bool) -> Sequence[Fact]:
    from memory.text import content_words

    if text is None:
        return store.facts.all(history=history)
    if about := store.facts.about(text.strip(), history=history):
        return about
    found = store.facts.search(content_words(text), _FOUND)
    return [fact for fact in found if history or fact.superseded_by is None]


def _origin(
    store: MemoryStore, what: str
) -> tuple[dict[str, Any], Sequence[Memory], list[dict[str, Any]]]:
    """(what it is if it was derived, the turns it rests on, what else belongs to it)."""
    if fact := store.facts.get(what):
        return _fact_json(fact), store.memories_at(fact.sources), []
    if summary := store.summaries.get(what):
        return _summary_json(summary), store.memories_at(store.summaries.turns(what)), []
    if line := store.profile.line(what.removeprefix("^"), datetime.now(UTC)):
        made = {**line_json(line), **_patched(store, line)}
        return made, store.memories(line.sources), _edits(store, line)
    memories = store.memories([what])
    if not memories:
        raise NotFound(f"There is no profile line, fact, summary or memory {what}.")
    noted = store.facts.of_turns([memory.seq for memory in memories])
    return {}, memories, [_fact_json(fact) for fact in noted]


def _maker(made: dict[str, Any]) -> str:
    if made["kind"] == "profile line":
        sure = "confirmed by you" if made["confirmed"] else f"{made['belief']:.0%} sure"
        place = f"in your profile under {made['section']}, {sure}"
        if "models" not in made:
            return place
        by = f"{' and '.join(made['models'])} ({', '.join(made['derivers'])})"
        return f"{place}, put together in your own words by {by}"
    return f"by {made['model'] or 'an extract, without a model'} ({made['deriver']})"


def _patched(store: MemoryStore, line: Line) -> dict[str, Any]:
    """Of a line that a model put together: which one did, and the lines that it shows."""
    read = store.profile.read(datetime.now(UTC))
    applied = read.patches.get(line.id, ())
    made = [each for each in store.patches.all() if each.patch in applied]
    if not made:
        return {}
    return {
        "models": list(dict.fromkeys(each.model for each in made)),
        "derivers": list(dict.fromkeys(each.deriver for each in made)),
        "shows": [{"id": each.id, "text": each.text} for each in read.merged[line.id]],
    }


def _edits(store: MemoryStore, line: Line) -> list[dict[str, Any]]:
    """What the user's own hand did to the line."""
    parts = {line.id, *store.profile.read(datetime.now(UTC)).made_of.get(line.id, ())}
    return [
        {
            "id": act.id,
            "kind": "profile edit",
            "text": f"you, on {act.at:%Y-%m-%d}: {act.payload.op} {act.payload.text or ''}".strip(),
        }
        for act in store.profile.acts()
        if act.payload.kind == "profile_edit"
        and (
            act.id in line.sources or not parts.isdisjoint((act.payload.line, *act.payload.covers))
        )
    ]


def _fact_json(fact: Fact) -> dict[str, Any]:
    return {
        "id": fact.id,
        "kind": "fact",
        "text": fact.statement,
        "subject": fact.subject,
        "attribute": fact.attribute,
        "context": fact.context or None,
        "value": fact.value or None,
        "valid_from": fact.valid_from.isoformat() if fact.valid_from else None,
        "valid_to": fact.valid_to.isoformat() if fact.valid_to else None,
        "learnt_at": fact.learnt_at.isoformat(),
        "superseded_by": fact.superseded_by,
        "confidence": fact.confidence,
        "origin": fact.origin.value,
        "deriver": fact.deriver,
        "model": fact.model,
    }


def _summary_json(summary: Summary) -> dict[str, Any]:
    return {
        "id": summary.id,
        "kind": f"{summary.kind} summary",
        "text": summary.text,
        "start": summary.start.isoformat(),
        "end": summary.end.isoformat(),
        "method": summary.method,
        "deriver": summary.deriver,
        "model": summary.model,
    }


def _dates(fact: Fact) -> str:
    start = (fact.valid_from or fact.learnt_at).date().isoformat()
    return f"{start} – {fact.valid_to.date().isoformat()}" if fact.valid_to else start
