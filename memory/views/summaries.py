"""Summaries as a tree over the log: stretches of a session, the session, day, week, month, year.

A stretch is a dozen turns of one session and one day, or fewer that hold as much. Sessions and
days are made from their stretches, so that a session that goes on for weeks is told in the days
it touched. A week (ISO 8601, from Monday) belongs to the month and year of its Thursday.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from sqlite_utils import Database

from memory.events import Event, Message
from memory.log import from_ms, to_ms
from memory.ports import Vectors
from memory.projection import Projection, Views
from memory.views.derived import Search, Table

Kind = Literal["stretch", "session", "day", "week", "month", "year"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Method = Literal["model", "extract"]

TABLE = Table("summaries", "text", "summaries_text", made_by_model="method = 'model'")
TURNS = 12
"""Of a stretch, at most."""
CHARACTERS = 2000
"""After which a stretch ends earlier."""
_COLUMNS = "number, kind, key, session_id, start, end, text, method, deriver, model"


@dataclass(frozen=True, slots=True)
class Summary:
    """One summary. `sources` are log positions for a stretch, summary ids for all others."""

    id: str
    kind: Kind
    start: datetime
    end: datetime
    text: str
    sources: tuple[int, ...] | tuple[str, ...]
    method: Method
    """By a model, or an extract of the most central sentences."""
    session_id: str | None
    deriver: str
    model: str | None


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the tree that is to be filled."""

    number: int
    kind: Kind
    session_id: str | None
    text: str
    method: Method | Literal[""]
    digest: str | None
    """Of the parts that the text was last held against."""
    stale: bool
    revision: int
    """Counts the changes of its parts: what was made of earlier ones is not stored."""


@dataclass(frozen=True, slots=True)
class SessionRoutes:
    """Ways to sessions, best first: (session id, score), by words (BM25) and by cosine."""

    lexical: list[tuple[str, float]]
    dense: list[tuple[str, float]]


class SummariesView(Projection):
    """The tree, filled by the deriver; here it is only grown and pruned."""

    name = "summaries"
    version = 2
    tables = ("summary_turns", "summary_parts", *TABLE.tables)

    def create(self, db: Database) -> None:
        # `stale`: parts may have changed since `digest` was taken of them. `tried`: the digest for
        # which nothing more can be asked of a model.
        db.execute(
            "CREATE TABLE summaries(number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, "
            "key TEXT NOT NULL, session_id TEXT, start INTEGER NOT NULL, end INTEGER NOT NULL, "
            "text TEXT NOT NULL DEFAULT '', method TEXT NOT NULL DEFAULT '', deriver TEXT, "
            "model TEXT, digest TEXT, tried TEXT, stale INTEGER NOT NULL DEFAULT 1, "
            "revision INTEGER NOT NULL DEFAULT 0, vector BLOB, embedder TEXT, UNIQUE(kind, key))"
        )
        db.execute("CREATE INDEX summaries_stale ON summaries(stale, kind, number)")
        db.execute("CREATE INDEX summaries_session ON summaries(session_id, kind)")
        db.execute("CREATE INDEX summaries_digest ON summaries(digest)")
        db.execute(
            "CREATE TABLE summary_turns(seq INTEGER PRIMARY KEY, summary INTEGER NOT NULL, "
            "size INTEGER NOT NULL)"
        )
        db.execute("CREATE INDEX summary_turns_summary ON summary_turns(summary)")
        db.execute(
            "CREATE TABLE summary_parts(part INTEGER NOT NULL, whole INTEGER NOT NULL, "
            "PRIMARY KEY(part, whole))"
        )
        db.execute("CREATE INDEX summary_parts_whole ON summary_parts(whole)")
        TABLE.create_search(db)

    def apply(self, db: Database, events: Sequence[Event], prepared: Any) -> None:
        for event in events:
            if event.text is not None and isinstance(event.payload, Message):
                _place(db, event)

    def restate(self, db: Database, events: Sequence[Event], prepared: Any) -> None:
        """The turns keep their places; what was made of their first words is made again."""
        for event in events:
            row = db.conn.execute(
                "UPDATE summary_turns SET size = ? WHERE seq = ? RETURNING summary",
                (len(event.text or ""), event.seq),
            ).fetchone()
            if row is not None:
                _blank(db, [row[0], *_above(db, row[0])])

    def erase(self, db: Database, seqs: Sequence[int]) -> None:
        for seq in seqs:
            row = db.conn.execute(
                "DELETE FROM summary_turns WHERE seq = ? RETURNING summary", (seq,)
            ).fetchone()
            if row is not None:
                # Whatever may repeat the erased words goes at once, up to the year.
                _blank(db, [row[0], *_above(db, row[0])])

    def compact(self, db: Database) -> None:
        TABLE.compact(db)


