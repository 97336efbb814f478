"""What a long life costs: ingest, recall, start-up, memory and disk at growing numbers of turns.

Turns and vectors are made up (`made_life`), because a real model cannot embed a million turns in
reasonable time; only the throughput of ingest, and recall among five thousand
turns, are measured with the configured model. Each step runs in a process of its own, so that peak
memory is the step's. Recall is paired, query by query, with a bare Chroma query and a bare FTS5
query for as many hits over the same data.
"""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from filelock import FileLock

from assistant.build import embedder_for, stay_local
from assistant.settings import Settings
from benchmarks.made_life import Life, MadeEmbedder
from benchmarks.report import Report, Row, quantile
from memory.ingest import ingest
from memory.ports import Embedder, Progress, Vectors, no_progress
from memory.ranking import RecallSettings
from memory.store import CHROMA_FOLDER, LOG_FILE, VIEWS_FILE, MemoryStore
from memory.text import content_words

DEFAULT_TURNS = (10_000, 100_000)
K = RecallSettings().candidates
"""Hits asked of bare Chroma and bare FTS5, as many as recall asks of each channel."""
_QUERIES = 100
_EXACT = 30
_PAIRED_TEXTS = 5000
_ROUNDS = 3
_REBUILT_UP_TO = 100_000

Figures = list[tuple[str, float, int]]
"""Metric, value, and what it was averaged over."""


def run(settings: Settings, progress: Progress, turns: Sequence[int] = DEFAULT_TURNS) -> Report:
    """Measure at each number of turns. Raises what the embedder raises where it is missing."""
    report = Report("scale", None)
    report.rows += beside_embedder(embedder_for(settings, settings.embedder), progress)
    for count in turns:
        with tempfile.TemporaryDirectory() as folder:
            for step in STEPS:
                if step != "rebuild" or count <= _REBUILT_UP_TO:
                    report.rows += in_a_process(step, count, Path(folder) / "home", progress)
    return report


