"""The people and animals close to a user, as they are named in passing: "my sister Ann"."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Someone, or some animal, in the user's life."""

    role: str
    """partner, family, friend or pet."""
    name: str
    """As the user writes it; empty where it is not said."""


RELATIONS = (
    r"(?:wife|husband|spouse|partner|girlfriend|boyfriend|fianc[eé]e?|mother|mom|mum|father|dad"
    r"|sister|brother|son|daughter|child|baby|twin|aunt|uncle|cousin|niece|nephew|grandmother"
    r"|grandfather|grandma|grandpa|granny|granddad|grandson|granddaughter|stepmother|stepfather"
    r"|stepson|stepdaughter|mother-in-law|father-in-law|sister-in-law|brother-in-law|in-laws"
    r"|parents|kids|children|sons|daughters|friend|best friend|neighbou?r|flatmate|roommate"
    r"|housemate|boss|manager|colleague|coworker|co-worker|mentor|ex|ex-husband|ex-wife)"
)
PETS = (
    r"(?:dog|puppy|cat|kitten|rabbit|bunny|hamster|guinea pig|parrot|budgie|horse|pony|tortoise"
    r"|turtle|goldfish|snake|lizard|gecko|ferret|rat|mouse|chicken|hen|goat|pet|labrador|beagle"
    r"|poodle|terrier|spaniel|collie|shepherd|dachshund|tabby)"
)
_PARTNERS = re.compile(r"(?:wife|husband|spouse|partner|girlfriend|boyfriend|fianc)")
_FRIENDS = re.compile(r"(?:friend|mate|neighbou?r|boss|manager|colleague|co-?worker|mentor)")
_PERSON = re.compile(
    rf"\b[Mm]y (?:(?:older|younger|elder|little|big|best|old|good|late|new|eldest|youngest"
    rf"|oldest|three|two"
    rf"|\d+[- ]year[- ]old) )*(?P<who>{RELATIONS}|{PETS})\b(?P<rest>(?:,? (?:is |are "
    rf"|was )?(?:called |named "
    r")|'s (?:name is |called |named )|'s name is | named |,? (?=[A-Z])| (?:is|are|was|has|have"
    r"|lives?"
    r"|works?|loves?|likes?|hates?|studies|died|passed away|turned|turns|just (?:had|got"
    r"|started))\b)?)"
)
_OF_ONESELF = re.compile(r"(?:my|our|i|we|it's|that's|this is|both|today is)\b", re.I)
_NAMED = re.compile(r"(?P<value>[A-ZÀ-Þ][\w'-]+(?:,? (?:and )?[A-ZÀ-Þ][\w'-]+){0,3})")


def person(clause: str) -> Person | None:
    """Someone or some animal close to the user whom the clause tells of, with their name."""
    found = _PERSON.search(clause)
    if found is None or not _OF_ONESELF.match(clause):
        return None
    who = found["who"].lower()
    named = _NAMED.match(clause, found.end())
    telling = found["rest"].strip(" ,")
    if not telling and (named is None or clause[found.end() - 1] != " "):
        return None
    if named is None and not re.match(
        r"(?:is|are|has|have|live|work|love|like|hate|stud|was|died|passed"
        r"|turn|just)",
        telling,
    ):
        return None
    return Person(_role(who), named["value"] if named else "")


def _role(who: str) -> str:
    if _PARTNERS.match(who):
        return "partner"
    if re.fullmatch(PETS, who):
        return "pet"
    return "friend" if _FRIENDS.search(who) else "family"
