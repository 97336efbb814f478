"""The memory of one home: the log, its views and what can be asked of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar

from filelock import FileLock
from ulid import ULID

from memory.chroma_index import ChromaIndex, ChromaServer
from memory.database import translated
from memory.derive.deriver import Deriver, Left
from memory.errors import EmbedderUnavailable, IndexBroken, NotFound, RefusedInput
from memory.events import Consent, Draft, Event, Origin
from memory.forget import ForgetPlan, drop_kept_edit, leftovers, plan_forgetting
from memory.log import Log, Verification
from memory.overtaken import Overtaken, Overtaking
from memory.ports import (
    Clock,
    Embedder,
    Extractor,
    Progress,
    Reranker,
    SystemClock,
    VectorIndex,
    Vectors,
    no_progress,
)
from memory.projection import Projection, Projector, Views
from memory.ranking import RecallSettings
from memory.recall import Memory, Recall, Recollection, memory_of
from memory.user.lines import Line, Topic
from memory.views.facts import Facts, FactsView, mark_unread
from memory.views.fulltext import Fulltext, FulltextView
from memory.views.patches import Patches, PatchesView
from memory.views.plans import Plans, PlansView
from memory.views.profile import Profiles, ProfileView
from memory.views.sessions import Sessions, SessionsView
from memory.views.suggestions import Suggestions, SuggestionsView
from memory.views.summaries import Summaries, SummariesView, mark_unsummed
from memory.views.vectors import VectorSearch, VectorsView

LOG_FILE = "log.sqlite3"
VIEWS_FILE = "views.sqlite3"
CHROMA_FOLDER = "chroma"
INDEX_ID_FILE = "index_id"
_FILLED_AT_ONCE = 10_000
"""Vectors put back into the index within an erasure; the rest follows, and is scanned till then."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What an erasure did. `left_in` names files that still hold the words, and should be empty."""

    erased: int
    left_in: tuple[Path, ...]


