"""Recall: from a query to ranked memories, on the user's own words, without a language model.

Search by meaning and search by words propose candidates. Each candidate is then described by a few
evidence features, all between 0 and 1 and of a plain meaning (`memory/evidence.py`), and scored by
their weighted sum: a logistic estimate that this turn holds what is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from memory.anchored import AnchoredSearch, Tools
from memory.candidates import Asked, CandidateSearch
from memory.errors import EmbedderUnavailable, RerankerUnavailable
from memory.events import Event, Message, Origin
from memory.evidence import Evidence, unit
from memory.log import Log
from memory.ports import Clock, Embedder, Reranker, SystemClock, Vectors
from memory.query import Query
from memory.ranking import (
    RecallSettings,
    Scored,
    confidence_of,
    interleaved,
    probability,
    rank,
)
from memory.text import repair
from memory.views.facts import Facts
from memory.views.fulltext import Fulltext
from memory.views.sessions import Sessions
from memory.views.summaries import Summaries
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
    """Estimated probability, 0 to 1, that it holds what was asked for."""
    text: str
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Recollection:
    """What recall found, best first, and what it had to do without."""

    memories: tuple[Memory, ...]
    confidence: float = 0.0
    """Estimated probability, 0 to 1, that memory holds an answer at all."""
    known: bool = True
    """False where the query asks after someone, and memory does not seem to hold it."""
    lists: bool = False
    """The query asks for several things: more memories belong to the answer than usual."""
    fitting: int = 0
    """How many memories fit, where the query asks for everything; 0 where it does not."""
    degraded: str | None = None


class Recall:
    """Searches the views of one home."""

    def __init__(
        self,
        log: Log,
        sessions: Sessions,
        fulltext: Fulltext,
        settings: RecallSettings | None = None,
        *,
        facts: Facts | None = None,
        summaries: Summaries | None = None,
        clock: Clock | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self._log = log
        self._settings = settings or RecallSettings()
        self._reranker = reranker
        self._candidates = CandidateSearch(
            log, sessions, fulltext, clock or SystemClock(), facts, summaries
        )
        self._anchored = AnchoredSearch(log, sessions, fulltext, self._candidates)

    def search(
        self,
        text: str,
        k: int,
        *,
        embedder: Embedder,
        vectors: VectorSearch,
        exclude: Collection[str] = (),
        until: datetime | None = None,
        context: Sequence[str] = (),
        settings: RecallSettings | None = None,
    ) -> Recollection:
        """The k best memories for the query.

        Leaves out the events of the ids in `exclude` and what was said after `until`. `context`
        are ids of what the user said just before, oldest first: "what is next?" is about that.
        """
        settings = settings or self._settings
        query = self._candidates.understood(repair(text)[0][:_READ], until, settings)
        vector, degraded = self._embedded(query, embedder, vectors, context, settings)
        excluded = frozenset(event.seq for event in self._log.get(list(exclude)))
        asked = Asked(query, vector, excluded, until)
        evidence = self._candidates.evidence(asked, max(settings.candidates, k), vectors, settings)
        ranked, logits = rank(query, evidence, settings)
        confidence = confidence_of(query, evidence, logits)
        if self._reranker is not None and settings.rerank and ranked:
            try:
                ranked, logits = self._reranked(query, evidence, ranked, logits, settings)
            except RerankerUnavailable as error:
                degraded = degraded or f"Recalled without the cross-encoder: {error}"
        best = [(evidence.places[row].seq, probability(float(logits[row]))) for row in ranked]
        if query.anchor is not None and vector is not None and settings.anchors:
            tools = Tools(embedder, vectors, settings)
            try:
                best = interleaved([best, *self._anchored.rankings(asked, query.anchor, tools)])
            except EmbedderUnavailable as error:
                degraded = f"Recalled without the time of what the question names: {error}"
        return Recollection(
            memories=tuple(self._memories(best, k)),
            confidence=confidence,
            # By words alone it cannot be told.
            known=confidence >= settings.known_from or not query.of_memory or vector is None,
            lists=query.lists,
            fitting=_fitting(best, settings.fits_from) if query.everything else 0,
            degraded=degraded,
        )

    def describe(
        self,
        text: str,
        *,
        embedder: Embedder,
        vectors: VectorSearch,
        exclude: Collection[str] = (),
        context: Sequence[str] = (),
    ) -> Evidence:
        """What `search` weighs: the evidence of every candidate, with the threads filled in."""
        settings = self._settings
        query = self._candidates.understood(repair(text)[0][:_READ], None, settings)
        vector, _ = self._embedded(query, embedder, vectors, context, settings)
        excluded = frozenset(event.seq for event in self._log.get(list(exclude)))
        asked = Asked(query, vector, excluded, None)
        evidence = self._candidates.evidence(asked, settings.candidates, vectors, settings)
        rank(query, evidence, settings)
        return evidence

    def _embedded(
        self,
        query: Query,
        embedder: Embedder,
        vectors: VectorSearch,
        context: Sequence[str],
        settings: RecallSettings,
    ) -> tuple[Vectors | None, str | None]:
        try:
            vector = embedder.embed([query.meaning])
        except EmbedderUnavailable as error:
            return None, f"Recalled by words alone: {error}"
        if context and settings.conversation:
            said = vectors.vectors_of([event.seq for event in self._log.get(context)])
            newest_first = [said[seq].mean(axis=0) for seq in sorted(said, reverse=True)]
            if newest_first:
                mean = sum(_CONTEXT_FADE**n * each for n, each in enumerate(newest_first))
                vector = unit(vector + settings.conversation * unit(np.asarray(mean)[None, :]))
        return vector, None

    def _reranked(
        self,
        query: Query,
        evidence: Evidence,
        ranked: Sequence[int],
        logits: npt.NDArray[np.float32],
        settings: RecallSettings,
    ) -> tuple[list[int], npt.NDArray[np.float32]]:
        """The best rows in the order that a cross-encoder adds to, the others after them."""
        assert self._reranker is not None
        best = list(ranked[: settings.rerank])
        events = self._log.at([evidence.places[row].seq for row in best])
        texts = {event.seq: event.text or "" for event in events}
        lines = [texts.get(evidence.places[row].seq, "") for row in best]
        better = logits.copy()
        better[best] += settings.reranked * np.array(self._reranker.scores(query.text, lines))
        best.sort(key=lambda row: (-float(better[row]), evidence.places[row].seq))
        return [*best, *ranked[settings.rerank :]], better

    def _memories(self, best: Sequence[tuple[int, float]], k: int) -> list[Memory]:
        scores = dict(best[: k + 10])
        events = {event.seq: event for event in self._log.at(list(scores))}
        found = [
            memory_of(events[seq], score)
            for seq, score in scores.items()
            if seq in events and events[seq].text is not None
        ]
        return found[:k]


_READ = 20_000
"""Characters of a query that are looked at: several pages."""
_CONTEXT_FADE = 0.6
"""What is left of a message's weight in the context with each one after it."""


def _fitting(best: Sequence[Scored], share: float) -> int:
    top = max((score for _, score in best), default=0.0)
    return sum(score >= share * top for _, score in best)


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
