"""Ranking candidates: their evidence, weighed and summed, and how sure recall is of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np
import numpy.typing as npt

from memory.events import Origin
from memory.evidence import (
    AMONG_PEOPLE,
    ASSISTED,
    FEATURES,
    Evidence,
    Weights,
    follow_threads,
    vector_of,
)
from memory.query import Query, State


@dataclass(frozen=True, slots=True)
class RecallSettings:
    """How recall searches and weighs. Every stage can be switched off; see `without`."""

    candidates: int = 60
    """Hits asked of search by meaning and of search by words, or as many as memories are asked for
    where that is more. Among 3,000 turns, 100 bring 0.3 points of turn recall @25, 0 @10, for half
    as much time again."""
    among_people: Weights = AMONG_PEOPLE
    assisted: Weights = ASSISTED
    speakers_view: bool = True
    """Embed "When did I go …" for "When did Caroline go …" where Caroline is one who speaks."""
    conversation: float = 0.8
    """Weight of what the user said just before against the query, in the vector searched for."""
    expand: int = 30
    """So many of the best hits bring their neighbours into the ranking."""
    spread: float = 0.12
    """Taken off for each better memory of the same session where a query asks for several
    things: they stand in different places (maximal marginal relevance; Carbonell, 1998)."""
    anchors: bool = True
    """Find the time of an event that a query names ("before the move"), and look there as well."""
    turnover: float = 0.5
    """Added for the newest of about equally good memories where a query asks how something is now,
    and for the oldest where it asks how it was before."""
    fits_from: float = 0.2
    """Share of the best score from which a memory fits a query that asks for everything. On the
    development conversations 86 to 88 % of what such questions ask for lie above."""
    rerank: int = 30
    """So many of the best memories a cross-encoder reads, where there is one."""
    reranked: float = 4.0
    """What its score of 1 adds to a logit."""
    known_from: float = 0.4
    """Confidence from which memory is taken to hold an answer; one answer in thirty lies below."""

    def without(self, *stages: str) -> RecallSettings:
        """These settings with stages or features switched off, by the names of their fields."""
        features = {name: 0.0 for name in stages if name in FEATURES}
        own = {name: type(getattr(self, name))(0) for name in stages if name not in FEATURES}
        return replace(
            self,
            among_people=replace(self.among_people, **features),
            assisted=replace(self.assisted, **features),
            **own,
        )


def rank(
    query: Query, evidence: Evidence, settings: RecallSettings
) -> tuple[list[int], npt.NDArray[np.float32]]:
    """Rows of the evidence, best first, and the logit of each row."""
    if not evidence.places:
        return [], np.zeros(0, dtype=np.float32)
    assisted = evidence.assisted
    weights = np.where(
        assisted[:, None], vector_of(settings.assisted), vector_of(settings.among_people)
    )
    if query.state == "before":
        weights[:, FEATURES.index("recency")] = 0
    bias = np.where(assisted, settings.assisted.bias, settings.among_people.bias)
    if weights[:, FEATURES.index("thread")].any():
        follow_threads(evidence, (evidence.values * weights).sum(axis=1))
    logits = ((evidence.values * weights).sum(axis=1) + bias).astype(np.float32)
    return order(query, evidence, logits, settings), logits


def _turnover(
    state: State, evidence: Evidence, logits: npt.NDArray[np.float32], gain: float
) -> npt.NDArray[np.float32]:
    """Logits with up to `gain` for being the newer, or the older, of memories near the best.

    Of two that tell of the same thing, either by its age is what was asked for; one that tells of
    something else is none the nearer, so that only those about as good, and as near in their own
    meaning, take part.
    """
    near = np.flatnonzero(logits >= logits.max() - gain)
    meanings = evidence.values[near, FEATURES.index("meaning")]
    alike = near[meanings >= _ALIKE * meanings.max()]
    times = np.array([evidence.places[int(row)].at for row in alike])
    ages = np.unique(times)
    newer = np.searchsorted(ages, times) / max(len(ages) - 1, 1)
    gained = logits.copy()
    gained[alike] += gain * (newer if state == "now" else 1 - newer)
    return gained


_ALIKE = 0.8
"""Share of the nearest one's cosine."""