# -- writing, inside the caller's transaction


def _place(db: Database, event: Event) -> None:
    """Put the turn into the session's last stretch, or a new one where that is full or old."""
    at, size = to_ms(event.at), len(event.text or "")
    row = db.conn.execute(
        "SELECT number, start, count(seq), coalesce(sum(size), 0) FROM "
        "(SELECT number, start FROM summaries WHERE session_id = ? AND kind = 'stretch' "
        "ORDER BY number DESC LIMIT 1) LEFT JOIN summary_turns ON summary = number",
        (event.session_id,),
    ).fetchone()
    number = row[0]
    if number is None or row[2] >= TURNS or row[3] + size > CHARACTERS or not _same_day(row[1], at):
        number = _ensure(db, "stretch", str(event.seq), event.session_id, at, at)
        _grow(db, number, event.session_id, event.at)
    db.conn.execute(
        "UPDATE summaries SET stale = 1, revision = revision + 1, start = min(start, ?), "
        "end = max(end, ?) "
        "WHERE number = ? OR number = (SELECT number FROM summaries WHERE kind = 'session' "
        "AND key = ?)",
        (at, at, number, event.session_id),
    )
    db.conn.execute("INSERT INTO summary_turns VALUES (?, ?, ?)", (event.seq, number, size))


def _grow(db: Database, stretch: int, session_id: str, at: datetime) -> None:
    """Join a new stretch to its session and its day, and the day to all above it."""
    ms = to_ms(at)
    session = _ensure(db, "session", session_id, session_id, ms, ms)
    links, below = [(stretch, session)], stretch
    for kind, key, start, end in periods(at):
        whole = _ensure(db, kind, key, None, to_ms(start), to_ms(end))
        links.append((below, whole))
        below = whole
    db.conn.executemany("INSERT OR IGNORE INTO summary_parts VALUES (?, ?)", links)


def _ensure(
    db: Database, kind: Kind, key: str, session_id: str | None, start: int, end: int
) -> int:
    [number] = db.conn.execute(
        "INSERT INTO summaries(kind, key, session_id, start, end) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT(kind, key) DO UPDATE SET stale = 1, revision = revision + 1 RETURNING number",
        (kind, key, session_id, start, end),
    ).fetchone()
    return int(number)


def _above(db: Database, number: int) -> list[int]:
    rows = db.conn.execute(
        "WITH RECURSIVE up(n) AS (SELECT whole FROM summary_parts WHERE part = ? "
        "UNION SELECT whole FROM summary_parts JOIN up ON part = n) SELECT n FROM up",
        (number,),
    )
    return [int(row[0]) for row in rows.fetchall()]


def _blank(db: Database, numbers: Sequence[int]) -> None:
    rows = [(number,) for number in numbers]
    db.conn.executemany("DELETE FROM summaries_text WHERE rowid = ?", rows)
    db.conn.executemany(
        "UPDATE summaries SET text = '', method = '', digest = NULL, tried = NULL, model = NULL, "
        "vector = NULL, embedder = NULL, stale = 1, revision = revision + 1 WHERE number = ?",
        rows,
    )


