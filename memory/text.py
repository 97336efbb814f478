"""Making text safe to store, to index and to show, and taking it apart into words."""

from __future__ import annotations

import re
import unicodedata

_SURROGATE = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|\n+")
_ABBREVIATED = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|vs|etc|e\.g|i\.e)\.$", re.IGNORECASE)


def repair(text: str) -> tuple[str, int]:
    """Valid Unicode for text with lone surrogates, and how many characters were replaced.

    Surrogate pairs become the character they stand for; NULs, controls, right-to-left marks and
    emoji are valid and stay.
    """
    if not _SURROGATE.search(text):
        return text, 0
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    lone = len(_SURROGATE.findall(text)) - 2 * (len(text) - len(whole))
    return whole, lone


def indexable(text: str) -> str:
    """The text without the NULs that C libraries stop at."""
    return text.replace("\x00", " ")


def words(text: str) -> list[str]:
    """Lower-cased words in order, accents kept, punctuation dropped."""
    return [match.group().lower() for match in _WORD.finditer(unicodedata.normalize("NFC", text))]


_FUNCTION_WORDS = """
a about after again all also am an and any are aren't as at be because been before being
between both but by can can't could did didn't do does doesn't doing don't down during each
few for from further get go got had has have having he her here hers herself him himself his
how i i'd i'll i'm i've if in into is isn't it it's its itself just know let like may me
might more most must my myself no nor not of off ok on once only or other our ours ourselves
out over own please really same shall she should so some such tell than that that's the
their theirs them themselves then there these they think this those through to too under
until up us very was wasn't we well were what what's when where which while who whom why
will with won't would yes you your yours yourself yourselves
"""
STOPWORDS = frozenset(_FUNCTION_WORDS.split())
"""English function words: no evidence for what a text is about."""


def content_words(text: str) -> list[str]:
    """The words that carry meaning, in order."""
    return [word for word in words(text) if word not in STOPWORDS]


def stems(text: str) -> list[str]:
    """The meaningful words of a text, without endings, in order."""
    return [stem(word) for word in words(text) if word not in STOPWORDS]


def stem(word: str) -> str:
    """A word without its commonest English endings; crude, and the same on both sides."""
    word = word.replace("’", "'").removesuffix("'s")
    for ending in ("ingly", "edly", "ings", "ing", "ied", "ies", "ed", "es", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]  # swimming, planned
    return word[:-1] if len(word) > 3 and word[-1] in "eyi" else word


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order."""
    found: list[str] = []
    for part in _SENTENCE.split(text):
        if found and _ABBREVIATED.search(found[-1]):
            found[-1] += f" {part.strip()}"
        elif part.strip():
            found.append(part.strip())
    return found
