"""From lines of the profile that say related things to fewer and shorter ones, by a model.

The model proposes patches; each is checked against the words of its lines, and one that adds,
turns or loses something is dropped. The check goes by form alone, so it is strict: a patch is
made of its lines' own words in their order and of words that join.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from memory.derive.asking import Asked, ask
from memory.derive.ground import names_in, numbers_in
from memory.ports import Example, Extractor, Vectors
from memory.text import STOPWORDS, stem, words
from memory.user.lines import Line
from memory.user.people import PETS, RELATIONS
from memory.user.topics import topic_of

DERIVER = "profile/1"
"""Name and version of this way to patches; it stands beside each one."""

GROUPS_A_DAY = 8
"""Groups of lines that are read in a day, at most: the page is read often and changes slowly."""
MOST_LINES = 6
"""Of one group: as many as a small model keeps apart."""
MANY_LINES = 12
"""Of a section, above which lines without any near them are read as well."""

_SHARED = 0.5
"""Share of the words of the shorter of two lines that the other holds, to be near each other."""
_NEAR = 0.6
"""Cosine from which two lines are near each other."""
_KEPT = 0.8
"""Share of a line's meaningful words that must stand in a patch, in their order."""
_ANSWER_TOKENS = 200

_JOINING_TEXT = "and or as well also both too the a an i my of in with"
_JOINING = frozenset(_JOINING_TEXT.split())
"""Words that a patch may add."""
_EMPTY_TEXT = "a an the i my we our it to of in on at and or is am are was be i'm"
_EMPTY = frozenset(_EMPTY_TEXT.split())
"""Words that say nothing by themselves."""
_TURNING_TEXT = """
not no never nor none nothing without except unless only but if when while until than instead hate
avoid dislike used once maybe perhaps sometimes rarely seldom hardly barely usually want plan hope
wish would might may could should will going try trying cannot
"""
_TURNING = frozenset(_TURNING_TEXT.split())
"""Words that deny, limit or doubt what stands beside them, so that none may be lost or moved."""
_FEELING_TEXT = "love loves like likes enjoy enjoys user really"
_FEELING = frozenset(_FEELING_TEXT.split())
"""Words that every second line has; alike they make no two lines near."""
_SAME = {"hates": "hate", "avoids": "avoid", "dislikes": "dislike", "wants": "want"}
_PEOPLE = re.compile(rf"\b(?:{RELATIONS}|{PETS})\b", re.IGNORECASE)

_INSTRUCTION = (
    "You tidy a list of notes about one person. Merge notes that say related things into one "
    "shorter note, in their own words; keep every name, number and detail. Retire a note that "
    "another one says already. Refine a note that is wordy. Add nothing. Leave the others out; "
    "most lists need few patches or none."
)
_EXAMPLES = (
    Example(
        "1. I love Italian food.\n2. I love Thai food.\n3. I collect stamps.",
        '{"patches": [{"op": "merge", "lines": [1, 2], "text": "I love Italian and Thai food."}]}',
    ),
    Example(
        "1. I cycle to work.\n2. I cycle to work on my old red bike.\n3. I play chess.",
        '{"patches": [{"op": "retire", "lines": [1], "text": ""}]}',
    ),
    Example("1. I play the cello.\n2. I sing in a choir in Leeds.", '{"patches": []}'),
)


class Candidate(BaseModel):
    """One patch as a model gives it; lines are numbered from 1."""

    model_config = ConfigDict(extra="forbid")

    op: Literal["merge", "refine", "retire"]
    lines: list[int]
    text: Annotated[str, StringConstraints(max_length=400, strip_whitespace=True)]


class Candidates(BaseModel):
    model_config = ConfigDict(extra="forbid")

    patches: list[Candidate]


@dataclass(frozen=True, slots=True)
class Refined:
    """A patch that its lines bear out."""

    op: str
    lines: tuple[Line, ...]
    """What it shows as one: for a retired line, also the one that says it already."""
    text: str


@dataclass(slots=True)
class Refinement:
    """What one group gave: the patches kept, and why the others were dropped."""

    kept: list[Refined] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    """One word each: lines, longer, added, name, number, turned, lost, context, sensitive, said."""


# -- what is read together