def order(
    query: Query, evidence: Evidence, logits: npt.NDArray[np.float32], settings: RecallSettings
) -> list[int]:
    """Rows by these logits, best first, in the order that the query wants of the same thing."""
    if query.state and settings.turnover and len(logits):
        logits = _turnover(query.state, evidence, logits, settings.turnover)
    ranked = sorted(
        range(len(logits)), key=lambda row: (-float(logits[row]), evidence.places[row].seq)
    )
    if query.lists and settings.spread:
        return _spread(ranked, logits, evidence, settings.spread)
    return ranked


def at_that_time(
    whole: Evidence, rest: Evidence, query: Query, other: Query, settings: RecallSettings
) -> npt.NDArray[np.float32]:
    """Logits of the same turns for a query whose event gave it a span.

    By the whole query or by the rest of it without the event, whichever is higher: told within
    that time, a turn need not speak of the event. For the rest, being told at another time speaks
    against a turn as much as being told within it speaks for it.
    """
    _, told = rank(query, whole, settings)
    _, rest_told = rank(other, rest, settings)
    weights = np.where(whole.assisted, settings.assisted.span, settings.among_people.span)
    outside = weights * (1 - rest.values[:, FEATURES.index("span")])
    higher: npt.NDArray[np.float32] = np.maximum(told, rest_told - outside).astype(np.float32)
    return higher


Scored = tuple[int, float]
"""A log position and the probability that it holds what was asked for."""


def interleaved(rankings: Sequence[Sequence[Scored]]) -> list[Scored]:
    """Rankings turn about, the first one first: whichever misleads, half the places are good.

    Scores of the others are scaled to the best of the first, since each answers another question.
    """
    tops = [ranking[0][1] if ranking else 1.0 for ranking in rankings]
    scaled = [
        [(seq, score * (tops[0] / top)) for seq, score in ranking]
        for ranking, top in zip(rankings, tops, strict=True)
    ]
    merged: dict[int, float] = {}
    for row in zip_longest(*scaled):
        for seq, score in (each for each in row if each is not None):
            merged.setdefault(seq, score)
    return list(merged.items())


def _spread(
    ranked: Sequence[int], logits: npt.NDArray[np.float32], evidence: Evidence, cost: float
) -> list[int]:
    """The ranking with `cost` taken off for each better row of the same session."""
    left, chosen = list(ranked), list[int]()
    taken = Counter[str]()
    while left and len(chosen) < _SPREAD_DEPTH:
        best = max(
            left[: 4 * _SPREAD_DEPTH],
            key=lambda row: float(logits[row]) - cost * taken[evidence.places[row].session_id],
        )
        left.remove(best)
        chosen.append(best)
        taken[evidence.places[best].session_id] += 1
    return [*chosen, *left]


_SPREAD_DEPTH = 30


def probability(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def confidence_of(query: Query, evidence: Evidence, logits: npt.NDArray[np.float32]) -> float:
    """How likely memory holds an answer at all.

    Where a question names someone, what they said is weighed against what others said: of things
    never said about them, the best match is somebody else's. The coefficients are of a logistic
    regression on questions with and without an answer. Elsewhere only the best match tells, which
    is little, so nothing is decided by it.
    """
    if not len(logits):
        return 0.0
    best = float(logits.max())
    own, others = -math.inf, -math.inf
    for place, logit in zip(evidence.places, logits, strict=True):
        if place.speaker in query.speakers:
            own = max(own, float(logit))
        elif place.origin is not Origin.ASSISTANT:
            others = max(others, float(logit))
    if own == -math.inf or others == -math.inf:
        return probability(best + 2.6)
    return probability(0.62 + 0.24 * best + 1.83 * (own - others))
