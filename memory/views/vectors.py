"""Vectors of every turn: cached in SQLite, searched through a vector index built from the cache.

A long turn gets a vector for each part, since an embedder reads only so far. Vectors are kept as
float16, half the size and far finer than the differences that ranking rests on; the index is
filled from the cache, so that one rebuilt finds the same.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from filelock import FileLock
from sqlite_utils import Database
from ulid import ULID

from memory.errors import VectorIndexAway, VectorIndexBroken, VectorIndexReplaced
from memory.events import Event
from memory.ports import Embedder, Progress, VectorIndex, Vectors, no_progress
from memory.projection import Projection, Views
from memory.text import indexable
from memory.views.signs import Signs

T = TypeVar("T")
PART_CHARACTERS = 900
"""About 200 tokens of English, under the 256 that small sentence encoders read."""
_FILL = 1000
"""Vectors put into the index at a time."""
_SCAN_ROWS = 8192
_LOOKED_AT = 4096
"""Vectors that a scan compares exactly; where there are more, their signs choose."""
_AWAY_SECONDS = 30.0
"""How long an index that does not answer is left alone."""
_SQL_VARIABLES = 500
"""Positions in one IN (...); far below SQLite's limit."""


class VectorsView(Projection):
    """The vectors of one embedding model; another model is another view beside it."""

    version = 2
    batch = 1024

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.identity = embedder.identity
        slug = hashlib.sha256(self.identity.encode()).hexdigest()[:12]
        self.name = f"vectors:{self.identity}"
        self.table = f"vectors_{slug}"
        self.index_table = f"indexed_{slug}"
        self.tables = (self.table, self.index_table)

    def create(self, db: Database) -> None:
        # AUTOINCREMENT: the number of an erased vector must never name another one.
        db.execute(
            f"CREATE TABLE {self.table}(number INTEGER PRIMARY KEY AUTOINCREMENT, "
            "seq INTEGER NOT NULL, vector BLOB NOT NULL)"
        )
        db.execute(f"CREATE INDEX {self.table}_seq ON {self.table}(seq)")
        # Up to which number the index is filled, with how many vectors; and a name for this table,
        # because numbers start again in the next.
        db.execute(
            f"CREATE TABLE {self.index_table}"
            "(number INTEGER NOT NULL, held INTEGER NOT NULL, made TEXT NOT NULL)"
        )
        db.execute(f"INSERT INTO {self.index_table} VALUES (0, 0, ?)", (str(ULID()),))

    def prepare(self, events: Sequence[Event]) -> list[tuple[int, bytes]]:
        parts = [(e.seq, part) for e in events if e.text is not None for part in split(e.text)]
        if not parts:
            return []
        vectors = self.embedder.embed([text for _, text in parts]).astype(np.float16)
        return [(seq, row.tobytes()) for (seq, _), row in zip(parts, vectors, strict=True)]

    def apply(
        self, db: Database, events: Sequence[Event], prepared: list[tuple[int, bytes]]
    ) -> None:
        db.conn.executemany(f"INSERT INTO {self.table}(seq, vector) VALUES (?, ?)", prepared)

    def restate(
        self, db: Database, events: Sequence[Event], prepared: list[tuple[int, bytes]]
    ) -> None:
        # The index may keep the old numbers: what it finds under them is no longer looked up.
        self._delete(db, [event.seq for event in events])
        self.apply(db, events, prepared)

    def _delete(self, db: Database, seqs: Sequence[int]) -> None:
        db.conn.executemany(f"DELETE FROM {self.table} WHERE seq = ?", [(s,) for s in seqs])

    def erase(self, db: Database, seqs: Sequence[int]) -> None:
        self._delete(db, seqs)
        # An index keeps the bytes of deleted vectors: 0 has it emptied and filled again.
        db.conn.execute(f"UPDATE {self.index_table} SET number = 0, held = 0")


