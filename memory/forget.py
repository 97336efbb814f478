"""Forgetting: what must go with an event, and proof that its bytes are gone.

The assistant's own words may repeat what it was told. With an event go, transitively, the
answers and tool calls of its turn, every later word of the assistant or a tool that stood beside
it in a session, was given it as a memory or found it by a tool, and shares a word with it, and
every one anywhere that holds all of its words. An answer and its corrections go together. Other
words of the user stay, also where they touch on it: those are theirs to forget. Lines of the
profile that they wrote in the place of a forgotten one stay too, and are listed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from memory.events import (
    AnyPayload,
    AskAnswered,
    Asked,
    Correction,
    Event,
    Message,
    Note,
    Origin,
    ProfileEdit,
    Rated,
    Suggested,
    ToolCalled,
)
from memory.log import Log
from memory.text import content_words, words
from memory.user.said import line_id

KEPT_EDIT = "profile-edit.md"
"""A page of the profile that was edited and refused; it lies in the home, as forgetting looks."""
KEPT_ANSWER = "answer.md"
"""An answer while it is corrected in an editor; it lies there for the same reason."""

_PIECE = 48
"""Characters of the pieces looked for on disk; longer texts do not lie in one stretch there."""
_QUOTED = 1000
"""Characters of a memory that tools and prompts quote, and a few less."""
_MOST_PARTS = 64
"""Statements of one event, at most, that a line of the profile may have been made of."""


@dataclass(frozen=True, slots=True)
class ForgetPlan:
    """What would be erased: the events asked for, and those that repeat them."""

    asked: tuple[Event, ...]
    with_it: tuple[Event, ...]
    beside: tuple[Event, ...] = ()
    """Lines that the user wrote in the place of what goes; they stay, for they are their own."""

    @property
    def ids(self) -> list[str]:
        return [event.id for event in (*self.asked, *self.with_it)]

    @property
    def texts(self) -> list[str]:
        return [text for e in (*self.asked, *self.with_it) for text in texts_of(e.payload)]


@dataclass(slots=True)
class _Trace:
    """What the words being forgotten may have touched."""

    gone: dict[str, Event]
    words: set[str]
    texts: list[set[str]]
    """The words of each text asked for."""
    sessions: set[str]
    turns: set[str | None]
    """Messages for which a tool brought the words up."""


def plan_forgetting(log: Log, asked: Sequence[Event]) -> ForgetPlan:
    """Find what repeats the events asked for. Reads the log once from the earliest of them."""
    asked = [event for event in asked if event.kind != "redaction"]
    sought = [*asked, *_corrected_by(log, asked)]
    trace = _Trace(
        gone={event.id: event for event in sought},
        words=_words_of(sought),
        texts=[set(content_words(t[:_QUOTED])) for e in sought for t in _texts(e)],
        sessions={event.session_id for event in sought},
        turns=set(),
    )
    edits: list[Event] = []
    start = min((event.seq for event in sought), default=1) - 1
    # Anything that repeats an event comes after it, so one pass in order is transitive.
    while asked and (events := log.read_after(start, 1000)):
        start = events[-1].seq
        for event in events:
            if event.id not in trace.gone and _repeats(event, trace):
                trace.gone[event.id] = event
                if isinstance(event.payload, ToolCalled):
                    trace.turns.add(event.payload.reply_to)
            elif isinstance(event.payload, ProfileEdit) and event.payload.text:
                edits.append(event)
    asked_ids = {event.id for event in asked}
    with_it = [event for event_id, event in trace.gone.items() if event_id not in asked_ids]
    places = {line_id(i, str(part)) for i in trace.gone for part in range(_MOST_PARTS)}
    beside = [edit for edit in edits if edit.id not in trace.gone and _names(edit, places)]
    return ForgetPlan(tuple(asked), tuple(with_it), tuple(beside))


def _corrected_by(log: Log, asked: Sequence[Event]) -> list[Event]:
    """The answers that these correct."""
    answers = {e.payload.answer for e in asked if isinstance(e.payload, Correction)}
    found = log.get(sorted(answers - {event.id for event in asked}))
    return [event for event in found if event.payload is not None]


def drop_kept_edit(home: Path, plan: ForgetPlan) -> None:
    """Remove an edited page of the profile that was refused, where it shares a word with what goes.

    A line of it may be in other words than those erased, so one word is enough.
    """
    file = home / KEPT_EDIT
    if not file.exists():
        return
    rows = file.read_text("utf-8", "replace").splitlines()
    said = {word for row in rows if not row.startswith(("#", "<!--")) for word in words(row)}
    if said & _words_of((*plan.asked, *plan.with_it)):
        file.unlink(missing_ok=True)


def _names(event: Event, lines: set[str]) -> bool:
    edit = event.payload
    return isinstance(edit, ProfileEdit) and not lines.isdisjoint((edit.line, *edit.covers))


def _repeats(event: Event, trace: _Trace) -> bool:
    payload = event.payload
    if isinstance(payload, Note | Suggested) and set(payload.sources) & set(trace.gone):
        return True
    if isinstance(payload, Correction):
        return payload.answer in trace.gone
    if isinstance(payload, Note):
        return False
    if event.origin in (Origin.USER, Origin.THIRD_PARTY):
        return False
    if not isinstance(payload, Message | ToolCalled | Asked | Suggested):
        return False
    reply_to = None if isinstance(payload, Suggested) else payload.reply_to
    if reply_to in trace.gone:
        return True
    said = _words_of([event])
    # A tool may have brought the words up in any conversation, and so may have an answer.
    if any(len(text) > 1 and text <= said for text in trace.texts):
        return True
    given = isinstance(payload, Message) and set(payload.memories) & set(trace.gone)
    near = given or reply_to in trace.turns or event.session_id in trace.sessions
    return bool(near and said & trace.words)


def _words_of(events: Sequence[Event]) -> set[str]:
    return {word for e in events for text in _texts(e) for word in content_words(text)}


def _texts(event: Event) -> list[str]:
    """Every text of the event, and for a corrected answer what stands in its place."""
    return [*texts_of(event.payload), *([event.corrected] if event.corrected else [])]


def texts_of(payload: AnyPayload | None) -> list[str]:
    """Every text that a payload holds."""
    if isinstance(payload, Message | Note | Correction):
        return [payload.text]
    if isinstance(payload, ToolCalled):
        return [payload.result, json.dumps(payload.arguments, ensure_ascii=False)]
    if isinstance(payload, Asked):
        return [payload.question, *payload.options, payload.why]
    if isinstance(payload, Suggested):
        return [payload.topic, payload.text, payload.why]
    text = None
    if isinstance(payload, ProfileEdit):
        text = payload.text
    elif isinstance(payload, AskAnswered):
        return [said for said in (payload.answer, payload.statement) if said]
    elif isinstance(payload, Rated):
        text = payload.comment
    return [text] if text else []


def leftovers(home: Path, texts: Sequence[str]) -> list[Path]:
    """Files of the home in which any stretch of the texts still stands, plain or JSON-escaped."""
    needles = {needle for text in texts for needle in _needles(text)}
    if not needles:
        return []
    return [path for path in _files(home) if _holds(path, needles)]


def _needles(text: str) -> Iterator[bytes]:
    stripped = text.strip()
    pieces = [stripped[i : i + _PIECE] for i in range(0, len(stripped), _PIECE)]
    for piece in pieces:
        # A few characters prove nothing: they stand in other texts as well.
        if len(piece) >= 12:
            yield piece.encode("utf-8", "replace")
            yield json.dumps(piece)[1:-1].encode("ascii")


def _files(home: Path) -> Iterator[Path]:
    return (path for path in sorted(home.rglob("*")) if path.is_file())


def _holds(path: Path, needles: set[bytes]) -> bool:
    block, longest = 1 << 22, max(map(len, needles))
    tail = b""
    try:
        with path.open("rb") as file:
            while data := file.read(block):
                window = tail + data
                if any(needle in window for needle in needles):
                    return True
                tail = window[-longest:]
    except FileNotFoundError:  # a WAL that another process just folded away
        return False
    return False
