"""How the user writes and wants to be answered, learnt without a model and only where it differs.

Of each of the user's own messages a few marks are kept, none of its words. A rule needs enough
messages that agree; what the assistant does anyway (`DEFAULT`) is no rule. Ratings tell which
lengths and forms of answers were liked.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from memory.events import Event, Message, Origin
from memory.text import words
from memory.user.lines import Section, Statement
from memory.user.said import Said, line_id

DEFAULT = {"language": "en", "emojis": "no", "length": "short", "form": "prose", "case": "usual"}
"""How the assistant writes where nothing else is known: English, brief, plain prose."""

MOST = 200
"""Newest messages that are looked at; people change how they write."""
EVERY = 4
"""Messages after which it is worth looking again."""
_ENOUGH = 12
"""Messages without which nothing is learnt from writing."""
LIKED = 3
"""Rating, of 1 to 4, from which an answer was liked."""
_ENOUGH_RATED = 3
"""Liked answers, and as many disliked ones, without which nothing is learnt from ratings."""
_SHOWN_SOURCES = 5
_LONG_WORDS, _LONGER, _OFTENER = 60, 1.5, 0.4

_RULES = {
    ("emojis", "yes"): "I use emojis; you may as well.",
    ("length", "long"): "I write at length and like detailed answers.",
    ("form", "lists"): "I like lists.",
    ("case", "lower"): "I write in lower case.",
}
_RATED = {
    ("length", "long"): "I rate longer answers better than short ones.",
    ("form", "lists"): "I rate answers with lists better than those without.",
    ("emojis", "yes"): "I rate answers with emojis better than those without.",
}
_LANGUAGES = {
    "de": ("German", "ich du ist nicht und das der die ein eine mir mich wie was für mit auf zu"),
    "fr": ("French", "je tu est pas et le la les un une des mon ma moi que qui pour avec dans"),
    "es": ("Spanish", "yo el la los las un una que de es no mi me para con por muy está como"),
    "it": ("Italian", "io il lo la gli un una che di è non mi per con sono come ho della molto"),
    "nl": ("Dutch", "ik je jij is niet en het de een mijn mij wat hoe voor met op naar van"),
    "pt": ("Portuguese", "eu o os as um uma que não é meu minha para com por muito está como"),
    "en": ("English", "i you is not and the a an my me what how for with on to of that it do"),
}
_FUNCTION_WORDS = {code: frozenset(text.split()) for code, (_, text) in _LANGUAGES.items()}
_SCRIPTS = {"CYRILLIC": "ru", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "ARABIC": "ar"}
_NAMES = {
    **{code: name for code, (name, _) in _LANGUAGES.items()},
    **{"ru": "Russian", "ja": "Japanese", "ko": "Korean", "ar": "Arabic", "zh": "Chinese"},
}
_LIST = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+\S", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Written:
    """The marks of one message of the user's."""

    id: str
    seq: int
    at: datetime
    marks: str


def marks_of(event: Event) -> str | None:
    """How a message of the user's is written, as JSON; None where there is none to look at."""
    payload = event.payload
    if event.origin is not Origin.USER or not isinstance(payload, Message):
        return None
    if len(words(payload.text)) < 2:
        return None
    return json.dumps(_marks(payload.text))


def _marks(text: str) -> dict[str, str | int]:
    letters = [c for c in text if c.isalpha()]
    cased = [c for c in letters if c.isupper() or c.islower()]
    return {
        "words": len(words(text)),
        "emojis": "yes" if any(_is_emoji(c) for c in text) else "no",
        "form": "lists" if len(_LIST.findall(text)) >= 2 else "prose",
        "case": "lower" if len(cased) >= 12 and not any(c.isupper() for c in cased) else "usual",
        "language": language_of(text) or "",
    }


def _is_emoji(char: str) -> bool:
    return char >= "\u2600" and unicodedata.category(char) == "So"


def language_of(text: str) -> str | None:
    """ISO 639-1 code of the language, by script or function words; None if neither tells."""
    scripts = Counter(
        unicodedata.name(c, "").split()[0] for c in text if c.isalpha() and not c.isascii()
    )
    for script, code in _SCRIPTS.items():
        if scripts[script] >= 3:
            return code
    if scripts["CJK"] >= 3:
        return "zh"
    own = words(text)
    counts = {code: sum(w in held for w in own) for code, held in _FUNCTION_WORDS.items()}
    best, second = sorted(counts, key=lambda code: -counts[code])[:2]
    return best if counts[best] >= 2 and counts[best] > counts[second] else None