def store_summary(
    db: Database,
    node: Node,
    text: str,
    method: Method,
    digest: str,
    *,
    done: bool,
    deriver: str,
    model: str | None,
) -> bool:
    """Fill the place; False where it changed meanwhile, and nothing was stored.

    `done` says that a model has nothing to add for parts of this digest.
    """
    if not _is_as_read(db, node):
        return False
    db.conn.execute(
        "UPDATE summaries SET vector = CASE WHEN text = ?1 THEN vector END, "
        "embedder = CASE WHEN text = ?1 THEN embedder END, text = ?1, method = ?2, digest = ?3, "
        "tried = ?4, deriver = ?5, model = ?6, stale = 0 WHERE number = ?7",
        (text, method, digest, digest if done else None, deriver, model, node.number),
    )
    if text != node.text:
        db.conn.execute("DELETE FROM summaries_text WHERE rowid = ?", (node.number,))
        TABLE.index(db, node.number, text)
        _mark_wholes(db, node.number)
    return True


def keep_summary(db: Database, node: Node, digest: str) -> None:
    """Let the model's text stand for parts of this digest, until a model sums them up anew."""
    if _is_as_read(db, node):
        db.conn.execute(
            "UPDATE summaries SET digest = ?, stale = 0 WHERE number = ?", (digest, node.number)
        )


def mark_unsummed(db: Database) -> None:
    """Have a model sum up everything again; the texts stay until then."""
    db.conn.execute("UPDATE summaries SET tried = NULL, revision = revision + 1")


def remove_summary(db: Database, node: Node) -> None:
    """Remove a place that nothing is under any more."""
    if not _is_as_read(db, node):
        return
    _mark_wholes(db, node.number)
    db.conn.execute("DELETE FROM summary_parts WHERE part = ?1 OR whole = ?1", (node.number,))
    TABLE.unindex(db, [node.number])


def _mark_wholes(db: Database, number: int) -> None:
    db.conn.execute(
        "UPDATE summaries SET stale = 1, revision = revision + 1 WHERE number IN "
        "(SELECT whole FROM summary_parts WHERE part = ?)",
        (number,),
    )


def _is_as_read(db: Database, node: Node) -> bool:
    found = _nodes(db, "number = ?", (node.number,))
    return found == [node]


_NODE = "number, kind, session_id, text, method, digest, stale, revision"


def _nodes(db: Database, where: str, parameters: tuple[Any, ...]) -> list[Node]:
    rows = db.conn.execute(f"SELECT {_NODE} FROM summaries WHERE {where}", parameters)
    return [
        Node(
            number=row[0],
            kind=row[1],
            session_id=row[2],
            text=row[3],
            method=row[4],
            digest=row[5],
            stale=bool(row[6]),
            revision=row[7],
        )
        for row in rows.fetchall()
    ]


# -- reading