def in_a_process(step: str, turns: int, home: Path, progress: Progress) -> list[Row]:
    """One step over the home in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.scale", step, str(turns), str(home)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    ) as process:
        assert process.stdout is not None
        figures: Figures = []
        for line in process.stdout:
            what, *rest = json.loads(line)
            if what == "progress":
                progress(f"{turns:,} turns, {rest[0]}", rest[1], rest[2])
            else:
                figures = rest[0]
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return [
        Row("lifelore", metric, _short(turns), K if step == "recall" else None, value, n)
        for metric, value, n in figures
    ]


def main(step: str, turns: int, home: Path) -> None:
    """The process of one step: figures go to standard output as JSON."""
    stay_local()
    last = 0.0

    def report(what: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > 1 or done == total:
            last = time.monotonic()
            print(json.dumps(["progress", what, done, total]), flush=True)

    figures = STEPS[step](turns, home, report)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    scale = 1 if sys.platform == "darwin" else 1024
    figures.append((f"{step}_peak_mb", round(peak * scale / 1e6), 1))
    print(json.dumps(["figures", figures]), flush=True)


# -- the steps


def build(turns: int, home: Path, progress: Progress) -> Figures:
    """A life brought in; seconds of each part, and what it takes on disk."""
    spent: dict[str, float] = defaultdict(float)
    before = time.perf_counter()
    started = before

    def timed(what: str, done: int, total: int) -> None:
        nonlocal before
        now = time.perf_counter()
        spent[what] += now - before
        before = now
        progress(what, done, total)

    store = MemoryStore(home, MadeEmbedder())
    ingest(store, _told(Life().drafts(turns), timed, turns), [], timed)
    total = time.perf_counter() - started
    store.close()
    figures = [
        (f"ingest_{what}_us_a_turn", seconds / turns * 1e6, turns)
        for what, seconds in spent.items()
    ]
    figures.append(("ingest_us_a_turn", total / turns * 1e6, turns))
    return [
        *((metric, round(value, 1), n) for metric, value, n in figures),
        ("disk_log_bytes_a_turn", round(_bytes(home, LOG_FILE) / turns), turns),
        ("disk_views_bytes_a_turn", round(_bytes(home, VIEWS_FILE) / turns), turns),
        ("disk_chroma_bytes_a_turn", round(_bytes(home, CHROMA_FOLDER) / turns), turns),
    ]


def recall(turns: int, home: Path, progress: Progress) -> Figures:
    """Start-up, then recall beside the bare queries, and how much of the truth the index finds."""
    embedder = MadeEmbedder()
    questions = Life().questions(_QUERIES + 1, turns)
    vectors = {question: embedder.embed([question]) for question in questions}
    prepared = Prepared(vectors)
    import chromadb  # noqa: F401  # not what the home is to be blamed for

    started = time.perf_counter()
    store = MemoryStore(home, prepared)
    store.catch_up_instant()
    opened = time.perf_counter()
    store.recall(questions[0], 10)
    first = time.perf_counter()
    figures: Figures = [
        ("open_ms", _ms(opened - started), 1),
        ("first_recall_ms", _ms(first - opened), 1),
    ]
    figures += _paired_recall(store, home, vectors, questions[1:], progress)
    figures += _truth(store, [vectors[question] for question in questions[1 : _EXACT + 1]])
    store.close()
    return figures


def scan(turns: int, home: Path, progress: Progress) -> Figures:
    """The same without the index, as where another process has it."""
    embedder = MadeEmbedder()
    questions = Life().questions(_QUERIES + 1, turns)
    vectors = [embedder.embed([question]) for question in questions]
    with FileLock(home / f"{CHROMA_FOLDER}.lock"):
        store = MemoryStore(home, embedder)
        search = store.vector_search()
        assert not store.holds_index
        times = [_seconds(search.search, vector, K) for vector in vectors]
        figures: Figures = [("scan_first_ms", _ms(times[0]), 1)]
        figures += _quantiles("scan_ms", times[1:])
        figures += [
            (metric.replace("index", "scan"), share, n)
            for metric, share, n in _truth(store, vectors[1 : _EXACT + 1])
        ]
        store.close()
    return figures


def rebuild(turns: int, home: Path, progress: Progress) -> Figures:
    """Everything derived again from the log alone, and whether the same is found."""
    for file in home.iterdir():
        if not file.name.startswith(LOG_FILE):
            shutil.rmtree(file) if file.is_dir() else file.unlink()
    embedder = MadeEmbedder()
    store = MemoryStore(home, embedder)
    seconds = _seconds(store.rebuild, None, progress)
    agree = _truth(store, [embedder.embed([q]) for q in Life().questions(_EXACT, turns)])
    store.close()
    return [
        ("rebuild_s", round(seconds, 1), 1),
        ("rebuild_us_a_turn", round(seconds / turns * 1e6, 1), turns),
        *((f"rebuilt_{metric}", share, n) for metric, share, n in agree),
    ]


STEPS: dict[str, Callable[[int, Path, Progress], Figures]] = {
    "build": build,
    "recall": recall,
    "scan": scan,
    "rebuild": rebuild,
}


# -- against the embedder alone


def beside_embedder(embedder: Embedder, progress: Progress) -> list[Row]:
    """Import of some thousand texts with the real model, against `encode` of the same alone; then
    recall among them, against embedding the question alone.

    Rounds alternate, so that a machine that slows down slows both.
    """
    texts = list(Life(seed=12).texts(_PAIRED_TEXTS))
    embedder.embed(texts[:64])
    bare: list[float] = []
    whole: list[float] = []
    rows: list[Row] = []
    for number in range(_ROUNDS):
        progress("ingest beside the model alone", number, _ROUNDS)
        bare.append(_seconds(_encode, embedder, texts))
        with (
            tempfile.TemporaryDirectory() as folder,
            closing(MemoryStore(Path(folder) / "home", embedder)) as store,
        ):
            store.vector_search().sync()  # Chroma's own start is not a part of throughput
            drafts = Life(seed=12).drafts(_PAIRED_TEXTS)
            whole.append(_seconds(ingest, store, drafts, [], no_progress))
            if number == _ROUNDS - 1:
                rows = _asked_beside_embedder(store, embedder)
    n = _PAIRED_TEXTS
    share = median([b / w for b, w in zip(bare, whole, strict=True)])
    return [
        Row("encode", "texts_a_second", "ingest", None, round(n / median(bare), 1), n),
        Row("lifelore", "texts_a_second", "ingest", None, round(n / median(whole), 1), n),
        Row("lifelore/encode", "throughput_share", "ingest", None, round(share, 3), _ROUNDS),
        *rows,
    ]


def _asked_beside_embedder(store: MemoryStore, embedder: Embedder) -> list[Row]:
    """Recall of ten memories, its question embedded anew, beside embedding the question."""
    questions = Life(seed=12).questions(_QUERIES + 1, _PAIRED_TEXTS)
    store.recall(questions[0], 10)
    embed: list[float] = []
    recall: list[float] = []
    for question in questions[1:]:
        embedder.embed(["a word"])  # Neither of the two below is to pay for waking threads.
        embed.append(_seconds(embedder.embed, [question]))
        recall.append(_seconds(store.recall, question, 10))
    figures = [*_quantiles("embed_ms", embed), *_quantiles("recall_and_embed_ms", recall)]
    figures += [
        (
            f"recall_over_embedding_p{share * 100:.0f}",
            round(quantile(recall, share) / quantile(embed, share), 3),
            len(recall),
        )
        for share in (0.5, 0.95)
    ]
    where = _short(_PAIRED_TEXTS)
    return [Row("lifelore", metric, where, 10, value, n) for metric, value, n in figures]


def _encode(embedder: Any, texts: list[str]) -> None:
    embedder._model.encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)


# -- figures


class Prepared:
    """An embedder that has the vectors of its texts ready: recall is measured without it."""

    identity = MadeEmbedder.identity

    def __init__(self, vectors: dict[str, Vectors]) -> None:
        self._vectors = vectors

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.concatenate([self._vectors[text] for text in texts])


def _paired_recall(
    store: MemoryStore,
    home: Path,
    vectors: dict[str, Vectors],
    questions: Sequence[str],
    progress: Progress,
) -> Figures:
    index: Any = store._index
    collection = index._collection()
    ours: list[float] = []
    chroma: list[float] = []
    fts: list[float] = []
    search: list[float] = []
    with closing(sqlite3.connect(home / VIEWS_FILE)) as db:
        for number, question in enumerate(questions):
            vector = vectors[question]
            match = " OR ".join(f'"{word}"' for word in content_words(question))
            chroma.append(_seconds(_ask_chroma, collection, vector))
            fts.append(_seconds(_ask_fts5, db, match))
            search.append(_seconds(store.vector_search().search, vector, K))
            ours.append(_seconds(store.recall, question, 10))
            progress("recall", number + 1, len(questions))
    bare = [c + f for c, f in zip(chroma, fts, strict=True)]
    return [
        *_quantiles("recall_ms", ours),
        *_quantiles("bare_chroma_ms", chroma),
        *_quantiles("bare_fts5_ms", fts),
        *_quantiles("bare_both_ms", bare),
        *_quantiles("vector_search_ms", search),
        *(
            (
                f"recall_over_bare_p{share * 100:.0f}",
                round(quantile(ours, share) / quantile(bare, share), 3),
                len(ours),
            )
            for share in (0.5, 0.95)
        ),
    ]


def _ask_chroma(collection: Any, vector: Vectors) -> None:
    collection.query(query_embeddings=vector, n_results=K, include=["distances"])


def _ask_fts5(db: sqlite3.Connection, match: str) -> None:
    asked = "SELECT rowid, rank FROM fulltext WHERE fulltext MATCH ? ORDER BY rank LIMIT ?"
    db.execute(asked, (match, K)).fetchall()


def _truth(store: MemoryStore, vectors: Sequence[Vectors]) -> Figures:
    """The share of the K truly nearest turns among the K found."""
    asked = np.concatenate(vectors)
    table = store._serving.table
    best = [np.empty((0, 2)) for _ in vectors]
    with closing(sqlite3.connect(store.home / VIEWS_FILE)) as db:
        rows = db.execute(f"SELECT seq, vector FROM {table}")
        while block := rows.fetchmany(8192):
            held = np.frombuffer(b"".join(r[1] for r in block), np.float16).astype(np.float32)
            cosines = asked @ held.reshape(len(block), -1).T
            seqs = np.array([row[0] for row in block])
            for at, scores in enumerate(cosines):
                both = np.concatenate([best[at], np.stack([seqs, scores], axis=1)])
                best[at] = both[np.argsort(-both[:, 1])[:K]]
    search = store.vector_search()
    shares = [
        len({int(seq) for seq in true[:, 0]} & {seq for seq, _ in search.search(vector, K)})
        / len(true)
        for vector, true in zip(vectors, best, strict=True)
    ]
    return [("index_recall", round(float(np.mean(shares)), 4), len(shares))]


def _quantiles(name: str, seconds: Sequence[float]) -> Figures:
    return [
        (f"{name}_p{share * 100:.0f}", _ms(quantile(seconds, share)), len(seconds))
        for share in (0.5, 0.95)
    ]


def _told(drafts: Any, progress: Progress, turns: int) -> Any:
    for number, draft in enumerate(drafts):
        if number % 1000 == 0:
            progress("log", number, turns)
        yield draft
    progress("log", turns, turns)


def _seconds(act: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    act(*arguments)
    return time.perf_counter() - started


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _short(turns: int) -> str:
    return f"{turns // 1_000_000}M" if turns % 1_000_000 == 0 else f"{turns / 1000:g}k"


def _bytes(home: Path, name: str) -> int:
    files = [f for f in home.rglob("*") if f.is_file()]
    return sum(
        f.stat().st_size for f in files if str(f.relative_to(home)).startswith((name, f"{name}-"))
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
