"""The append-only event log: the one truth from which everything else can be rebuilt.

Each event's digest covers the digest before it, its own envelope and the digest of its payload
(a hash chain as in Haber and Stornetta, 1991). The payload's digest is salted; erasing an event
removes payload and salt, which keeps the chain whole and leaves nothing to guess the words from.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ulid import ULID

from memory.database import immediate, open_database, translated, truncate_wal
from memory.errors import Erased, LogDamaged, RefusedInput
from memory.events import VERSIONS, Draft, Event, Origin, Redaction, parse_payload
from memory.ports import Clock, SystemClock
from memory.schema import log_migrations, migrate

# Left to itself, SQLite would rather read the log backwards for each answer.
_CORRECTED = (
    "CASE WHEN origin = 'assistant' AND kind = 'message' THEN "
    "(SELECT json_extract(later.payload, '$.text') "
    "FROM events AS later INDEXED BY events_corrections "
    "WHERE later.kind = 'correction' AND json_extract(later.payload, '$.answer') = events.id "
    "ORDER BY later.seq DESC LIMIT 1) END"
)
_COLUMNS = f"seq, id, kind, version, at, session_id, origin, payload, {_CORRECTED}"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SQL_VARIABLES = 500
"""Ids in one IN (...); far below SQLite's limit."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found: events read, erased ones among them, and one line for each fault."""

    events: int
    erased: int
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems


class Log:
    """The writer and reader of one log file. Safe to share between threads and processes."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self.path = path
        self._clock = clock or SystemClock()
        self._lock = threading.RLock()
        self._db = open_database(path, durable=True)
        with translated(path):
            migrate(self._db, log_migrations)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # -- writing

    def append(self, drafts: Sequence[Draft], needs: Sequence[str] = ()) -> list[Event]:
        """Store the drafts in one durable transaction and return the new events.

        `needs` names events that the words rest on. Raises Erased when one of them is gone, so
        that what another process forgets meanwhile does not come back in an answer.

        A draft whose import_key the log already holds is passed over. Raises RefusedInput for
        text that is not Unicode and HomeUnusable when the disk does not take it; either way
        none of the drafts is stored.
        """
        with self._lock, translated(self.path), immediate(self._db):
            if any(event.payload is None for event in self.get(needs)):
                raise Erased("What this rests on was erased meanwhile; it was not kept.")
            return self._insert(drafts)

    def redact(self, ids: Sequence[str]) -> Event | None:
        """Erase the payloads of these events and record that it happened; None if nothing was left.

        The words are gone from the file and its write-ahead log when this returns, except while
        another process is reading; `scrub` finishes that.
        """
        with self._lock, translated(self.path):
            with immediate(self._db):
                erasable = [e.id for e in self.get(ids) if e.payload and e.kind != "redaction"]
                if not erasable:
                    return None
                draft = Draft(
                    payload=Redaction(event_ids=tuple(erasable)),
                    session_id="",
                    origin=Origin.USER,
                )
                [event] = self._insert([draft])
                for event_id in erasable:
                    self._db.conn.execute(
                        "UPDATE events SET payload = NULL, salt = NULL WHERE id = ?", (event_id,)
                    )
            self.scrub()
            return event

    def scrub(self, *, vacuum: bool = False) -> bool:
        """Make erased bytes leave the files; False while another process still reads them."""
        with self._lock, translated(self.path):
            if vacuum:
                self._db.conn.execute("VACUUM")
            return truncate_wal(self._db, self.path)

    def _insert(self, drafts: Sequence[Draft]) -> list[Event]:
        known = self._known_keys([d.import_key for d in drafts if d.import_key])
        seq, previous = self._db.conn.execute("SELECT seq, digest FROM head").fetchone()
        events: list[Event] = []
        for draft in drafts:
            if draft.import_key is not None:
                if draft.import_key in known:
                    continue
                known.add(draft.import_key)
            seq += 1
            event, row = self._row(seq, previous, draft)
            self._db.conn.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row
            )
            previous = row[10]
            events.append(event)
        if events:
            self._db.conn.execute("UPDATE head SET seq = ?, digest = ?", (seq, previous))
        return events

    def _row(self, seq: int, previous: bytes, draft: Draft) -> tuple[Event, tuple[Any, ...]]:
        at = (draft.at or self._clock.now()).astimezone(UTC)
        at_ms = to_ms(at)
        kind, version = draft.payload.kind, VERSIONS[draft.payload.kind]
        data = draft.payload.model_dump(exclude={"kind"}, exclude_defaults=True)
        try:
            payload = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
            payload.encode("utf-8")
        except (UnicodeEncodeError, ValueError) as error:
            raise RefusedInput(
                f"The text is not valid Unicode and was not stored: {error}"
            ) from error
        event = Event(
            seq=seq,
            id=str(ULID()),
            kind=kind,
            version=version,
            at=from_ms(at_ms),
            session_id=draft.session_id,
            origin=draft.origin,
            payload=draft.payload,
        )
        salt = secrets.token_bytes(16)
        payload_digest = _payload_digest(salt, payload)
        envelope = (seq, event.id, kind, version, at_ms, draft.session_id, draft.origin.value)
        digest = _chain(previous, envelope, draft.import_key, payload_digest)
        return event, (*envelope, payload, salt, payload_digest, digest, draft.import_key)

    def _known_keys(self, keys: Sequence[str]) -> set[str]:
        return {row[0] for row in self._select_in("import_key", "import_key", keys)}

    # -- reading

    def head(self) -> int:
        """Position of the newest event, 0 for an empty log."""
        with self._lock, translated(self.path):
            row = self._db.conn.execute("SELECT seq FROM head").fetchone()
        return int(row[0])

    def read_after(self, seq: int, limit: int = 1000) -> list[Event]:
        """Up to `limit` events behind position `seq`, in order."""
        with self._lock, translated(self.path):
            rows = self._db.conn.execute(
                f"SELECT {_COLUMNS} FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
            ).fetchall()
        return [_event(row) for row in rows]

    def get(self, ids: Sequence[str]) -> list[Event]:
        """The events with these ids that exist, in the order asked."""
        found = {row[1]: _event(row) for row in self._select_in(_COLUMNS, "id", ids)}
        return [found[event_id] for event_id in ids if event_id in found]

    def imported(self, keys: Sequence[str]) -> dict[str, Event]:
        """The events that hold these import keys, erased ones too."""
        rows = self._select_in(f"import_key, {_COLUMNS}", "import_key", keys)
        return {row[0]: _event(row[1:]) for row in rows}

    def at(self, seqs: Sequence[int]) -> list[Event]:
        """The events at these positions that exist, in the order asked."""
        found = {row[0]: _event(row) for row in self._select_in(_COLUMNS, "seq", seqs)}
        return [found[seq] for seq in seqs if seq in found]

    def session(self, session_id: str) -> list[Event]:
        """Every event of one session, in order."""
        with self._lock, translated(self.path):
            rows = self._db.conn.execute(
                f"SELECT {_COLUMNS} FROM events WHERE session_id = ? ORDER BY seq", (session_id,)
            ).fetchall()
        return [_event(row) for row in rows]

    def latest(self, session_id: str, count: int) -> list[Event]:
        """The newest events of one session, at most so many, in order."""
        with self._lock, translated(self.path):
            rows = self._db.conn.execute(
                f"SELECT {_COLUMNS} FROM events WHERE session_id = ? ORDER BY seq DESC LIMIT ?",
                (session_id, count),
            ).fetchall()
        return [_event(row) for row in reversed(rows)]

    def _select_in(
        self, columns: str, key: str, values: Sequence[Any]
    ) -> Iterator[tuple[Any, ...]]:
        with self._lock, translated(self.path):
            for start in range(0, len(values), _SQL_VARIABLES):
                part = values[start : start + _SQL_VARIABLES]
                marks = ",".join("?" * len(part))
                yield from self._db.conn.execute(
                    f"SELECT {columns} FROM events WHERE {key} IN ({marks})", tuple(part)
                ).fetchall()

    # -- checking

    def verify(self) -> Verification:
        """Recompute the whole chain; finds changed, missing, added and reordered events."""
        with self._lock, translated(self.path):
            problems = [
                f"SQLite: {row[0]}"
                for row in self._db.conn.execute("PRAGMA integrity_check")
                if row[0] != "ok"
            ]
            rows = self._db.conn.execute("SELECT * FROM events ORDER BY seq")
            events, blank, named, last = self._walk(rows, problems)
            head = tuple(self._db.conn.execute("SELECT seq, digest FROM head").fetchone())
        problems += [
            f"event {event_id} lost its words without an erasure being recorded"
            for event_id in sorted(blank - named)
        ]
        if head != last:
            problems.append(f"the log ends at event {last[0]}, but event {head[0]} was written")
        return Verification(events, len(blank), problems)

    def _walk(
        self, rows: Iterable[tuple[Any, ...]], problems: list[str]
    ) -> tuple[int, set[str], set[str], tuple[int, bytes]]:
        count, previous, seq = 0, b"", 0
        blank: set[str] = set()
        named: set[str] = set()
        for row in rows:
            count += 1
            envelope, (payload, salt, payload_digest, digest, import_key) = row[:7], row[7:]
            if envelope[0] != seq + 1:
                problems.append(f"events {seq + 1} to {envelope[0] - 1} are missing")
            seq = envelope[0]
            if payload is None:
                blank.add(envelope[1])
            elif salt is None or _payload_digest(salt, payload) != payload_digest:
                problems.append(f"event {seq} ({envelope[1]}) has other words than were written")
            elif envelope[2] == "redaction":
                named.update(json.loads(payload)["event_ids"])
            if _chain(previous, envelope, import_key, payload_digest) != digest:
                problems.append(f"event {seq} ({envelope[1]}) breaks the hash chain")
            previous = digest
        return count, blank, named, (seq, previous)


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970 of an aware time."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """The aware UTC time; exact for every year that datetime knows."""
    return _EPOCH + timedelta(milliseconds=ms)


def _event(row: tuple[Any, ...]) -> Event:
    seq, event_id, kind, version, at, session_id, origin, payload, corrected = row
    try:
        return Event(
            seq=seq,
            id=event_id,
            kind=kind,
            version=version,
            at=from_ms(at),
            session_id=session_id,
            origin=Origin(origin),
            payload=None if payload is None else parse_payload(kind, version, json.loads(payload)),
            corrected=corrected,
        )
    except (ValueError, OverflowError) as error:
        raise LogDamaged(
            f"Event {seq} of the log cannot be read; run `lifelore verify` and restore a backup."
        ) from error


def _payload_digest(salt: bytes, payload: str) -> bytes:
    return hashlib.sha256(salt + payload.encode("utf-8")).digest()


def _chain(
    previous: bytes, envelope: tuple[Any, ...], import_key: str | None, payload_digest: bytes
) -> bytes:
    header = json.dumps([*envelope, import_key]).encode("utf-8")
    return hashlib.sha256(previous + header + payload_digest).digest()
