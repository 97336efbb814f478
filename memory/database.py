"""Opening SQLite files the one way Lifelore opens them, and saying clearly when that fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from memory.errors import HomeUnusable, LogDamaged, RefusedInput

BUSY_MS = 30_000
"""How long a writer waits for another process, in milliseconds."""


def open_database(path: Path, *, durable: bool) -> Database:
    """An autocommitting connection in WAL mode that overwrites what it deletes.

    `durable` makes every commit survive a power cut; derived data does without. The connection
    may be used from several threads; its owner holds a lock. Raises HomeUnusable or LogDamaged.
    """
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            connection.execute("PRAGMA secure_delete=ON")
            # Sorting in files would leave copies of the user's words in the temp folder.
            connection.execute("PRAGMA temp_store=MEMORY")
        except BaseException:
            connection.close()
            raise
    return Database(connection, execute_plugins=False)


@contextmanager
def immediate(db: Database) -> Iterator[Database]:
    """A transaction that takes the write lock at once, so that it cannot fail half-way on it."""
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")
        raise
    db.conn.execute("COMMIT")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's and the file system's errors on `path` into ours."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise RefusedInput("The id or the text is not valid Unicode.") from error
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError) as error:
        # Closed, or used wrongly: nothing is damaged.
        raise HomeUnusable(f"{path} is not open any more ({error}).") from error
    except sqlite3.OperationalError as error:
        raise HomeUnusable(_operational(path, error)) from error
    except sqlite3.DatabaseError as error:
        raise LogDamaged(
            f"{path} is damaged ({error}); nothing was changed: run `lifelore doctor`."
        ) from error
    except OSError as error:
        raise HomeUnusable(f"{path.parent} cannot be used: {error.strerror or error}.") from error


def _operational(path: Path, error: sqlite3.OperationalError) -> str:
    reason = str(error)
    if "full" in reason:
        return f"The disk of {path.parent} is full; what was accepted is kept: free some space."
    if "readonly" in reason or "unable to open" in reason:
        return f"{path.parent} cannot be written; check the folder's rights or set LIFELORE_HOME."
    if "locked" in reason or "busy" in reason:
        return (
            f"{path} is held by another process for too long; close the other Lifelore and retry."
        )
    if "disk I/O" in reason:
        return (
            f"{path} cannot be read or written (disk error or full disk); check the disk and retry."
        )
    return f"{path} cannot be used: {reason}."


def truncate_wal(db: Database, path: Path) -> bool:
    """Fold the write-ahead log into the file and empty it; False while another reader needs it."""
    with translated(path):
        busy, _, _ = db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
