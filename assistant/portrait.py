"""What a user likes and whom they speak of, as front ends picture it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from memory.store import MemoryStore
from memory.user.lines import Line, Section
from memory.user.profile import usable

if TYPE_CHECKING:
    from assistant.elicit.repeated import Often

_KINDS = (Section.TASTES, Section.HABITS, Section.MANNER)
_FACTS = 8


@dataclass(frozen=True, slots=True)
class Taste:
    """Something that is liked, avoided, done, or wanted of answers."""

    id: str
    """Of the line of the profile; empty for what was asked for often and never said."""
    text: str
    context: str
    """When it holds; empty where always."""
    likes: bool
    """False for what is disliked or avoided."""
    belief: float
    """0 to 1: how sure it is that this holds today."""
    said: int
    """Messages that it was taken from."""
    last_at: datetime
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """Someone, or some animal, in the user's life."""

    name: str
    """Empty for someone who was never called by a name."""
    role: str
    """partner, family, friend or pet."""
    turns: int
    """In how many turns they are spoken of, by their name where there is one."""
    last_at: datetime
    """When they were last spoken of."""
    lines: tuple[str, ...]
    """What the profile says of them."""
    facts: tuple[str, ...]
    """What else was read out of the user's words."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """Tastes, the surest first; people, those first who are spoken of most."""

    tastes: tuple[Taste, ...]
    people: tuple[Acquaintance, ...]


def portrait(store: MemoryStore, now: datetime) -> Portrait:
    lines = store.profile.lines(now)
    tastes = [_taste(line) for line in lines if is_preference(line)]
    often = [_often(each) for each in repeated(store, lines, now)]
    tastes.sort(key=lambda taste: (-taste.belief, taste.text))
    return Portrait((*tastes, *often), tuple(_people(store, lines)))


def is_preference(line: Line) -> bool:
    """Whether a line says what is liked, avoided, done, or wanted of answers."""
    return usable(line) and (line.polarity != 0 or line.section in _KINDS)


def repeated(store: MemoryStore, lines: Sequence[Line], now: datetime) -> list[Often]:
    """What was asked for again and again without ever being said."""
    from assistant.elicit.prior import load_prior
    from assistant.elicit.repeated import NEWEST, often, wished_in

    prior = load_prior()
    wished = [one for e in store.profile.written(NEWEST) for one in wished_in(prior, e)]
    return often(prior, wished, lines, now)


def often_text(each: Often) -> str:
    return f"You often ask for: {each.label} ({len(each.sources)} times)"


def _taste(line: Line) -> Taste:
    return Taste(
        id=line.id,
        text=line.text,
        context=line.context,
        likes=line.polarity >= 0,
        belief=line.belief,
        said=len(line.sources),
        last_at=line.last_at,
        confirmed=line.confirmed,
    )


def _often(each: Often) -> Taste:
    return Taste(
        id="",
        text=often_text(each),
        context=each.domain,
        likes=True,
        belief=each.belief,
        said=len(each.sources),
        last_at=each.last_at,
        confirmed=False,
    )


def _people(store: MemoryStore, lines: Sequence[Line]) -> list[Acquaintance]:
    """One for each name; those without a name are as many as there are lines on them."""
    told: dict[str, list[Line]] = {}
    for line in lines:
        if line.section is Section.PEOPLE and usable(line):
            told.setdefault(line.value.lower() or line.id, []).append(line)
    found = [_acquaintance(store, of) for of in told.values()]
    return sorted(found, key=lambda one: (-one.turns, one.name))


def _acquaintance(store: MemoryStore, lines: Sequence[Line]) -> Acquaintance:
    name = lines[0].value
    turns = len({source for line in lines for source in line.sources})
    last = max(line.last_at for line in lines)
    facts: list[str] = []
    if name:
        mentions, newest = store.fulltext.mentions(name)
        turns = max(turns, mentions)
        for memory in store.memories_at([newest]) if newest else ():
            last = max(last, memory.at)
        facts = [fact.statement for fact in store.facts.about(name.lower())[:_FACTS]]
    return Acquaintance(
        name=name,
        role=lines[0].attribute or "others",
        turns=turns,
        last_at=last,
        lines=tuple(line.text for line in lines),
        facts=tuple(facts),
    )
