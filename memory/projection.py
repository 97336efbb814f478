"""The mechanism of derived views: each follows the log with a cursor committed with its rows.

A view is a function of the log. It can be dropped at any time; what is missing, of another
version or damaged is noticed and rebuilt.
"""

from __future__ import annotations

import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from memory.database import immediate, open_database, translated, truncate_wal
from memory.errors import HomeUnusable, IndexBroken, LogDamaged
from memory.events import Correction, Event, Redaction
from memory.log import Log
from memory.ports import Progress, no_progress

_PIECE = 64
"""Events of a batch where only so many are wanted at once: embedding them takes a moment."""


class Projection(ABC):
    """One derived view. Its tables live in the views database; only it writes them."""

    name: str
    version: int = 1
    """Raise it when the meaning of the rows changes: the view is then rebuilt."""
    tables: tuple[str, ...]
    batch: int = 1000
    """Events applied in one transaction."""

    @abstractmethod
    def create(self, db: Database) -> None:
        """Make the empty tables."""

    def prepare(self, events: Sequence[Event]) -> Any:
        """Slow work (embedding, a model) done before the write lock is taken."""
        return None

    @abstractmethod
    def apply(self, db: Database, events: Sequence[Event], prepared: Any) -> None:
        """Write the rows of these events, inside the transaction that moves the cursor."""

    @abstractmethod
    def erase(self, db: Database, seqs: Sequence[int]) -> None:
        """Remove every row derived from these positions, inside the cursor's transaction.

        A duty of each view, current and future: forgetting must reach all that was derived.
        """

    def restate(self, db: Database, events: Sequence[Event], prepared: Any) -> None:
        """Bring the rows of these turns level with the words that stand in their place now.

        They were corrected after they were applied, and come with the words that stand.
        """
        self.erase(db, [event.seq for event in events])
        self.apply(db, events, prepared)

    def compact(self, db: Database) -> None:
        """After erasing: make the bytes leave the tables' own structures as well."""
        return

    def drop(self, db: Database) -> None:
        """Remove the tables, whatever state they are in."""
        for table in self.tables:
            db.execute(f'DROP TABLE IF EXISTS "{table}"')


