"""Rankings by an event: "the week before the move" is about the days before what told of the move.

How a question is read for it, and a time is found, stands in `memory/anchor.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from memory.anchor import Anchor, Told, located, stretch
from memory.candidates import Asked, CandidateSearch
from memory.evidence import FEATURES, gather
from memory.log import Log
from memory.ports import Embedder
from memory.ranking import RecallSettings, Scored, at_that_time, order, probability, rank
from memory.span import Span
from memory.views.fulltext import Fulltext
from memory.views.sessions import Sessions
from memory.views.vectors import VectorSearch

_TELLING = 5
"""Turns that are looked at for the time of an event."""
_TELLS = 0.6
"""Share of an event's words that a turn and its neighbours must hold to be taken to tell of it."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a search is done with."""

    embedder: Embedder
    vectors: VectorSearch
    settings: RecallSettings


class AnchoredSearch:
    """Finds what was said about the time of an event, which is itself recalled first."""

    def __init__(
        self, log: Log, sessions: Sessions, fulltext: Fulltext, candidates: CandidateSearch
    ) -> None:
        self._log = log
        self._sessions = sessions
        self._fulltext = fulltext
        self._candidates = candidates

    def rankings(self, asked: Asked, anchor: Anchor, tools: Tools) -> list[list[Scored]]:
        """Rankings by the event that the query gives its time by; none where it is not found."""
        told = [self._telling(event, asked, tools) for event in anchor.events]
        if anchor.relation == "between":
            scored = [[(turn.seq, turn.certainty) for turn in turns] for turns in told]
            return scored if all(scored) else []
        event = located(anchor.events[0], told[0])
        return [] if event is None else [self._around(stretch(anchor, event), asked, tools)]

    def _telling(self, event: str, asked: Asked, tools: Tools) -> list[Told]:
        """The best turns that tell of an event, best first; none where that is not likely."""
        query = self._candidates.understood(event, asked.until, tools.settings)
        query = replace(query, speakers=query.speakers or asked.query.speakers)
        about = replace(asked, query=query, vector=tools.embedder.embed([query.meaning]))
        depth = tools.settings.candidates
        evidence = self._candidates.evidence(about, depth, tools.vectors, tools.settings)
        ranked, logits = rank(query, evidence, tools.settings)
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

    def _around(self, span: Span, asked: Asked, tools: Tools) -> list[Scored]:
        """The ranking for this time, by the whole query and by it without the event."""
        assert asked.query.anchor is not None
        settings, depth = tools.settings, tools.settings.candidates
        rest = self._candidates.understood(asked.query.anchor.rest, asked.until, settings)
        vector = tools.embedder.embed([rest.meaning])
        also = {
            *self._sessions.within(span.start, span.end, depth),
            *dict(tools.vectors.search(vector, depth)),
            *dict(self._fulltext.search(rest.searched, depth)),
        }
        found = self._candidates.find(asked, depth, tools.vectors, settings, also)
        whole, rest = replace(asked.query, span=span), replace(rest, span=span)
        evidence = gather(whole, asked.vector, found)
        without = gather(rest, vector, replace(found, rarity=self._fulltext.rarity(rest.terms)))
        logits = at_that_time(evidence, without, whole, rest, settings)
        ranked = order(whole, evidence, logits, settings)
        return [(evidence.places[row].seq, probability(float(logits[row]))) for row in ranked]
