"""Facts that a model read out of the user's words, as weaker evidence for the profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from memory.events import Event, Origin
from memory.text import sentences, stems
from memory.user.lines import Section, Statement
from memory.user.said import Said, line_id
from memory.user.slots import SINGLE
from memory.user.topics import topic_of
from memory.views.facts import Fact

_PLACES: dict[str, tuple[Section, str, int]] = {
    "name": (Section.IDENTITY, "name", 0),
    "birthday": (Section.IDENTITY, "birthday", 0),
    "age": (Section.IDENTITY, "age", 0),
    "origin": (Section.IDENTITY, "origin", 0),
    "home": (Section.HOME, "home", 0),
    "owns": (Section.HOME, "owns", 0),
    "job": (Section.WORK, "job", 0),
    "study": (Section.WORK, "study", 0),
    "skill": (Section.WORK, "skill", 0),
    "partner": (Section.PEOPLE, "partner", 0),
    "family": (Section.PEOPLE, "family", 0),
    "friend": (Section.PEOPLE, "friend", 0),
    "pet": (Section.PEOPLE, "pet", 0),
    "likes": (Section.TASTES, "likes", 1),
    "dislikes": (Section.TASTES, "likes", -1),
    "hobby": (Section.HABITS, "hobby", 1),
    "goal": (Section.GOALS, "goal", 0),
    "plan": (Section.GOALS, "plan", 0),
}
"""Where facts of an attribute belong. Events, opinions and feelings say little of who one is, and
what a model calls health is left to what the user states."""

_ALIKE = 0.6
"""Share of a fact's words that a statement of the same event holds, which then says it already."""


def said_of(
    facts: Sequence[Fact],
    stated: Sequence[Said],
    events_at: Callable[[Sequence[int]], Sequence[Event]],
) -> list[Said]:
    """The facts that hold and belong into a profile, less what the user stated in so many words.

    Nothing sensitive is taken from a model, and nothing of what others said.
    """
    chosen = [
        fact
        for fact in facts
        if fact.attribute in _PLACES
        and fact.origin is Origin.USER
        and fact.superseded_by is None
        and fact.sources
    ]
    events = {e.seq: e for e in events_at(sorted({s for f in chosen for s in f.sources}))}
    by_event: dict[str, list[Statement]] = {}
    for each in stated:
        by_event.setdefault(each.sources[0], []).append(each.statement)
    counts: Counter[tuple[str, str]] = Counter()
    found = []
    for fact in chosen:
        sources = [events[seq] for seq in fact.sources if seq in events]
        if not sources or any(
            e.origin is not Origin.USER or _is_sensitive(fact, e) for e in sources
        ):
            continue
        statement = _statement(fact)
        first = sources[0].id
        number = counts[first, fact.attribute]
        counts[first, fact.attribute] += 1
        if any(_is_said(statement, by_event.get(e.id, ())) for e in sources):
            continue
        found.append(
            Said(
                id=line_id(first, f"fact {fact.attribute} {number}"),
                sources=tuple(e.id for e in sources),
                seq=sources[0].seq,
                part=1000 + number,
                at=fact.learnt_at,
                statement=statement,
                derived=True,
            )
        )
    return found


def _is_sensitive(fact: Fact, event: Event) -> bool:
    """Whether the fact, or a sentence that it may be from, names a sensitive topic."""
    own = set(stems(fact.statement))
    told = [one for one in sentences(event.text or "") if own & set(stems(one))]
    return any(topic_of(one) is not None for one in (fact.statement, *told))


def _statement(fact: Fact) -> Statement:
    section, attribute, polarity = _PLACES[fact.attribute]
    return Statement(
        section=section,
        attribute=attribute,
        value=fact.value,
        context=fact.context,
        polarity=polarity,
        strength=min(max(fact.confidence, 0.0), 1.0),
        text=fact.statement,
    )


def _is_said(statement: Statement, stated: Sequence[Statement]) -> bool:
    own = set(stems(statement.text)) - {"user"}
    for each in stated:
        one = statement.attribute in SINGLE or set(stems(each.value)) & set(stems(statement.value))
        if each.attribute == statement.attribute and each.value and one:
            return True
        if own and len(own & set(stems(each.text))) >= _ALIKE * len(own):
            return True
    return False
