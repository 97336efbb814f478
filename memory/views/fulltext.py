"""Full text of every turn in SQLite's FTS5, and each turn's own words for scoring it in a window.

FTS5 finds turns by words and ranks them, but cannot say which words two neighbouring turns hold
between them. So each turn keeps its stems as well: made by the same tokenizer, hashed to 32 bits,
with their counts, five bytes a distinct word that carries meaning.
"""

from __future__ import annotations

import math
import sqlite3
import threading
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from memory.events import Event
from memory.marks import marks_of
from memory.projection import Projection, Views
from memory.text import STOPWORDS, indexable, words

TOKENIZER = "tokenize = 'porter unicode61 remove_diacritics 2'"
STEM = np.dtype([("stem", "<u4"), ("count", "u1")])
"""A distinct stem of a turn and how often it stands there, 255 at most."""
_SQL_VARIABLES = 30_000
_COMMON_SHARE, _COMMON_LEAST = 0.01, 1000
"""A term is common when more than this share of the turns, and so many, hold it."""


class Traits(NamedTuple):
    """What scoring a turn needs of its text."""

    length: int
    """Words."""
    marks: int
    """Of Marks; plain, since recall reads a thousand of them for every question."""
    packed: bytes
    """The stems of the turn, as an array of STEM."""

    @property
    def stems(self) -> npt.NDArray[np.void]:
        """Of dtype STEM."""
        return np.frombuffer(self.packed, dtype=STEM)


class FulltextView(Projection):
    name = "fulltext"
    version = 3
    tables = ("fulltext", "traits", "traits_total", "stems")

    def create(self, db: Database) -> None:
        db.execute(f"CREATE VIRTUAL TABLE fulltext USING fts5(text, {TOKENIZER})")
        # In how many turns a stem stands: FTS5 itself only knows by reading all of them.
        db.execute("CREATE TABLE stems(stem INTEGER PRIMARY KEY, turns INTEGER NOT NULL)")
        db.execute(
            "CREATE TABLE traits(seq INTEGER PRIMARY KEY, length INTEGER NOT NULL, "
            "marks INTEGER NOT NULL, stems BLOB NOT NULL)"
        )
        db.execute("CREATE TABLE traits_total(turns INTEGER NOT NULL, words INTEGER NOT NULL)")
        db.execute("INSERT INTO traits_total VALUES (0, 0)")

    def prepare(self, events: Sequence[Event]) -> list[tuple[int, int, int, bytes]]:
        said = [(event.seq, event.text) for event in events if event.text is not None]
        return [
            (seq, len(words(text)), int(marks_of(text)), _packed(counts))
            for (seq, text), counts in zip(said, stems([text for _, text in said]), strict=True)
        ]

    def apply(
        self, db: Database, events: Sequence[Event], prepared: list[tuple[int, int, int, bytes]]
    ) -> None:
        db.conn.executemany(
            "INSERT INTO fulltext(rowid, text) VALUES (?, ?)",
            [(event.seq, indexable(event.text)) for event in events if event.text is not None],
        )
        db.conn.executemany("INSERT INTO traits VALUES (?, ?, ?, ?)", prepared)
        _add(db, len(prepared), sum(row[1] for row in prepared))
        _count(db, [row[3] for row in prepared], 1)

    def erase(self, db: Database, seqs: Sequence[int]) -> None:
        for seq in seqs:
            db.conn.execute("DELETE FROM fulltext WHERE rowid = ?", (seq,))
            gone = db.conn.execute(
                "DELETE FROM traits WHERE seq = ? RETURNING length, stems", (seq,)
            ).fetchall()
            _add(db, -len(gone), -sum(row[0] for row in gone))
            _count(db, [row[1] for row in gone], -1)
        db.conn.execute("DELETE FROM stems WHERE turns = 0")

    def compact(self, db: Database) -> None:
        # FTS5 keeps deleted terms in older segments until they are merged into one.
        db.conn.execute("INSERT INTO fulltext(fulltext) VALUES ('optimize')")


def _add(db: Database, turns: int, length: int) -> None:
    db.conn.execute("UPDATE traits_total SET turns = turns + ?, words = words + ?", (turns, length))


def _count(db: Database, packed: Sequence[bytes], step: int) -> None:
    counts = Counter(np.frombuffer(b"".join(packed), dtype=STEM)["stem"].tolist())
    db.conn.executemany(
        "INSERT INTO stems VALUES (?, ?) ON CONFLICT(stem) DO UPDATE SET turns = turns + ?",
        [(stem, step * count, step * count) for stem, count in counts.items()],
    )


