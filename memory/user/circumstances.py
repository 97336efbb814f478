"""Who someone is, where and with whom they live, what they do and want: the plain statements."""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory.user.circumstance_rules import RULES
from memory.user.lines import Section, Topic
from memory.user.topics import topic_of

_NO_JOB = re.compile(
    r"\b(?:bit|lover|believer|beginner|newcomer|member|sinner|survivor|father|mother|brother|sister"
    r"|loner|winner|loser|stranger|outsider|number|user|customer|supporter|killer|foreigner|smoker"
    r"|drinker|eater|early riser|reader|sleeper|learner|gamer|monster|mess|disaster|sucker|leader"
    r"|procrastinator|perfectionist|minimalist|pessimist|optimist|introvert|woman|man|person"
    r"|feminist|atheist|socialist|collector|taster|spender|saver|realist|idealist|bigger|better"
    r"|over|fan|swimmer|runner|hiker|cyclist|night person|owner|first-timer|teenager|senior|walker"
    r"|vegetarian|pescatarian|flexitarian|buddhist|libertarian|christian|traditionalist|purist"
    r"|morning|newbie|homeowner|widower|diver|rider|baptist|presbyterian|whatever|master)\b",
    re.I,
)
_NOT_NAMES_TEXT = """
Sorry Fine Good Great Back Here Sure Happy Sad Tired Hungry Vegan Vegetarian Muslim Christian
Catholic Jewish Hindu Buddhist Atheist American British English Scottish Welsh Irish German French
Italian Spanish Portuguese Dutch Belgian Swiss Austrian Polish Czech Hungarian Greek Turkish
Russian Ukrainian Swedish Norwegian Danish Finnish Canadian Mexican Brazilian Indian Chinese
Japanese Korean Vietnamese Thai Filipino Australian Egyptian Nigerian Asian Black White Latino
Hispanic Republican Democrat Awesome Ok Okay Yes No The Not Just It
"""
_NOT_NAMES = frozenset(_NOT_NAMES_TEXT.split())
_WHO_ONE_IS = frozenset({Topic.ORIENTATION, Topic.RELIGION, Topic.POLITICS, Topic.ETHNICITY})
_HABIT = re.compile(
    r"(?:(?:[Ee]very|[Ee]ach|[Mm]ost) (?:(?:single |other )?(?:day|morning|evening|night|week"
    r"|weekend|month"
    r"|year|summer|winter|spring|autumn|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|christmas|days|mornings|evenings|nights|weekends|lunchtime))|[Oo]n (?:weekdays|weekends"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days)|[Ii]n the (?:mornings?|evenings?|summer|winter)"
    r"|[Ww]hen I (?:wake|get) up|[Bb]efore (?:bed|work|breakfast)|[Aa]fter (?:work|lunch|dinner))"
    r",? (?P<value>(?:I|we) (?!am\b|was\b|had\b|went\b|did\b|will\b|could\b|would\b|can\b|should\b"
    r"|'m\b|have to\b|need\b|got\b|might\b)[a-z]+(?<!ed)\b[^.;!?]{2,100})",
    re.I,
)
_HABIT_AFTER = re.compile(
    r"I (?!am\b|was\b|had\b|went\b|did\b|will\b|could\b|would\b|need\b|want\b|met\b|saw\b|got\b"
    r"|took\b)"
    r"(?P<value>[a-z]+(?<!ed)\b[^.;!?]{2,60}? (?:every (?:single |other )?(?:day|morning|evening"
    r"|night|week"
    r"|weekend|month|year|summer|winter|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|twice a week"
    r"|once a (?:day|week|month)|(?:two|three|four|five|\d) times a (?:day|week|month)|on weekends"
    r"|on (?:mon|tues|wednes|thurs|fri|satur|sun)days|each (?:morning|evening|night"
    r"|day))\b[^.;!?]*)"
)


@dataclass(frozen=True, slots=True)
class Circumstance:
    """A fact about the user: the attribute, its value, and whether it is over."""

    section: Section
    attribute: str
    value: str
    past: bool = False


def circumstance_at(clause: str, at: int) -> Circumstance | None:
    """The fact that is stated from this place of the clause on."""
    for rule in RULES:
        found = rule.pattern.match(clause, at)
        if found is None:
            continue
        value = (found["value"] or "").strip(" ,.!")
        if rule.attribute == "job" and not rule.past and _NO_JOB.search(value):
            continue
        # "I'm a lesbian" is no job: taken for one, it would end the job that there is.
        named = rule.attribute == "job" and "work" not in found[0]
        if named and topic_of(f"I am a {value}.") in _WHO_ONE_IS:
            continue
        if rule.attribute == "name" and _no_name(value):
            continue
        return Circumstance(rule.section, rule.attribute, value, rule.past)
    for pattern in (_HABIT, _HABIT_AFTER):
        if found := pattern.match(clause, at):
            return Circumstance(Section.HABITS, "habit", found["value"].strip(" ,.!"))
    return None


def moved_from(clause: str, at: int) -> str:
    """The place that "I moved from … to …" leaves, or nothing."""
    for rule in RULES:
        if rule.attribute == "home" and (found := rule.pattern.match(clause, at)):
            return (found.groupdict().get("old") or "").strip()
    return ""


def _no_name(value: str) -> bool:
    return value.split()[0] in _NOT_NAMES
