"""Words and phrases that stand for something, found in a text as whole words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

_NEGATION = re.compile(
    r"\b(?:not|no|never|nothing|without|hate|hates|avoid|avoids|dislike|dislikes|detest|loathe|"
    r"rather than|instead of|tired of|sick of|less|\w+n't)\b"
)
_CLAUSE = re.compile(r"[.!?;,]|\b(?:but|and|though|although|while|yet)\b")
_NO_MATTER_IN_WORDS = re.compile(r"\bnot (?:only|just)\b")


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase where it stands in the normalised text."""

    start: int
    end: int
    negated: bool
    """A negation stands before it in its clause: "no loud music", "I don't like museums"."""


def normalised(text: str) -> str:
    """Lower case, composed characters, plain apostrophes, single spaces."""
    plain = unicodedata.normalize("NFC", text).replace("’", "'").lower()
    return " ".join(plain.split())


def phrases_of(text: str) -> tuple[str, ...]:
    """The phrases of a list written with bars between."""
    return tuple(part for part in (normalised(piece) for piece in text.split("|")) if part)


def find(text: str, phrases: Iterable[str]) -> list[Hit]:
    """Where any of the phrases stands in a normalised text, in order.

    Of phrases that lie within one another the longest counts.
    """
    hits: list[Hit] = []
    for match in _pattern(tuple(phrases)).finditer(text):
        clause = _CLAUSE.split(text[: match.start()])[-1]
        negated = bool(_NEGATION.search(_NO_MATTER_IN_WORDS.sub("", clause)))
        hits.append(Hit(match.start(), match.end(), negated))
    return hits


@cache
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
