"""The assistant without a face: every front end talks to it through these two classes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import dropwhile
from pathlib import Path
from threading import Event as Flag
from threading import Lock
from typing import Literal

from ulid import ULID

from assistant.attaching import read_document
from assistant.background import Background
from assistant.derive import Consolidation
from assistant.errors import AssistantFault
from assistant.foresight import (
    Foresight,
    drafted,
    is_worth_reading,
    read_ahead,
    recall_ahead,
)
from assistant.graph import TurnGraph
from assistant.keeping import Keeping, passing
from assistant.machine import saves_power
from assistant.models.slot import ModelSlot
from assistant.person import Offer, Person
from assistant.portrait import Portrait, portrait
from assistant.runs import Runs
from assistant.turn import AlreadyRead, Foreseen, TurnContext, TurnLimits, TurnState
from assistant.updates import Accepted, Answered, Approving, Notice, Update, Working
from assistant.welcome import Welcome
from assistant.wishes import Unremembering, Wish, not_to_remember
from memory.correct import correct
from memory.documents import by_document, is_passage
from memory.documents import drafts as passages_as_drafts
from memory.errors import MemoryFault, NotFound, RefusedInput
from memory.events import Draft, Event, Message, Origin, Rated, SessionOpened
from memory.forget import ForgetPlan
from memory.ports import Clock, Progress, no_progress
from memory.recall import Memory
from memory.store import MemoryStore
from memory.text import repair
from memory.threads import conversation, end_of
from memory.views.sessions import SessionSummary
from tools.registry import Registry

_CLOSE_SECONDS = 10.0
_GIVE_UP_SECONDS = 0.5
"""After which a draft is not read ahead that has to wait for the one before it."""
_VARIED = 0.8
"""Temperature of another answer to the same message."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation as a front end shows it."""

    id: str
    at: datetime
    origin: Origin
    speaker: str | None
    text: str
    status: Literal["complete", "cancelled", "interrupted", "failed"]
    memories: tuple[str, ...]
    document: bool = False
    """Whether it is a file that was put into the conversation, named by `speaker`."""
    first: str | None = None
    """What an answer said before the user corrected it."""


