"""Sessions and the place of every turn in its session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlite_utils import Database

from memory.events import Event, Message, Origin, SessionOpened
from memory.log import from_ms, to_ms
from memory.projection import Projection, Views

_TITLE_LENGTH = 60
_ORIGINS = {origin.value: origin for origin in Origin}
_SAID = frozenset({"message", "note"})
"""Kinds of events that are turns of a session."""


@dataclass(frozen=True, slots=True)
class SessionSummary:
    id: str
    title: str
    started_at: datetime
    last_at: datetime
    turns: int


class Place(NamedTuple):
    """Where a turn stands: its session and its position in it, counted from 0."""

    seq: int
    session_id: str
    position: int
    origin: Origin
    speaker: str | None
    at: int
    """When it was said, in milliseconds since 1970."""
    assisted: bool
    """Whether the assistant takes part in the session; else people speak among themselves."""


class SessionsView(Projection):
    name = "sessions"
    version = 3
    tables = ("sessions", "turns", "speakers", "owed")

    def create(self, db: Database) -> None:
        db.execute(
            "CREATE TABLE sessions(id TEXT PRIMARY KEY, title TEXT, named_by INTEGER, "
            "started_at INTEGER NOT NULL, last_at INTEGER NOT NULL, next INTEGER NOT NULL, "
            "assisted INTEGER NOT NULL DEFAULT 0)"
        )
        db.execute("CREATE INDEX sessions_last ON sessions(last_at)")
        db.execute(
            "CREATE TABLE turns(seq INTEGER PRIMARY KEY, session_id TEXT NOT NULL, "
            "position INTEGER NOT NULL, origin TEXT NOT NULL, speaker TEXT, at INTEGER NOT NULL)"
        )
        db.execute("CREATE UNIQUE INDEX turns_place ON turns(session_id, position)")
        db.execute("CREATE TABLE speakers(name TEXT PRIMARY KEY, turns INTEGER NOT NULL)")
        db.execute("CREATE TABLE owed(id TEXT PRIMARY KEY, seq INTEGER NOT NULL, by TEXT NOT NULL)")

    def apply(self, db: Database, events: Sequence[Event], prepared: Any) -> None:
        for event in events:
            if isinstance(event.payload, SessionOpened):
                self._touch(db, event, event.payload.title, moves=False)
                continue
            if isinstance(event.payload, Message):
                self._settle(db, event, event.payload)
            elif event.payload is None:
                self._pass_erased(db, event)
            if event.text is not None:
                self._place(db, event)

    @staticmethod
    def _settle(db: Database, event: Event, message: Message) -> None:
        """Note an answer that is owed, or one that was given."""
        if message.owed_by is not None:
            row = (event.id, event.seq, message.owed_by)
            db.conn.execute("INSERT INTO owed VALUES (?, ?, ?)", row)
        if message.reply_to is not None:
            db.conn.execute("DELETE FROM owed WHERE id = ?", (message.reply_to,))

    def _pass_erased(self, db: Database, event: Event) -> None:
        """Leave what was erased before this view saw it as erasing it later would have."""
        if event.origin is Origin.ASSISTANT:
            self._settle_erased(db, event)
        if event.kind in _SAID:
            self._touch(db, event, None, moves=True)
            self._note_assistant(db, event)

    @staticmethod
    def _note_assistant(db: Database, event: Event) -> None:
        if event.origin is Origin.ASSISTANT:
            db.conn.execute(
                "UPDATE sessions SET assisted = 1 WHERE id = ? AND NOT assisted",
                (event.session_id,),
            )

    @staticmethod
    def _settle_erased(db: Database, event: Event) -> None:
        """An erased answer no longer says what it answered: it was the newest that was owed."""
        db.conn.execute(
            "DELETE FROM owed WHERE seq = (SELECT max(owed.seq) FROM owed "
            "JOIN turns ON turns.seq = owed.seq WHERE turns.session_id = ?)",
            (event.session_id,),
        )

    def _touch(self, db: Database, event: Event, title: str | None, *, moves: bool) -> int:
        """Note activity of the event's session; the position for a turn that it adds."""
        at = to_ms(event.at)
        db.conn.execute(
            "INSERT INTO sessions(id, started_at, last_at, next) VALUES (?, ?, ?, 0) "
            "ON CONFLICT(id) DO UPDATE SET last_at = max(last_at, excluded.last_at), "
            "started_at = min(started_at, excluded.started_at)",
            (event.session_id, at, at),
        )
        if title:
            # The first title stays until its source is erased; `named_by` is that source.
            db.conn.execute(
                "UPDATE sessions SET title = ?, named_by = ? WHERE id = ? AND title IS NULL",
                (title, event.seq, event.session_id),
            )
        [position] = db.conn.execute(
            "UPDATE sessions SET next = next + ? WHERE id = ? RETURNING next - 1",
            (int(moves), event.session_id),
        ).fetchone()
        return int(position)

    def _place(self, db: Database, event: Event) -> None:
        text, payload = event.text or "", event.payload
        title = _shortened(text) if event.origin is Origin.USER else None
        position = self._touch(db, event, title, moves=True)
        speaker = payload.speaker if isinstance(payload, Message) else None
        db.conn.execute(
            "INSERT INTO turns(seq, session_id, position, origin, speaker, at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                *(event.seq, event.session_id, position),
                *(event.origin.value, speaker, to_ms(event.at)),
            ),
        )
        if speaker is not None:
            db.conn.execute(
                "INSERT INTO speakers VALUES (?, 1) "
                "ON CONFLICT(name) DO UPDATE SET turns = turns + 1",
                (speaker,),
            )
        self._note_assistant(db, event)

    def restate(self, db: Database, events: Sequence[Event], prepared: Any) -> None:
        """Nothing: no words of an answer are held here, and it stays where it stands."""

    def erase(self, db: Database, seqs: Sequence[int]) -> None:
        rows = [(seq,) for seq in seqs]
        db.conn.executemany(
            "UPDATE speakers SET turns = turns - 1 "
            "WHERE name = (SELECT speaker FROM turns WHERE seq = ?)",
            rows,
        )
        db.conn.execute("DELETE FROM speakers WHERE turns = 0")
        db.conn.executemany("DELETE FROM turns WHERE seq = ?", rows)
        db.conn.executemany("DELETE FROM owed WHERE seq = ?", rows)
        db.conn.executemany(
            "UPDATE sessions SET title = NULL, named_by = NULL WHERE named_by = ?", rows
        )