def said_of(
    written: Sequence[Written],
    judged: Sequence[tuple[Event, int]],
    replaced: Sequence[Event] = (),
) -> list[Said]:
    """The rules that differ from the default, as statements of the section on manner.

    `judged` are answers with their rating, 1 to 4; `replaced` are answers without one that were
    asked for anew, with a liked one in their place: half a bad rating each. Where ratings and
    writing tell different things, the ratings count: they are about answers.
    """
    rules = {**_from_writing(written), **_from_ratings(judged, replaced)}
    found = []
    for attribute, (value, text, share, sources) in sorted(rules.items()):
        if value == DEFAULT[attribute]:
            continue
        statement = _statement(attribute, value, share, text)
        found.append(
            Said(
                id=line_id("manner", attribute),
                sources=tuple(source.id for source in sources[-_SHOWN_SOURCES:]),
                seq=sources[-1].seq,
                part=2000,
                at=sources[-1].at,
                statement=statement,
                derived=True,
            )
        )
    return found


def _statement(attribute: str, value: str, share: float, text: str) -> Statement:
    """In the terms of what users state of it, so that both are about the same."""
    if attribute == "language":
        return Statement(Section.MANNER, "language", _NAMES[value], "", 1, share, text)
    named = {"length": f"{value} answers", "form": "lists", "case": "lower case"}
    value = named.get(attribute, attribute)
    return Statement(Section.MANNER, "style", value, "", 1, share, text)


_Rules = dict[str, tuple[str, str, float, Sequence[Written | Event]]]
"""By attribute: its value, the rule in words, how sure it is and what it was learnt from."""


def _from_writing(written: Sequence[Written]) -> _Rules:
    marks = [(each, json.loads(each.marks)) for each in written]
    rules: _Rules = {}
    if len(marks) < _ENOUGH:
        return rules
    for attribute, value, share in (
        *(("emojis", "yes", 0.3), ("form", "lists", 0.3), ("case", "lower", 0.8)),
    ):
        having = [each for each, mark in marks if mark[attribute] == value]
        if len(having) >= share * len(marks):
            part = len(having) / len(marks)
            rules[attribute] = (value, _RULES[attribute, value], part, having)
    if median(mark["words"] for _, mark in marks) >= _LONG_WORDS:
        having = [each for each, mark in marks if mark["words"] >= _LONG_WORDS]
        rules["length"] = ("long", _RULES["length", "long"], len(having) / len(marks), having)
    told = [(each, mark["language"]) for each, mark in marks if mark["language"]]
    if len(told) >= _ENOUGH / 2:
        [(code, count)] = Counter(code for _, code in told).most_common(1)
        if count >= 0.8 * len(told):
            text = f"I write in {_NAMES[code]}; answer in {_NAMES[code]}."
            having = [each for each, language in told if language == code]
            rules["language"] = (code, text, count / len(told), having)
    return rules


def _from_ratings(judged: Sequence[tuple[Event, int]], replaced: Sequence[Event]) -> _Rules:
    answers = [
        (event, event.payload.text, rating >= LIKED)
        for event, rating in [*judged, *((event, 0) for event in replaced)]
        if isinstance(event.payload, Message) and event.origin is Origin.ASSISTANT
    ]
    liked = [(event, text) for event, text, good in answers if good]
    disliked = [(event, text) for event, text, good in answers if not good]
    rules: _Rules = {}
    if min(len(liked), len(disliked) - len(replaced) / 2) < _ENOUGH_RATED:
        return rules
    sources = [event for event, _, _ in answers]
    long, short = (median(len(words(t)) for _, t in some) for some in (liked, disliked))
    if max(long, short) >= _LONGER * max(min(long, short), 1):
        value = "long" if long > short else "short"
        rules["length"] = (value, _RATED.get(("length", value), ""), 0.6, sources)
    for attribute, value in (("form", "lists"), ("emojis", "yes")):
        share, other = (
            sum(_marks(text)[attribute] == value for _, text in some) / len(some)
            for some in (liked, disliked)
        )
        if abs(share - other) >= _OFTENER:
            told = value if share > other else DEFAULT[attribute]
            rules[attribute] = (told, _RATED.get((attribute, told), ""), 0.6, sources)
    return rules
