"""LoCoMo: which share of a question's evidence is recalled (Maharana et al., 2024).

The official data is `data/locomo10.json` of the project snap-research/LoCoMo. For each question
with evidence: the share of its evidence turns, and of the sessions these stand in, among the
first k recalled. Beside the product stand dense and BM25 search alone and their reciprocal rank
fusion, over the same views in the same run.
"""

from __future__ import annotations

import gzip
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import Report, Row, quantile, sha256_of
from memory.importers import importer_for
from memory.ingest import ingest
from memory.ports import Embedder, Progress
from memory.store import MemoryStore
from memory.text import content_words

KS = (5, 10, 25)
_CANDIDATES = 200
_RRF = 60
"""The constant of reciprocal rank fusion (Cormack et al., 2009)."""
CATEGORIES = {1: "multi_hop", 2: "temporal", 3: "open_domain", 4: "single_hop", 5: "adversarial"}


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    category: str
    evidence: frozenset[str]


@dataclass(slots=True)
class Outcome:
    """What one system recalled for one question: turn ids, and their sessions in order."""

    turns: list[str]
    sessions: list[str]


System = Callable[[MemoryStore, Embedder, str], Sequence[int]]
"""From a query to ranked log positions."""


def run(data: Path, embedder: Embedder, progress: Progress) -> Report:
    """Measure on one file of conversations, plain or gzipped, or a folder of them."""
    files = sorted(data.glob("*.json*")) if data.is_dir() else [data]
    results: dict[str, list[tuple[Question, Outcome]]] = {name: [] for name in SYSTEMS}
    milliseconds: list[float] = []
    for file in files:
        conversations = _load(file)
        for number, conversation in enumerate(conversations, 1):
            with tempfile.TemporaryDirectory() as home:
                store = MemoryStore(Path(home), embedder)
                drafts = importer_for("locomo", str(number)).read(file)
                ingest(store, drafts, [], progress)
                questions = list(questions_of(conversation))
                for done, question in enumerate(questions):
                    progress(f"conversation {number}", done + 1, len(questions))
                    _ask_all(store, embedder, question, results, milliseconds)
                store.close()
    report = Report("locomo", sha256_of(files))
    for name, answered in results.items():
        report.rows += _rows(name, answered)
    n = len(milliseconds)
    for metric, share in (("recall_ms_p50", 0.5), ("recall_ms_p95", 0.95)):
        report.rows.append(Row("lifelore", metric, "all", None, quantile(milliseconds, share), n))
    return report


def questions_of(conversation: dict[str, Any]) -> Iterator[Question]:
    """The questions that have evidence, malformed evidence ids taken apart."""
    for entry in conversation["qa"]:
        ids = (part for item in entry.get("evidence", []) for part in re.split(r"[;,\s]+", item))
        evidence = frozenset(part for part in ids if part)
        if evidence:
            yield Question(entry["question"], CATEGORIES[entry["category"]], evidence)


def _load(file: Path) -> list[dict[str, Any]]:
    raw = file.read_bytes()
    content = json.loads(gzip.decompress(raw) if file.suffix == ".gz" else raw)
    return content if isinstance(content, list) else [content]


def _ask_all(
    store: MemoryStore,
    embedder: Embedder,
    question: Question,
    results: dict[str, list[tuple[Question, Outcome]]],
    milliseconds: list[float],
) -> None:
    for name, system in SYSTEMS.items():
        started = time.perf_counter()
        seqs = system(store, embedder, question.text)
        if name == "lifelore":
            milliseconds.append(1000 * (time.perf_counter() - started))
        results[name].append((question, _outcome(store, seqs)))


def _lifelore(store: MemoryStore, embedder: Embedder, query: str) -> Sequence[int]:
    return [memory.seq for memory in store.recall(query, 4 * max(KS)).memories]


def _dense(store: MemoryStore, embedder: Embedder, query: str) -> Sequence[int]:
    return [seq for seq, _ in store.vector_search().search(embedder.embed([query]), _CANDIDATES)]


def _bm25(store: MemoryStore, embedder: Embedder, query: str) -> Sequence[int]:
    return [seq for seq, _ in store.fulltext.search(content_words(query), _CANDIDATES)]


def _rrf(store: MemoryStore, embedder: Embedder, query: str) -> Sequence[int]:
    scores: dict[int, float] = {}
    for ranked in (_dense(store, embedder, query), _bm25(store, embedder, query)):
        for rank, seq in enumerate(ranked, 1):
            scores[seq] = scores.get(seq, 0.0) + 1 / (_RRF + rank)
    return sorted(scores, key=lambda seq: -scores[seq])


SYSTEMS: dict[str, System] = {"lifelore": _lifelore, "dense": _dense, "bm25": _bm25, "rrf": _rrf}


def _outcome(store: MemoryStore, seqs: Sequence[int]) -> Outcome:
    turns = [getattr(event.payload, "external_id", None) or "" for event in store.log.at(seqs)]
    return Outcome(turns, list(dict.fromkeys(_session(turn) for turn in turns)))


def _session(turn: str) -> str:
    """The session of a turn id: D3 of D3:7."""
    return turn.partition(":")[0]


def _rows(system: str, answered: Sequence[tuple[Question, Outcome]]) -> Iterator[Row]:
    categories = ["all", *sorted({question.category for question, _ in answered})]
    for category in categories:
        chosen = [(q, o) for q, o in answered if category in ("all", q.category)]
        for k in KS:
            turns = [len(q.evidence & set(o.turns[:k])) / len(q.evidence) for q, o in chosen]
            yield Row(system, "turn_recall", category, k, _mean(turns), len(turns))
            shares = []
            for question, outcome in chosen:
                gold = {_session(turn) for turn in question.evidence}
                shares.append(len(gold & set(outcome.sessions[:k])) / len(gold))
            yield Row(system, "session_recall", category, k, _mean(shares), len(shares))


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4)
