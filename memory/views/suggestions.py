"""What was offered unasked, and what became of it: what learning when to offer is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from memory.events import Event, Suggested, SuggestionAnswered
from memory.log import from_ms, to_ms
from memory.projection import Projection, Views


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One offer with its latest answer."""

    id: str
    item: str
    topic: str
    at: datetime
    outcome: str | None
    """accepted, dismissed, snoozed or ignored; None while there is no answer."""
    rating: int | None
    """1 bad to 4 good."""
    until: datetime | None
    """Until when it is snoozed."""


class SuggestionsView(Projection):
    name = "suggestions"
    version = 1
    tables = ("suggestions", "suggestion_answers")

    def create(self, db: Database) -> None:
        db.execute(
            "CREATE TABLE suggestions(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "
            "item TEXT NOT NULL, topic TEXT NOT NULL, at INTEGER NOT NULL)"
        )
        db.execute("CREATE INDEX suggestions_item ON suggestions(item)")
        db.execute("CREATE INDEX suggestions_at ON suggestions(at)")
        db.execute(
            "CREATE TABLE suggestion_answers(seq INTEGER PRIMARY KEY, id TEXT NOT NULL, "
            "outcome TEXT NOT NULL, rating INTEGER, until INTEGER)"
        )
        db.execute("CREATE INDEX suggestion_answers_id ON suggestion_answers(id)")

    def apply(self, db: Database, events: Sequence[Event], prepared: Any) -> None:
        for event in events:
            if isinstance(event.payload, Suggested):
                db.conn.execute(
                    "INSERT INTO suggestions VALUES (?, ?, ?, ?, ?)",
                    (
                        *(event.seq, event.id, event.payload.item, event.payload.topic),
                        to_ms(event.at),
                    ),
                )
            elif isinstance(event.payload, SuggestionAnswered):
                answer = event.payload
                until = None if answer.until is None else to_ms(answer.until)
                db.conn.execute(
                    "INSERT INTO suggestion_answers VALUES (?, ?, ?, ?, ?)",
                    (event.seq, answer.suggested, answer.outcome, answer.rating, until),
                )

    def erase(self, db: Database, seqs: Sequence[int]) -> None:
        rows = [(seq,) for seq in seqs]
        db.conn.executemany("DELETE FROM suggestions WHERE seq = ?", rows)
        db.conn.executemany("DELETE FROM suggestion_answers WHERE seq = ?", rows)


_SELECT = (
    "SELECT suggestions.id, item, topic, at, outcome, "
    # A rating stays when the outcome is corrected later.
    "(SELECT rating FROM suggestion_answers AS rated WHERE rated.id = suggestions.id "
    "AND rating IS NOT NULL ORDER BY seq DESC LIMIT 1), until "
    "FROM suggestions LEFT JOIN suggestion_answers AS answers ON answers.seq = "
    "(SELECT max(seq) FROM suggestion_answers WHERE id = suggestions.id) "
)


class Suggestions:
    """Questions to the suggestions."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def since(self, at: datetime) -> list[Suggestion]:
        """All that was offered from this time on, oldest first."""
        return self._select("WHERE at >= ? ORDER BY suggestions.seq", (to_ms(at),))

    def of_items(self, items: Sequence[str]) -> list[Suggestion]:
        """All that was ever offered for these occasions, oldest first."""
        marks = ",".join("?" * len(items))
        return self._select(f"WHERE item IN ({marks}) ORDER BY suggestions.seq", tuple(items))

    def snoozed(self, now: datetime) -> list[Suggestion]:
        """Those whose snooze is over and that were not offered again since."""
        return self._select(
            "WHERE outcome = 'snoozed' AND until <= ? AND NOT EXISTS (SELECT 1 FROM suggestions "
            "AS later WHERE later.item = suggestions.item AND later.seq > suggestions.seq) "
            "ORDER BY suggestions.seq",
            (to_ms(now),),
        )

    def get(self, suggestion_id: str) -> Suggestion | None:
        found = self._select("WHERE suggestions.id = ?", (suggestion_id,))
        return found[0] if found else None

    def _select(self, clause: str, parameters: tuple[Any, ...]) -> list[Suggestion]:
        with self._views.reading() as db:
            rows = db.conn.execute(_SELECT + clause, parameters).fetchall()
        return [
            Suggestion(
                id=row[0],
                item=row[1],
                topic=row[2],
                at=from_ms(row[3]),
                outcome=row[4],
                rating=row[5],
                until=None if row[6] is None else from_ms(row[6]),
            )
            for row in rows
        ]
