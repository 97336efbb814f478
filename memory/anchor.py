"""Times that a question gives by an event: "the week before the move", "when we were in Rome".

When the event was, memory itself must tell. Three steps, without a model: `anchor_of` reads the
event and the relation from the question, recall looks for the turns that tell of the event, and
`located` takes its time from them: from a date in their words where there is one, else from the
day it was told. `stretch` makes the span that the question is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, cast

from memory.span import Span, span_of
from memory.text import content_words, words
from memory.when import COUNT, counted

Relation = Literal["before", "after", "during", "between"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """The event or events of a question, and what is asked of the time around them."""

    relation: Relation
    events: tuple[str, ...]
    """One; two of "between"."""
    rest: str
    """The question without the event."""
    nearest: timedelta = timedelta(0)
    farthest: timedelta = timedelta(14)
    """How far from the event the time before or after it lies that is asked about."""


@dataclass(frozen=True, slots=True)
class Told:
    """A turn that tells of an event, and how surely it does, 0 to 1."""

    seq: int
    text: str
    at: datetime
    certainty: float


@dataclass(frozen=True, slots=True)
class Located:
    """When an event was, and how sure that is, 0 to 1."""

    start: datetime
    end: datetime
    certainty: float


# -- the question ----------------------------------------------------------------------------

_OWNER = r"(?:(?:my|our|the|his|her|their|i|we|he|she|they)\b|[A-Z][\w'’]*)"
# The event ends where the question goes on: "After the trip what did I do?"
_CLAUSE = r"(?:(?!\s(?:what|who|whom|where|which|how|why|did)\b)[^?.!;,]){2,80}"
_UNITS = {"day": 1, "night": 1, "week": 7, "weekend": 7, "month": 30, "year": 365}
_SIDE = re.compile(
    rf"(?:\b(?:(?:in|on|during)\s)?(?P<whole>the\s)?(?:(?P<count>{COUNT})\s)?"
    rf"(?P<unit>{'|'.join(_UNITS)})s?\s)?"
    rf"\b(?:(?:right|just|shortly|soon)\s)?(?P<side>[Bb]efore|[Aa]fter)\s"
    rf"(?P<event>(?:{_OWNER}\s|\w{{2,}}ing\b){_CLAUSE})"
)
_DURING = re.compile(
    rf"\b(?:[Dd]uring|[Ww]hile|[Ww]hen|at the time of)\s(?P<event>{_OWNER}\s{_CLAUSE})"
)
"""A bare "while surfing" is no single event."""
_BETWEEN = re.compile(
    rf"\bbetween\s(?P<one>{_OWNER}\s{_CLAUSE}?)\sand\s(?P<other>{_CLAUSE})", re.IGNORECASE
)
_ABOUT_BETWEEN = re.compile(
    r"\b(?:how (?:long|many|much time)|time passed|what happened)\b", re.IGNORECASE
)
_PAST = re.compile(
    r"\b(?:did|was|were|had|said|told|went|happened|\w{3,}ed)\b|\bhave (?:i|we)\b", re.IGNORECASE
)

_NO_TIME = re.compile(r"\b(?:will|would|might|could|should|does|usually|always)\b", re.IGNORECASE)


def anchor_of(question: str) -> Anchor | None:
    """The event that a question about the past gives its time by, or None.

    "The week before the move", "while we were in Rome", "between the interview and the offer";
    not what is usual ("while she writes") or to come, which no single time belongs to.
    """
    if match := _BETWEEN.search(question):
        events = (match["one"].strip(), match["other"].strip())
        if _ABOUT_BETWEEN.search(question) and all(content_words(event) for event in events):
            return Anchor("between", events, question)
        return None
    match, relation = _SIDE.search(question), "during"
    if match is not None:
        relation = match["side"].lower()
    else:
        match = _DURING.search(question)
    if match is None or not content_words(match["event"]):
        return None
    ends = (question[: match.start()].rstrip(" ,"), question[match.end() :].lstrip(" ,?"))
    rest = " ".join(part for part in ends if part)
    if not _PAST.search(rest) or _NO_TIME.search(rest):
        return None
    event = (match["event"].strip(),)
    if relation == "during" or match["unit"] is None:
        return Anchor(cast(Relation, relation), event, rest)
    return Anchor(cast(Relation, relation), event, rest, *_distance(match))


def _distance(match: re.Match[str]) -> tuple[timedelta, timedelta]:
    """All of "the week before"; for "two weeks before" the days around that one."""
    unit = timedelta(days=_UNITS[match["unit"]])
    number, _ = counted(match["count"] or "a")
    if match["whole"] or not match["count"]:
        return timedelta(0), number * unit
    return number * unit - unit / 2, number * unit + unit / 2


# -- its time --------------------------------------------------------------------------------

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ON_WEEKDAY = re.compile(rf"\bon\s(?P<day>{'|'.join(_WEEKDAYS)})\b", re.IGNORECASE)
_DAY = timedelta(days=1)
_LONGEST = timedelta(days=62)
"""A longer stretch ("in 2019") is no time to look around."""
_UNDATED = 0.5
"""What a turn without a date counts beside one with a date: it was told some time near."""
_AROUND = timedelta(days=3)
"""So far from its telling an undated event may lie."""


def located(event: str, told: Iterable[Told]) -> Located | None:
    """When the event was, by the turns that tell of it; None where none does."""
    found = []
    for turn in told:
        if dated := _dated(event, turn):
            found.append(Located(dated.start, dated.end, turn.certainty))
        else:
            around = Located(turn.at - _AROUND, turn.at + _AROUND, _UNDATED * turn.certainty)
            found.append(around)
    return max(found, key=lambda each: each.certainty, default=None)


def _dated(event: str, turn: Told) -> Span | None:
    """The time that the turn's sentence about the event names, or else its only other one."""
    wanted = set(content_words(event))
    sentences = _SENTENCE.findall(turn.text)
    sentences.sort(key=lambda sentence: -len(wanted & set(words(sentence))))
    for sentence in sentences:
        span = span_of(sentence, turn.at, turn.at) or _weekday(sentence, turn.at)
        if span is not None and span.end - span.start <= _LONGEST:
            return span
    return None


def _weekday(sentence: str, said_at: datetime) -> Span | None:
    """ "On Saturday": the last one where the sentence tells of the past, else the next."""
    match = _ON_WEEKDAY.search(sentence)
    if match is None:
        return None
    steps = (_WEEKDAYS.index(match["day"].lower()) - said_at.weekday()) % 7
    if _PAST.search(sentence):
        steps -= 7
    day = datetime.combine(said_at.date(), time(), said_at.tzinfo) + steps * _DAY
    return Span(day, day + _DAY)


def stretch(anchor: Anchor, event: Located) -> Span:
    """The time that the question is about."""
    start, end = event.start, event.end
    with suppress(OverflowError):
        if anchor.relation == "before":
            start, end = start - anchor.farthest, start - anchor.nearest
        elif anchor.relation == "after":
            start, end = end + anchor.nearest, end + anchor.farthest
    return Span(start, end, event.certainty)
