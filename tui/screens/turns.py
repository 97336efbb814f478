"""Turns: what is typed is queued, sent in order, and its answer shown as it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message
from textual.screen import Screen

from tui import background
from tui.actions import ACTIONS, Action
from tui.errands import Done, Errands
from tui.hears import hears
from tui.in_flight import InFlight
from tui.messages import TurnBegun, TurnEnded, TurnUpdated
from tui.outbox import Outbox, Outgoing
from tui.pace import Pace
from tui.text import one_line
from tui.widgets.conversations import Conversations
from tui.widgets.prompt import Prompt
from tui.widgets.status_line import StatusLine
from tui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from assistant.updates import Answered, Question, Update
    from tui.ports import AssistantLike
    from tui.widgets.answer import Answer
    from tui.widgets.transcript import Transcript


class Turns(Screen[None]):
    """The half of the chat screen that sends words and shows answers."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox()
        self.assistant: AssistantLike | None = None
        self.awake = False
        self.problem: str | None = None
        """Why the assistant could not be opened."""
        self.in_flight = InFlight()
        self.pace = Pace()
        self.errands = Errands(self, self.in_flight)
        self.actions: Sequence[Action] = ACTIONS
        """With the keys that the user chose."""

    @property
    def conversations(self) -> Conversations:
        return self.query_one(Conversations)

    @property
    def status(self) -> StatusLine:
        return self.query_one(StatusLine)

    def tell(self, message: Message) -> None:
        raise NotImplementedError

    async def show_memories(self) -> None:
        raise NotImplementedError

    def show_aside(self) -> None:
        raise NotImplementedError

    def settle(self) -> None:
        raise NotImplementedError

    def keep_place(self, *, always: bool = False) -> None:
        raise NotImplementedError

    def key_of(self, name: str) -> str:
        """The key of an action, as it is written for people."""
        return next(one.shown for one in self.actions if one.name == name)

    @hears(Done)
    async def _errand_done(self, event: Done) -> None:
        await event.carry_on()

    def in_thread(self, work: Callable[[], None], group: str) -> None:
        self.run_worker(self.in_flight.track(work), thread=True, group=group)

    def refresh_sessions(self) -> None:
        if self.assistant is not None:
            work = partial(background.list_sessions, self.assistant, self.tell)
            self.in_thread(work, "sessions")

    async def send_words(self, transcript: Transcript, text: str, edits: str | None = None) -> None:
        """Show words that the user has just written, and put them in the queue."""
        at_rest = not self.outbox.concerns(transcript)
        words = await transcript.say(text, "queued", at_rest=at_rest)
        self.outbox.add(Outgoing(transcript, words, text, edits=edits))
        self.send_next()

    def send_next(self) -> None:
        """Start the next turn, if nothing runs and the assistant is ready for one."""
        if self.assistant is None or not self.awake:
            return
        outgoing = self.outbox.next()
        if outgoing is not None:
            outgoing.words.state = "sent"
            outgoing.session = outgoing.transcript.session
            self.status.work("Sending")
            self.show_stoppable()
            work = partial(background.run_turn, self.assistant, outgoing, self.tell)
            self.in_thread(work, "turn")

    def stop_turn(self) -> bool:
        """Cancel the turn of the visible conversation; say whether there was one."""
        running = self.outbox.running
        if running is None or running.transcript is not self.conversations.current:
            return False
        self.status.work("Stopping")
        self.cancel_turn()
        return True

    def cancel_turn(self) -> None:
        """End the running turn, whichever conversation it belongs to."""
        running = self.outbox.running
        if running is not None:
            running.cancelled.set()
            if running.session is not None:
                running.session.cancel()

    def show_stoppable(self) -> None:
        running = self.outbox.running
        here = running is not None and running.transcript is self.conversations.current
        self.status.stoppable(here)

    # What a turn tells, in this order.

    @hears(TurnBegun)
    def _begun(self, event: TurnBegun) -> None:
        outgoing = event.outgoing
        outgoing.session = outgoing.transcript.session = event.session
        outgoing.transcript.session_id = event.session.id
        if outgoing.cancelled.is_set():
            event.session.cancel()

    @hears(TurnUpdated)
    async def _updated(self, event: TurnUpdated) -> None:
        outgoing = event.outgoing
        if outgoing.transcript.left:
            return
        if outgoing.answer is None:
            if outgoing.again is not None:
                await outgoing.again.remove()
            outgoing.answer = await outgoing.transcript.begin_answer(outgoing.words)
            await self._if_visible(outgoing.transcript)
        await self._apply(event.update, outgoing, outgoing.answer)

    async def _apply(self, update: Update, outgoing: Outgoing, answer: Answer) -> None:
        # Here, not above: the updates bring pydantic with them, and the first paint needs neither.
        from assistant import updates

        match update:
            case updates.Accepted():
                outgoing.accepted = True
                outgoing.words.message_id = update.message_id
                self.keep_place(always=True)
            case updates.Working():
                self.status.working(update)
            case updates.Recalled():
                answer.remember(update.memories, update.lines)
                await self._if_visible(outgoing.transcript)
            case updates.Sent():
                answer.sent = update.messages
            case updates.Approving():
                outgoing.approving = update
                self.show_aside()
            case updates.ToolUsed():
                outcome = "" if update.ok else ", which failed"
                answer.note(f"Used {update.tool}{outcome}: {one_line(update.result)}")
            case updates.Delta():
                self.status.work("Answering")
                answer.write(update.text, self.pace)
            case updates.Notice():
                answer.note(update.text)
            case updates.Asking():
                self._ask(update.question, outgoing.transcript)
            case updates.Answered():
                await self._answered(update, outgoing.transcript, answer)

    async def _answered(self, update: Answered, transcript: Transcript, answer: Answer) -> None:
        answer.message_id = update.message_id
        await answer.finish(update.text, update.status)
        answer.remember(update.memories, update.lines)
        if update.asked is not None:
            self._ask(update.asked, transcript)
        transcript.answered = update
        if update.problem is not None:
            await transcript.notice(update.problem, after=answer)
        if transcript is self.conversations.current:
            self.query_one(TitleBar).usage(update.usage.prompt_tokens, update.context_tokens)
            self.status.times(update)
            await self._if_visible(transcript)

    def _ask(self, question: Question, transcript: Transcript) -> None:
        transcript.question = question
        self.show_aside()

    @hears(TurnEnded)
    async def _ended(self, event: TurnEnded) -> None:
        outgoing = event.outgoing
        if outgoing.transcript.left:
            self.close_session(outgoing.transcript)
        elif event.problem is not None:
            await self._broke_off(outgoing, event.problem)
        self.outbox.running = None
        self.show_aside()
        self.status.rest()
        self.show_stoppable()
        self.refresh_sessions()
        self.send_next()
        self.settle()

    async def _broke_off(self, outgoing: Outgoing, problem: str) -> None:
        """A turn without an Answered. Words that were not accepted go back to the prompt."""
        last = outgoing.answer or outgoing.words
        if outgoing.answer is not None:
            await outgoing.answer.finish(None, "failed")
        if not outgoing.accepted and outgoing.again is None:
            outgoing.words.state = "unsent"
            if outgoing.transcript is self.conversations.current:
                self.query_one(Prompt).put_back(outgoing.text)
        await outgoing.transcript.notice(problem, after=last)

    def close_session(self, transcript: Transcript) -> None:
        """Let go of a temporary conversation that was left."""
        if (session := transcript.session) is not None:
            transcript.session = None
            self.errands.run(self, session.close, lambda _: None)

    async def _if_visible(self, transcript: Transcript) -> None:
        if transcript is self.conversations.current:
            await self.show_memories()
