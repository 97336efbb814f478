"""What the user says that ends an earlier plan: it was done, or will not be.

"I called the dentist", "the bill is paid", "the interview went well", "I no longer need to …". What
is denied, asked or wished for ("I should have called") ends nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from memory.future import WEEKDAYS
from memory.own_words import without_others
from memory.text import STOPWORDS, sentences, words

_EXAMINED = 4000
"""Characters of a turn that are looked at; longer ones are pasted texts."""
_SENTENCE = 300

_IRREGULAR_TEXT = """
went go gone go bought buy wrote write written write sent send paid pay made make did do done do
got get gotten get saw see seen see met meet took take taken take gave give given give told tell
ran run rang ring rung ring spoke speak spoken speak brought bring fixed fix found find left leave
built build read read put put cut cut set set sold sell swam swim swum swim flew fly flown fly
drove drive driven drive rode ride ridden ride began begin begun begin came come held hold kept keep
hung hang threw throw thrown throw taught teach caught catch spent spend slept sleep sang sing
sung sing drew draw drawn draw chose choose chosen choose had have swept sweep mown mow sewn sew
lent lend dealt deal won win dug dig knew know heard hear thought think was be were be been be
ate eat eaten eat drank drink woke wake said say felt feel forgot forget quit quit
"""
_pairs = _IRREGULAR_TEXT.split()
_BASE = dict(zip(_pairs[::2], _pairs[1::2], strict=True))
"""Past forms and participles of irregular verbs, and the verb they are of."""

_SOON = r"(?:\s+(?:just|finally|already|also|now|actually|all|\w+ly))*"
_DONE = re.compile(
    rf"(?:\b(?:I|we)(?:['’]ve|\s+have|['’]d|\s+had|\s+did)?{_SOON}\s+(?P<verb>[a-z]+)"
    rf"|^(?:just\s+|finally\s+|already\s+)?(?P<bare>[a-z]+)\s"
    rf"|(?:\b(?:is|am|are|was|were|been|got|gets)|['’](?:m|re|s)){_SOON}\s+(?P<passive>[a-z]+)"
    rf"|\b(?P<went>went|was|were|is\s+over)\b)",
    re.IGNORECASE,
)
_DID = re.compile(r"\bdid\s+\w+$", re.IGNORECASE)
_DETERMINERS = frozenset({"a", "an", "the", "my", "our", "it", "that", "this", "all"})
_CANCELLED = re.compile(
    r"\b(?:no\s+longer|(?:do\s+not|don['’]t|does\s+not|doesn['’]t)\s+(?:need|want|have)\s+to"
    r"|(?:['’]m|am|['’]re|are)\s+not\s+going\s+to|won['’]t|will\s+not|decided\s+(?:not\s+to|against)"
    r"|changed\s+my\s+mind|cancel\w*|called\s+off|call\s+off|postponed?|gave\s+up|given\s+up"
    r"|stopped|quit|forget\s+about|never\s*mind|not\s+(?:\w+\s+){0,6}any\s?more"
    r"|\w+n['’]t\s+(?:\w+\s+){0,6}any\s?more)\b",
    re.IGNORECASE,
)
_UNREAL = re.compile(
    r"\b(?:if|wish|once|until|unless|whether|should|could|would|might|hope)\b[^,]*$", re.IGNORECASE
)
_INTENT = re.compile(
    r"\b(?:need|want|remind|must|should|have)\s+(?:me\s+)?(?:to\s+)?(?:not\s+)?(?:cancel|quit|call\s+off)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Ending:
    """A sentence that says that something was done, or will not be."""

    how: Literal["done", "cancelled"]
    verbs: tuple[str, ...]
    """What was done, as plain verbs; empty for what was cancelled."""
    words: tuple[str, ...]
    """The sentence's words that carry meaning, past forms as plain verbs."""


def endings(text: str) -> list[Ending]:
    """The sentences of a text of the user that may end an earlier plan."""
    found = []
    for sentence in sentences(without_others(text[:_EXAMINED])):
        if len(sentence) > _SENTENCE or sentence.endswith("?"):
            continue
        if _CANCELLED.search(sentence) and not _INTENT.search(sentence):
            found.append(Ending("cancelled", (), content(sentence)))
        elif verbs := tuple(dict.fromkeys(_verbs(sentence))):
            found.append(Ending("done", verbs, content(sentence)))
    return found


def _verbs(sentence: str) -> Iterator[str]:
    for match in _DONE.finditer(sentence):
        if _UNREAL.search(sentence[: match.start()]):
            continue
        verb = (match["verb"] or match["bare"] or match["passive"] or "").lower()
        if match["went"]:
            yield "go"
        elif _DID.search(match[0]):
            yield "do" if verb in _DETERMINERS else base(verb)
        elif is_past(verb):
            yield base(verb)


def is_past(verb: str) -> bool:
    return (verb.endswith("ed") and len(verb) > 4) or verb in _BASE


def base(word: str) -> str:
    """The plain verb of an irregular form; any other word as it is."""
    return _BASE.get(word, word)


def content(text: str) -> tuple[str, ...]:
    """The words that carry meaning, irregular past forms as plain verbs."""
    return tuple(
        dict.fromkeys(base(word) for word in words(text) if word not in STOPWORDS | _TIMES)
    )


_TIMES_TEXT = "today tonight tomorrow yesterday week weekend month year morning evening"
_TIMES = frozenset({*WEEKDAYS, *(f"{day}s" for day in WEEKDAYS), *_TIMES_TEXT.split()})