class VectorSearch:
    """Nearest turns to a query, by the index where there is one, else by scanning the cache.

    What the index does not hold yet is scanned too. `index` is None in a process that could not
    get the index's lock. Safe to share between threads; one object a process, since it remembers
    what it has checked.
    """

    def __init__(self, views: Views, view: VectorsView, index: VectorIndex | None) -> None:
        self._views = views
        self._view = view
        self._index = index
        # Of several threads and processes one fills or empties the index at a time.
        self._thread = threading.RLock()
        self._process = FileLock(f"{views.path}.index.lock", thread_local=False)
        self._checked = False
        self._signs = Signs()
        self._signs_of = ""
        self._reading_signs = threading.Lock()
        self._retry_at = 0.0
        self.away: str | None = None
        """Why the index could not be asked last time, where its server does not answer."""

    @property
    def embedder(self) -> Embedder:
        """The one whose vectors these are; questions must be embedded with no other."""
        return self._view.embedder

    def search(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """The k nearest turns as (log position, cosine), best first; vector has shape (1, d)."""
        nearest, held = self._by_index(vector, k)
        hits = self._best(self._cached("number", nearest), vector, k)
        return _merge([*hits, *self._scan(vector, k, held)], k)

    def _by_index(self, vector: Vectors, k: int) -> tuple[list[int], int]:
        """Numbers that the index finds, and up to which number it could be asked."""

        def ask(index: VectorIndex) -> tuple[list[int], int]:
            self._check(index)
            held = self._state().number
            return [number for number, _ in index.query(vector, k)] if held else [], held

        return self._asked(ask) or ([], 0)

    def _asked(self, act: Callable[[VectorIndex], T]) -> T | None:
        """What the index says; None without one. A broken one is emptied, to be filled again."""
        if self._index is None or time.monotonic() < self._retry_at:
            return None
        try:
            try:
                answer = act(self._index)
            except VectorIndexReplaced:
                self._checked = False
                answer = act(self._index)
            except VectorIndexBroken:
                self._restart(self._index)
                return None
        except VectorIndexAway as error:
            self.away, self._retry_at = str(error), time.monotonic() + _AWAY_SECONDS
            return None
        self.away = None
        return answer

    def cosines(self, vector: Vectors, seqs: Sequence[int]) -> dict[int, float]:
        """The best cosine over each turn's parts, for those of these positions with vectors.

        `vector` has shape (1, d). Read from the cache, whoever holds the index.
        """
        return dict(self._best(self._cached("seq", seqs), vector, len(seqs)))

    def vectors_of(self, seqs: Sequence[int]) -> dict[int, Vectors]:
        """The vectors of each turn's parts in order, shape (parts, d), where there are any."""
        rows = self._cached("seq", seqs)
        if not rows:
            return {}
        matrix = _matrix([blob for _, blob in rows])
        parts = Counter(seq for seq, _ in rows)  # those of a turn stand together
        ends = accumulate(parts.values())
        return {
            seq: matrix[end - count : end]
            for (seq, count), end in zip(parts.items(), ends, strict=True)
        }

    # -- the index

    def sync(self, progress: Progress = no_progress, most: int | None = None) -> None:
        """Fill the index with what the cache holds beyond it, or with `most` vectors of that.

        One that breaks is filled once more from the start; if that breaks as well, it is done
        without, and searching scans the cache.
        """

        def fill(index: VectorIndex) -> bool:
            self._check(index)
            left = self._last() if most is None else most
            while left > 0 and (added := self._fill_piece(index, min(left, _FILL))):
                left -= added
                progress("index", self._state().number, self._last())
            return True

        if not self._asked(fill):
            self._asked(fill)

    def _fill_piece(self, index: VectorIndex, limit: int) -> int:
        """Put the next vectors into the index; how many there were."""
        with self._filling():
            state = self._state()
            if state.number == 0 and index.count():
                # Something was erased; what the index holds of it must not stay.
                index.clear()
            rows = self._rows(state.number, limit)
            if not rows:
                return 0
            index.add([row[0] for row in rows], _matrix([row[2] for row in rows]))
            if not self._advance(state, rows[-1][0], len(rows)):
                # Something was erased meanwhile and may just have been added.
                self._restart(index)
            return len(rows)

    def _check(self, index: VectorIndex) -> None:
        """Once in a process: an index that does not hold what it should is emptied."""
        if self._checked:
            return
        with self._filling():
            # One stopped while it was being filled may hold a piece more than was noted.
            if not 0 <= index.count() - self._state().held <= _FILL:
                self._restart(index)
            self._checked = True

    def restart(self) -> None:
        """Empty the index; the next `sync` fills it again."""
        self._asked(self._restart)

    def _restart(self, index: VectorIndex) -> None:
        with self._filling():
            with self._views.writing() as db:
                db.conn.execute(f"UPDATE {self._view.index_table} SET number = 0, held = 0")
            index.clear()

    @contextmanager
    def _filling(self) -> Iterator[None]:
        with self._thread, self._process:
            yield

    def _state(self) -> _Filled:
        with self._views.reading() as db:
            row = db.conn.execute(
                f"SELECT number, held, made FROM {self._view.index_table}"
            ).fetchone()
        return _Filled(*row)

    def _advance(self, before: _Filled, number: int, added: int) -> bool:
        """Note that the index holds more; False when it was to start again meanwhile."""
        with self._views.writing() as db:
            cursor = db.conn.execute(
                f"UPDATE {self._view.index_table} SET number = ?, held = held + ? "
                "WHERE number = ? AND made = ?",
                (number, added, before.number, before.made),
            )
            return int(cursor.rowcount) > 0

    @property
    def indexed(self) -> int:
        """The number up to which the index is filled."""
        return self._state().number

    # -- the cache

    def _last(self) -> int:
        with self._views.reading() as db:
            [last] = db.conn.execute(
                f"SELECT coalesce(max(number), 0) FROM {self._view.table}"
            ).fetchone()
        return int(last)

    def _rows(self, after: int, limit: int) -> list[tuple[int, int, bytes]]:
        with self._views.reading() as db:
            return db.conn.execute(
                f"SELECT number, seq, vector FROM {self._view.table} "
                "WHERE number > ? ORDER BY number LIMIT ?",
                (after, limit),
            ).fetchall()

    def _cached(self, key: str, values: Sequence[int]) -> list[tuple[int, bytes]]:
        """(position, vector) of the rows with these numbers or positions, parts in order."""
        found: list[tuple[int, bytes]] = []
        for start in range(0, len(values), _SQL_VARIABLES):
            part = tuple(values[start : start + _SQL_VARIABLES])
            marks = ",".join("?" * len(part))
            with self._views.reading() as db:
                found += db.conn.execute(
                    f"SELECT seq, vector FROM {self._view.table} WHERE {key} IN ({marks}) "
                    f"ORDER BY {key}, number",
                    part,
                ).fetchall()
        return found

    def _scan(self, vector: Vectors, k: int, after: int) -> list[tuple[int, float]]:
        """The k nearest among the vectors with numbers beyond `after`."""
        looked_at = max(_LOOKED_AT, 20 * k)
        rows = self._rows(after, looked_at + 1)
        if len(rows) <= looked_at:
            return self._best([(row[1], row[2]) for row in rows], vector, k)
        with self._reading_signs:
            self._read_signs()
            likely = self._signs.nearest(vector, looked_at, after)
        return self._best(self._cached("number", sorted(likely)), vector, k)

    def _read_signs(self) -> None:
        made = self._state().made
        if made != self._signs_of:  # the table is another one than the signs were read from
            self._signs, self._signs_of = Signs(), made
        while rows := self._rows(self._signs.last, _SCAN_ROWS):
            self._signs.add([row[0] for row in rows], _halves([row[2] for row in rows]))

    @staticmethod
    def _best(rows: list[tuple[int, bytes]], vector: Vectors, k: int) -> list[tuple[int, float]]:
        if not rows:
            return []
        cosines = _matrix([blob for _, blob in rows]) @ vector[0]
        return _merge([(row[0], float(c)) for row, c in zip(rows, cosines, strict=True)], k)


@dataclass(frozen=True, slots=True)
class _Filled:
    """Up to which number the index is filled, with how many vectors, from which table."""

    number: int
    held: int
    made: str


def split(text: str) -> list[str]:
    """The text in parts an embedder reads whole, cut at white space where there is any."""
    text = indexable(text)
    parts = []
    while len(text) > PART_CHARACTERS:
        cut = text.rfind(" ", PART_CHARACTERS // 2, PART_CHARACTERS)
        cut = cut if cut > 0 else PART_CHARACTERS
        parts.append(text[:cut])
        text = text[cut:].lstrip()
    return [*parts, text] if text else parts


def _halves(blobs: Sequence[bytes]) -> npt.NDArray[np.float16]:
    return np.frombuffer(b"".join(blobs), dtype=np.float16).reshape(len(blobs), -1)


def _matrix(blobs: Sequence[bytes]) -> Vectors:
    return _halves(blobs).astype(np.float32)


def _merge(hits: list[tuple[int, float]], k: int) -> list[tuple[int, float]]:
    """The best score of each position, k best; ties go to the earlier turn, so order is stable."""
    best: dict[int, float] = {}
    for seq, score in hits:
        best[seq] = max(score, best.get(seq, score))
    return sorted(best.items(), key=lambda hit: (-hit[1], hit[0]))[:k]
