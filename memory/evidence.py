"""What speaks for each candidate turn: features of a plain meaning, each about 0 to 1, and weights.

A turn is rarely evidence by itself: it answers the turn before, its neighbours name what it only
calls "it", its session is about the subject. So besides the turn's own words and meaning, those of
the turns around it are looked at. Scores are not stretched over the candidates: apart from
`recency`, `session_words` and `thread`, which look at the other candidates, a feature means the
same for every query, and the sum can be read as a probability.

Two sets of weights, because conversations differ. Among people, turns are short and the answer
stands anywhere; with the assistant, what its user said matters, and the reply is long and repeats
it. The weights are those of a linear ranking model (listwise softmax loss; Cao et al., 2007), but
for `only_asks` and the `span` of ASSISTED, which are set by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from memory.events import Origin
from memory.log import from_ms
from memory.marks import Marks
from memory.ports import Vectors
from memory.query import Query
from memory.views.fulltext import STEM, Traits
from memory.views.sessions import Place

REACH = 2
"""Turns to either side that speak for a turn."""
_VECTOR_SHARES = {0: 1.0, 1: 0.7, 2: 0.4}
_WORD_SHARES = {0: 1.0, 1: 0.6, 2: 0.4}
"""What a neighbour at this distance adds to a turn's window."""
_K1, _B = 1.2, 0.75
"""The constants of BM25, as in FTS5."""
_FADE = 20
"""Sessions over which recency falls to a third."""
_THREADS = 5
"""Best windows, one a session, that a thread is known by."""

Column = npt.NDArray[np.floating[Any]]
"""Shape (turns,)."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight of each feature; 0 switches it off."""

    bias: float = 0.0
    """Makes the sum the logit of a probability."""
    meaning: float = 0.0
    """Cosine of the query and the turn's nearest part."""
    context: float = 0.0
    """Cosine of the query and the turn's window: its vector and its neighbours', averaged."""
    words: float = 0.0
    """BM25 of the turn, as a share of the highest there could be."""
    window_words: float = 0.0
    """Share of the query's terms, weighted by rarity, that the window holds between its turns."""
    session_words: float = 0.0
    """The same for all candidates of the session."""
    named: float = 0.0
    """Said by someone whom the query names, or by the user where the query says "I"."""
    by_user: float = 0.0
    """Not the assistant's own words, unless these are asked for."""
    asks: float = 0.0
    """The turn ends with a question."""
    only_asks: float = 0.0
    """It is a single question: what someone once wanted to know tells nothing."""
    answers: float = 0.0
    """The turn before asks; its cosine."""
    time: float = 0.0
    number: float = 0.0
    name: float = 0.0
    """The turn holds a time, a number, a name, where the query asks for one."""
    reply_words: float = 0.0
    """BM25 of the assistant's reply to the turn."""
    recency: float = 0.0
    """Falls off with the number of candidates' sessions that are newer."""
    span: float = 0.0
    """Closeness to the time that the query names."""
    thread: float = 0.0
    """Cosine of the window and the best windows of other sessions: the same matter, gone on with.

    Pseudo-relevance feedback (Rocchio, 1971) over conversations instead of words.
    """
    fact: float = 0.0
    """By how much the nearest fact derived from the turn is nearer than the turn itself.

    Off, as is `summary`: what a 0.5B derives moves single questions up and down, none on balance.
    """
    summary: float = 0.0
    """Cosine of the derived summary of the session."""


AMONG_PEOPLE = Weights(
    bias=-5.84,
    meaning=0.87,
    context=2.74,
    window_words=2.64,
    named=0.45,
    asks=-0.44,
    answers=1.21,
    time=0.91,
    number=0.69,
    name=0.59,
    span=2.23,
)
ASSISTED = Weights(
    bias=-5.62,
    meaning=1.22,
    context=0.49,
    words=1.51,
    session_words=0.67,
    by_user=0.67,
    only_asks=-1.5,
    reply_words=0.92,
    recency=0.55,
    span=2.23,
    thread=0.81,
)

FEATURES = tuple(each.name for each in fields(Weights) if each.name != "bias")