class Sessions:
    """Questions to the sessions view."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def newest(self, limit: int = 200) -> list[SessionSummary]:
        """Sessions by last activity, newest first."""
        return self._summaries("TRUE ORDER BY last_at DESC, id LIMIT ?", (limit,))

    def summary(self, session_id: str) -> SessionSummary | None:
        found = self._summaries("id = ?", (session_id,))
        return found[0] if found else None

    def _summaries(self, clause: str, parameters: tuple[Any, ...]) -> list[SessionSummary]:
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT id, coalesce(title, 'Untitled'), started_at, last_at, "
                "(SELECT count(*) FROM turns WHERE session_id = sessions.id) "
                # One whose words were all erased keeps its place in the table, and is not shown.
                "FROM sessions WHERE (title IS NOT NULL OR EXISTS "
                f"(SELECT 1 FROM turns WHERE session_id = sessions.id)) AND {clause}",
                parameters,
            ).fetchall()
        return [SessionSummary(r[0], r[1], from_ms(r[2]), from_ms(r[3]), r[4]) for r in rows]

    def places(self, seqs: Sequence[int]) -> dict[int, Place]:
        """The places of those of these positions that are turns."""
        return self._places("turns", f"turns.seq IN ({_marks(seqs)})", tuple(seqs))

    def neighbours(self, place: Place, reach: int) -> list[Place]:
        """Turns of the same session at most `reach` positions away, in order, itself included."""
        near = (place.session_id, place.position - reach, place.position + reach)
        found = self._places("turns", "session_id = ? AND turns.position BETWEEN ? AND ?", near)
        return sorted(found.values(), key=lambda other: other.position)

    def around(self, seqs: Sequence[int], reach: int) -> dict[int, Place]:
        """The places of these positions and of all turns at most `reach` away from any of them."""
        return self._places(
            "turns AS hits CROSS JOIN turns ON turns.session_id = hits.session_id "
            f"AND turns.position BETWEEN hits.position - {reach:d} AND hits.position + {reach:d}",
            f"hits.seq IN ({_marks(seqs)})",
            tuple(seqs),
        )

    def within(self, start: datetime, end: datetime, most: int) -> list[int]:
        """Positions of at most so many turns said at start <= time < end, the first ones."""
        first, last = to_ms(start), to_ms(end)
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT seq FROM sessions CROSS JOIN turns ON session_id = id "
                "WHERE last_at >= ? AND started_at < ? AND at >= ? AND at < ? ORDER BY at LIMIT ?",
                (first, last, first, last, most),
            ).fetchall()
        return [row[0] for row in rows]

    def _places(self, source: str, condition: str, parameters: tuple[Any, ...]) -> dict[int, Place]:
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT turns.seq, turns.session_id, turns.position, turns.origin, "
                "turns.speaker, turns.at, sessions.assisted "
                f"FROM {source} JOIN sessions ON sessions.id = turns.session_id "
                f"WHERE {condition}",
                parameters,
            ).fetchall()
        return {r[0]: Place(r[0], r[1], r[2], _ORIGINS[r[3]], r[4], r[5], bool(r[6])) for r in rows}

    def last_at(self) -> datetime | None:
        """When something was last said, or None in an empty home."""
        with self._views.reading() as db:
            last = db.conn.execute(
                "SELECT last_at FROM sessions WHERE EXISTS "
                "(SELECT 1 FROM turns WHERE session_id = sessions.id) "
                "ORDER BY last_at DESC LIMIT 1"
            ).fetchone()
        return None if last is None else from_ms(last[0])

    def activity(self) -> list[tuple[date, int]]:
        """How many turns were said on each day that had any, by local time, oldest first."""
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT date(at / 1000, 'unixepoch', 'localtime') AS day, count(*) "
                "FROM turns GROUP BY day ORDER BY day"
            ).fetchall()
        return [(date.fromisoformat(day), int(turns)) for day, turns in rows if day]

    def owed(self) -> list[tuple[str, str]]:
        """Messages without an answer, as (event id, run that owes it), oldest first."""
        with self._views.reading() as db:
            return db.conn.execute("SELECT id, by FROM owed ORDER BY seq").fetchall()

    def speakers(self) -> list[str]:
        """Every name that spoke in an imported conversation."""
        with self._views.reading() as db:
            rows = db.conn.execute("SELECT name FROM speakers ORDER BY name").fetchall()
        return [row[0] for row in rows]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _shortened(text: str) -> str:
    line = " ".join(text[: 4 * _TITLE_LENGTH].split())
    return line if len(line) <= _TITLE_LENGTH else line[: _TITLE_LENGTH - 1].rstrip() + "…"