class Assistant:
    """One open home with its model. Close it when done; close waits for a turn under way."""

    def __init__(
        self,
        store: MemoryStore,
        model: ModelSlot,
        graph: TurnGraph,
        runs: Runs,
        toolbox: Callable[[Event], Registry],
        limits: TurnLimits,
        clock: Clock,
        person: Person,
        consolidation: Consolidation | None = None,
        interrupt_night: Callable[[], object] = lambda: None,
    ) -> None:
        """Without a `consolidation` nothing is derived by the model in the background.

        `interrupt_night` has a night stop that another process has under way; it is called as each
        turn begins.
        """
        self.store = store
        self.model = model
        self._graph = graph
        self._runs = runs
        self._unremembering = Unremembering(store, runs)
        self._kept = Keeping(store.log, graph, toolbox)
        self.person = person
        self.welcome = Welcome(store, person.questions)
        self._limits = limits
        self._clock = clock
        self._consolidation = consolidation
        self._interrupt_night = interrupt_night
        self._background = Background(self._follow)
        self._foresight = Foresight()
        self._read = AlreadyRead()
        self._one_turn = Lock()
        self._close_abandoned_turns()

    @property
    def model_name(self) -> str:
        return self.model.name

    @property
    def context_tokens(self) -> int:
        return self.model.context_tokens

    def sessions(self) -> list[SessionSummary]:
        """Conversations by last activity, newest first."""
        self.store.catch_up_instant()
        return self.store.sessions.newest()

    def session(self, session_id: str | None = None) -> Session:
        """A conversation to continue, or a new one. Raises NotFound."""
        self.store.catch_up_instant()
        if session_id is not None and self.store.sessions.summary(session_id) is None:
            raise NotFound(f"There is no session {session_id}; `lifelore sessions` lists them.")
        return Session(session_id or str(ULID()), self, self._kept, begun=session_id or "")

    def title(self, session_id: str) -> str | None:
        """What a conversation is called in the list; None for one without words."""
        self.store.catch_up_instant()
        summary = self.store.sessions.summary(session_id)
        return summary.title if summary else None

    def temporary_session(self) -> Session:
        """A new conversation that remembers and leaves nothing: it is held in memory alone.

        What is remembered already serves it. Close the session to let go of its words at once.
        """
        return Session(str(ULID()), self, passing(self._kept.toolbox, self._clock))

    def rate(self, message_id: str, rating: int, comment: str | None = None) -> None:
        """Keep what the user thinks of an answer: 1 bad, 4 good. Raises NotFound."""
        [*found] = self.store.log.get([message_id])
        if not found or found[0].text is None:
            raise NotFound(f"There is no answer {message_id}.")
        payload = Rated(target=message_id, rating=rating, comment=comment)
        draft = Draft(payload=payload, session_id=found[0].session_id, origin=Origin.USER)
        self.store.append([draft], needs=[message_id])

    def memories(self, ids: Sequence[str]) -> list[Memory]:
        return self.store.memories(ids)

    def search(self, text: str, limit: int = 50) -> list[Memory]:
        """Where the words typed were said, in any conversation."""
        return self.store.find(text, limit)

    def activity(self) -> list[tuple[date, int]]:
        """Turns a day."""
        return self.store.sessions.activity()

    def plan_forgetting(self, ids: Sequence[str]) -> ForgetPlan:
        """What would go with these. Raises NotFound."""
        return self.store.plan_forgetting(ids=ids)

    def forget(self, plan: ForgetPlan) -> str:
        """Erase what is planned; a sentence on how it went."""
        with self._undisturbed():
            done = self.store.forget(plan)
        if done.left_in:
            names = ", ".join(path.name for path in done.left_in)
            return f"{done.erased} erased; the same words also stand elsewhere, in {names}."
        return f"{done.erased} erased for good."

    def export_session(self, session_id: str) -> str:
        """A conversation as Markdown. Raises NotFound."""
        session = self.session(session_id)
        parts = [f"# {self.title(session_id)}"]
        for turn in session.turns():
            who = turn.speaker or ("You" if turn.origin is Origin.USER else "Lifelore")
            if turn.text:
                parts.append(f"**{who}** · {turn.at.astimezone():%Y-%m-%d %H:%M}\n\n{turn.text}")
        return "\n\n".join(parts) + "\n"

    def warm_up(self) -> Iterator[Working]:
        """Load what the first turn needs, saying what is under way. Raises AssistantFault."""
        yield Working("Opening memory")
        self.store.catch_up_instant()
        self.store.warm_up()
        self.person.warm_up()
        yield Working(f"Loading {self.model.name}")
        self.model.get()
        self._wake_background()

    def change_model(self, model: ModelSlot, limits: TurnLimits) -> None:
        """Answer with another model from the next turn on; waits for a turn under way.

        Raises what loading it raises; then the one before stays in use.
        """
        with self._undisturbed(), self._one_turn:
            self.model.take_over(model)
            self._limits, self._read = limits, AlreadyRead()

    def close(self) -> None:
        self._foresight.stop()
        # A front end that dropped a turn half-way without closing it must not hang here.
        if not self._one_turn.acquire(timeout=_CLOSE_SECONDS):
            return  # what a turn still uses is let go when the process ends
        if self._consolidation is not None:
            self._consolidation.close()
        self._background.close()
        self._graph.close()
        self.model.close()
        self.store.close()
        self._runs.close()

    # -- the user

    def answer_question(self, question_id: str, answer: str | None) -> str:
        """Take the answer to a question, None to skip it; a sentence on it. Raises NotFound."""
        return self.person.questions.answer(question_id, answer)

    def profile_page(self) -> str:
        """What is known of the user, as a Markdown page to read and edit."""
        return self.person.page()

    def save_profile(self, page: str) -> str:
        """Take over what was changed on the page. Raises RefusedInput naming the line."""
        return self.person.save_page(page)

    def line_sources(self, line_id: str) -> list[Memory]:
        """The words that a line of the profile was taken from, oldest first."""
        return self.person.line_sources(line_id)

    def portrait(self) -> Portrait:
        """What the user likes, and whom they speak of."""
        self.store.catch_up_instant()
        return portrait(self.store, self._clock.now())

    def offers(self) -> list[Offer]:
        """What is to be offered unasked now."""
        return self.person.offers()

    def answer_offer(
        self,
        offer_id: str,
        outcome: Literal["accepted", "dismissed", "snoozed"],
        rating: int | None = None,
    ) -> None:
        """Note what became of an offer."""
        self.person.answer_offer(offer_id, outcome, rating)

    # -- turns

    def run_turn(
        self, session: Session, text: str, edits: str | None
    ) -> Generator[Update, None, None]:
        """One turn, words first on disk; see Session.send."""
        keeping = session.keeping
        text, replaced = repair(text)
        if not text.strip():
            raise RefusedInput("There is nothing to send: the message is empty.")
        with self._undisturbed(), self._one_turn:
            message = Message(text=text, edits=edits, owed_by=self._runs.id)
            drafts = [
                Draft(payload=payload, session_id=session.id, origin=Origin.USER)
                for payload in (session.opening, message)
                if payload is not None
            ]
            event = keeping.log.append(drafts)[-1]
            # What was recalled ahead was for words that are kept.
            place = session.begun if keeping.lasting else session.id
            foreseen = self._foresight.take(text, place, event.seq - len(drafts))
            session.opening, session.begun = None, session.id
            yield Accepted(event.id, session.id)
            yield from map(Notice, self.model.take_notices())
            if replaced:
                yield Notice(f"{replaced} characters that are not Unicode were replaced by \ufffd.")
            wish = not_to_remember(text) if keeping.lasting else None
            asks = keeping.lasting and wish is None
            updates = self._answer(event, session, self._limits, asks=asks, foreseen=foreseen)
            yield from self._unremembered(event, wish, updates) if wish else updates
        self._wake_background()

    def attach(self, session: Session, path: Path, progress: Progress) -> Turn:
        """Put the words of a file into a conversation; see Session.attach."""
        if not session.keeping.lasting:
            raise RefusedInput("Nothing can be attached to a temporary conversation.")
        document = read_document(path, progress)
        text, _ = repair(document.text)
        with self._undisturbed(), self._one_turn:
            opening = [] if session.opening is None else [session.opening]
            drafts = [
                *(Draft(payload=p, session_id=session.id, origin=Origin.USER) for p in opening),
                *passages_as_drafts(document.name, text, session.id),
            ]
            events = self.store.append(drafts)[len(opening) :]
            session.opening, session.begun = None, session.id
        self._wake_background()
        return _turn(events)

    def answer_again(self, session: Session, message_id: str) -> Generator[Update, None, None]:
        """Another answer to a message; see Session.regenerate."""
        found = [event for event in session.said() if event.id == message_id]
        if not found or found[0].origin is Origin.ASSISTANT or found[0].text is None:
            raise NotFound(f"There is no message {message_id} in this conversation.")
        with self._undisturbed(), self._one_turn:
            limits = self._limits
            # At the usual temperature, the same words would come again.
            varied = replace(limits, temperature=max(limits.temperature, _VARIED))
            yield Accepted(message_id, session.id)
            yield from self._answer(found[0], session, varied, asks=False)
        self._wake_background()

    def _unremembered(
        self, event: Event, wish: Wish, updates: Iterator[Update]
    ) -> Generator[Update, None, None]:
        """The turn, and then its erasure, as its words ask; told before it ends."""
        told = self._unremembering.promise(event, wish)
        if wish is Wish.BEFORE and len(told) == 1:
            yield Notice("There is no message before this one here, so only this one goes.")
        for update in updates:
            if isinstance(update, Answered):
                erased = self._unremembering.keep(told)
                yield Notice(f"As you asked, this is not kept: {erased} entries are erased.")
            yield update

    def anticipate(self, draft: str, session: Session | None = None) -> bool:
        """Do what a turn with these words would begin with, so that sending them finds it done.

        What it recalled serves a turn of the same words; the turn is the same without. Blocks; a
        turn, another draft and `stop_anticipating` end it at once. Without a `session` the words
        would begin a new one. Says whether all was done: not for a few letters, nor before the
        model is loaded, nor where it cannot read ahead, nor while the machine saves power.
        """
        session = session or Session(str(ULID()), self, self._kept)
        model, cancel = self.model.loaded(), self._foresight.begin()
        text, _ = repair(draft)
        if model is None or cancel is None or session.opening is not None:
            return False
        if not is_worth_reading(text) or saves_power():
            return False
        if not self._one_turn.acquire(timeout=_GIVE_UP_SECONDS):
            return False
        try:
            with self._idle():
                event = drafted(text, session.id, self._clock.now())
                context = self._context(event, session, self._limits, cancel=cancel, asks=False)
                told: list[Update] = []
                context = replace(context, draft=event, emit=told.append)
                head = self.store.log.head()
                foreseen = recall_ahead(context, event)
                if foreseen is None:
                    return False
                # What the user must be told of is told by the turn, which then recalls itself.
                if session.keeping.lasting and not any(isinstance(u, Notice) for u in told):
                    self._foresight.keep(text, session.begun, head, foreseen)
                return read_ahead(context, foreseen, model)
        except (AssistantFault, MemoryFault):
            return False  # the turn itself tells, if the words are sent
        finally:
            self._one_turn.release()

    def stop_anticipating(self) -> None:
        """End it soon; does not wait. Safe from any thread."""
        self._foresight.stop()

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """All that is done unasked makes room for a turn."""
        with self._foresight.standing_aside(), self._idle():
            yield

    @contextmanager
    def _idle(self) -> Iterator[None]:
        """Neither the background nor a night has the machine's cores."""
        self._interrupt_night()
        with self._consolidation.standing_aside() if self._consolidation else nullcontext():
            yield

    def _wake_background(self) -> None:
        self._background.wake()
        if self._consolidation is not None:
            self._consolidation.wake()

    def _context(
        self, event: Event, session: Session, limits: TurnLimits, *, cancel: Flag, asks: bool
    ) -> TurnContext:
        return TurnContext(
            log=session.keeping.log,
            store=self.store,
            model=self.model.get,
            person=self.person,
            registry=session.keeping.toolbox(event),
            limits=limits,
            clock=self._clock,
            cancel=cancel,
            asks=asks,
            read=self._read,
            emit=lambda update: None,
        )

    def _answer(
        self,
        event: Event,
        session: Session,
        limits: TurnLimits,
        *,
        asks: bool,
        foreseen: Foreseen | None = None,
    ) -> Generator[Update, None, None]:
        keeping, cancel = session.keeping, session.cancelled
        context = self._context(event, session, limits, cancel=cancel, asks=asks)
        state: TurnState = {"session_id": session.id, "message_id": event.id}
        if foreseen is not None:
            # Its time too, which decides on the room for memories: the prompt is that one.
            context.watch.marks["recall"] = foreseen.recall_ms
            context = replace(context, foreseen=foreseen)
        answered = False
        thread = f"{self._runs.id}/{event.id}"
        updates = keeping.graph.run(thread, state, context)
        try:
            for update in updates:
                answered = answered or isinstance(update, Answered)
                try:
                    yield update
                finally:
                    if isinstance(update, Approving):
                        update.decision.make(False)  # whoever did not decide has not said yes
        except GeneratorExit:
            # The front end went away: what was said so far is kept as a stopped answer.
            cancel.set()
            rest = list(updates)
            answered = answered or any(isinstance(update, Answered) for update in rest)
            raise
        finally:
            if not answered:
                # A step broke: say so in the log, not in silence.
                keeping.close_turn(event)
                keeping.graph.discard(thread)

    def _close_abandoned_turns(self) -> None:
        """Close turns whose run has died, and remove what it left in the checkpoints."""
        # Two programs that start at once must not both close the same turn.
        with self.store.opening():
            self.store.catch_up_instant()
            owed = [id_ for id_, run in self.store.sessions.owed() if not self._runs.is_alive(run)]
            for event in self.store.log.get(owed):
                if wish := not_to_remember(event.text or ""):
                    self._unremembering.keep(self._unremembering.promise(event, wish))
                self._kept.close_turn(event)
            self._unremembering.make_up()
            self.store.catch_up_instant()
            for thread in self._graph.threads():
                if not self._runs.is_alive(thread.partition("/")[0]):
                    self._graph.discard(thread)
        self._runs.sweep()

    def _follow(self) -> None:
        """Background work after a turn, a piece at a time, so that closing need not wait long."""
        if self.store.follow():
            self._background.wake()