def groups(lines: Sequence[Line], vectors: Vectors | None = None) -> list[tuple[Line, ...]]:
    """The lines that are worth reading together, at most MOST_LINES each, every line once.

    Only lines of one section, of the same person, liking and context stand in a group, and lines
    that deny or limit something stand apart, so that no patch can mix those up. `vectors` are unit
    vectors of the lines, shape (len(lines), d); without them nearness goes by words alone.
    """
    places: dict[object, list[int]] = {}
    for place, line in enumerate(lines):
        places.setdefault(_kind(line), []).append(place)
    found = []
    lone: dict[object, list[int]] = {}
    for kind, members in places.items():
        left = list(members)
        while left:
            first = left.pop(0)
            near = [place for place in left if _are_near(lines, vectors, first, place)]
            near = near[: MOST_LINES - 1]
            left = [place for place in left if place not in near]
            if near:
                found.append(tuple(lines[place] for place in (first, *near)))
            else:
                lone.setdefault(kind, []).append(first)
    crowded = {
        section
        for section in {line.section for line in lines}
        if sum(line.section is section for line in lines) > MANY_LINES
    }
    for alone in lone.values():
        if lines[alone[0]].section in crowded:
            for start in range(0, len(alone), MOST_LINES):
                found.append(tuple(lines[p] for p in alone[start : start + MOST_LINES]))
    return [group for group in found if len(group) > 1]


def _kind(line: Line) -> object:
    turned = bool(_turning(line.text))
    return (line.section, line.polarity, line.context.lower(), turned, _whom(line.text))


def _whom(text: str) -> object:
    """Whom a line is about, as far as its form tells."""
    own = words(text.replace("’", "'"))
    first = own[0].partition("'")[0] if own else ""
    opens = (first,) if first in ("i", "my", "we", "our") else tuple(own[:2])
    return (opens, frozenset(found.lower() for found in _PEOPLE.findall(text)))


def _are_near(lines: Sequence[Line], vectors: Vectors | None, one: int, other: int) -> bool:
    if vectors is not None and float(vectors[one] @ vectors[other]) >= _NEAR:
        return True
    own, theirs = ({*_meaningful(lines[place].text)} for place in (one, other))
    return len(own & theirs) >= _SHARED * max(min(len(own), len(theirs)), 1)


# -- asking and checking


def refine(group: Sequence[Line], extractor: Extractor) -> Refinement:
    """The patches for a group of lines. Raises what the extractor raises when it cannot be used."""
    listed = "\n".join(f"{n}. {_plain(line.text)}" for n, line in enumerate(group, start=1))
    asked = Asked(_INSTRUCTION, _EXAMPLES, listed, _schema(len(group)), _ANSWER_TOKENS)
    answer = ask(extractor, asked, Candidates)
    if answer is None:
        return Refinement(dropped=["unreadable"])
    return checked(group, answer.patches)


def checked(group: Sequence[Line], candidates: Sequence[Candidate]) -> Refinement:
    """What of the candidates the lines bear out; a line is in one patch at most."""
    result = Refinement()
    free = set(range(1, len(group) + 1))
    for candidate in candidates:
        numbers = dict.fromkeys(candidate.lines)
        if not numbers or not free.issuperset(numbers):
            result.dropped.append("lines")
            continue
        lines = [group[number - 1] for number in numbers]
        made: Refined | str
        if candidate.op == "retire":
            made = _retired(lines, [group[n - 1] for n in sorted(free) if n not in numbers])
        else:
            made = _reworded(candidate, lines)
        if isinstance(made, str):
            result.dropped.append(made)
            continue
        result.kept.append(made)
        free -= {n for n in free if group[n - 1] in made.lines}
    return result


def _retired(lines: Sequence[Line], others: Sequence[Line]) -> Refined | str:
    """The lines shown as the one that says all of them already."""
    for other in others:
        if all(_lost(line, other.text, whole=True) is None for line in lines):
            return Refined("retire", (*lines, other), other.text)
    return "said"