class MemoryStore:
    """Opens a home. Safe to share between threads; several processes may open one home.

    `open_embedder` gives the embedder of an earlier identity, so that recall goes on with the old
    vectors while the new ones are made; None when it is no longer there. With `chroma_url`, the
    vector index is on that Chroma server, shared by every process of the home. `on_erased` is told
    the ids of erased events, so that what others made of them goes too.
    """

    def __init__(
        self,
        home: Path,
        embedder: Embedder,
        *,
        open_embedder: Callable[[str], Embedder | None] = lambda identity: None,
        chroma_url: str | None = None,
        clock: Clock | None = None,
        recall: RecallSettings | None = None,
        reranker: Reranker | None = None,
        on_erased: Callable[[Sequence[str]], object] = lambda ids: None,
    ) -> None:
        self.home = home
        self._on_erased = on_erased
        self._wanted = embedder
        self._open_embedder = open_embedder
        self._chroma_url = chroma_url
        with translated(home / LOG_FILE):
            home.mkdir(parents=True, exist_ok=True)
        # Two processes that open a fresh home at once must not both create its tables.
        with translated(home / LOG_FILE), self.opening():
            self.log = Log(home / LOG_FILE, clock)
            self._views = Views(home / VIEWS_FILE)
            self._index: VectorIndex | None = None
            self._search: VectorSearch | None = None
            self._searching = threading.Lock()
            self._index_id = self._read_index_id() if chroma_url else ""
            self._arrange_anew()
        self.sessions = Sessions(self._views)
        self.fulltext = Fulltext(self._views)
        self.facts = Facts(self._views, self._identity)
        self.summaries = Summaries(self._views, self._identity)
        self.patches = Patches(self._views)
        self.profile = Profiles(self._views, self.log, self.facts, self.patches)
        self.plans = Plans(self._views)
        self.suggestions = Suggestions(self._views)
        self._overtaking = Overtaking(self.log, self.fulltext, self.profile)
        self._deriver = Deriver(
            self.log,
            self._views,
            self.facts,
            self.summaries,
            self.profile,
            self.patches,
            self._embedder,
            clock or SystemClock(),
        )
        self._recall = Recall(
            self.log,
            self.sessions,
            self.fulltext,
            recall,
            facts=self.facts,
            summaries=self.summaries,
            clock=clock,
            reranker=reranker,
        )

    def opening(self) -> FileLock:
        """Held while a process sets a home in order; one at a time."""
        return FileLock(self.home / "opening.lock")

    def _read_index_id(self) -> str:
        """What tells this home's vectors from those of another on a server."""
        file = self.home / INDEX_ID_FILE
        if not file.exists():
            file.write_text(str(ULID()))
        return file.read_text().strip()

    def _arrange_anew(self) -> None:
        try:
            self._arrange()
        except IndexBroken:
            self._views.replace()
            self._arrange()
            self.noticed = ["views"]

    def _arrange(self) -> None:
        """Decide which vectors serve, and note what was missing or damaged."""
        self._let_go_of_index()
        self._instant: list[Projection] = [
            *(SessionsView(), FulltextView()),
            # They only note what is to be derived.
            *(FactsView(), SummariesView(), PatchesView()),
            ProfileView(),
            *(PlansView(), SuggestionsView()),
        ]
        self._serving = VectorsView(self._wanted)
        self._coming: VectorsView | None = None
        active = self._active_identity()
        if active is not None and active != self._wanted.identity:
            earlier = self._open_embedder(active) or _Missing(active)
            self._serving, self._coming = VectorsView(earlier), VectorsView(self._wanted)
        views = [*self._instant, self._serving, *([self._coming] if self._coming else [])]
        self._projector = Projector(self.log, self._views, views)
        repaired = self._projector.repair()
        self.noticed = repaired if self.log.head() else []
        self._set_active(self._serving.identity)

    def _active_identity(self) -> str | None:
        with self._views.writing() as db:
            db.execute("CREATE TABLE IF NOT EXISTS active(embedder TEXT NOT NULL)")
            row = db.conn.execute("SELECT embedder FROM active").fetchone()
        return row[0] if row else None

    def _set_active(self, identity: str) -> None:
        with self._views.writing() as db:
            db.execute("DELETE FROM active")
            db.conn.execute("INSERT INTO active VALUES (?)", (identity,))

    def close(self) -> None:
        self._let_go_of_index()
        self._views.close()
        self.log.close()

    def _let_go_of_index(self) -> None:
        with self._searching:
            if self._index is not None:
                self._index.close()
            self._index = self._search = None

    # -- writing

    def append(self, drafts: Sequence[Draft], needs: Sequence[str] = ()) -> list[Event]:
        """Store the drafts durably; see Log.append. Views follow at the next catch-up."""
        return self.log.append(drafts, needs)

    def catch_up(self, progress: Progress = no_progress, most: int | None = None) -> str | None:
        """Bring every view that serves level with the log; vectors and index by `most` at most.

        Returns why the vectors could not follow, or None. Words are searchable either way.
        """
        return self._healed(lambda: self._catch_up(progress, most, most))

    def catch_up_instant(self) -> None:
        """Bring the views that need no model level with the log."""
        self._healed(lambda: self._projector.catch_up(only=self._instant))

    def _catch_up(
        self, progress: Progress = no_progress, most: int | None = None, fill: int | None = None
    ) -> str | None:
        self._projector.catch_up(progress, only=self._instant)
        if most is None:
            self._tidy(progress)
        if isinstance(self._embedder(), _Missing):
            return "The embedding model of the vectors is gone; new ones are being made."
        try:
            self._projector.catch_up(progress, only=[self._serving], most=most)
            self.vector_search().sync(progress, fill)
        except EmbedderUnavailable as error:
            return str(error)
        if self._projector.is_level(self._serving):
            return None
        return "The newest memories are found by their words alone until their vectors are made."

    def follow(self, most: int = 256) -> bool:
        """One piece of the work that can wait: vectors, the index, a new model's vectors.

        Returns whether it got anywhere, so that the caller goes on until nothing is left or
        nothing can be done.
        """
        before = self._positions()
        if self.catch_up(most=most) is None:
            self.migrate_vectors(most=most)
        tidied = self._healed(self._deriver.tidy)
        return tidied or self._positions() != before

    def _positions(self) -> list[tuple[str, int]]:
        views = [self._serving, *([self._coming] if self._coming else [])]
        positions = [(view.name, self._projector.position(view)) for view in views]
        return [*positions, ("index", self.vector_search().indexed)]

    # -- deriving

    def derive(self, extractor: Extractor, *, settle: bool = False) -> bool:
        """One piece of facts or summaries by a language model; False when nothing is left.

        Conversations under way are left alone unless `settle`. Raises ExtractorUnavailable and
        Interrupted; either way nothing is lost, and the next call goes on. Call `catch_up` before.
        """
        return self._healed(lambda: self._deriver.step(extractor, settle=settle))

    def deriving(self) -> FileLock:
        """Held while a process derives, since two would only do the same work."""
        return FileLock(self.home / "derive.lock")

    def underived(self) -> Left:
        """How far deriving is."""
        return self._healed(self._deriver.left)

    def derive_again(self, layer: Literal["facts", "summaries"]) -> None:
        """Have all of a layer derived again; what is there serves until it is replaced."""

        def mark() -> None:
            with self._views.writing() as db:
                (mark_unread if layer == "facts" else mark_unsummed)(db)

        self._healed(mark)

    def _tidy(self, progress: Progress) -> None:
        while self._deriver.tidy():
            left = self._deriver.left()
            progress("summaries", left.summaries, left.summaries_in_all)

    def warm_up(self) -> None:
        """Load what the first recall would wait for."""
        with suppress(EmbedderUnavailable):
            self.vector_search().search(self._embedder().embed(["warm up"]), 1)

    def migrate_vectors(self, progress: Progress = no_progress, most: int | None = None) -> bool:
        """Make the vectors of a new embedding model, or `most` of them, and let them serve once
        they are complete.

        Resumes where it stopped. Returns whether there was anything to do.
        """
        coming = self._coming
        if coming is None:
            return False
        self._projector.catch_up(progress, only=[coming], most=most)
        if not self._projector.is_level(coming):
            return True
        self.vector_search().restart()
        old, self._serving, self._coming = self._serving, coming, None
        with self._views.writing() as db:
            old.drop(db)
            db.conn.execute("DELETE FROM cursors WHERE name = ?", (old.name,))
        self._projector.projections.remove(old)
        self._set_active(coming.identity)
        self._let_go_of_index()
        self.vector_search().sync(progress, most)
        self._views.shrink(vacuum=True)
        return True

    @property
    def migrating(self) -> bool:
        """Whether vectors of a new embedding model are still to be made."""
        return self._coming is not None

    # -- reading

    def recall(
        self,
        query: str,
        k: int,
        *,
        exclude: Collection[str] = (),
        until: datetime | None = None,
        context: Sequence[str] = (),
        settings: RecallSettings | None = None,
    ) -> Recollection:
        """The k best memories for the query, best first. Call `catch_up` before.

        Leaves out the events of the ids in `exclude` and what was said after `until`; `context`
        are ids of what the user said just before. Other `settings` than the home's serve once.
        """

        def search() -> Recollection:
            vectors = self.vector_search()
            found = self._recall.search(
                query,
                k,
                embedder=vectors.embedder,
                vectors=vectors,
                exclude=exclude,
                until=until,
                context=context,
                settings=settings,
            )
            if vectors.away is None or found.degraded is not None:
                return found
            return replace(found, degraded=f"Recalled without the vector index: {vectors.away}")

        return self._healed(search)

    def find(self, typed: str, k: int) -> list[Memory]:
        """What holds all the words typed, best first: search as you type, not recall."""
        found: list[Memory] = self._healed(lambda: self.memories_at(self.fulltext.find(typed, k)))
        return found

    def memories(self, ids: Sequence[str]) -> list[Memory]:
        """These events as memories, in order; erased ones are left out."""
        return [memory_of(e, 0.0) for e in self.log.get(ids) if e.text is not None]

    def memories_at(self, seqs: Sequence[int]) -> list[Memory]:
        """The events at these log positions as memories; erased ones are left out."""
        return [memory_of(e, 0.0) for e in self.log.at(seqs) if e.text is not None]

    def overtaken(self, memories: Sequence[Memory], now: datetime) -> dict[str, Overtaken]:
        """Those of the memories, best first, that the user's later words have overtaken, by id."""
        return self._overtaking.of(memories, now)

    def neighbours(self, memory: Memory, reach: int = 1) -> list[Memory]:
        """The turns around a memory in its session, in order, itself included."""
        place = self.sessions.places([memory.seq]).get(memory.seq)
        if place is None:
            return [memory]
        seqs = [near.seq for near in self.sessions.neighbours(place, reach)]
        return [memory_of(e, 0.0) for e in self.log.at(seqs) if e.text is not None]

    def _embedder(self) -> Embedder:
        return self._serving.embedder

    def _identity(self) -> str:
        return self._embedder().identity

    def vector_search(self) -> VectorSearch:
        """Nearest-neighbour search over the vectors that serve, through Chroma if it is ours."""
        with self._searching:
            if self._search is None:
                self._index = self._open_index()
                self._search = VectorSearch(self._views, self._serving, self._index)
            return self._search

    def _open_index(self) -> VectorIndex | None:
        folder, identity = self.home / CHROMA_FOLDER, self._serving.identity
        if self._chroma_url is None:
            return ChromaIndex.open_exclusively(folder, identity)
        if (here := ChromaIndex.open_exclusively(folder, identity)) is not None:
            # What is erased from now on would stay in an index left behind.
            here.clear()
            here.close()
        return ChromaServer(self._chroma_url, self._index_id, identity)

    @property
    def holds_index(self) -> bool:
        """Whether this process searches through Chroma rather than by scanning."""
        self.vector_search()
        return self._index is not None

    # -- erasing and mending

    def plan_forgetting(
        self, *, ids: Sequence[str] = (), session_id: str | None = None
    ) -> ForgetPlan:
        """What would go with these events or this session. Raises NotFound for unknown ones."""
        if session_id is not None:
            events = self.log.session(session_id) if session_id else []
            if not events:
                raise NotFound(f"There is no session {session_id}; `lifelore sessions` lists them.")
        else:
            events = self.log.get(list(dict.fromkeys(ids)))
            missing = set(ids) - {event.id for event in events}
            if missing:
                raise NotFound(f"There is no memory {', '.join(sorted(missing))}.")
        return plan_forgetting(self.log, [e for e in events if e.payload is not None])

    def forget(self, plan: ForgetPlan, progress: Progress = no_progress) -> Forgotten:
        """Erase what the plan names from log, views and index, and look for what remains."""
        texts = plan.texts
        self.log.redact(plan.ids)
        self._on_erased(plan.ids)
        drop_kept_edit(self.home, plan)
        self._healed(lambda: self._catch_up(progress, fill=_FILLED_AT_ONCE))
        if self._coming is not None:
            self._erase_from(self._coming, plan)
        self._views.shrink()
        remains = leftovers(self.home, texts)
        if remains:
            # Balancing a B-tree can leave a copy in a page's unused part; rewriting leaves none.
            self.log.scrub(vacuum=True)
            self._views.shrink(vacuum=True)
            remains = leftovers(self.home, texts)
        return Forgotten(len(plan.ids), tuple(remains))

    def plan_revoking(self, what: Line | Topic) -> ForgetPlan:
        """What would be erased of the words that a sensitive line, or a topic, was taken from."""
        events = self.log.get(self.profile.sources_of(what))
        return plan_forgetting(self.log, [e for e in events if e.payload is not None])

    def revoke(
        self, what: Line | Topic, plan: ForgetPlan | None, progress: Progress = no_progress
    ) -> Forgotten:
        """Take a line, or all of a topic for good, out of the profile, and erase what is planned.

        Without a plan the words stay where they were said. Raises RefusedInput for a line that
        needs no consent.
        """
        self.answer_consent(what, "no")
        if plan is None or not plan.ids:
            self.catch_up_instant()
            return Forgotten(0, ())
        return self.forget(plan, progress)

    def answer_consent(self, what: Line | Topic, answer: Literal["yes", "no"]) -> Event:
        """Record whether a sensitive line, or a topic, may be in the profile; durable at once."""
        topic = what.topic if isinstance(what, Line) else what
        if topic is None:
            raise RefusedInput(
                "This line is not sensitive and needs no consent; `lifelore profile edit` changes "
                "or removes it."
            )
        line = what.id if isinstance(what, Line) else None
        payload = Consent(topic=topic.value, answer=answer, line=line)
        [event] = self.append([Draft(payload=payload, session_id="", origin=Origin.USER)])
        return event

    def _erase_from(self, view: VectorsView, plan: ForgetPlan) -> None:
        seqs = [event.seq for event in (*plan.asked, *plan.with_it)]
        with self._views.writing() as db:
            view.erase(db, seqs)

    def rebuild(self, view: str | None = None, progress: Progress = no_progress) -> str | None:
        """Derive the named view (one of VIEWS), or all, again from the log.

        Facts and summaries are hours of a model's work: they are derived again only by name, and
        by `derive`; those that are there serve until they are replaced. So it is with the patches
        of the profile, without which its lines stand for themselves.

        Returns why the vectors could not follow, or None.
        """
        if view == "index":
            self.vector_search().restart()
        elif view == "vectors":
            # Those of a model on its way out are not worth making again.
            if self._coming is None:
                self._projector.reset(self._serving.name)
        elif view in ("facts", "summaries"):
            self.derive_again("facts" if view == "facts" else "summaries")
        else:
            every = ("sessions", "fulltext", "profile", "plans", "suggestions", self._serving.name)
            for name in every if view is None else (view,):
                self._projector.reset(name)
        behind = self.catch_up(progress)
        if self.migrate_vectors(progress):
            return self.catch_up(progress)
        return behind

    VIEWS = (
        *("sessions", "fulltext", "vectors", "index", "facts", "summaries", "profile"),
        *("patches", "plans", "suggestions"),
    )

    def verify(self) -> Verification:
        return self.log.verify()

    def _healed(self, act: Callable[[], T]) -> T:
        """Do it; when the views turn out damaged, mend them and do it again.

        A table that is missing is made again in its place; only a file that cannot be read is
        replaced, since another process may have it open.
        """
        try:
            return act()
        except IndexBroken:
            try:
                self._arrange()
                self._catch_up()
                return act()
            except IndexBroken:
                self._views.replace()
                self._arrange()
                self._catch_up()
                return act()


class _Missing:
    """Stands for an embedding model that is no longer on this machine."""

    def __init__(self, identity: str) -> None:
        self.identity = identity

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise EmbedderUnavailable(
            f"the earlier embedding model {self.identity} is gone; `lifelore rebuild vectors` "
            "makes vectors with the new one."
        )
