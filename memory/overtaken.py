"""What the user has said since that overtakes a memory: newest wins, and the old one says so.

The profile tells where it keeps what can be only one way at a time. For all else the words must:
a later turn of the user's that speaks of a change, and of the same thing by the words they share.
"I sold the Volvo" ends the Volvo; "I have a new pot" stands beside the key under the pot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from memory.endings import is_past
from memory.events import Event, Origin
from memory.log import Log
from memory.recall import Memory, memory_of
from memory.text import content_words, words
from memory.user.statements import statements
from memory.views.fulltext import Fulltext
from memory.views.profile import Profiles

_ENDS = (
    r"no longer|any ?more|from now on|from today on|instead|not .{1,40} after all|chang(?:ed?|ing)"
    r"|switch(?:ed|ing)|replaced|swapped|moved?|moving|left|leaving|quit|retired?|resigned|sold"
    r"|got rid of|g[ai]ven? (?:\w+ )?(?:up|away)|(?:ran|run) away|stopped|finished|ended|cancel\w*"
    r"|called off|postponed|put off|put back|brought forward|rescheduled|delayed|split up"
    r"|broke(?:n)? up|divorced|died|passed away|gone off|renamed"
)
"""What is said of something that is over."""
_BEGINS = (
    r"since then|now|new|bought|began|begun|start(?:ed|ing)|lost|found|engaged|married|became"
    r"|become|turned|promoted|went (?:up|down|back)|(?:is|am|are) (?:up|down|back) to"
    r"|r(?:ose|isen) to|f(?:ell|allen) to|got"
)
_CHANGE = re.compile(rf"\b(?:{_ENDS}|{_BEGINS})\b", re.IGNORECASE)
_OVER = re.compile(rf"\b(?:{_ENDS})\b", re.IGNORECASE)
_SHARED, _SHARED_SUBJECT = 0.3, 0.15
"""Share of a memory's own words, weighed by rarity, that the later turn needs to say, too; the
latter where it names what the memory is about."""
_SUBJECT = re.compile(r"\W*(?:my|our|the)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=[\w,;] )[A-Z]\w+")
_AS_GOOD = 0.8
"""Share of the best later turn's score from which the newest of several counts."""
_LOOKED_AT = 8
"""Memories, best first, for which the words are looked through."""
_FOUND = 30
_OPENING = 6
"""Words in which the first verb of a turn stands."""
_PASSIVE = frozenset({"am", "is", "are", "i'm", "we're", "he's", "she's", "it's", "they're"})
_LONGEST = 60
"""Words of a turn that tells a change of its own; longer ones tell of much else."""


@dataclass(frozen=True, slots=True)
class Overtaken:
    """What of a memory the user has overtaken since."""

    newer: Memory | None
    """Their words on how it is now; None where they only struck it out."""
    certain: bool
    """The old words hold no longer; else the newer ones only tell of a change in the same thing."""
    until: datetime | None = None
    """Until when it held; None where that cannot be told for certain."""


class Overtaking:
    """Finds what overtakes memories of one home."""

    def __init__(self, log: Log, fulltext: Fulltext, profile: Profiles) -> None:
        self._log = log
        self._fulltext = fulltext
        self._profile = profile

    def of(self, memories: Sequence[Memory], now: datetime) -> dict[str, Overtaken]:
        """Those of the memories, best first, that were overtaken, by id."""
        return {**self._by_words(memories[:_LOOKED_AT]), **self._by_profile(memories, now)}

    def _by_profile(self, memories: Sequence[Memory], now: datetime) -> dict[str, Overtaken]:
        profile = self._profile.read(now)
        ended = {m.id: line for m in memories if (line := profile.ended(m.id)) is not None}
        by = [line.ended_by for line in ended.values() if line.ended_by is not None]
        newer = {e.id: memory_of(e, 0.0) for e in self._log.get(by) if e.text is not None}
        return {
            id_: Overtaken(newer.get(line.ended_by or ""), True, line.until)
            for id_, line in ended.items()
        }

    def _by_words(self, memories: Sequence[Memory]) -> dict[str, Overtaken]:
        found = {}
        for memory in memories:
            if not _is_told(memory.origin, memory.text) or not _is_state(memory.text):
                continue
            if (later := self._later(memory)) is not None:
                over = _OVER.search(later.text or "") is not None
                found[memory.id] = Overtaken(memory_of(later, 0.0), over)
        return found

    def _later(self, memory: Memory) -> Event | None:
        """The turn that tells best, of those as good the newest, how this changed."""
        terms = content_words(memory.text)
        rarity = self._fulltext.rarity(terms)
        after = [seq for seq, _ in self._fulltext.search(terms, _FOUND) if seq > memory.seq]
        subject, of_self = _subject(memory.text)
        scores = {}
        for event in self._log.at(after):
            text = event.text or ""
            if (
                event.at >= memory.at
                and _is_told(event.origin, text)
                and _CHANGE.search(text)
                and memory_of(event, 0.0).speaker == memory.speaker
            ):
                shared = self._shared(rarity, text)
                of_it = bool(subject & set(words(text)))
                if (of_it or of_self) and shared >= (_SHARED_SUBJECT if of_it else _SHARED):
                    scores[event] = shared
        if not scores:
            return None
        best = max(scores.values())
        as_good = [event for event, score in scores.items() if score >= _AS_GOOD * best]
        return max(as_good, key=lambda event: (event.at, event.seq))

    def _shared(self, rarity: Mapping[int, float], text: str) -> float:
        """How much of what a memory says is said here, too, 0 to 1; that both moved is nothing."""
        said = self._fulltext.stems_of(_CHANGE.sub(" ", text))
        # In a home of a few turns every word that stands twice is common: each counts for itself.
        weights = {stem: 1 + rare for stem, rare in rarity.items()}
        shared = sum(weight for stem, weight in weights.items() if stem in said)
        return shared / sum(weights.values()) if weights else 0.0


def _subject(text: str) -> tuple[set[str], bool]:
    """Words that name what a statement is about, and whether it is about the one who says it."""
    names = {name.lower() for name in _NAME.findall(text)}
    if _SUBJECT.match(text) is None:
        return names, True
    return names | set(content_words(text)[:1]), False


def _is_state(text: str) -> bool:
    """Whether it tells how something is. What happened stays so, and tastes the profile weighs: a
    new pork cookbook ends no diet.
    """
    first = words(text)[:_OPENING]
    happened = any(
        is_past(word) and before not in _PASSIVE for before, word in pairwise(["", *first])
    )
    return not happened and not any(each.polarity for each in statements(text))


def _is_told(origin: Origin, text: str) -> bool:
    return (
        origin is Origin.USER and len(text.split()) <= _LONGEST and not text.rstrip().endswith("?")
    )
