"""What a user says about themselves, read from their words by form alone, without a model.

Sentence by sentence: what is asked, supposed, quoted or told of others is dropped
(`sentences.py`); the rest is looked at where "I", "we" or "my" stands (`tastes.py`,
`circumstances.py`, `instructions.py`). Sensitive topics are set where the words name them
(`topics.py`). Precision comes first, but for tastes, allergies and diets, which are found in nearly
any phrasing. A turn takes a fraction of a millisecond, and time grows with its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from memory.events import Event, Message, Note, Origin
from memory.user.circumstances import circumstance_at, moved_from
from memory.user.instructions import instruction
from memory.user.lines import Section, Statement
from memory.user.people import person
from memory.user.sentences import (
    asserted,
    opened,
    others_or_supposed,
    plays_a_part,
    sentences,
    unquoted,
)
from memory.user.tastes import Taste, subjects, taste_at, taste_without_i
from memory.user.topics import topic_of

MOST = 40
"""Statements taken of one text; who pastes a book does not speak of themselves."""

_REMEMBER = re.compile(
    r"(?:(?:please|also|and),? )*(?:remember|don't forget|do not forget|keep in mind|make a note"
    r"|note|be aware|take note)(?: that|:| of this:)?,? (?=\S)",
    re.I,
)
_JOINED = re.compile(
    r"(?:;|,? (?:and|but|while|whereas|although|though|yet)) "
    r"(?=(?:(?:I|we|my)\b|(?:hate|love|dislike|avoid|prefer|can't stand|refuse) (?!to be)))"
    r"|, (?=(?:I|my) )"
)
_VERB_ALONE = re.compile(r"(?:hate|love|dislike|avoid|prefer|can't stand|refuse)\b")
_CONTEXT = re.compile(
    r"\b(?:when(?:ever)? (?!choosing|it comes)[^,.;!?]{3,60}|while [^,.;!?]{3,50}|at (?:work|home"
    r"|night|school|the (?:office|weekend|gym))|on (?:weekends|weekdays|holiday|vacation|trips"
    r"|flights|(?:mon|tues|wednes|thurs|fri|satur|sun)days)|in the (?:mornings?|evenings?"
    r"|afternoons?|summer|winter)|for (?:breakfast|lunch|dinner|work|dessert)|during [^,.;!?]{3,40}"
    r"|after (?:work|lunch|dinner|\d+ ?[ap]m)|before (?:bed|work|noon))\b",
    re.I,
)
_TASTES = frozenset({Section.TASTES, Section.HEALTH, Section.HABITS})
_PAST = re.compile(r"\b(?:I|we) used to (?!it\b)(?P<rest>[a-z]+\b.*)", re.I)
_MINE = re.compile(r"\b(?:I|I'm|I've|my|me|we|our)\b", re.I)
_ENDS = " \t\"'“”‘’*_"


_WHOLE_IN_QUOTES = re.compile(r"""\s*["“”'](?P<words>[^"“”]+)["“”']\s*$""")


def statements_of(event: Event) -> list[Statement]:
    """What the user says of themselves in an event; nothing where the words are not theirs."""
    if event.origin is not Origin.USER or not isinstance(event.payload, Message | Note):
        return []
    return statements(event.payload.text)


def statements(text: str) -> list[Statement]:
    """The explicit statements of the author about themselves, in the order of the text."""
    found: list[Statement] = []
    if plays_a_part(text):
        return found
    if (own := _WHOLE_IN_QUOTES.match(text)) is not None:
        text = own["words"]  # quoting others takes more than the quotation
    seen: set[tuple[str, str, str]] = set()
    for sentence in sentences(text):
        for each in _of_sentence(sentence, text):
            key = (each.text, each.attribute, each.value)
            if key not in seen:
                seen.add(key)
                found.append(each)
        if len(found) >= MOST:
            break
    return found[:MOST]


def _of_sentence(sentence: str, message: str) -> list[Statement]:
    said = asserted(sentence)
    if not said:
        return []
    asks = len(said) < len(sentence)
    whole = opened(said.strip(" \t*_"))
    remembered = _REMEMBER.match(whole)
    if remembered:
        whole = opened(whole[remembered.end() :])
    bare = unquoted(whole)
    if told := instruction(bare, message.strip()):
        return [replace(told, text=_clean(whole), topic=topic_of(whole))]
    made = _together(whole, list(_of_clauses(bare, whole)))
    if not made and remembered and not asks:
        return _kept(whole)
    return made


def _of_clauses(bare: str, whole: str) -> Iterator[tuple[Statement, str]]:
    """Each statement of the sentence with the words that join it to the one before."""
    start, joint = 0, ""
    supposed = False
    for found in [*_JOINED.finditer(bare), None]:
        end = found.start() if found else len(bare)
        clause = bare[start:end]
        if joint and _VERB_ALONE.match(clause):
            clause = f"I {clause}"
        supposed = supposed or others_or_supposed(_before_subject(clause))
        if not supposed:
            for made in _of_clause(clause):
                yield replace(made, text=_clean(whole[start:end])), joint
        if found:
            joint, start = found[0].strip(), found.end()
            # "He said that I …; but I …": only a new sentence ends what is told.