def _reworded(candidate: Candidate, lines: Sequence[Line]) -> Refined | str:
    if (candidate.op == "merge") is (len(lines) < 2):
        return "lines"
    text = _plain(candidate.text)
    text = text if text.endswith((".", "!")) else f"{text}."
    if len(text) >= len(" ".join(line.text for line in lines)):
        return "longer"
    if (fault := _added(text, lines)) is not None:
        return fault
    for line in lines:
        if (fault := _lost(line, text)) is not None:
            return fault
    return Refined(candidate.op, tuple(lines), text)


def _added(text: str, lines: Sequence[Line]) -> str | None:
    """What the text says beyond its lines."""
    held = {stem(word) for line in lines for word in words(line.text)}
    if any(word not in _JOINING and stem(word) not in held for word in words(text)):
        return "added"
    return "sensitive" if topic_of(text) is not None else None


def _lost(line: Line, text: str, *, whole: bool = False) -> str | None:
    """What the text leaves out or turns of a line; with `whole` it must hold all of it."""
    there = {*words(text), *(word.removesuffix("'s") for word in words(text))}
    if any(name not in there for name in _names(line.text)):
        return "name"
    if any(number not in there for number in numbers_in(line.text)):
        return "number"
    stems_there = {stem(word) for word in there}
    if any(stem(w) not in stems_there for w in words(line.context) if w not in STOPWORDS):
        return "context"
    if any(stem(word) not in stems_there for word in words(" ".join(_PEOPLE.findall(line.text)))):
        return "lost"
    turning = _turning(line.text)
    if turning and not _turned_alike(line.text, text):
        return "turned"
    own, said = (
        (_forms(line.text), _forms(text)) if turning else (_meaningful(line.text), _forms(text))
    )
    wanted = 1.0 if turning or whole else _KEPT
    return None if not own or _in_order(own, said) >= wanted * len(own) else "lost"


def _turned_alike(line: str, text: str) -> bool:
    """Whether each denying or limiting word stands where it stood, and what it turns nowhere else.

    "I don't eat olives" and "I don't like sprouts" are not "I don't eat olives and like sprouts".
    """
    pairs = _turned(line)
    said = _turned(text)
    forms = _forms(text)
    return all(
        pair in said and (not pair[1] or forms.count(pair[1]) == sum(p[1] == pair[1] for p in said))
        for pair in pairs
    )


def _turned(text: str) -> list[tuple[str, str]]:
    """Each turning word of a text with the word behind it."""
    forms = _forms(text)
    after = [*forms[1:], ""]
    return [(one, other) for one, other in zip(forms, after, strict=True) if one in _TURNING]


def _turning(text: str) -> list[str]:
    return [form for form in _forms(text) if form in _TURNING]


def _forms(text: str) -> list[str]:
    """The words of a text that say anything, in order; denials in one form."""
    found = []
    for word in words(text):
        plain = word.replace("’", "'")
        if plain.endswith("n't"):
            found.append("not")
        elif plain not in _EMPTY:
            plain = _SAME.get(plain, plain)
            found.append(plain if plain in _TURNING else stem(plain))
    return found


def _meaningful(text: str) -> list[str]:
    return [stem(word) for word in words(text) if word not in STOPWORDS and word not in _FEELING]


def _names(text: str) -> Collection[str]:
    """Names in a text; a word that only opens a sentence is none."""
    opening = words(text)[:1]
    return [name for name in names_in(text) if name not in opening]


def _in_order(own: Sequence[str], there: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(there) + 1)
    for word in own:
        before = 0
        for place, other in enumerate(there, start=1):
            kept = row[place]
            row[place] = before + 1 if word == other else max(row[place], row[place - 1])
            before = kept
    return row[-1]


def _plain(text: str) -> str:
    """One line without double quotes, at which small models end a JSON string."""
    return " ".join(text.replace('"', "'").split())


def _schema(count: int) -> dict[str, Any]:
    number = {"type": "integer", "minimum": 1, "maximum": count}
    item = {
        "type": "object",
        "properties": {
            "op": {"enum": ["merge", "refine", "retire"]},
            "lines": {"type": "array", "minItems": 1, "maxItems": count, "items": number},
            "text": {"type": "string", "maxLength": 300},
        },
        "required": ["op", "lines", "text"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"patches": {"type": "array", "maxItems": count // 2 + 1, "items": item}},
        "required": ["patches"],
        "additionalProperties": False,
    }
