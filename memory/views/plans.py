"""What the user means to do: plans, reminders, dates and habits, and which of them are over.

A plan is over when the user later says that it is done or off. Each such sentence is kept beside
the plan, so that forgetting the sentence opens the plan again. Only the user's own words count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Literal

from sqlite_utils import Database

from memory.endings import Ending, content, endings
from memory.events import Event, Message, Note, Origin
from memory.log import from_ms, to_ms
from memory.plans import Found, Kind, find
from memory.projection import Projection, Views
from memory.views.fulltext import hashed, stems

OPEN_DAYS = 28
"""Days after which a plan without a time is no longer spoken of."""
_AFTERWARDS = 7
"""Days after its last day in which something dated may still be spoken of."""
_ALWAYS = date(9999, 12, 31)
_FINISHING = ("finish", "do", "complete", "sort", "handle", "manage", "get", "settle")
"""Verbs that end any plan whose thing they name: "I'm done with", "I managed to"."""
_COVERED = 0.5
"""Share of a plan's things that a sentence must name to end it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Something that the user means to do, with the words it was found in."""

    source: str
    """Id of the event."""
    place: int
    """Which of those found in the event, counted from 0."""
    kind: Kind
    action: str
    sentence: str
    said_at: datetime
    first: date | None
    last: date | None
    at: time | None
    weekdays: tuple[int, ...]
    done_on: tuple[date, ...]
    """The local days on which the user said that it was done; for a habit, it goes on."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    seq: int
    event: str
    at: datetime
    found: list[tuple[Found, int, list[int]]]
    """(plan, stem of its verb, stems of its things), hashed."""
    ended: list[tuple[Literal["done", "cancelled"], list[int], list[int]]]
    """(how, stems of the verbs, stems of the sentence), hashed."""


class PlansView(Projection):
    name = "plans"
    version = 1
    tables = ("plans", "plan_words", "plan_ends")

    def create(self, db: Database) -> None:
        db.execute(
            "CREATE TABLE plans(number INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "
            "event TEXT NOT NULL, place INTEGER NOT NULL, kind TEXT NOT NULL, "
            "action TEXT NOT NULL, sentence TEXT NOT NULL, said_at INTEGER NOT NULL, "
            "first TEXT, last TEXT, at TEXT, weekdays TEXT NOT NULL, over TEXT NOT NULL, "
            "verb INTEGER NOT NULL)"
        )
        db.execute("CREATE INDEX plans_seq ON plans(seq)")
        db.execute("CREATE INDEX plans_over ON plans(over)")
        db.execute("CREATE INDEX plans_event ON plans(event)")
        # Hashes of the stems of a plan's things, by which the sentence that ends it is known.
        db.execute(
            "CREATE TABLE plan_words(stem INTEGER NOT NULL, plan INTEGER NOT NULL, "
            "PRIMARY KEY(stem, plan)) WITHOUT ROWID"
        )
        db.execute("CREATE INDEX plan_words_plan ON plan_words(plan)")
        db.execute(
            "CREATE TABLE plan_ends(plan INTEGER NOT NULL, seq INTEGER NOT NULL, "
            "how TEXT NOT NULL, day TEXT NOT NULL, PRIMARY KEY(plan, seq, how)) WITHOUT ROWID"
        )
        db.execute("CREATE INDEX plan_ends_seq ON plan_ends(seq)")

    def prepare(self, events: Sequence[Event]) -> list[_Prepared]:
        said = [
            (event, event.text, event.at.astimezone())
            for event in events
            if event.origin is Origin.USER
            and event.text is not None
            and isinstance(event.payload, Message | Note)
        ]
        read = [(event, at, find(text, at), endings(text)) for event, text, at in said]
        known = _stems_of(
            word
            for _, _, found, ended in read
            for each in (
                *[content(f.action) for f in found],
                *[(*e.verbs, *e.words) for e in ended],
            )
            for word in each
        ) | _stems_of(_verb(f) for _, _, found, _ in read for f in found)
        return [
            _Prepared(
                event.seq,
                event.id,
                at,
                [(f, known[_verb(f)], _things(f, known)) for f in found],
                [_ended(each, known) for each in ended],
            )
            for event, at, found, ended in read
            if found or ended
        ]

    def apply(self, db: Database, events: Sequence[Event], prepared: list[_Prepared]) -> None:
        for turn in prepared:
            for how, verbs, named in turn.ended:
                _end(db, turn, how, verbs, named)
            for place, (found, verb, things) in enumerate(turn.found):
                _insert(db, turn, place, found, verb, things)

    def erase(self, db: Database, seqs: Sequence[int]) -> None:
        rows = [(seq,) for seq in seqs]
        for table in ("plan_words", "plan_ends"):
            db.conn.executemany(
                f"DELETE FROM {table} WHERE plan IN (SELECT number FROM plans WHERE seq = ?)", rows
            )
        db.conn.executemany("DELETE FROM plan_ends WHERE seq = ?", rows)
        db.conn.executemany("DELETE FROM plans WHERE seq = ?", rows)


def _verb(found: Found) -> str:
    return found.action.split()[0].lower()


def _stems_of(words: Iterable[str]) -> dict[str, int]:
    """The hashed stem of each word, by the tokenizer of the full-text view."""
    distinct = list(dict.fromkeys(words))
    if not distinct:
        return {}
    return {
        word: hashed(next(iter(stem), word))
        for word, stem in zip(distinct, stems(distinct), strict=True)
    }


@cache
def _finishing() -> frozenset[int]:
    return frozenset(_stems_of(_FINISHING).values())


def _things(found: Found, known: dict[str, int]) -> list[int]:
    """Of "call the dentist" the dentist; of what is no deed ("your job interview"), every word."""
    named = [known[word] for word in content(found.action)]
    verb = known[_verb(found)]
    return [stem for stem in dict.fromkeys(named) if stem != verb]


def _ended(
    each: Ending, known: dict[str, int]
) -> tuple[Literal["done", "cancelled"], list[int], list[int]]:
    return each.how, [known[verb] for verb in each.verbs], [known[word] for word in each.words]


def _insert(
    db: Database, turn: _Prepared, place: int, found: Found, verb: int, things: Sequence[int]
) -> None:
    last = found.last or turn.at.date() + timedelta(days=OPEN_DAYS)
    always = found.kind in ("habit", "birthday")
    over = _ALWAYS if always or last.year > 9990 else last + timedelta(days=_AFTERWARDS)
    number = db.conn.execute(
        "INSERT INTO plans(seq, event, place, kind, action, sentence, said_at, first, last, at, "
        "weekdays, over, verb) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(turn.seq, turn.event, place, found.kind, found.action, found.sentence),
            to_ms(turn.at),
            *(found.first and found.first.isoformat(), found.last and found.last.isoformat()),
            found.at and found.at.isoformat(),
            "".join(map(str, found.weekdays)),
            *(over.isoformat(), verb),
        ),
    ).lastrowid
    # One without things ("I want to run") is known by its verb.
    db.conn.executemany(
        "INSERT INTO plan_words VALUES (?, ?)", [(stem, number) for stem in things or [verb]]
    )


def _end(
    db: Database,
    turn: _Prepared,
    how: Literal["done", "cancelled"],
    verbs: Sequence[int],
    named: Sequence[int],
) -> None:
    """Note this sentence beside every plan that it ends."""
    words = {*named, *verbs}
    day = turn.at.date().isoformat()
    rows = db.conn.execute(
        "SELECT plans.number, plans.kind, plans.verb, plans.first, count(*), "
        "(SELECT count(*) FROM plan_words WHERE plan = plans.number) "
        "FROM plan_words JOIN plans ON plans.number = plan_words.plan "
        f"WHERE stem IN ({','.join('?' * len(words))}) AND said_at < ? AND over >= ? "
        "AND plans.kind != 'birthday' GROUP BY plans.number",
        (*words, to_ms(turn.at), day),
    ).fetchall()
    for number, kind, verb, first, shared, in_all in rows:
        if shared < _COVERED * in_all:
            continue
        if how == "done":
            deed = kind not in ("event", "follow_up")
            # What is looked forward to is over only once its day has come.
            if deed and verb not in verbs and _finishing().isdisjoint(verbs):
                continue
            if not deed and (first or "") > day:
                continue
        db.conn.execute(
            "INSERT OR IGNORE INTO plan_ends VALUES (?, ?, ?, ?)", (number, turn.seq, how, day)
        )


class Plans:
    """Questions to the plans."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def open(self, today: date) -> list[Plan]:
        """What may still be spoken of on this local day, oldest first.

        Done plans and all that was called off are left out; habits that were done are not.
        """
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT event, place, kind, action, sentence, said_at, first, last, plans.at, "
                "weekdays, (SELECT group_concat(day) FROM plan_ends WHERE plan = number "
                "AND how = 'done') FROM plans WHERE over >= ? AND NOT EXISTS "
                "(SELECT 1 FROM plan_ends WHERE plan = number "
                "AND (how = 'cancelled' OR plans.kind != 'habit')) ORDER BY said_at, number",
                (today.isoformat(),),
            ).fetchall()
        return [_plan(row) for row in rows]

    def is_over(self, source: str, place: int) -> bool:
        """Whether the user said that it was done or off, or it was forgotten."""
        with self._views.reading() as db:
            row = db.conn.execute(
                "SELECT NOT EXISTS (SELECT 1 FROM plan_ends WHERE plan = number "
                "AND (how = 'cancelled' OR plans.kind != 'habit')) FROM plans "
                "WHERE event = ? AND place = ?",
                (source, place),
            ).fetchone()
        return row is None or not row[0]


def _plan(row: tuple[Any, ...]) -> Plan:
    source, place, kind, action, sentence, said_at, first, last, at, weekdays, done = row
    return Plan(
        source=source,
        place=place,
        kind=kind,
        action=action,
        sentence=sentence,
        said_at=from_ms(said_at),
        first=date.fromisoformat(first) if first else None,
        last=date.fromisoformat(last) if last else None,
        at=time.fromisoformat(at) if at else None,
        weekdays=tuple(map(int, weekdays)),
        done_on=tuple(
            date.fromisoformat(day) for day in sorted(set((done or "").split(","))) if day
        ),
    )
