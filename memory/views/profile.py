"""The profile: statements and the user's own acts as rows, folded into lines when asked for.

Rows only follow the log; what they add up to is the pure function `memory.user.fold.fold`. So the
order of deriving does not matter, and what an erased event had ended is open again by itself.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Any

import numpy as np
from sqlite_utils import Database

from memory.errors import NotFound
from memory.events import (
    AskAnswered,
    Asked,
    Consent,
    Event,
    Message,
    Origin,
    ProfileEdit,
    Rated,
    parse_payload,
)
from memory.log import Log, from_ms, to_ms
from memory.ports import Embedder, Vectors
from memory.projection import Projection, Views
from memory.user import facts as of_facts
from memory.user import manner
from memory.user.fold import Act, Profile, Said, fold, line_id
from memory.user.lines import ANSWERED, Line, Section, Statement, Topic
from memory.user.statements import statements, statements_of
from memory.user.topics import topic_of
from memory.views.derived import Table
from memory.views.facts import Facts
from memory.views.patches import Patches

TABLE = Table("statements", "text", "statements_text")
_ACTS = (ProfileEdit, Consent, Rated, Asked, AskAnswered)
_Act = ProfileEdit | Consent | Rated | Asked | AskAnswered
_KEPT = "ask_answered"
_SAID = (
    "seq, event_id, part, at, section, attribute, value, context, polarity, strength, text, topic, "
    "past, by_hand"
)


class ProfileView(Projection):
    """What the user said of themselves, what they did to the profile, and how they write."""

    name = "profile"
    version = 2
    tables = ("acts", "writing", *TABLE.tables)

    def create(self, db: Database) -> None:
        # AUTOINCREMENT: the number of an erased statement must never name another one.
        db.execute(
            "CREATE TABLE statements(number INTEGER PRIMARY KEY AUTOINCREMENT, "
            "seq INTEGER NOT NULL, event_id TEXT NOT NULL, part INTEGER NOT NULL, "
            "at INTEGER NOT NULL, section TEXT NOT NULL, attribute TEXT NOT NULL, "
            "value TEXT NOT NULL, context TEXT NOT NULL, polarity INTEGER NOT NULL, "
            "strength REAL NOT NULL, text TEXT NOT NULL, topic TEXT, past INTEGER NOT NULL, "
            "by_hand INTEGER NOT NULL, vector BLOB, embedder TEXT)"
        )
        db.execute("CREATE INDEX statements_seq ON statements(seq)")
        db.execute(
            "CREATE TABLE acts(seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL, "
            "at INTEGER NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL, "
            "payload TEXT NOT NULL)"
        )
        db.execute(
            "CREATE TABLE writing(seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL, "
            "at INTEGER NOT NULL, marks TEXT NOT NULL)"
        )
        TABLE.create_search(db)

    def apply(self, db: Database, events: Sequence[Event], prepared: Any) -> None:
        for event in events:
            if isinstance(event.payload, _ACTS):
                self._act(db, event, event.payload)
            elif event.kind == _KEPT:
                erased = (event.seq, event.id, to_ms(event.at), event.kind, event.version, "")
                db.conn.execute("INSERT INTO acts VALUES (?, ?, ?, ?, ?, ?)", erased)
            if event.origin is not Origin.USER or event.payload is None:
                continue
            for part, statement in enumerate(_stated(event)):
                self._state(db, event, part, statement)
            if (marks := manner.marks_of(event)) is not None:
                row = (event.seq, event.id, to_ms(event.at), marks)
                db.conn.execute("INSERT INTO writing VALUES (?, ?, ?, ?)", row)

    @staticmethod
    def _act(db: Database, event: Event, payload: _Act) -> None:
        text = payload.model_dump_json(exclude={"kind"}, exclude_defaults=True)
        row = (event.seq, event.id, to_ms(event.at), event.kind, event.version, text)
        db.conn.execute("INSERT INTO acts VALUES (?, ?, ?, ?, ?, ?)", row)
        # Acts change what the statements add up to, and so count as a change of them.
        db.conn.execute("UPDATE statements_revision SET number = number + 1")

    @staticmethod
    def _state(db: Database, event: Event, part: int, said: Statement) -> None:
        number = db.conn.execute(
            f"INSERT INTO statements({_SAID}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(event.seq, event.id, part, to_ms(event.at), said.section.value),
                *(said.attribute, said.value, said.context, said.polarity, said.strength),
                *(said.text, said.topic.value if said.topic else None, said.past),
                event.kind == "profile_edit",
            ),
        ).lastrowid
        assert number is not None
        TABLE.index(db, number, said.text)

    def erase(self, db: Database, seqs: Sequence[int]) -> None:
        for seq in seqs:
            rows = db.conn.execute("SELECT number FROM statements WHERE seq = ?", (seq,))
            TABLE.unindex(db, [row[0] for row in rows.fetchall()])
            # That a question was answered stays, without the answer: it counts as taken back.
            db.conn.execute("UPDATE acts SET payload = '' WHERE seq = ? AND kind = ?", (seq, _KEPT))
            db.conn.execute("DELETE FROM acts WHERE seq = ? AND kind <> ?", (seq, _KEPT))
            db.conn.execute("DELETE FROM writing WHERE seq = ?", (seq,))
        db.conn.execute("UPDATE statements_revision SET number = number + 1")

    def compact(self, db: Database) -> None:
        TABLE.compact(db)


def _stated(event: Event) -> list[Statement]:
    payload = event.payload
    if isinstance(payload, AskAnswered):
        return [] if payload.statement is None else [_answered(payload, payload.statement)]
    if not isinstance(payload, ProfileEdit):
        return statements_of(event)
    if payload.op not in ("add", "replace") or not (payload.text or "").strip():
        return []
    return [by_hand(payload.text or "", payload.section)]


def _answered(payload: AskAnswered, line: str) -> Statement:
    """The user's answer to a question, as it was put."""
    about = next((each for each in statements(payload.answer or "") if not each.past), None)
    plain = Statement(Section.TASTES, ANSWERED, payload.answer or "", "", 1, 0.8, line)
    return plain if about is None else replace(plain, section=about.section, topic=about.topic)


