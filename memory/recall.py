"""Recall: from a query to ranked memories, on the user's own words, without a language model.

Dense and lexical candidates are fused by normalised score, not by rank: how much better a hit is
than the next one is what rank fusion throws away. A turn's neighbours and its session speak for
it too, because an answer often stands beside the words that the question shares with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from memory.errors import EmbedderUnavailable
from memory.events import Event, Message, Origin
from memory.log import Log
from memory.ports import Embedder
from memory.text import STOPWORDS, words
from memory.views.fulltext import Fulltext
from memory.views.sessions import Place, Sessions
from memory.views.vectors import VectorSearch


@dataclass(frozen=True, slots=True)
class Memory:
    """One remembered turn or note, word for word, with where and when it was said."""

    id: str
    seq: int
    kind: str
    session_id: str
    at: datetime
    origin: Origin
    speaker: str | None
    score: float
    text: str
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class RecallSettings:
    """The weights of fusion. Each channel's scores are scaled to 0..1 before."""

    candidates: int = 200
    """Hits asked of each channel."""
    dense: float = 1.0
    clear_cosine: float = 0.8
    """Cosine of a clear match; where even the best is below it, none counts as one."""
    lexical: float = 1.0
    neighbour: float = 0.5
    """Share of its better neighbour's score that a turn gets."""
    session: float = 0.3
    speaker: float = 0.3
    """For a turn by someone whom the query names."""
    question: float = 0.3
    """Taken off a turn that only asks."""
    assistant: float = 0.4
    """What is left of the score of the assistant's own words, unless they are asked for: they
    resemble the question that they answered, and a mistake must not come back as a memory."""


@dataclass(frozen=True, slots=True)
class Recollection:
    """What recall found, best first, and what it had to do without."""

    memories: tuple[Memory, ...]
    degraded: str | None = None


Scores = dict[int, float]
"""Log position to score."""


class Recall:
    """Searches the views of one home."""

    def __init__(
        self,
        log: Log,
        sessions: Sessions,
        fulltext: Fulltext,
        settings: RecallSettings | None = None,
    ) -> None:
        self._log = log
        self._sessions = sessions
        self._fulltext = fulltext
        self._settings = settings or RecallSettings()

    def search(
        self,
        query: str,
        k: int,
        *,
        embedder: Embedder,
        vectors: VectorSearch,
        accept: Callable[[Event], bool] = lambda event: True,
    ) -> Recollection:
        """The k best memories for the query among the events that `accept` lets through."""
        asked = words(query)
        lexical = dict(self._fulltext.search(search_terms(asked), self._settings.candidates))
        degraded = None
        dense: Scores = {}
        try:
            vector = embedder.embed([query])
            dense = dict(vectors.search(vector, self._settings.candidates))
        except EmbedderUnavailable as error:
            degraded = f"Recalled by words alone: {error}"

        # What may not be recalled must go before scores are scaled: the question itself, when it
        # was asked before, would be the best hit and make all others look alike. What was answered
        # then goes with it: it was made from memories that are there themselves.
        hits = self._log.at(sorted({*dense, *lexical}))
        echoes = {event.id for event in hits if event.text and _echoes(event.text, asked)}

        def usable(event: Event) -> bool:
            return (
                event.text is not None
                and accept(event)
                and not _echoes(event.text, asked)
                and getattr(event.payload, "reply_to", None) not in echoes
            )

        events = {event.seq: event for event in hits if usable(event)}
        base = self._fused(_within(dense, events), _within(lexical, events))
        ranked = self._rank(set(asked), base, events)
        return Recollection(tuple(self._memories(ranked, k, events, usable)), degraded)

    def _fused(self, dense: Scores, lexical: Scores) -> Scores:
        weights = self._settings
        base: Scores = {}
        for scores, weight in (
            (scaled(dense, weights.clear_cosine), weights.dense),
            (scaled(lexical), weights.lexical),
        ):
            for seq, score in scores.items():
                base[seq] = base.get(seq, 0.0) + weight * score
        return base

    def _rank(
        self, asked: set[str], base: Scores, events: Mapping[int, Event]
    ) -> list[tuple[int, float]]:
        weights = self._settings
        places = self._with_neighbours(base)
        by_place = {(p.session_id, p.position): base.get(p.seq, 0.0) for p in places.values()}
        session_scores = scaled_by_best(_session_evidence(base, places))
        named = self._named_speakers(asked)
        about_assistant = bool(asked & _SECOND_PERSON)
        final: Scores = {}
        for seq, place in places.items():
            beside = max(
                by_place.get((place.session_id, place.position + step), 0.0) for step in (-1, 1)
            )
            own = place.origin is Origin.ASSISTANT and not about_assistant
            share = weights.assistant if own else 1.0
            final[seq] = share * (
                base.get(seq, 0.0)
                + weights.neighbour * beside
                + weights.session * session_scores.get(place.session_id, 0.0)
                + weights.speaker * (place.speaker in named)
                - weights.question * (seq in events and _asks(events[seq].text))
            )
        return sorted(final.items(), key=lambda hit: (-hit[1], hit[0]))

    def _with_neighbours(self, base: Scores) -> dict[int, Place]:
        places = self._sessions.places(list(base))
        best = sorted(places, key=lambda seq: (-base[seq], seq))[:50]
        for seq in best:
            for place in self._sessions.neighbours(places[seq], 1):
                places.setdefault(place.seq, place)
        return places

    def _named_speakers(self, asked: set[str]) -> set[str]:
        names = asked | {word.removesuffix("'s") for word in asked}
        return {speaker for speaker in self._sessions.speakers() if names & set(words(speaker))}

    def _memories(
        self,
        ranked: Sequence[tuple[int, float]],
        k: int,
        events: Mapping[int, Event],
        usable: Callable[[Event], bool],
    ) -> list[Memory]:
        # Neighbours were not looked at yet, and some will fall away: take more than k of them.
        pool = ranked[: 2 * k + 20]
        beside = {e.seq: e for e in self._log.at([seq for seq, _ in pool if seq not in events])}
        memories = []
        for seq, score in pool:
            event = events.get(seq) or beside.get(seq)
            if event is not None and usable(event):
                memories.append(memory_of(event, score))
        return memories[:k]