def _before_subject(clause: str) -> str:
    places = subjects(clause)
    return clause[: places[0]] if places else ""


def _of_clause(clause: str) -> list[Statement]:
    """The statements of one clause; their texts are still to be set."""
    if past := _PAST.search(clause):
        return _of_the_past(clause, past)
    for at in subjects(clause):
        if others_or_supposed(clause[:at]):
            break
        taste = taste_at(clause, at)
        if taste and taste.attribute != "habit":
            return [_of_taste(taste, clause)]
        if fact := circumstance_at(clause, at):
            made = Statement(
                fact.section, fact.attribute, fact.value, "", 0, 0.9, "", past=fact.past
            )
            old = moved_from(clause, at)
            left = replace(made, value=old, past=True)
            return [_with_topic(each, clause) for each in ([left, made] if old else [made])]
        if taste:
            return [_of_taste(taste, clause)]
    if not others_or_supposed(_before_mine(clause)):
        for start in _my_places(clause):
            if fact := circumstance_at(clause, start):
                return [
                    _with_topic(
                        Statement(fact.section, fact.attribute, fact.value, "", 0, 0.9, ""), clause
                    )
                ]
        if habit := circumstance_at(clause, 0):
            made = Statement(habit.section, habit.attribute, habit.value, "", 0, 0.7, "")
            return [_with_topic(made, clause)]
        if taste := taste_without_i(clause):
            return [_of_taste(taste, clause)]
        if someone := person(clause):
            made = Statement(Section.PEOPLE, someone.role, someone.name, "", 0, 0.7, "")
            return [_with_topic(made, clause)]
        if topic := _said_of_self(clause):
            return [topic]
    return []


def _my_places(clause: str) -> list[int]:
    return [found.start() for found in re.finditer(r"\b[Mm]y\b", clause)][:2]


def _before_mine(clause: str) -> str:
    found = re.search(r"\b(?:[Mm]y|me)\b", clause)
    return clause[: found.start()] if found else ""


_SELF = re.compile(r"\b(?:I(?:'m| am)|I vote|I voted|I pray|I earn|I owe|I go to church|[Mm]y)\b")


def _said_of_self(clause: str) -> Statement | None:
    """A sensitive thing that is stated outright and nothing else of the clause."""
    if not _SELF.search(clause) or (topic := topic_of(clause)) is None:
        return None
    section = Section.HEALTH if topic.value == "health" else Section.IDENTITY
    attribute = "condition" if topic.value == "health" else topic.value
    return Statement(section, attribute, "", "", 0, 0.8, "", topic)


def _of_taste(taste: Taste, clause: str) -> Statement:
    context = _CONTEXT.search(clause)
    held = context[0] if context else ""
    value = taste.value.replace(held, "").strip(" ,") if held else taste.value
    made = Statement(
        taste.section, taste.attribute, value, held.lower(), taste.polarity, taste.strength, ""
    )
    return _with_topic(made, clause)


def _of_the_past(clause: str, past: re.Match[str]) -> list[Statement]:
    present = f"I {past['rest']}"
    found: list[Statement] = []
    if fact := circumstance_at(present, 0):
        found = [Statement(fact.section, fact.attribute, fact.value, "", 0, 0.9, "", past=True)]
    elif taste := taste_at(present, 0):
        found = [replace(_of_taste(taste, present), past=True)]
    elif not others_or_supposed(clause[: past.start()]):
        value = past["rest"].strip(" .!,")
        found = [Statement(Section.HABITS, "habit", value, "", 0, 0.6, "", past=True)]
    return [_with_topic(each, clause) for each in found]


def _with_topic(statement: Statement, clause: str) -> Statement:
    return replace(statement, topic=topic_of(clause))


def _together(whole: str, made: list[tuple[Statement, str]]) -> list[Statement]:
    """One statement where the clauses tell of one taste; else each with its own words."""
    alone = [statement for statement, _ in made]
    if len(alone) == 1:
        only = alone[0]
        if only.section not in _TASTES and len(only.text.split()) > 2:
            return alone
        return [replace(only, text=_clean(whole), topic=topic_of(whole))]
    contrasts = any(re.search(r"but|while|whereas|though|yet", joint) for _, joint in made)
    opposed = len({each.polarity for each in alone} - {0}) > 1
    if alone and all(each.section in _TASTES for each in alone) and not (contrasts and opposed):
        first = max(alone, key=lambda each: (each.section is Section.HEALTH, each.strength))
        return [replace(first, text=_clean(whole), topic=topic_of(whole))]
    return [
        replace(each, text=each.text if len(each.text.split()) > 1 else _clean(whole))
        for each in alone
    ]


def _kept(whole: str) -> list[Statement]:
    """What the user asks to remember, where no rule knows what it is about."""
    if len(whole.split()) < 3 or not _MINE.search(whole):
        return []
    return [Statement(Section.HABITS, "note", "", "", 0, 0.7, _clean(whole), topic_of(whole))]


def _clean(sentence: str) -> str:
    plain = sentence.strip(_ENDS + ",;:")
    if not plain:
        return plain
    plain = plain[0].upper() + plain[1:]
    return plain if plain[-1] in ".!?…" else plain + "."