def by_hand(text: str, section: str | None) -> Statement:
    """What a line means that the user wrote into the profile: their words, as they are."""
    line = " ".join(text.split())
    meant = statements(line)
    plain = Statement(Section.IDENTITY, "", "", "", 0, 1.0, line)
    # Several statements in one line stay one line, which then is about none of them alone.
    today = [each for each in meant if not each.past]
    found = today[0] if len(today) == 1 else plain
    topic = next((each.topic for each in meant if each.topic), None) or topic_of(line)
    known = {each.value: each for each in Section}
    place = known.get((section or "").lower(), meant[0].section if meant else Section.IDENTITY)
    return replace(found, section=place, text=line, strength=1.0, topic=topic, past=False)


class Profiles:
    """Questions to the profile."""

    def __init__(self, views: Views, log: Log, facts: Facts, patches: Patches) -> None:
        self._views = views
        self._log = log
        self._facts = facts
        self._patches = patches
        self._lock = Lock()
        self._folded: tuple[object, Profile] | None = None
        self._vectors: tuple[object, dict[str, Vectors]] = (None, {})

    # -- lines

    def read(self, now: datetime) -> Profile:
        """The whole profile as of `now`. Call `catch_up_instant` before."""
        state = (self._revision(), now.date())
        with self._lock:
            if self._folded is None or self._folded[0] != state:
                self._folded = (state, self._fold(now))
            return self._folded[1]

    def lines(self, now: datetime, *, all: bool = False) -> list[Line]:
        """The lines that hold, in the order of the page; with `all` also what held once."""
        profile = self.read(now)
        sections = list(Section)
        lines = [*profile.lines, *(profile.history if all else ())]
        return sorted(lines, key=lambda line: (sections.index(line.section), line.first_at))

    def line(self, line: str, now: datetime) -> Line | None:
        """The line with this id, whether it holds or held once."""
        return self.read(now).line(line)

    def history(self, what: str, now: datetime) -> list[Line]:
        """Everything that ever stood in the place of a line, or under an attribute, oldest first.

        Raises NotFound where neither a line nor an attribute is called so.
        """
        profile = self.read(now)
        merged = [line for lines in profile.merged.values() for line in lines]
        every = sorted((*profile.history, *merged, *profile.lines), key=lambda line: line.first_at)
        if (line := profile.line(what)) is None:
            found = [each for each in every if each.attribute == what.lower()]
            if not found:
                raise NotFound(
                    f"There is no line or attribute {what}; `lifelore profile show` lists them."
                )
            return found
        near: dict[str, set[str]] = defaultdict(set)
        for each in every:
            if each.replaced_by is not None:
                near[each.id].add(each.replaced_by)
                near[each.replaced_by].add(each.id)
        for shown, lines in profile.merged.items():
            for each in lines:
                near[each.id].add(shown)
                near[shown].add(each.id)
        chain, found_now = {line.id}, [line.id]
        while found_now:
            found_now = [i for at in found_now for i in near[at] if i not in chain]
            chain.update(found_now)
        return [each for each in every if each.id in chain]

    def pending_consents(self, now: datetime) -> list[Line]:
        """Sensitive lines that wait for a yes."""
        return self.read(now).pending()

    def vectors(self, lines: Sequence[Line], embedder: Embedder) -> Vectors:
        """Unit vectors of the lines' texts, shape (len(lines), d).

        Those made in the background are read; missing ones are made now and held in memory.
        Raises EmbedderUnavailable when some are missing and cannot be made.
        """
        state = (self._revision(), embedder.identity)
        with self._lock:
            if self._vectors[0] != state:
                self._vectors = (state, self._stored(embedder.identity))
            held = self._vectors[1]
        missing = list(dict.fromkeys(line.text for line in lines if line.text not in held))
        if missing:
            held.update(zip(missing, embedder.embed(missing), strict=True))
        if not lines:
            return np.zeros((0, 1), dtype=np.float32)
        return np.stack([held[line.text] for line in lines])

    # -- what the user did

    def acts(self) -> list[Act]:
        """Edits and consents, oldest first."""
        return [
            Act(event_id, seq, at, payload)
            for event_id, seq, at, payload in self._acts()
            if isinstance(payload, ProfileEdit | Consent)
        ]

    def asked(self) -> list[Event]:
        """Questions that were put to the user, and what they answered, in order."""
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT seq FROM acts WHERE kind IN ('asked', 'ask_answered') ORDER BY seq"
            ).fetchall()
        return self._log.at([row[0] for row in rows])

    def ratings(self) -> list[tuple[str, Rated]]:
        """Ratings of answers as (id of the event, rating), oldest first."""
        return [(i, rated) for i, _, _, rated in self._acts() if isinstance(rated, Rated)]

    def written(self, most: int) -> list[Event]:
        """The newest messages of the user's own, oldest first."""
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT seq FROM writing ORDER BY seq DESC LIMIT ?", (most,)
            ).fetchall()
        return self._log.at([row[0] for row in rows[::-1]])

    def sources_of(self, what: Line | Topic) -> list[str]:
        """Ids of the events whose words a line, or anything of a topic, was taken from."""
        if isinstance(what, Line):
            return list(what.sources)
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT DISTINCT event_id FROM statements WHERE topic = ? ORDER BY seq",
                (what.value,),
            ).fetchall()
        return [row[0] for row in rows]

    # -- rows

    def _revision(self) -> tuple[int, ...]:
        with self._views.reading() as db:
            row = db.conn.execute(
                "SELECT (SELECT number FROM statements_revision), "
                "(SELECT number FROM facts_revision), (SELECT number FROM patches_revision), "
                "(SELECT count(*) FROM writing)"
            ).fetchone()
        # How someone writes changes slowly; a few messages more do not matter.
        return (int(row[0]), int(row[1]), int(row[2]), int(row[3]) // manner.EVERY)

    def _fold(self, now: datetime) -> Profile:
        stated = self._stated()
        derived = of_facts.said_of(self._facts.about("user"), stated, self._log.at)
        judged = self._judged()
        learnt = manner.said_of(self._writing(), judged, self._replaced(judged))
        patches = [made.patch for made in self._patches.all()]
        return fold([*stated, *derived, *learnt], self.acts(), now, patches)

    def _stated(self) -> list[Said]:
        with self._views.reading() as db:
            rows = db.conn.execute(f"SELECT {_SAID} FROM statements ORDER BY seq, part").fetchall()
        return [_said(row) for row in rows]

    def _acts(self) -> list[tuple[str, int, datetime, Any]]:
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT event_id, seq, at, kind, version, payload FROM acts "
                "WHERE payload <> '' ORDER BY seq"
            ).fetchall()
        return [
            (event_id, seq, from_ms(at), parse_payload(kind, version, json.loads(payload)))
            for event_id, seq, at, kind, version, payload in rows
        ]

    def _writing(self) -> list[manner.Written]:
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT event_id, seq, at, marks FROM writing ORDER BY seq DESC LIMIT ?",
                (manner.MOST,),
            ).fetchall()
        return [manner.Written(i, seq, from_ms(at), marks) for i, seq, at, marks in rows[::-1]]

    def _judged(self) -> list[tuple[Event, int]]:
        """Answers that were rated, with the newest rating of each."""
        ratings = {rated.target: rated.rating for _, rated in self.ratings()}
        return [(event, ratings[event.id]) for event in self._log.get(list(ratings))]

    def _replaced(self, judged: Sequence[tuple[Event, int]]) -> list[Event]:
        """Unrated answers that the user had given anew, where they liked what came instead."""
        rated = {event.id for event, _ in judged}
        found: dict[str, Event] = {}
        for event, rating in judged[-manner.MOST :]:
            if rating < manner.LIKED or not isinstance(event.payload, Message):
                continue
            if (message := event.payload.reply_to) is None:
                continue
            for other in self._log.session(event.session_id):
                if (
                    other.seq < event.seq
                    and other.id not in rated
                    and other.origin is Origin.ASSISTANT
                    and isinstance(other.payload, Message)
                    and other.payload.reply_to == message
                    and other.payload.status == "complete"
                ):
                    found[other.id] = other
        return list(found.values())

    def _stored(self, embedder: str) -> dict[str, Vectors]:
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT text, vector FROM statements WHERE embedder = ? "
                "UNION ALL SELECT text, vector FROM patches WHERE embedder = ?",
                (embedder, embedder),
            ).fetchall()
        return {
            text: np.frombuffer(vector, dtype=np.float16).astype(np.float32)
            for text, vector in rows
        }


def _said(row: tuple[Any, ...]) -> Said:
    seq, event_id, part, at, section, attribute, value, context = row[:8]
    polarity, strength, text, topic, past, hand = row[8:]
    statement = Statement(
        section=Section(section),
        attribute=attribute,
        value=value,
        context=context,
        polarity=polarity,
        strength=strength,
        text=text,
        topic=Topic(topic) if topic else None,
        past=bool(past),
    )
    return Said(
        id=line_id(event_id, str(part)),
        sources=(event_id,),
        seq=seq,
        part=part,
        at=from_ms(at),
        statement=statement,
        by_hand=bool(hand),
    )
