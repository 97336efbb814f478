"""Patches of the profile as rows, each with the turns under its lines and who made it.

Like facts they are a model's work, so they outlive a rebuild of everything; `rebuild patches`
drops them, and they are made again. Whether one has an effect is for `memory.user.patches`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from memory.derive.profile import Refined
from memory.events import Event
from memory.log import from_ms, to_ms
from memory.projection import Projection, Views
from memory.user.lines import Line
from memory.user.patches import Patch, fingerprint
from memory.views.derived import Table

TABLE = Table("patches", "text", "patches_text")


@dataclass(frozen=True, slots=True)
class Made:
    """A patch with where it is from. `sources` are log positions."""

    patch: Patch
    op: str
    sources: tuple[int, ...]
    at: datetime
    deriver: str
    model: str


class PatchesView(Projection):
    """The patches so far, which lines a model has read, and how many groups of them a day."""

    name = "patches"
    version = 1
    tables = ("patch_sources", "patch_read", "patch_days", *TABLE.tables)

    def create(self, db: Database) -> None:
        # AUTOINCREMENT: the number of an erased patch must never name another one.
        db.execute(
            "CREATE TABLE patches(number INTEGER PRIMARY KEY AUTOINCREMENT, op TEXT NOT NULL, "
            "lines TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL, "
            "deriver TEXT NOT NULL, model TEXT NOT NULL, vector BLOB, embedder TEXT)"
        )
        db.execute("CREATE TABLE patch_sources(patch INTEGER NOT NULL, seq INTEGER NOT NULL)")
        db.execute("CREATE TABLE patch_read(line TEXT NOT NULL, seq INTEGER NOT NULL)")
        for table in ("patch_sources", "patch_read"):
            db.execute(f"CREATE INDEX {table}_seq ON {table}(seq)")
        db.execute("CREATE TABLE patch_days(day TEXT PRIMARY KEY, groups INTEGER NOT NULL)")
        TABLE.create_search(db)

    def apply(self, db: Database, events: Sequence[Event], prepared: Any) -> None:
        """Events alone make no patch."""

    def erase(self, db: Database, seqs: Sequence[int]) -> None:
        for seq in seqs:
            rows = db.conn.execute(
                "SELECT DISTINCT patch FROM patch_sources WHERE seq = ?", (seq,)
            ).fetchall()
            # The other lines of a patch come back, and may be told together without this one.
            for (number,) in rows:
                _unread(db, "SELECT seq FROM patch_sources WHERE patch = ?", number)
                db.conn.execute("DELETE FROM patch_sources WHERE patch = ?", (number,))
            TABLE.unindex(db, [number for (number,) in rows])
            _unread(db, "SELECT ?", seq)

    def compact(self, db: Database) -> None:
        TABLE.compact(db)


def _unread(db: Database, seqs: str, parameter: int) -> None:
    db.conn.execute(
        f"DELETE FROM patch_read WHERE line IN (SELECT line FROM patch_read WHERE seq IN ({seqs}))",
        (parameter,),
    )


# -- writing, inside the caller's transaction


def count_group(db: Database, day: date) -> None:
    """Note that one more group of lines was read on this day."""
    db.conn.execute(
        "INSERT INTO patch_days VALUES (?, 1) ON CONFLICT(day) DO UPDATE SET groups = groups + 1",
        (day.isoformat(),),
    )


def mark_read(db: Database, line: Line, sources: Sequence[int]) -> None:
    """Note that a line was read, so that only one that is new or changed is read again."""
    rows = [(fingerprint(line), seq) for seq in sources]
    db.conn.executemany("INSERT INTO patch_read VALUES (?, ?)", rows)


def store_patch(
    db: Database, refined: Refined, sources: Sequence[int], at: datetime, deriver: str, model: str
) -> None:
    """Keep a patch with the log positions of all events under its lines."""
    lines = json.dumps([fingerprint(line) for line in refined.lines])
    number = db.conn.execute(
        "INSERT INTO patches(op, lines, text, at, deriver, model) VALUES (?, ?, ?, ?, ?, ?)",
        (refined.op, lines, refined.text, to_ms(at), deriver, model),
    ).lastrowid
    assert number is not None
    rows = [(number, seq) for seq in sources]
    db.conn.executemany("INSERT INTO patch_sources VALUES (?, ?)", rows)
    TABLE.index(db, number, refined.text)


# -- reading


class Patches:
    """Questions to the patches."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def all(self) -> list[Made]:
        """Every patch, in the order in which they were made."""
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT number, op, lines, text, at, deriver, model FROM patches ORDER BY number"
            ).fetchall()
            under = db.conn.execute("SELECT patch, seq FROM patch_sources ORDER BY seq").fetchall()
        sources: dict[int, list[int]] = defaultdict(list)
        for number, seq in under:
            sources[number].append(seq)
        return [
            Made(
                patch=Patch(tuple(json.loads(lines)), text),
                op=op,
                sources=tuple(sources[number]),
                at=from_ms(at),
                deriver=deriver,
                model=model,
            )
            for number, op, lines, text, at, deriver, model in rows
        ]

    def is_read(self, line: Line) -> bool:
        """Whether a model was given the line as it is."""
        with self._views.reading() as db:
            row = db.conn.execute(
                "SELECT 1 FROM patch_read WHERE line = ?", (fingerprint(line),)
            ).fetchone()
        return row is not None

    def groups_on(self, day: date) -> int:
        """How many groups of lines were read on a day."""
        with self._views.reading() as db:
            row = db.conn.execute(
                "SELECT groups FROM patch_days WHERE day = ?", (day.isoformat(),)
            ).fetchone()
        return int(row[0]) if row else 0
