"""Making text safe to store, to index and to show, changing nothing that is valid."""

from __future__ import annotations

import re
import unicodedata

_SURROGATE = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


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


STOPWORDS = frozenset(
    """a about after again all am an and any are as at be because been before being between both
    but by can could did do does doing down during each few for from further had has have having
    he her here hers herself him himself his how i if in into is it its itself just let like me
    more most my myself no nor not of off on once only or other our ours ourselves out over own
    same she should so some such than that the their theirs them themselves then there these they
    this those through to too under until up us very was we were what when where which while who
    whom why will with would you your yours yourself yourselves i'm i've i'll i'd it's that's
    what's don't didn't doesn't can't isn't aren't wasn't won't shall may might must also tell
    please ok yes well really get got go know think""".split()
)
"""English function words: no evidence for what a text is about."""


def content_words(text: str) -> list[str]:
    """The words that carry meaning, in order."""
    return [word for word in words(text) if word not in STOPWORDS]
