"""Full text of every turn, in SQLite's FTS5 with Porter stemming."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from memory.events import Event
from memory.projection import Projection, Views
from memory.text import indexable


class FulltextView(Projection):
    name = "fulltext"
    version = 1
    tables = ("fulltext",)

    def create(self, db: Database) -> None:
        db.execute(
            "CREATE VIRTUAL TABLE fulltext USING fts5("
            "text, tokenize = 'porter unicode61 remove_diacritics 2')"
        )

    def apply(self, db: Database, events: Sequence[Event], prepared: Any) -> None:
        db.conn.executemany(
            "INSERT INTO fulltext(rowid, text) VALUES (?, ?)",
            [(event.seq, indexable(event.text)) for event in events if event.text is not None],
        )

    def erase(self, db: Database, seqs: Sequence[int]) -> None:
        db.conn.executemany("DELETE FROM fulltext WHERE rowid = ?", [(seq,) for seq in seqs])

    def compact(self, db: Database) -> None:
        # FTS5 keeps deleted terms in older segments until they are merged into one.
        db.conn.execute("INSERT INTO fulltext(fulltext) VALUES ('optimize')")


class Fulltext:
    """Questions to the full-text view."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def search(self, terms: Sequence[str], k: int) -> list[tuple[int, float]]:
        """The k best turns holding any of the terms, as (log position, BM25 score), best first."""
        if not terms:
            return []
        query = " OR ".join('"' + term.replace('"', '""') + '"' for term in terms)
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT rowid, -rank FROM fulltext WHERE fulltext MATCH ? ORDER BY rank LIMIT ?",
                (indexable(query), k),
            ).fetchall()
        return [(int(row[0]), float(row[1])) for row in rows]
