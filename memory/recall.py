"""Recall: from a query to ranked memories, on the user's own words, without a language model.

Search by meaning and search by words propose candidates. Each candidate is then described by a few
evidence features, all between 0 and 1 and of a plain meaning (`memory/evidence.py`), and scored by
their weighted sum: a logistic estimate that this turn holds what is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from memory.anchor import Anchor, Told, located, stretch
from memory.errors import EmbedderUnavailable, RerankerUnavailable
from memory.events import Event, Message, Origin
from memory.evidence import FEATURES, REACH, Candidates, Evidence, gather, unit
from memory.log import Log, to_ms
from memory.marks import Marks
from memory.ports import Clock, Embedder, Reranker, SystemClock, Vectors
from memory.query import Query, understand
from memory.ranking import (
    RecallSettings,
    Scored,
    at_that_time,
    confidence_of,
    interleaved,
    order,
    probability,
    rank,
)
from memory.span import Span
from memory.text import repair
from memory.views.facts import Facts
from memory.views.fulltext import Fulltext, Traits
from memory.views.sessions import Place, Sessions
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
        self._sessions = sessions
        self._fulltext = fulltext
        self._settings = settings or RecallSettings()
        self._facts = facts
        self._summaries = summaries
        self._clock = clock or SystemClock()
        self._reranker = reranker

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
        query = self._understood(repair(text)[0][:_READ], until, settings)
        vector, degraded = self._embedded(query, embedder, vectors, context, settings)
        asked = _Asked(query, vector, frozenset(e.seq for e in self._log.get(list(exclude))), until)
        evidence = self._evidence(asked, max(settings.candidates, k), vectors, settings)
        ranked, logits = rank(query, evidence, settings)
        confidence = confidence_of(query, evidence, logits)
        if self._reranker is not None and settings.rerank and ranked:
            try:
                ranked, logits = self._reranked(query, evidence, ranked, logits, settings)
            except RerankerUnavailable as error:
                degraded = degraded or f"Recalled without the cross-encoder: {error}"
        best = [(evidence.places[row].seq, probability(float(logits[row]))) for row in ranked]
        if query.anchor is not None and vector is not None and settings.anchors:
            search = _Search(embedder, vectors, settings)
            try:
                best = interleaved([best, *self._by_event(asked, query.anchor, search)])
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
        query = self._understood(repair(text)[0][:_READ], None, settings)
        vector, _ = self._embedded(query, embedder, vectors, context, settings)
        excluded = frozenset(event.seq for event in self._log.get(list(exclude)))
        asked = _Asked(query, vector, excluded, None)
        evidence = self._evidence(asked, settings.candidates, vectors, settings)
        rank(query, evidence, settings)
        return evidence

    def _understood(self, text: str, until: datetime | None, settings: RecallSettings) -> Query:
        now = until or self._clock.now()
        last = min(now, self._sessions.last_at() or now)
        query = understand(text, self._sessions.speakers(), now, last)
        return query if settings.speakers_view else replace(query, meaning=text)

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

    def _evidence(
        self, asked: _Asked, depth: int, vectors: VectorSearch, settings: RecallSettings
    ) -> Evidence:
        return gather(asked.query, asked.vector, self._candidates(asked, depth, vectors, settings))

    def _candidates(
        self,
        asked: _Asked,
        depth: int,
        vectors: VectorSearch,
        settings: RecallSettings,
        also: Collection[int] = (),
    ) -> Candidates:
        query, vector = asked.query, asked.vector
        # What lies after `until` is only dropped once it was found: look further then.
        depth = depth if asked.until is None else 10 * depth
        lexical = dict(self._fulltext.search(query.searched, depth))
        dense = {} if vector is None else dict(vectors.search(vector, depth))
        facts, summaries = self._derived(asked, depth, settings)
        hits = {*dense, *lexical, *facts, *also}
        places = self._sessions.around(sorted(hits), REACH)
        traits = self._fulltext.traits(list(places))
        stems = self._fulltext.stems_of(query.text)
        usable = _usable(asked, places, traits, stems, self._made_here)
        best = _first_ranking(dense, lexical)[: settings.expand]
        by_place = {(place.session_id, place.position): seq for seq, place in places.items()}
        beside = {
            by_place.get((places[seq].session_id, places[seq].position + step), seq)
            for seq in best
            if seq in places
            for step in (-1, 1)
        }
        return Candidates(
            places=places,
            scored=(hits | beside) & usable,
            traits=traits,
            parts={} if vector is None else vectors.vectors_of(list(places)),
            rarity=self._fulltext.rarity(query.terms),
            mean_length=self._fulltext.size()[1],
            facts=facts,
            summaries=summaries,
        )

    # -- a time given by an event --------------------------------------------------------------

    def _by_event(self, asked: _Asked, anchor: Anchor, search: _Search) -> list[list[Scored]]:
        """Rankings by the event that the query gives its time by; none where it is not found."""
        told = [self._telling(event, asked, search) for event in anchor.events]
        if anchor.relation == "between":
            scored = [[(turn.seq, turn.certainty) for turn in turns] for turns in told]
            return scored if all(scored) else []
        event = located(anchor.events[0], told[0])
        return [] if event is None else [self._around(stretch(anchor, event), asked, search)]

    def _telling(self, event: str, asked: _Asked, search: _Search) -> list[Told]:
        """The best turns that tell of an event, best first; none where that is not likely."""
        query = self._understood(event, asked.until, search.settings)
        query = replace(query, speakers=query.speakers or asked.query.speakers)
        about = replace(asked, query=query, vector=search.embedder.embed([query.meaning]))
        depth = search.settings.candidates
        evidence = self._evidence(about, depth, search.vectors, search.settings)
        ranked, logits = rank(query, evidence, search.settings)
        shares = evidence.values[:, FEATURES.index("window_words")]
        telling = [row for row in ranked[:_TELLING] if shares[row] >= _TELLS]
        scores = {
            evidence.places[row].seq: float(shares[row])
            * (probability(float(logits[row])) / probability(float(logits[telling[0]])))
            for row in telling
        }
        found = {event.seq: event for event in self._log.at(list(scores))}
        return [
            Told(seq, found[seq].text or "", found[seq].at, score)
            for seq, score in scores.items()
            if seq in found
        ]

    def _around(self, span: Span, asked: _Asked, search: _Search) -> list[Scored]:
        """The ranking for this time, by the whole query and by it without the event."""
        assert asked.query.anchor is not None
        settings, depth = search.settings, search.settings.candidates
        rest = self._understood(asked.query.anchor.rest, asked.until, settings)
        vector = search.embedder.embed([rest.meaning])
        also = {
            *self._sessions.within(span.start, span.end, depth),
            *dict(search.vectors.search(vector, depth)),
            *dict(self._fulltext.search(rest.searched, depth)),
        }
        found = self._candidates(asked, depth, search.vectors, settings, also)
        whole, rest = replace(asked.query, span=span), replace(rest, span=span)
        evidence = gather(whole, asked.vector, found)
        without = gather(rest, vector, replace(found, rarity=self._fulltext.rarity(rest.terms)))
        logits = at_that_time(evidence, without, whole, rest, settings)
        ranked = order(whole, evidence, logits, settings)
        return [(evidence.places[row].seq, probability(float(logits[row]))) for row in ranked]

    def _made_here(self, seqs: Collection[int]) -> set[int]:
        """Those that this assistant answered; what was imported says not what it answers."""
        return {
            event.seq
            for event in self._log.at(sorted(seqs))
            if isinstance(event.payload, Message) and event.payload.reply_to is not None
        }

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

    def _derived(
        self, asked: _Asked, depth: int, settings: RecallSettings
    ) -> tuple[dict[int, float], dict[str, float]]:
        """Cosines by way of derived facts and summaries; only ever a route to turns."""
        facts: dict[int, float] = {}
        summaries: dict[str, float] = {}
        if self._facts is not None and (settings.among_people.fact or settings.assisted.fact):
            facts = dict(self._facts.routes([], asked.vector, depth).dense)
        if self._summaries is not None and (
            settings.among_people.summary or settings.assisted.summary
        ):
            summaries = dict(self._summaries.routes([], asked.vector, depth).dense)
        return facts, summaries

    def _memories(self, best: Sequence[tuple[int, float]], k: int) -> list[Memory]:
        scores = dict(best[: k + 10])
        events = {event.seq: event for event in self._log.at(list(scores))}
        found = [
            memory_of(events[seq], score)
            for seq, score in scores.items()
            if seq in events and events[seq].text is not None
        ]
        return found[:k]


_TELLING = 5
"""Turns that are looked at for the time of an event."""
_TELLS = 0.6
"""Share of an event's words that a turn and its neighbours must hold to be taken to tell of it."""
_ASKS = Marks.ASKS.value
_READ = 20_000
"""Characters of a query that are looked at: several pages."""
_CONTEXT_FADE = 0.6
"""What is left of a message's weight in the context with each one after it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    query: Query
    vector: Vectors | None
    excluded: frozenset[int]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class _Search:
    """What a search is done with."""

    embedder: Embedder
    vectors: VectorSearch
    settings: RecallSettings


def _fitting(best: Sequence[Scored], share: float) -> int:
    top = max((score for _, score in best), default=0.0)
    return sum(score >= share * top for _, score in best)


def _first_ranking(dense: dict[int, float], lexical: dict[int, float]) -> list[int]:
    top = max(lexical.values(), default=1.0) or 1.0
    first = {seq: dense.get(seq, 0.0) + lexical.get(seq, 0.0) / top for seq in {*dense, *lexical}}
    return sorted(first, key=lambda seq: (-first[seq], seq))


def _usable(
    asked: _Asked,
    places: Mapping[int, Place],
    traits: Mapping[int, Traits],
    stems: frozenset[int],
    made_here: Callable[[Collection[int]], set[int]],
) -> set[int]:
    """Which turns may be recalled.

    Not the query itself, asked before: it would be the best hit and is worth nothing. Nor what was
    answered then, which was made from memories that are there themselves; what another assistant
    answered, in a conversation that was imported, was not.
    """
    last = None if asked.until is None else to_ms(asked.until)
    asking = (seq for seq, turn in traits.items() if turn.marks & _ASKS)
    echoed = [places[seq] for seq in asking if stems and _echoes(traits[seq], stems)]
    echoes = {(place.session_id, place.position) for place in echoed}
    hidden = {place.seq for place in echoed}
    if echoes:
        replies = {
            seq
            for seq, place in places.items()
            if place.origin is Origin.ASSISTANT and (place.session_id, place.position - 1) in echoes
        }
        hidden |= made_here(replies) if replies else replies
    return {
        seq
        for seq, place in places.items()
        if seq not in asked.excluded and seq not in hidden and (last is None or place.at <= last)
    }


def _echoes(traits: Traits, stems: frozenset[int]) -> bool:
    said = set(traits.stems["stem"].tolist())
    return len(said & stems) >= 0.8 * len(said | stems)


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