class Fulltext:
    """Questions to the full-text view."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def search(self, terms: Sequence[str], k: int) -> list[tuple[int, float]]:
        """The k best turns holding any of the terms, as (log position, BM25 score), best first.

        In a large home, terms that stand nearly everywhere are left out beside rarer ones: they
        would have FTS5 rank a good part of a life, and change little.
        """
        if not terms:
            return []
        query = " OR ".join('"' + term.replace('"', '""') + '"' for term in self._rarer(terms))
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT rowid, -rank FROM fulltext WHERE fulltext MATCH ? ORDER BY rank LIMIT ?",
                (indexable(query), k),
            ).fetchall()
        return [(int(row[0]), float(row[1])) for row in rows]

    def find(self, typed: str, k: int) -> list[int]:
        """Positions of the k best turns that hold all words typed, the last perhaps not whole."""
        *whole, last = [f'"{word}"' for word in words(typed)] or [""]
        if not last:
            return []
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT rowid FROM fulltext WHERE fulltext MATCH ? ORDER BY rank LIMIT ?",
                (indexable(" ".join([*whole, f"{last}*"])), k),
            ).fetchall()
        return [int(row[0]) for row in rows]

    def mentions(self, name: str) -> tuple[int, int | None]:
        """In how many turns these words stand one after the other, and the newest's position."""
        phrase = " ".join(words(name))
        if not phrase:
            return 0, None
        with self._views.reading() as db:
            count, newest = db.conn.execute(
                "SELECT count(*), max(rowid) FROM fulltext WHERE fulltext MATCH ?",
                (indexable(f'"{phrase}"'),),
            ).fetchone()
        return int(count), newest

    def traits(self, seqs: Sequence[int]) -> dict[int, Traits]:
        """The traits of those of these positions that are turns."""
        found: dict[int, Traits] = {}
        for start in range(0, len(seqs), _SQL_VARIABLES):
            part = tuple(seqs[start : start + _SQL_VARIABLES])
            with self._views.reading() as db:
                rows = db.conn.execute(
                    "SELECT seq, length, marks, stems FROM traits "
                    f"WHERE seq IN ({','.join('?' * len(part))})",
                    part,
                ).fetchall()
            found.update((seq, Traits(*of_turn)) for seq, *of_turn in rows)
        return found

    def rarity(self, terms: Sequence[str]) -> dict[int, float]:
        """The stems of the terms, hashed, with BM25's inverse document frequency of each."""
        [counts] = stems([" ".join(terms)])
        total, _ = self.size()
        held = self._held([hashed(stem) for stem in counts])
        return {
            stem: math.log(1 + (total - turns + 0.5) / (turns + 0.5))
            for stem, turns in held.items()
        }

    def _rarer(self, terms: Sequence[str]) -> list[str]:
        total, _ = self.size()
        most = max(_COMMON_SHARE * total, _COMMON_LEAST)
        if total <= most:
            return list(terms)
        each = [
            [hashed(stem) for stem in counts if stem not in _meaningless()]
            for counts in stems(terms)
        ]
        held = self._held([stem for one in each for stem in one])
        turns = {
            term: min((held[stem] for stem in one), default=total)
            for term, one in zip(terms, each, strict=True)
        }
        rarest = sorted(terms, key=lambda term: turns[term])
        return [*rarest[:2], *(term for term in rarest[2:] if turns[term] <= most)]

    def _held(self, hashes: Sequence[int]) -> dict[int, int]:
        """In how many turns each of these hashed stems stands."""
        with self._views.reading() as db:
            rows = db.conn.execute(
                f"SELECT stem, turns FROM stems WHERE stem IN ({','.join('?' * len(hashes))})",
                tuple(hashes),
            ).fetchall()
        return {**dict.fromkeys(hashes, 0), **dict(rows)}

    def stems_of(self, text: str) -> frozenset[int]:
        """The hashed stems of a text that carry meaning, as `traits` has those of a turn."""
        return frozenset(hashed(stem) for stem in stems([text])[0] if stem not in _meaningless())

    def size(self) -> tuple[int, float]:
        """Turns, and their mean length in words."""
        with self._views.reading() as db:
            turns, length = db.conn.execute("SELECT turns, words FROM traits_total").fetchone()
        return int(turns), length / turns if turns else 1.0


def stems(texts: Sequence[str]) -> list[dict[str, int]]:
    """The stems of each text with their counts, by the very tokenizer that indexes them."""
    db = _tokenizing()
    found: list[dict[str, int]] = [{} for _ in texts]
    try:
        db.executemany(
            "INSERT INTO texts(rowid, text) VALUES (?, ?)",
            [(number, indexable(text)) for number, text in enumerate(texts)],
        )
        for term, number in db.execute("SELECT term, doc FROM instances"):
            found[number][term] = found[number].get(term, 0) + 1
    finally:
        db.execute("DELETE FROM texts")
    return found


_held = threading.local()


def _tokenizing() -> sqlite3.Connection:
    """A database in memory, one a thread: making one takes longer than reading a question."""
    db: sqlite3.Connection | None = getattr(_held, "db", None)
    if db is None:
        db = _held.db = sqlite3.connect(":memory:", isolation_level=None)
        db.execute(f"CREATE VIRTUAL TABLE texts USING fts5(text, {TOKENIZER})")
        db.execute("CREATE VIRTUAL TABLE instances USING fts5vocab(texts, instance)")
    return db


def hashed(stem: str) -> int:
    return crc32(stem.encode("utf-8", "surrogatepass"))


@cache
def _meaningless() -> frozenset[str]:
    return frozenset(stems([" ".join(STOPWORDS)])[0])


def _packed(counts: dict[str, int]) -> bytes:
    rows: Any = [
        (hashed(stem), min(count, 255))
        for stem, count in counts.items()
        if stem not in _meaningless()
    ]
    return np.array(rows, dtype=STEM).tobytes()
