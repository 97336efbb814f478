"""What is typed: words to send, words written anew, or a slash command."""

from __future__ import annotations

from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING

from textual.widgets import TextArea

from tui import background, commands
from tui.hears import hears
from tui.screens.asides import Asides
from tui.screens.dictating import Dictating
from tui.screens.replies import Replies
from tui.widgets.prompt import Prompt
from tui.widgets.session_list import SessionList

if TYPE_CHECKING:
    from textual.timer import Timer

    from memory.recall import Memory
    from tui.clock import Clock

PAUSE = 0.6
"""Seconds without a key after which a draft has settled, and is read ahead."""
_ASLEEP = "Lifelore is still opening; try again in a moment."


class Writing(Asides, Replies, Dictating):
    """The part of the chat screen that decides what typed words are, and opens other screens."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.unsaved_profile: str | None = None
        """The profile as it was edited and not saved."""
        self._completing = False
        """Whether the status line tells of the command that is being written."""
        self._settling: Timer | None = None

    @hears(Prompt.Submitted)
    async def _submitted(self, event: Prompt.Submitted) -> None:
        self._unsettle()
        text, current = event.text, self.conversations.current
        if not text.strip():
            self.status.hint("Nothing to send yet: type a few words first.")
        elif (found := commands.parse(text)) is not None:
            await self._command(text, *found)
        elif self.problem is not None:
            self.status.hint("This cannot be sent, because Lifelore could not open.")
        elif current.editing is not None:
            await self.send_edited(current.editing, text)
        else:
            self.status.hint("")  # words typed faster than they are seen cleared nothing
            await self.send_words(current, text)
        self.query_one(Prompt).taken(text)

    async def _command(self, text: str, name: str, argument: str) -> None:
        action = commands.command(name)
        mistake = commands.mistake(name, argument)
        if action is None or mistake:
            self.query_one(Prompt).put_back(text)
            self.status.hint(mistake)
            return
        self._completing = False
        self.status.hint("")
        self.query_one(Prompt).drop(text)
        owner = self.app if action.name == "quit" else self
        done = getattr(owner, f"action_{action.name}")(*([argument] if argument else []))
        if isawaitable(done):
            await done

    @hears(TextArea.Changed)
    def _typed(self, event: TextArea.Changed) -> None:
        text, completing = event.text_area.text, self._completing
        self.settle()
        self._completing = text.startswith("/")
        if text or completing:
            # An emptied prompt was sent: what came of that may be told already.
            self.status.hint(commands.hint(text) if self._completing else "")

    # Reading ahead of the draft.

    def _unsettle(self) -> None:
        """A key was pressed: what is read ahead makes room at once."""
        if self._settling is not None:
            self._settling.stop()
            self._settling = None
        if self.assistant is not None:
            self.assistant.stop_anticipating()

    def settle(self) -> None:
        """Read the draft ahead, unless a key comes first."""
        self._unsettle()
        text = self.query_one(Prompt).text
        if text.strip() and not text.startswith("/"):
            self._settling = self.set_timer(PAUSE, self._settled)

    def _settled(self) -> None:
        """Nothing was typed for a moment. Words that are to replace others are not foreseen."""
        current = self.conversations.current
        begins = current.session_id is None and not current.temporary
        idle = self.outbox.running is None and not len(self.outbox) and current.editing is None
        if self.assistant is None or not self.awake or not idle:
            return
        if begins or current.session is not None:
            draft = self.query_one(Prompt).whole
            work = partial(background.anticipate, self.assistant, current.session, draft, self.tell)
            self.in_thread(work, "anticipation")

    # Other screens.

    def action_search(self, text: str = "") -> None:
        self.open_search(text)

    def open_search(self, text: str) -> None:
        if self.assistant is None:
            self.status.hint(_ASLEEP)
        else:
            from tui.screens.search import SearchScreen

            screen = SearchScreen(self.assistant, self.errands, self.clock, text)
            self.app.push_screen(screen, self._searched)

    def _searched(self, chosen: tuple[str, Memory] | None) -> None:
        if chosen is not None:
            what, memory = chosen
            if what == "forget":
                self.forget([memory.id])
            else:
                self.jump(memory)

    def action_timeline(self) -> None:
        if self.assistant is None:
            self.status.hint(_ASLEEP)
        else:
            from tui.screens.timeline import TimelineScreen

            screen = TimelineScreen(self.assistant, self.errands, self.clock)
            self.app.push_screen(screen, self._day_chosen)

    async def _day_chosen(self, session_id: str | None) -> None:
        if session_id is not None:
            await self.open_session(session_id)

    def action_profile(self) -> None:
        if self.assistant is None:
            self.status.hint(_ASLEEP)
            return
        keep = partial(setattr, self, "unsaved_profile")
        from tui.screens.profile import ProfileScreen

        screen = ProfileScreen(self.assistant, self.errands, self.clock, self.unsaved_profile, keep)
        self.app.push_screen(screen, self._profile_left)

    def _profile_left(self, unsaved: str | None) -> None:
        if unsaved is not None:
            key = self.key_of("profile")
            self.status.hint(f"Your changes to the profile are not saved; {key} goes on with them.")

    def title_of_current(self) -> str:
        current = self.conversations.current.session_id
        return self.query_one(SessionList).title(current) or "conversation"
