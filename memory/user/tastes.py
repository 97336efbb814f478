"""What someone likes, avoids, cannot have and always does, from the verb that says so.

Found in nearly any phrasing, since missing an allergy costs more than keeping a stray taste: a
list of predicates, each with its polarity and strength, tried where the subject stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory.user.lines import Section
from memory.user.predicates import ELIDED, FAVOURITE, RULES, WITHOUT_I, Rule


@dataclass(frozen=True, slots=True)
class Taste:
    """A predicate that was found and what it is about."""

    section: Section
    attribute: str
    value: str
    polarity: int
    strength: float


_VOID = re.compile(
    r"[\s,]*(?:$|[,.!;]|(?:it|that|this|these|those|them|him|her|you|your|yours|to hear|how you"
    r"|hearing|the (?:first|second|third|last|other|way you|sound of that|suggestion|one\b"
    r"|former|latter)|option|all of|both(?= *(?:$|[.,!]))|so much|very much|to (?:know|see your"
    r"|get your|bother|say"
    r"|admit|ask|complain|break it|be a|understand|thank|share|discuss|talk|hear))(?:\b|$))",
    re.I,
)
_ONCE = re.compile(
    r"\b(?:yesterday|last (?:night|week|weekend|month|year)|this (?:morning|afternoon|evening)"
    r"|today|tonight|tomorrow|earlier|just now|right now|at the moment|next (?:week|month|weekend)"
    r"|on (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?! s))\b",
    re.I,
)
_STRONG = re.compile(
    r"\b(?:strong|strongly|severe|severely|strict|strictly|absolutely|never|refuse|extreme"
    r"|extremely|intense|intensely|adamantly|firmly|deeply|always|only|exclusively|must|completely"
    r"|totally|vehemently|steadfastly|deadly|life-threatening|can't stand|cannot stand|detest"
    r"|despise|loathe|phobia|terrified|devout|entirely)\b",
    re.I,
)
_WEAK = re.compile(
    r"\b(?:a bit|a little|slightly|somewhat|kind of|sort of|sometimes|not really|maybe|mildly"
    r"|i guess|i suppose)\b",
    re.I,
)
_SELF = re.compile(r"(?:I|[Ww]e)\b")
_SUBJECT = re.compile(r"\b(?:I|[Ww]e)\b")
_SUBJECTS = 4
"""Places of a sentence that are tried; what one likes is said early."""


def subjects(clause: str) -> list[int]:
    """Where "I" or "we" stands, at most a few."""
    found = []
    for match in _SUBJECT.finditer(clause):
        found.append(match.start())
        if len(found) == _SUBJECTS:
            break
    return found


def taste_at(clause: str, at: int) -> Taste | None:
    """The taste, habit, diet or allergy that is stated from this place of the clause on."""
    for rule in RULES:
        if found := rule.pattern.match(clause, at):
            return _taste(rule, clause, found)
    return None


def taste_without_i(clause: str) -> Taste | None:
    """As `taste_at`, where the subject is the thing or is left out."""
    if found := FAVOURITE.search(clause):
        least = "least" in found[0]
        what = "favourite " + found["what"].strip().lower()
        value = _TODAY.sub("", found["value"].strip(" .!"))
        return Taste(Section.TASTES, what, value, -1 if least else 1, 0.8)
    for rule in WITHOUT_I:
        found = rule.pattern.match(clause)
        if found and not _SELF.match(clause):
            return _taste(rule, clause, found)
    if ELIDED.match(clause):
        return taste_at("I " + clause[0].lower() + clause[1:], 0) or taste_at(
            "I'm " + clause[0].lower() + clause[1:], 0
        )
    return None


_TODAY = re.compile(r"\W+(?:now|nowadays|these days|at the moment|today)$", re.I)

_NO_TASTE = re.compile(
    r"\bover the moon|\b(?:could|would|should|might)(?:n't| not)? have \w+"
    r"|\b(?:won't|will not) (?:quit|stop|give up|let)\b|\bwe need\b"
    r"|\bbelieve in (?:us|you|me|it|myself|yourself|them|him|her)\b",
    re.I,
)
"""What has the words of a taste and is none."""


def _taste(rule: Rule, clause: str, found: re.Match[str]) -> Taste | None:
    if _NO_TASTE.search(clause[found.start() : found.end() + 12]):
        return None
    named = found.groupdict().get("value")
    rest = clause[found.end() :]
    void = not named and rule.attribute == "likes" and _VOID.match(rest)
    # "I avoid." says nothing; "I don't swim." says all.
    whole = rule.polarity < 0 and not rest.strip(" .!,") and len(found[0].split()) > 2
    if void and not whole:
        return None
    if rule.attribute == "likes" and _ONCE.search(rest) and not _STRONG.search(clause):
        return None
    value = (named or rest).strip(" .!,;")
    polarity = -1 if "no longer" in found[0] else rule.polarity
    what = found.groupdict().get("what")
    if what and re.match(r"no-|off|out|deal|torture|hell|kryp|worst|pet", what):
        polarity = -1
    section = rule.section
    attribute = "likes" if rule.attribute == "finds" else rule.attribute
    return Taste(section, attribute, value, polarity, _strength(rule.strength, clause))


def _strength(usual: float, clause: str) -> float:
    if _WEAK.search(clause):
        return round(min(usual, 0.35), 2)
    if _STRONG.search(clause):
        return round(min(1.0, max(usual, 0.95)), 2)
    return usual
