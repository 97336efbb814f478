"""The profile: statements and the user's own acts as rows, folded into lines when asked for.

Rows only follow the log; what they add up to is the pure function `memory.user.fold.fold`. So the
order of deriving does not matter, and what an erased event had ended is open again by itself.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from threading import Lock
from typing import Any

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
from memory.user.consents import Consents, active
from memory.user.fold import fold
from memory.user.lines import Line, Section, Statement, Topic
from memory.user.profile import Profile
from memory.user.said import Act, Said, line_id
from memory.user.written import stated_in
from memory.views.derived import Table
from memory.views.facts import Facts
from memory.views.line_vectors import LineVectors
from memory.views.patches import Patches

TABLE = Table("statements", "text", "statements_text")
_ACTS = (ProfileEdit, Consent, Rated, Asked, AskAnswered)
_Act = ProfileEdit | Consent | Rated | Asked | AskAnswered
_KEPT = "ask_answered"
_SQL_VARIABLES = 500
_SAID = (
    "seq, event_id, part, at, section, attribute, value, context, polarity, strength, text, topic, "
    "past, by_hand, question"
)


class ProfileView(Projection):
    """What the user said of themselves, what they did to the profile, and how they write."""

    name = "profile"
    version = 4
    tables = ("acts", "writing", "profile_changes", *TABLE.tables)

    def create(self, db: Database) -> None:
        # AUTOINCREMENT: the number of an erased statement must never name another one.
        db.execute(
            "CREATE TABLE statements(number INTEGER PRIMARY KEY AUTOINCREMENT, "
            "seq INTEGER NOT NULL, event_id TEXT NOT NULL, part INTEGER NOT NULL, "
            "at INTEGER NOT NULL, section TEXT NOT NULL, attribute TEXT NOT NULL, "
            "value TEXT NOT NULL, context TEXT NOT NULL, polarity INTEGER NOT NULL, "
            "strength REAL NOT NULL, text TEXT NOT NULL, topic TEXT, past INTEGER NOT NULL, "
            "by_hand INTEGER NOT NULL, question TEXT NOT NULL, vector BLOB, embedder TEXT)"
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
        # Kept apart from the count of all changes of the rows, since vectors change no line.
        db.execute(
            "CREATE TABLE profile_changes(number INTEGER NOT NULL, written INTEGER NOT NULL)"
        )
        db.execute("INSERT INTO profile_changes VALUES (0, 0)")
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
            for part, statement in enumerate(stated_in(event)):
                self._state(db, event, part, statement)
            if (marks := manner.marks_of(event)) is not None:
                row = (event.seq, event.id, to_ms(event.at), marks)
                db.conn.execute("INSERT INTO writing VALUES (?, ?, ?, ?)", row)
                db.conn.execute("UPDATE profile_changes SET written = written + 1")

    @staticmethod
    def _act(db: Database, event: Event, payload: _Act) -> None:
        text = payload.model_dump_json(exclude={"kind"}, exclude_defaults=True)
        row = (event.seq, event.id, to_ms(event.at), event.kind, event.version, text)
        db.conn.execute("INSERT INTO acts VALUES (?, ?, ?, ?, ?, ?)", row)
        if not isinstance(payload, Asked | AskAnswered):
            _note_change(db)

    @staticmethod
    def _state(db: Database, event: Event, part: int, said: Statement) -> None:
        number = db.conn.execute(
            f"INSERT INTO statements({_SAID}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(event.seq, event.id, part, to_ms(event.at), said.section.value),
                *(said.attribute, said.value, said.context, said.polarity, said.strength),
                *(said.text, said.topic.value if said.topic else None, said.past),
                *(event.kind == "profile_edit", said.question),
            ),
        ).lastrowid
        assert number is not None
        TABLE.index(db, number, said.text)
        _note_change(db)

    def erase(self, db: Database, seqs: Sequence[int]) -> None:
        for seq in seqs:
            rows = db.conn.execute("SELECT number FROM statements WHERE seq = ?", (seq,))
            TABLE.unindex(db, [row[0] for row in rows.fetchall()])
            # That a question was answered stays, without the answer: it counts as taken back.
            db.conn.execute("UPDATE acts SET payload = '' WHERE seq = ? AND kind = ?", (seq, _KEPT))
            db.conn.execute("DELETE FROM acts WHERE seq = ? AND kind <> ?", (seq, _KEPT))
            db.conn.execute("DELETE FROM writing WHERE seq = ?", (seq,))
        _note_change(db)

    def compact(self, db: Database) -> None:
        TABLE.compact(db)


def _note_change(db: Database) -> None:
    """Of what the lines are made of."""
    db.conn.execute("UPDATE profile_changes SET number = number + 1")


class Profiles:
    """Questions to the profile."""

    def __init__(self, views: Views, log: Log, facts: Facts, patches: Patches) -> None:
        self._views = views
        self._log = log
        self._facts = facts
        self._patches = patches
        self._lock = Lock()
        self._folded: tuple[object, Profile] | None = None
        self._said: list[Said] = []
        self._vectors = LineVectors(views)

    # -- lines

    def read(self, now: datetime) -> Profile:
        """The whole profile as of `now`. Call `catch_up_instant` before."""
        state = (self._revision(), now.date())
        with self._lock:
            if self._folded is None or self._folded[0] != state:
                profile = self._fold(now)
                self._folded = (state, profile)
                self._vectors.keep({line.text for line in (*profile.lines, *profile.history)})
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
        return self._vectors.of(lines, embedder)

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
        said = Consents(active(self.acts())).inherited(self._stated())
        return list(dict.fromkeys(s.sources[0] for s in said if s.statement.topic is what))

    # -- rows

    def _revision(self) -> tuple[int, ...]:
        """Another one wherever what the lines are made of changed."""
        with self._views.reading() as db:
            number, written, *rest = db.conn.execute(
                "SELECT number, written, (SELECT count(*) FROM facts), "
                "(SELECT max(number) FROM facts), (SELECT count(*) FROM patches), "
                "(SELECT max(number) FROM patches), (SELECT max(at) FROM patches) "
                "FROM profile_changes"
            ).fetchone()
        # How someone writes changes slowly; a few messages more do not matter.
        return (number, written // manner.EVERY, *rest)

    def _fold(self, now: datetime) -> Profile:
        stated = self._stated()
        derived = of_facts.said_of(self._facts.about("user"), stated, self._log.at)
        judged = self._judged()
        learnt = manner.said_of(self._writing(), judged, self._replaced(judged))
        patches = [made.patch for made in self._patches.all()]
        return fold([*stated, *derived, *learnt], self.acts(), now, patches)

    def _stated(self) -> list[Said]:
        """Every statement, in order; what was read before is not read again."""
        with self._views.reading() as db:
            rows = db.conn.execute(
                "SELECT event_id, part, number FROM statements ORDER BY seq, part"
            ).fetchall()
            places = {(event_id, part): number for event_id, part, number in rows}
            known = {(said.sources[0], said.part): said for said in self._said}
            new = [number for place, number in places.items() if place not in known]
            for start in range(0, len(new), _SQL_VARIABLES):
                part = new[start : start + _SQL_VARIABLES]
                for row in db.conn.execute(
                    f"SELECT {_SAID} FROM statements WHERE number IN ({','.join('?' * len(part))})",
                    part,
                ):
                    said = _said(row)
                    known[said.sources[0], said.part] = said
        self._said = [known[place] for place in places]
        return self._said

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


def _said(row: tuple[Any, ...]) -> Said:
    seq, event_id, part, at, section, attribute, value, context = row[:8]
    polarity, strength, text, topic, past, hand, question = row[8:]
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
        question=question,
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
