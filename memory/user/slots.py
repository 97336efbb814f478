"""Which statements are about the same thing: the slots of which one thing is true at a time."""

from __future__ import annotations

import re

from memory.text import stem, stems, words
from memory.user.lines import ANSWERED, Section, Statement, Topic

SINGLE = frozenset(
    {"name", "nickname", "pronouns", "birthday", "born", "age", "home", "job", "partner", "status"}
)
"""Attributes of which one has one at a time (in one context): a newer one ends the older."""

PROTECTING = frozenset({"allergy", "intolerance", "diet", "condition", "medication"})
"""Attributes of health that guard the user from harm, and so are heeded before they are asked."""

_FORMS = {
    "length": ({"short", "brief", "concise"}, {"long", "detailed", "detail", "thorough", "depth"}),
    "emojis": (set(), {"emoji", "emojis"}),
    "lists": (set(), {"bullet", "bullets", "list", "lists"}),
}
"""What instructions on the manner of answers are about: words for less and words for more of it."""
_NO_MORE = re.compile(r"\b(?:no longer|any ?more|not .{1,40} any longer)\b", re.IGNORECASE)
_EMPLOYER = r"\b(?:at|for|with|in) (?:the )?"


def slot_of(statement: Statement) -> object | None:
    """What can be said of only in one way at a time; None for a statement without a value."""
    if statement.question:
        return (ANSWERED, statement.question)
    context = _plain(statement.context)
    if statement.attribute in SINGLE:
        return (statement.attribute, _is_employer(statement), context)
    if not statement.value:
        return None
    if statement.section is Section.MANNER:
        return ("manner", _form(statement)[0], context)
    if statement.attribute.startswith("favourite "):
        return (statement.attribute, statement.polarity, context)
    if statement.polarity and not _guards(statement):
        return ("liking", _plain(statement.value), context)
    return (statement.section, statement.attribute, _plain(statement.value), context)


def is_single(statement: Statement) -> bool:
    """Whether the newest words on it win, whatever was true or confirmed before."""
    return statement.attribute in SINGLE or bool(statement.question)


def key_of(statement: Statement) -> object:
    """What makes two statements of one slot say the same."""
    if statement.section is Section.MANNER and statement.attribute not in SINGLE:
        return _form(statement)[1]
    return (_plain(statement.value), 0 if _guards(statement) else statement.polarity)


def _guards(statement: Statement) -> bool:
    """Whether it is about harm rather than taste; liking shrimp does not end an allergy."""
    return statement.topic is Topic.HEALTH or (
        statement.attribute in PROTECTING and statement.attribute != "diet"
    )


def _form(statement: Statement) -> tuple[object, object]:
    """(what an instruction on manner is about, what it says of that)."""
    if statement.attribute == "language":
        return "language", _plain(statement.value)
    said = set(words(statement.value))
    for form, (less, more) in _FORMS.items():
        if said & (less | more):
            sign = -1 if said & less else 1
            return form, sign * (statement.polarity or 1)
    return _plain(statement.value), statement.polarity


def _is_employer(statement: Statement) -> bool:
    """Whether a job is told by where it is: one is a nurse and works at a hospital."""
    where = _EMPLOYER + re.escape(statement.value)
    return statement.attribute == "job" and re.search(where, statement.text, re.I) is not None


def is_past(statement: Statement) -> bool:
    """Whether it is over: "I'm not vegetarian any more"; no longer eating meat is true today."""
    if statement.past or statement.question:
        return statement.past
    return statement.polarity >= 0 and _NO_MORE.search(statement.text) is not None


def _plain(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    own = tuple(sorted(stems(text)))
    return own or tuple(stem(word) for word in words(text))