def memory_of(event: Event, score: float) -> Memory:
    """The event as a memory. It must have text."""
    payload = event.payload
    assert event.text is not None
    return Memory(
        id=event.id,
        seq=event.seq,
        kind=event.kind,
        session_id=event.session_id,
        at=event.at,
        origin=event.origin,
        speaker=payload.speaker if isinstance(payload, Message) else None,
        score=round(score, 6),
        text=event.text,
        external_id=payload.external_id if isinstance(payload, Message) else None,
    )


def scaled(scores: Scores, clear: float = 0.0) -> Scores:
    """Scores stretched to 0..1 over the candidates (min-max), 1 standing for `clear` at least."""
    if not scores:
        return {}
    low, high = min(scores.values()), max(clear, *scores.values())
    if high <= low:
        return dict.fromkeys(scores, 1.0)
    return {seq: (score - low) / (high - low) for seq, score in scores.items()}


def scaled_by_best(scores: Mapping[str, float]) -> dict[str, float]:
    best = max(scores.values(), default=0.0)
    return {key: value / best for key, value in scores.items()} if best > 0 else {}


def _session_evidence(base: Scores, places: Mapping[int, Place]) -> dict[str, float]:
    """A session's evidence: its best turn, so that a long session has no advantage over a short."""
    best: dict[str, float] = {}
    for seq, place in places.items():
        best[place.session_id] = max(base.get(seq, 0.0), best.get(place.session_id, 0.0))
    return best


def search_terms(asked: Sequence[str]) -> list[str]:
    """What full text is searched for: the words that carry meaning, and "my sister" as a phrase.

    Whose sister it is, is said by a word too common to be searched for alone.
    """
    terms = [word for word in asked if word not in STOPWORDS]
    pairs = pairwise(asked)
    owned = [f"{whose} {what}" for whose, what in pairs if whose in _OWN and what not in STOPWORDS]
    return list(dict.fromkeys([*terms, *owned]))


_OWN = frozenset({"my", "our"})
_SECOND_PERSON = frozenset({"you", "your", "yours", "yourself"})


def _within(scores: Scores, events: Mapping[int, Event]) -> Scores:
    return {seq: score for seq, score in scores.items() if seq in events}


def _asks(text: str | None) -> bool:
    return text is not None and text.rstrip().endswith("?")


def _echoes(text: str, asked: Sequence[str]) -> bool:
    """Whether the text is the query itself, asked before: true, and worth nothing."""
    said = set(words(text))
    return _asks(text) and len(said & set(asked)) >= 0.8 * len(said | set(asked))