class Views:
    """The views database: one connection, shared by threads through `reading` and `writing`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._db = self._open()

    def _open(self) -> Database:
        try:
            db = open_database(self.path, durable=False)
            with translated(self.path):
                self._create(db)
        except LogDamaged:
            # Everything in this file is derived: a damaged one is replaced, not repaired.
            self.delete_files()
            db = open_database(self.path, durable=False)
            self._create(db)
        return db

    @staticmethod
    def _create(db: Database) -> None:
        db.execute(
            "CREATE TABLE IF NOT EXISTS cursors("
            "name TEXT PRIMARY KEY, version INTEGER NOT NULL, seq INTEGER NOT NULL, "
            "dirty INTEGER NOT NULL DEFAULT 0)"
        )

    def delete_files(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def replace(self) -> None:
        """Start again with an empty file."""
        with self._lock:
            self._db.close()
            self.delete_files()
            self._db = self._open()

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """The connection for queries.

        Raises IndexBroken when the file turns out damaged, HomeUnusable when it cannot be used.
        """
        with self._lock:
            try:
                with translated(self.path):
                    yield self._db
            except LogDamaged as error:
                raise IndexBroken(f"A derived index is damaged ({error.__cause__}).") from error
            except HomeUnusable as error:
                if "no such table" in str(error):
                    raise IndexBroken("A derived table is missing.") from error
                raise

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """The connection in a transaction that holds the write lock."""
        with self.reading() as db, immediate(db):
            yield db

    def shrink(self, *, vacuum: bool = False) -> bool:
        """Make erased bytes leave the files; False while another process still reads them."""
        with self._lock, translated(self.path):
            if vacuum:
                self._db.conn.execute("VACUUM")
            return truncate_wal(self._db, self.path)

    def close(self) -> None:
        with self._lock:
            self._db.close()


class Projector:
    """Keeps projections level with the log."""

    def __init__(self, log: Log, views: Views, projections: Sequence[Projection]) -> None:
        self._log = log
        self._views = views
        self.projections = list(projections)
        self._turn = threading.Lock()

    def repair(self) -> list[str]:
        """Reset every projection whose tables are missing or of another version; says which."""
        reset = []
        for projection in self.projections:
            with self._views.writing() as db:
                if not self._is_whole(db, projection):
                    self._reset(db, projection)
                    reset.append(projection.name)
        return reset

    def reset(self, name: str | None = None) -> None:
        """Empty the named projection (or all); the next catch-up derives it again."""
        for projection in self.projections:
            if name in (None, projection.name):
                with self._views.writing() as db:
                    self._reset(db, projection)

    def position(self, projection: Projection) -> int:
        """The log position up to which the projection's rows are complete."""
        with self._views.reading() as db:
            row = db.conn.execute(
                "SELECT seq FROM cursors WHERE name = ?", (projection.name,)
            ).fetchone()
        return int(row[0]) if row else 0

    def catch_up(
        self,
        progress: Progress = no_progress,
        only: Sequence[Projection] | None = None,
        most: int | None = None,
    ) -> None:
        """Bring projections level with the log; a stop at any moment loses at most one batch.

        With `most`, each goes on by that many events only, a few at a time: somebody waits.
        """
        for projection in only if only is not None else self.projections:
            # The lock is held for a batch at a time, so that a turn need not wait for all of a
            # large import that another thread is following.
            limit = projection.batch if most is None else min(projection.batch, _PIECE)
            left = sys.maxsize if most is None else most
            while left > 0 and (done := self._step(projection, progress, min(left, limit))):
                left -= done
            self._compact_if_dirty(projection)

    def is_level(self, projection: Projection) -> bool:
        return self.position(projection) >= self._log.head()

    def _step(self, projection: Projection, progress: Progress, limit: int) -> int:
        """Apply one batch; how many events it had."""
        with self._turn:
            cursor = self.position(projection)
            events = self._log.read_after(cursor, limit)
            if not events:
                return 0
            prepared = projection.prepare(events)
            restated = self._corrected_by(events)
            anew = projection.prepare(restated) if restated else None
            with self._views.writing() as db:
                # Another process may have done this batch while we prepared it.
                if self.position(projection) == cursor:
                    projection.apply(db, events, prepared)
                    if restated:
                        projection.restate(db, restated, anew)
                    self._advance(db, projection, events)
        progress(projection.name.partition(":")[0], self.position(projection), self._log.head())
        return len(events)

    def _corrected_by(self, events: Sequence[Event]) -> list[Event]:
        """The answers before this batch that it corrects; those in it were read as they stand."""
        here = {event.id for event in events}
        corrections = [e.payload for e in events if isinstance(e.payload, Correction)]
        answers = dict.fromkeys(each.answer for each in corrections if each.answer not in here)
        return self._log.get(list(answers)) if answers else []

    def _advance(self, db: Database, projection: Projection, events: Sequence[Event]) -> None:
        """Do the erasures of the batch, and move the cursor."""
        erased = [
            i for e in events if isinstance(e.payload, Redaction) for i in e.payload.event_ids
        ]
        if erased:
            projection.erase(db, [event.seq for event in self._log.get(erased)])
        db.conn.execute(
            "UPDATE cursors SET seq = ?, dirty = dirty OR ? WHERE name = ?",
            (events[-1].seq, bool(erased), projection.name),
        )

    def _compact_if_dirty(self, projection: Projection) -> None:
        with self._views.reading() as db:
            [dirty] = db.conn.execute(
                "SELECT dirty FROM cursors WHERE name = ?", (projection.name,)
            ).fetchone()
        if dirty:
            with self._views.writing() as db:
                projection.compact(db)
                db.conn.execute("UPDATE cursors SET dirty = 0 WHERE name = ?", (projection.name,))
            self._views.shrink()

    @staticmethod
    def _is_whole(db: Database, projection: Projection) -> bool:
        row = db.conn.execute(
            "SELECT version FROM cursors WHERE name = ?", (projection.name,)
        ).fetchone()
        present = {
            name for (name,) in db.conn.execute("SELECT name FROM sqlite_master WHERE type='table'")
        }
        return row is not None and row[0] == projection.version and present >= {*projection.tables}

    @staticmethod
    def _reset(db: Database, projection: Projection) -> None:
        projection.drop(db)
        projection.create(db)
        db.conn.execute(
            "INSERT OR REPLACE INTO cursors(name, version, seq, dirty) VALUES (?, ?, 0, 0)",
            (projection.name, projection.version),
        )