class Summaries:
    """Questions to the summaries."""

    def __init__(self, views: Views, embedder: Callable[[], str]) -> None:
        """`embedder` gives the identity of the one that questions are embedded with."""
        self._views = views
        self._search = Search(views, TABLE, embedder)

    def for_sessions(self, session_ids: Sequence[str]) -> dict[str, Summary]:
        """The summaries of those of these sessions that have one."""
        marks = ",".join("?" * len(session_ids))
        found = self._select(f"kind = 'session' AND session_id IN ({marks})", tuple(session_ids))
        return {summary.session_id or "": summary for summary in found}

    def period(self, kind: Kind, at: datetime) -> Summary | None:
        """The summary of the day, week, month or year that this time lies in."""
        for each, key, _, _ in periods(at):
            if each == kind:
                found = self._select("kind = ? AND key = ?", (kind, key))
                return found[0] if found else None
        raise ValueError(f"{kind} is no period")

    def all(self, kind: Kind) -> list[Summary]:
        """Every summary of a kind, oldest first."""
        return self._select("kind = ?", (kind,))

    def get(self, summary: str) -> Summary | None:
        """The summary with this id."""
        prefix, _, number = summary.partition("-")
        if prefix != "summary" or not number.isdecimal():
            return None
        found = self._select("number = ?", (int(number[:15]),))
        return found[0] if found else None

    def turns(self, summary: str) -> list[int]:
        """The log positions under a summary of any kind, in order."""
        number = int(summary.partition("-")[2])
        with self._views.reading() as db:
            rows = db.conn.execute(
                "WITH RECURSIVE down(n) AS (VALUES(?) UNION "
                "SELECT part FROM summary_parts JOIN down ON whole = n) "
                "SELECT seq FROM summary_turns WHERE summary IN (SELECT n FROM down) ORDER BY seq",
                (number,),
            )
            return [int(row[0]) for row in rows.fetchall()]

    def routes(self, terms: Sequence[str], vector: Vectors | None, k: int) -> SessionRoutes:
        """The k best summaries of sessions and their stretches, as ways to the sessions."""
        lexical = self._search.lexical(terms, 3 * k)
        dense = self._search.dense(vector, 3 * k)
        numbers = tuple({number for number, _ in (*lexical, *dense)})
        marks = ",".join("?" * len(numbers))
        with self._views.reading() as db:
            sessions = dict(
                db.conn.execute(
                    f"SELECT number, session_id FROM summaries WHERE number IN ({marks}) "
                    "AND session_id IS NOT NULL",
                    numbers,
                ).fetchall()
            )
        return SessionRoutes(_by_session(lexical, sessions)[:k], _by_session(dense, sessions)[:k])

    # -- what is to be done

    def stale(self, limit: int) -> list[Node]:
        """Places to be looked at again: all of one kind, the lowest in the tree."""
        # Those of the next kind are read again when these are done.
        for kind in KINDS:
            with self._views.reading() as db:
                found = _nodes(
                    db, "stale = 1 AND kind = ? ORDER BY number DESC LIMIT ?", (kind, limit)
                )
            if found:
                return found
        return []

    def due(self, now: datetime | None) -> Node | None:
        """A place that a model has not summed up yet and whose parts it has; None where none is.

        With `now`, only what will hardly change any more: a full or idle stretch, a session and
        a day that rest, other periods that are over.
        """
        settled = "TRUE"
        if now is not None:
            rested = to_ms(now - IDLE)
            settled = (
                f"CASE WHEN kind IN ('week', 'month', 'year') THEN end <= {to_ms(now):d} "
                f"WHEN kind = 'day' THEN end <= {to_ms(now):d} OR NOT EXISTS (SELECT 1 FROM "
                "summary_parts JOIN summaries part ON part.number = summary_parts.part "
                f"WHERE whole = summaries.number AND part.end > {rested:d}) "
                f"ELSE end <= {rested:d} OR (kind = 'stretch' AND EXISTS (SELECT 1 FROM summaries "
                "later WHERE later.session_id = summaries.session_id AND later.kind = 'stretch' "
                "AND later.number > summaries.number)) END"
            )
        with self._views.reading() as db:
            found = _nodes(
                db,
                f"{_UNDONE} AND {settled} AND NOT EXISTS (SELECT 1 FROM summary_parts JOIN "
                "summaries part ON part.number = summary_parts.part WHERE whole = summaries.number "
                "AND (part.stale OR part.tried IS NOT part.digest)) "
                "ORDER BY start DESC, number LIMIT 1",
                (),
            )
        return found[0] if found else None

    def progress(self) -> tuple[int, int]:
        """(places a model is done with, places)."""
        with self._views.reading() as db:
            done, total = db.conn.execute(
                "SELECT coalesce(sum(stale = 0 AND tried IS digest), 0), count(*) FROM summaries"
            ).fetchone()
        return int(done), int(total)

    def parts(self, node: Node) -> list[tuple[int, str]]:
        """What it is made of, in order: (log position, '') of a stretch, else (number, text)."""
        with self._views.reading() as db:
            if node.kind == "stretch":
                rows = db.conn.execute(
                    "SELECT seq, '' FROM summary_turns WHERE summary = ? ORDER BY seq",
                    (node.number,),
                )
            else:
                rows = db.conn.execute(
                    "SELECT number, text FROM summary_parts JOIN summaries ON number = part "
                    "WHERE whole = ? AND text != '' ORDER BY start, number",
                    (node.number,),
                )
            return rows.fetchall()

    def model_text(self, digest: str) -> tuple[str, str, str] | None:
        """(text, deriver, model) of a summary that a model made of the same parts."""
        with self._views.reading() as db:
            row = db.conn.execute(
                "SELECT text, deriver, model FROM summaries WHERE digest = ? AND tried = digest "
                "AND method = 'model' LIMIT 1",
                (digest,),
            ).fetchone()
        return (row[0], row[1], row[2]) if row else None

    def method_of(self, number: int) -> tuple[Method, str | None, bool]:
        """(method, model, whether a model is done with it) of a summary."""
        with self._views.reading() as db:
            row = db.conn.execute(
                "SELECT method, model, tried IS digest AND NOT stale FROM summaries "
                "WHERE number = ?",
                (number,),
            ).fetchone()
        return (row[0], row[1], bool(row[2])) if row else ("extract", None, False)

    def _select(self, where: str, parameters: tuple[Any, ...]) -> list[Summary]:
        with self._views.reading() as db:
            rows = db.conn.execute(
                f"SELECT {_COLUMNS} FROM summaries WHERE {where} AND text != '' "
                "ORDER BY start, number",
                parameters,
            ).fetchall()
            return [_summary(row, self._sources(db, row[0], row[1])) for row in rows]

    @staticmethod
    def _sources(db: Database, number: int, kind: Kind) -> tuple[int, ...] | tuple[str, ...]:
        if kind == "stretch":
            rows = db.conn.execute(
                "SELECT seq FROM summary_turns WHERE summary = ? ORDER BY seq", (number,)
            )
            return tuple(int(row[0]) for row in rows.fetchall())
        rows = db.conn.execute(
            "SELECT part FROM summary_parts WHERE whole = ? ORDER BY part", (number,)
        )
        return tuple(summary_id(row[0]) for row in rows.fetchall())