def vector_of(weights: Weights) -> Column:
    """The weights of FEATURES, shape (features,)."""
    return np.array([getattr(weights, name) for name in FEATURES], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Turns to be looked at, and all that is known of them and of those around them."""

    places: Mapping[int, Place]
    """Of candidates and of the turns within REACH of them."""
    scored: Collection[int]
    traits: Mapping[int, Traits]
    parts: Mapping[int, Vectors]
    """Vectors of each turn's parts."""
    rarity: Mapping[int, float]
    """The query's stems and the inverse document frequency of each."""
    mean_length: float
    facts: Mapping[int, float] = field(default_factory=dict)
    summaries: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Every feature of every scored turn."""

    places: Sequence[Place]
    values: npt.NDArray[np.float32]
    """Shape (turns, FEATURES); `thread` is filled in by `rank`."""
    windows: Vectors
    """Shape (turns, d): the averaged vectors of the windows, zero where there are none."""
    assisted: npt.NDArray[np.bool_]


def gather(query: Query, vector: Vectors | None, found: Candidates) -> Evidence:
    """Describe the candidates; `vector` is the query's, shape (1, d), or None without embedder."""
    places = sorted(found.places.values(), key=lambda place: (place.session_id, place.position))
    turns = _Turns(places, found, vector)
    out: dict[str, Column] = {
        "meaning": turns.cosine,
        "context": turns.window_cosine,
        "words": turns.bm25,
        "window_words": turns.window_coverage,
        "session_words": turns.session_coverage,
        "named": turns.each(lambda place: is_named(query, place)),
        "by_user": np.maximum(turns.own, float(query.of_assistant)),
        "asks": turns.marked(Marks.ASKS),
        "only_asks": turns.marked(Marks.ONLY_ASKS),
        "answers": turns.at(turns.marked(Marks.ASKS) * turns.cosine, -1),
        "recency": turns.recency(),
        "span": turns.closeness(query),
    }
    if found.facts:
        nearest = turns.each(lambda place: found.facts.get(place.seq, 0.0))
        out["fact"] = np.maximum(nearest - turns.cosine, 0)
    if found.summaries:
        out["summary"] = turns.each(lambda place: found.summaries.get(place.session_id, 0.0))
    replies = turns.at(1 - turns.own, 1) * turns.own
    out["reply_words"] = replies * turns.at(turns.bm25, 1)
    for mark, name in _WANTED.items():
        out[name] = turns.marked(mark) * float(mark in query.wants)
    rows = turns.scored
    blank = np.zeros(len(places), dtype=np.float32)
    return Evidence(
        places=[places[row] for row in rows],
        values=np.stack([out.get(name, blank) for name in FEATURES], axis=1)[rows],
        windows=turns.windows,
        assisted=np.array([places[row].assisted for row in rows], dtype=bool),
    )


_WANTED = {
    Marks.TIME: "time",
    Marks.NUMBER: "number",
    Marks.NAME: "name",
}


def is_named(query: Query, place: Place) -> bool:
    """Whether the query names who said it, or says "I" where the user said it to others."""
    if query.speakers:
        return place.speaker in query.speakers
    return query.of_user and not place.assisted and place.origin is Origin.USER


def follow_threads(evidence: Evidence, scores: npt.NDArray[np.float32]) -> None:
    """Fill in `thread` from a first ranking."""
    seeds: dict[str, int] = {}
    for row in np.argsort(-scores, kind="stable"):
        seeds.setdefault(evidence.places[row].session_id, int(row))
        if len(seeds) == _THREADS:
            break
    if seeds and evidence.windows.size:
        mean = evidence.windows[list(seeds.values())].mean(axis=0)
        evidence.values[:, FEATURES.index("thread")] = np.clip(
            evidence.windows @ unit(mean[None, :])[0], 0, None
        )


class _Turns:
    """The candidates and their neighbours as columns, in order of session and position."""

    def __init__(self, places: Sequence[Place], found: Candidates, vector: Vectors | None) -> None:
        self._places = places
        self._traits = [found.traits.get(place.seq) for place in places]
        self._marks = np.array([t.marks if t else 0 for t in self._traits], dtype=np.int64)
        self.scored = np.array(
            [row for row, place in enumerate(places) if place.seq in found.scored], dtype=np.int64
        )
        sessions = dict.fromkeys(place.session_id for place in places)
        number = {session: n for n, session in enumerate(sessions)}
        self._session = np.array([number[place.session_id] for place in places], dtype=np.int64)
        keys = (self._session << 32) + np.array([place.position for place in places], np.int64)
        self._beside = {step: _rows_of(keys + step, keys) for step in (-2, -1, 1, 2)}
        self.own = self.each(lambda place: place.origin is not Origin.ASSISTANT)
        self._meanings([found.parts.get(place.seq) for place in places], vector)
        self._wordings(found.rarity, found.mean_length)

    def _meanings(self, parts: Sequence[Vectors | None], vector: Vectors | None) -> None:
        """Cosines of all turns, windows of the scored ones alone."""
        some = next((part for part in parts if part is not None), None)
        if vector is None or some is None:
            self.cosine = self.window_cosine = np.zeros(len(parts), dtype=np.float32)
            self.windows = np.zeros((len(self.scored), 0), dtype=np.float32)
            return
        empty = np.zeros((1, some.shape[1]), dtype=np.float32)
        stacked = [empty if part is None else part for part in parts]
        matrix = np.concatenate(stacked)
        cosines = matrix @ vector[0]
        if not np.isfinite(cosines).all():
            # A model that once made no number of a text must not make it a certain memory.
            matrix = np.nan_to_num(matrix, posinf=0, neginf=0)
            cosines = matrix @ vector[0]
        sums = matrix
        if len(matrix) > len(stacked):  # most turns are of one part
            starts = np.cumsum([0, *(len(part) for part in stacked[:-1])])
            cosines, sums = np.maximum.reduceat(cosines, starts), np.add.reduceat(matrix, starts)
        self.cosine = np.clip(cosines, 0, None)
        means = unit(sums)
        window = means[self.scored]
        for step, beside in self._beside.items():
            rows = beside[self.scored]
            near = means[rows]
            near *= (_VECTOR_SHARES[abs(step)] * _there(rows))[:, None]
            window += near
        self.windows = unit(window)
        self.window_cosine = np.zeros(len(parts), dtype=np.float32)
        self.window_cosine[self.scored] = np.clip(self.windows @ vector[0], 0, None)

    def _wordings(self, rarity: Mapping[int, float], mean_length: float) -> None:
        stems = np.array(sorted(rarity), dtype=np.uint32)
        weights = np.array([rarity[stem] for stem in sorted(rarity)], dtype=np.float32)
        counts = self._counts(stems)
        lengths = np.array([t.length if t else 0 for t in self._traits], dtype=np.float32)
        total = max(float(weights.sum()), 1e-9)
        norm = _K1 * (1 - _B + _B * lengths / max(mean_length, 1.0))
        self.bm25 = (counts / (counts + norm[:, None] + 1e-9)) @ weights / total
        holds = (counts > 0).astype(np.float32)
        window = holds.copy()
        for step, beside in self._beside.items():
            share = _WORD_SHARES[abs(step)]
            np.maximum(window, share * holds[beside] * _there(beside)[:, None], out=window)
        self.window_coverage = window @ weights / total
        # Sessions stand together, so that each is a run of rows.
        starts = np.flatnonzero(np.diff(self._session, prepend=-1))
        between = np.maximum.reduceat(holds, starts) if len(starts) else holds
        self.session_coverage = (between @ weights / total)[self._session]

    def _counts(self, stems: npt.NDArray[np.uint32]) -> Column:
        """How often each stem (in ascending order) stands in each turn, shape (turns, stems)."""
        counts = np.zeros((len(self._places), len(stems)), dtype=np.float32)
        held = [traits.packed if traits else b"" for traits in self._traits]
        every = np.frombuffer(b"".join(held), dtype=STEM)
        if not len(stems) or not len(every):
            return counts
        rows = np.repeat(np.arange(len(held)), [len(each) // STEM.itemsize for each in held])
        columns = np.minimum(np.searchsorted(stems, every["stem"]), len(stems) - 1)
        asked = stems[columns] == every["stem"]
        counts[rows[asked], columns[asked]] = every["count"][asked]
        return counts

    def at(self, column: Column, step: int) -> Column:
        """The column's values of the turns `step` further on, 0 where there is none."""
        beside = self._beside[step]
        return column[beside] * _there(beside)

    def each(self, value: Callable[[Place], float]) -> Column:
        return np.array([value(place) for place in self._places], dtype=np.float32)

    def marked(self, mark: Marks) -> Column:
        held: Column = (self._marks & mark.value != 0).astype(np.float32)
        return held

    def recency(self) -> Column:
        starts = np.flatnonzero(np.diff(self._session, prepend=-1))
        if not len(starts):
            return np.zeros(0, dtype=np.float32)
        times = np.array([place.at for place in self._places], dtype=np.int64)
        newest_first = np.argsort(-np.maximum.reduceat(times, starts), kind="stable")
        fading = np.empty(len(starts), dtype=np.float32)
        fading[newest_first] = np.exp(-np.arange(len(starts)) / _FADE)
        return fading[self._session]

    def closeness(self, query: Query) -> Column:
        span = query.span
        if span is None:
            return np.zeros(len(self._places), dtype=np.float32)
        return self.each(lambda place: span.closeness(from_ms(place.at)))


def _rows_of(wanted: npt.NDArray[np.int64], keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The row of each wanted key, -1 where there is none; `keys` ascend."""
    rows = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[rows] == wanted, rows, -1) if len(keys) else rows


def _there(beside: npt.NDArray[np.int64]) -> Column:
    return (beside >= 0).astype(np.float32)


def unit(rows: Vectors) -> Vectors:
    """The rows at length 1; a zero row stays."""
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    scaled: Vectors = rows / np.maximum(lengths, 1e-9)[:, None]
    return scaled.astype(np.float32, copy=False)
