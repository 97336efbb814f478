"""The log's schema as ordered migrations, each atomic with the record that it was applied."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from memory.errors import HomeUnusable

log_migrations = Migrations("lifelore.log")


@log_migrations()
def m0001_events(db: Database) -> None:
    db.execute(
        """
        CREATE TABLE events(
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            version INTEGER NOT NULL,
            at INTEGER NOT NULL,        -- milliseconds since 1970, UTC
            session_id TEXT NOT NULL,
            origin TEXT NOT NULL,
            payload TEXT,               -- JSON; NULL once erased
            salt BLOB,                  -- random; NULL once erased, so the digest tells nothing
            payload_digest BLOB NOT NULL,
            digest BLOB NOT NULL,       -- hash chain over everything above
            import_key TEXT UNIQUE
        )
        """
    )
    db.execute("CREATE INDEX events_session ON events(session_id, seq)")
    db.execute("CREATE TABLE head(only_row INTEGER PRIMARY KEY CHECK(only_row = 1), seq, digest)")
    db.execute("INSERT INTO head VALUES (1, 0, x'')")


@log_migrations()
def m0002_corrections(db: Database) -> None:
    # Every answer that is read is looked up here; it holds ids, never words.
    db.execute(
        "CREATE INDEX events_corrections ON events(json_extract(payload, '$.answer'), seq) "
        "WHERE kind = 'correction'"
    )


def migrate(db: Database, migrations: Migrations) -> None:
    """Bring the database to today's schema.

    Raises HomeUnusable when a newer Lifelore wrote it: guessing at its meaning could lose data.
    """
    known = {migration.name for migration in migrations.pending(db)}
    known |= {applied.name for applied in migrations.applied(db)} & _names(migrations)
    unknown = [applied.name for applied in migrations.applied(db) if applied.name not in known]
    if unknown:
        raise HomeUnusable("This home was written by a newer Lifelore; update Lifelore to open it.")
    migrations.apply(db)


def _names(migrations: Migrations) -> set[str]:
    return {migration.name for migration in migrations._migrations}