class Session:
    """One conversation."""

    def __init__(
        self,
        session_id: str,
        assistant: Assistant,
        keeping: Keeping,
        opening: SessionOpened | None = None,
        begun: str = "",
    ) -> None:
        self.id = session_id
        self.begun = begun
        """Its id once there is something to read in it; empty before."""
        self.keeping = keeping
        self.opening = opening
        """Goes before its first words, where it began in another conversation."""
        self.cancelled = Flag()
        self._assistant = assistant

    def send(self, text: str, edits: str | None = None) -> Generator[Update, None, None]:
        """Say something; yields Accepted once the words are on disk, and Answered at the end.

        Blocks; run it in a thread. Raises RefusedInput or HomeUnusable before Accepted when the
        words cannot be kept; after it, everything that fails ends in an Answered that says so.
        `edits` is the id of a message of the user's that these words were written in place of.
        """
        self.cancelled.clear()
        yield from self._assistant.run_turn(self, text, edits)

    def regenerate(self, message_id: str) -> Generator[Update, None, None]:
        """Answer a message of this conversation anew; the answer it had stays in the log.

        Updates as of `send`. Raises NotFound.
        """
        self.cancelled.clear()
        yield from self._assistant.answer_again(self, message_id)

    def correct(self, answer_id: str, text: str) -> None:
        """Put the user's own words in the place of an answer here; the first stay in the log.

        Recall, later turns and the night read the new words. Raises NotFound and RefusedInput.
        """
        if all(event.id != answer_id for event in self.said()):
            raise NotFound(f"There is no answer {answer_id} in this conversation.")
        correct(self.keeping.log, answer_id, text)

    def cancel(self) -> None:
        """Stop the answer under way; what was said of it is kept. Safe from any thread."""
        self.cancelled.set()

    def anticipate(self, draft: str) -> bool:
        """Read ahead of words that are still being typed; see Assistant.anticipate."""
        return self._assistant.anticipate(draft, self)

    def fork(self, before: str) -> Session:
        """A conversation that begins as this one did, up to the message `before`, and goes its
        own way. It is in the log once something is said in it. Raises NotFound.
        """
        said = self.said()
        place = next((n for n, event in enumerate(said) if event.id == before), None)
        if place is None:
            raise NotFound(f"There is no message {before} in this conversation.")
        # No title: that of the origin is its first words, and would outlive them.
        opening = SessionOpened(
            forked_from=said[place - 1].id if place else None,
        )
        session_id = str(ULID())
        return Session(session_id, self._assistant, self.keeping, opening, begun=session_id)

    @property
    def temporary(self) -> bool:
        """Whether nothing of it is kept."""
        return not self.keeping.lasting

    def attach(self, path: Path, progress: Progress = no_progress) -> Turn:
        """Put the words of a file into the conversation, as somebody else's; the card to show.

        What of them fits goes into the prompt of the next turn; later they are recalled as
        everything is. Waits for a turn under way. Raises RefusedInput and HomeUnusable.
        """
        return self._assistant.attach(self, path, progress)

    def close(self) -> None:
        """Let go of the words of a temporary conversation; another one is not affected."""
        if self.temporary:
            self.keeping.close()

    def said(self) -> list[Event]:
        """Its messages, those that a fork begins with among them."""
        if self.opening is None:
            return conversation(self.keeping.log, self.id)
        if self.opening.forked_from is None:
            return []
        [last] = self.keeping.log.get([self.opening.forked_from])
        return conversation(self.keeping.log, last.session_id, last.id)

    def turns(self) -> list[Turn]:
        """Every message so far, in order; a document is one of them."""
        return _turns(self.said())

    def last_turns(self, most: int) -> list[Turn]:
        """The end of `turns`, at most about so many, however long the conversation is."""
        if self.opening is not None:
            return self.turns()
        said, whole = end_of(self.keeping.log, self.id, most)
        # A document at the front may have begun before.
        return _turns(said if whole else list(dropwhile(is_passage, said)))


def _turns(said: Sequence[Event]) -> list[Turn]:
    return [_turn(part) for part in by_document(said) if isinstance(part[0].payload, Message)]


def _turn(part: Sequence[Event]) -> Turn:
    """A message, or the passages of a document as one, under the id of the first."""
    first = part[0]
    assert isinstance(first.payload, Message)
    return Turn(
        first.id,
        first.at,
        first.origin,
        first.payload.speaker,
        "\n\n".join(event.text or "" for event in part),
        first.payload.status,
        first.payload.memories,
        is_passage(first),
        None if first.corrected is None else first.payload.text,
    )
