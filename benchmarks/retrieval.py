"""What the recall benchmarks share: homes filled with data, systems side by side, their figures.

A benchmark yields cases: a home, and the questions to ask of it with the gold of each. Every
system answers every question over the same views of the same home in one run: the product, the
product without one of its stages, and dense search, BM25 and their reciprocal rank fusion alone.
"""

from __future__ import annotations

import gzip
import json
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.report import Row
from memory.errors import EmbedderUnavailable, RefusedInput
from memory.events import Draft, Event, Origin
from memory.ingest import ingest
from memory.ports import Embedder, Progress, Vectors
from memory.ranking import RecallSettings
from memory.recall import Recollection
from memory.store import MemoryStore
from memory.text import content_words

DEPTH = 100
"""Turns asked of each system: enough sessions for every k."""
_RRF = 60
"""The constant of reciprocal rank fusion (Cormack et al., 2009)."""

ABLATIONS: dict[str, tuple[str, ...]] = {
    "without speakers' view": ("speakers_view",),
    "without the conversation": ("conversation",),
    "without neighbours as candidates": ("expand",),
    "without spreading": ("spread",),
    "without own meaning": ("meaning",),
    "without meaning in context": ("context",),
    "without own words": ("words",),
    "without words in the window": ("window_words",),
    "without words in the session": ("session_words",),
    "without the speaker named": ("named",),
    "without the user's own words first": ("by_user",),
    "without question and answer": ("asks", "only_asks", "answers"),
    "without kind of answer": ("time", "number", "name"),
    "without the reply": ("reply_words",),
    "without recency": ("recency",),
    "without named time": ("span",),
    "without threads": ("thread",),
    "without times of events": ("anchors",),
    "without newer or older first": ("turnover",),
}
"""Each stage of recall, and the settings or features that it is."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what should be found: external ids of turns, names of sessions."""

    text: str
    category: str
    turns: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()
    answerable: bool = True
    """Whether memory holds an answer at all; false for questions made to be declined."""
    conversation: tuple[Event, ...] = ()
    """What was said in the session so far: known to who answers, and not to be found again."""


@dataclass(frozen=True, slots=True)
class Case:
    """A home and what is asked of it; questions may be lazy and fill the home as they go."""

    name: str
    store: MemoryStore
    questions: Iterable[Question]
    total: int


@dataclass(frozen=True, slots=True)
class Metric:
    """The share of a question's gold among the first k turns, or sessions, for each k."""

    name: str
    gold: Literal["turns", "sessions"]
    ks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a system found: log positions, best first, and how sure it is where it can say."""

    seqs: Sequence[int]
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A ranking in the terms of the gold: external ids of turns, and their sessions in order."""

    question: Question
    turns: Sequence[str]
    sessions: Sequence[str]
    confidence: float | None


@dataclass(slots=True)
class Results:
    """Answers by system, in the order of the report, and times of a sample in milliseconds."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)


class QuestionCache:
    """An Embedder that embeds a question once, however many systems ask it."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._kept: dict[str, Vectors] = {}

    @property
    def identity(self) -> str:
        return self._inner.identity

    def embed(self, texts: Sequence[str]) -> Vectors:
        made = self._made(texts)
        if len(texts) == 1:
            self._kept.update(made)
        return np.stack([made[text] if text in made else self._kept[text] for text in texts])

    def prepare(self, texts: Sequence[str]) -> None:
        """Embed the texts in one go and keep their vectors."""
        self._kept.update(self._made(texts))

    def _made(self, texts: Sequence[str]) -> dict[str, Vectors]:
        missing = [text for text in dict.fromkeys(texts) if text not in self._kept]
        return dict(zip(missing, self._inner.embed(missing), strict=True)) if missing else {}


System = Callable[[MemoryStore, Embedder, Question, int], Ranking]
"""From a question to the best turns of a home."""


def ablations() -> dict[str, RecallSettings]:
    """The settings of recall without one of its stages, by what is left out."""
    return {label: RecallSettings().without(*stages) for label, stages in ABLATIONS.items()}


def systems() -> dict[str, System]:
    """Every system measured, in the order of the report."""
    return {
        "lifelore": _lifelore(None),
        **{label: _lifelore(settings) for label, settings in ablations().items()},
        "dense": _dense,
        "bm25": _bm25,
        "rrf": _rrf,
    }


def _lifelore(settings: RecallSettings | None) -> System:
    def system(store: MemoryStore, embedder: Embedder, question: Question, k: int) -> Ranking:
        found = recalled(store, question, k, settings)
        return Ranking([memory.seq for memory in found.memories], found.confidence)

    return system


def recalled(
    store: MemoryStore, question: Question, k: int, settings: RecallSettings | None = None
) -> Recollection:
    """What the product recalls, with other settings than its own where some are given."""
    said = question.conversation
    return store.recall(
        question.text,
        k,
        exclude=[event.id for event in said],
        context=[event.id for event in said if event.origin is Origin.USER],
        settings=settings,
    )