IDLE = timedelta(minutes=30)
"""After which a conversation is taken to rest."""
_UNDONE = "stale = 0 AND tried IS NOT digest"


def summary_id(number: int) -> str:
    return f"summary-{number}"


def _summary(row: tuple[Any, ...], sources: tuple[int, ...] | tuple[str, ...]) -> Summary:
    return Summary(
        id=summary_id(row[0]),
        kind=row[1],
        start=from_ms(row[4]),
        end=from_ms(row[5]),
        text=row[6],
        sources=sources,
        method=row[7],
        session_id=row[3],
        deriver=row[8],
        model=row[9],
    )


def _by_session(
    hits: Sequence[tuple[int, float]], sessions: dict[int, str]
) -> list[tuple[str, float]]:
    best: dict[str, float] = {}
    for number, score in hits:
        if (session := sessions.get(number)) is not None:
            best[session] = max(score, best.get(session, score))
    return sorted(best.items(), key=lambda hit: (-hit[1], hit[0]))


def periods(at: datetime) -> Iterator[tuple[Kind, str, datetime, datetime]]:
    """The day, week, month and year (kind, key, start, end) that a time counts for, in UTC."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    yield "day", f"{day:%Y-%m-%d}", day, day + timedelta(days=1)
    monday = day - timedelta(days=day.weekday())
    year, week, _ = day.isocalendar()
    yield "week", f"{year:04d}-W{week:02d}", monday, monday + timedelta(days=7)
    thursday = monday + timedelta(days=3)
    month = thursday.replace(day=1)
    following = (month + timedelta(days=31)).replace(day=1)
    yield "month", f"{month:%Y-%m}", month, following
    first = month.replace(month=1)
    yield "year", f"{first:%Y}", first, (first + timedelta(days=366)).replace(month=1, day=1)


def _same_day(one: int, other: int) -> bool:
    return from_ms(one).date() == from_ms(other).date()
