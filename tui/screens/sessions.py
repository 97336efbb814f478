"""Conversations: listed, opened, loaded, left, and jumped into."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui import background
from tui.hears import hears
from tui.messages import Loaded, LoadedWhole, LoadFailed, SessionsListed
from tui.screens.turns import Turns
from tui.text import visible
from tui.widgets.answer import Answer
from tui.widgets.earlier import Earlier
from tui.widgets.later import Later
from tui.widgets.prompt import Prompt
from tui.widgets.session_list import SessionList
from tui.widgets.title_bar import TitleBar
from tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory.recall import Memory
    from tui.clock import Clock
    from tui.ports import SessionLike, TurnLike

TEMPORARY = "Temporary · nothing is kept"


class Sessions(Turns):
    """The part of the chat screen that decides which conversation is visible."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    @hears(SessionsListed)
    def _listed(self, event: SessionsListed) -> None:
        current = self.conversations.current.session_id
        self.query_one(SessionList).fill(event.sessions, current)
        self.show_title()

    @hears(SessionList.Chosen)
    async def _chosen(self, event: SessionList.Chosen) -> None:
        await self.open_session(event.session_id)

    async def open_session(self, session_id: str) -> None:
        transcript = self.conversations.of_session(session_id)
        if transcript is None:
            transcript = Transcript(self.clock, session_id)
            self.load(session_id, transcript)
        await self.go(transcript)

    def load(self, session_id: str, transcript: Transcript) -> None:
        if self.assistant is None:
            return
        self.in_thread(
            partial(background.load_session, self.assistant, session_id, transcript, self.tell),
            "load",
        )

    @hears(Loaded)
    async def _loaded(self, event: Loaded) -> None:
        if not event.transcript.is_attached:
            return
        await event.transcript.fill(event.session, event.turns)
        if event.transcript is self.conversations.current:
            await self.arrive(event.transcript)
        self.send_next()

    @hears(LoadedWhole)
    async def _loaded_whole(self, event: LoadedWhole) -> None:
        if event.transcript.is_attached:
            await event.transcript.complete(event.turns)

    @hears(LoadFailed)
    async def _load_failed(self, event: LoadFailed) -> None:
        """Say why, and let the conversation be a new one."""
        if not event.transcript.is_attached:
            return
        for outgoing in self.outbox.drop(event.transcript):
            outgoing.words.state = "unsent"
        event.transcript.session_id, event.transcript.ready = None, True
        await event.transcript.notice(event.problem)
        self.show_title()
        self.send_next()

    async def action_new_session(self) -> None:
        current = self.conversations.current
        blank = current.blank and not current.temporary
        await self.go(current if blank else Transcript(self.clock))

    async def action_temporary_session(self) -> None:
        current = self.conversations.current
        blank = current.blank and current.temporary
        await self.go(current if blank else Transcript(self.clock, temporary=True))

    async def go(self, transcript: Transcript) -> None:
        """Make a conversation the visible one, ready to be written in."""
        self.remove_class("-show-sessions", "-show-memories")
        before = self.conversations.current
        if before.editing is not None and before is not transcript:
            # The edit belongs to where it was begun; the words themselves are not lost.
            unchanged = self.query_one(Prompt).text == visible(before.to_edit)
            self.query_one(Prompt).take_up(keep=not unchanged)
            before.editing = None
        await self.conversations.open(transcript, self.outbox.concerns)
        if before.temporary and before is not transcript:
            await self._leave(before, transcript)
        await self.arrive(transcript)
        self.query_one(Prompt).focus()

    async def _leave(self, before: Transcript, now: Transcript) -> None:
        """Close a temporary conversation, unless it goes on as a fork of itself."""
        self.outbox.drop(before)
        before.left = True
        running = self.outbox.running
        if now.temporary and now.session is not None:
            before.session = None
        elif running is not None and running.transcript is before:
            self.cancel_turn()  # it is closed when the turn has ended
        else:
            self.close_session(before)
        await before.remove()
        if not now.temporary:
            self.status.hint("The temporary session is closed; nothing of it is kept.")

    async def arrive(self, transcript: Transcript) -> None:
        """Bring everything around the conversation in line with it."""
        self.show_title()
        self.set_class(transcript.temporary, "-temporary")
        self.query_one(SessionList).mark(transcript.session_id)
        answered = transcript.answered
        used = answered.usage.prompt_tokens if answered else 0
        self.query_one(TitleBar).usage(used, answered.context_tokens if answered else 0)
        self.status.times(answered)
        self.show_stoppable()
        self.show_aside()
        self.show_editing()
        await self.show_memories()

    def show_title(self) -> None:
        current = self.conversations.current
        title = self.query_one(SessionList).title(current.session_id)
        if current.temporary:
            title = TEMPORARY
        elif not title:
            title = "New session" if current.session_id is None else ""
        self.query_one(TitleBar).title(title, marked=current.temporary)

    def show_editing(self) -> None:
        """Tell in the prompt's border what will become of the words in it."""
        current, prompt = self.conversations.current, self.query_one(Prompt)
        if isinstance(current.editing, Answer):
            title = "Correcting the answer · Enter keeps it · Esc gives it up"
        elif current.editing is not None:
            title = "Editing · sent into a fork · Esc gives it up"
        else:
            title = "Temporary" if current.temporary else ""
        prompt.border_title = title

    # Places in a conversation.

    def jump(self, memory: Memory) -> None:
        """Go to the moment at which something was said."""
        if (assistant := self.assistant) is None:
            return

        def find() -> tuple[SessionLike, Sequence[TurnLike]]:
            session = assistant.session(memory.session_id)
            return session, session.turns()

        self.errands.run(
            self,
            find,
            lambda found: self._land(memory, *found),
            lambda problem: self.status.hint(f"That place cannot be opened. {problem}"),
        )

    async def _land(self, memory: Memory, session: SessionLike, turns: Sequence[TurnLike]) -> None:
        transcript = self.conversations.of_session(session.id)
        shown = transcript.turn(memory.id) if transcript is not None else None
        if transcript is not None and shown is not None:
            await self.go(transcript)
            transcript.reveal(shown)
        elif not turns:
            self.status.hint("Nothing is left of that conversation.")
        elif transcript is not None and self.outbox.concerns(transcript):
            self.status.hint("That conversation is being answered; try again in a moment.")
        else:
            # Made anew, for a list of ten thousand turns is quicker begun at another place.
            kept = transcript or Transcript(self.clock, session.id)
            await self.go(kept)
            await kept.fill(session, turns, _place(memory, turns))
            await self.arrive(kept)
            self.send_next()

    @hears(Transcript.EarlierWanted)
    async def _earlier_wanted(self, event: Transcript.EarlierWanted) -> None:
        await event.transcript.load_earlier()

    @hears(Earlier.Pressed)
    async def _earlier_pressed(self, event: Earlier.Pressed) -> None:
        await self.conversations.current.load_earlier()

    @hears(Transcript.LaterWanted)
    async def _later_wanted(self, event: Transcript.LaterWanted) -> None:
        await event.transcript.load_later()

    @hears(Later.Pressed)
    async def _later_pressed(self, event: Later.Pressed) -> None:
        await self.conversations.current.load_later()

    def action_scroll_back(self, pages: int) -> None:
        current = self.conversations.current
        (current.scroll_page_up if pages < 0 else current.scroll_page_down)(animate=False)


def _place(memory: Memory, turns: Sequence[TurnLike]) -> int:
    """The turn that a memory is; for a note or what stands no more, the last one before it."""
    found = next((n for n, turn in enumerate(turns) if turn.id == memory.id), None)
    if found is not None:
        return found
    return max((n for n, turn in enumerate(turns) if turn.at <= memory.at), default=0)