def _dense(store: MemoryStore, embedder: Embedder, question: Question, k: int) -> Ranking:
    # A long turn has several vectors: ask for more of them, so that k turns remain.
    hits = store.vector_search().search(embedder.embed([question.text]), 3 * k)
    return _others(hits, question, k)


def _bm25(store: MemoryStore, embedder: Embedder, question: Question, k: int) -> Ranking:
    hits = store.fulltext.search(content_words(question.text), k + len(question.conversation))
    return Ranking(_others(hits, question, k).seqs)


def _rrf(store: MemoryStore, embedder: Embedder, question: Question, k: int) -> Ranking:
    scores: dict[int, float] = {}
    for ranking in (_dense(store, embedder, question, k), _bm25(store, embedder, question, k)):
        for rank, seq in enumerate(ranking.seqs, 1):
            scores[seq] = scores.get(seq, 0.0) + 1 / (_RRF + rank)
    return Ranking(sorted(scores, key=lambda seq: -scores[seq])[:k])


def _others(hits: Sequence[tuple[int, float]], question: Question, k: int) -> Ranking:
    said = {event.seq for event in question.conversation}
    left = [(seq, score) for seq, score in hits if seq not in said][:k]
    return Ranking([seq for seq, _ in left], left[0][1] if left else 0.0)


@contextmanager
def empty_home(embedder: Embedder) -> Iterator[MemoryStore]:
    """A home that is gone afterwards."""
    with tempfile.TemporaryDirectory() as home:
        store = MemoryStore(Path(home), embedder)
        try:
            yield store
        finally:
            store.close()


def fill(store: MemoryStore, drafts: Iterable[Draft], progress: Progress) -> None:
    """Bring the drafts into the home. Raises EmbedderUnavailable where vectors cannot be made."""
    report = ingest(store, drafts, [], progress)
    if report.behind is not None:
        raise EmbedderUnavailable(report.behind)


def load_json(file: Path) -> Any:
    """The content of a JSON file, plain or gzip. Raises RefusedInput for any other."""
    try:
        raw = file.read_bytes()
        return json.loads(gzip.decompress(raw) if file.suffix == ".gz" else raw)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise RefusedInput(f"{file} cannot be read as JSON ({error}).") from error


def ask(cases: Iterable[Case], embedder: QuestionCache, progress: Progress) -> Results:
    """Ask every question of every system; the cases' homes must use the same embedder."""
    asked = systems()
    results = Results({name: [] for name in asked})
    for case in cases:
        for done, question in enumerate(case.questions, 1):
            for name, system in asked.items():
                ranking = system(case.store, embedder, question, DEPTH)
                results.answers[name].append(_answer(case.store, question, ranking))
            progress(case.name, done, case.total)
    return results


def _answer(store: MemoryStore, question: Question, ranking: Ranking) -> Answer:
    events = store.log.at(ranking.seqs)
    turns = [getattr(event.payload, "external_id", None) or "" for event in events]
    sessions = list(dict.fromkeys(session_of(turn) for turn in turns))
    return Answer(question, turns, sessions, ranking.confidence)


def session_of(turn: str) -> str:
    """The session of a turn's external id: D3 of D3:7."""
    return turn.partition(":")[0]


def rows_of(results: Results, metrics: Sequence[Metric]) -> Iterator[Row]:
    """Every figure, system by system."""
    for system, answers in results.answers.items():
        for metric in metrics:
            yield from _recall_rows(system, answers, metric)
        yield from _abstention_rows(system, answers)


def _recall_rows(system: str, answers: Sequence[Answer], metric: Metric) -> Iterator[Row]:
    asked = [answer for answer in answers if _gold(answer.question, metric)]
    for category in ["all", *sorted({answer.question.category for answer in asked})]:
        chosen = [each for each in asked if category in ("all", each.question.category)]
        for k in metric.ks:
            shares = [_share(answer, metric, k) for answer in chosen]
            yield Row(system, metric.name, category, k, _mean(shares), len(shares))


def _gold(question: Question, metric: Metric) -> frozenset[str]:
    return question.turns if metric.gold == "turns" else question.sessions


def _share(answer: Answer, metric: Metric, k: int) -> float:
    gold = _gold(answer.question, metric)
    found = answer.turns if metric.gold == "turns" else answer.sessions
    return len(gold & set(found[:k])) / len(gold)


def _abstention_rows(system: str, answers: Sequence[Answer]) -> Iterator[Row]:
    """How well confidence tells questions with an answer in memory from those without."""
    known, unknown = (
        [
            answer.confidence
            for answer in answers
            if answer.confidence is not None and answer.question.answerable is answerable
        ]
        for answerable in (True, False)
    )
    if known and unknown:
        n = len(known) + len(unknown)
        yield Row(system, "abstention_auc", "all", None, round(auc(known, unknown), 4), n)


def auc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """The area under the ROC curve: how often one of `higher` is above one of `lower`.

    Ties count half (Mann and Whitney, 1947); both must not be empty.
    """
    wins = sum((a > b) + 0.5 * (a == b) for a in higher for b in lower)
    return wins / (len(higher) * len(lower))


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
