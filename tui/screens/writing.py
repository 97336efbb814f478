"""What is typed: words to send, words written anew, or a slash command."""

from __future__ import annotations

from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING

from textual.widgets import TextArea

from tui import commands
from tui.hears import hears
from tui.screens.asides import Asides
from tui.screens.profile import ProfileScreen
from tui.screens.replies import Replies
from tui.screens.search import SearchScreen
from tui.screens.timeline import TimelineScreen
from tui.widgets.prompt import Prompt
from tui.widgets.session_list import SessionList

if TYPE_CHECKING:
    from memory.recall import Memory
    from tui.clock import Clock

_ASLEEP = "Lifelore is still opening; try again in a moment."


class Writing(Asides, Replies):
    """The part of the chat screen that decides what typed words are, and opens other screens."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.unsaved_profile: str | None = None
        """The profile as it was edited and not saved."""
        self._completing = False
        """Whether the status line tells of the command that is being written."""

    @hears(Prompt.Submitted)
    async def _submitted(self, event: Prompt.Submitted) -> None:
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
            await self.send_words(current, text)

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
        self._completing = text.startswith("/")
        if text or completing:
            # An emptied prompt was sent: what came of that may be told already.
            self.status.hint(commands.hint(text) if self._completing else "")

    # Other screens.

    def action_search(self, text: str = "") -> None:
        self.open_search(text)

    def open_search(self, text: str) -> None:
        if self.assistant is None:
            self.status.hint(_ASLEEP)
        else:
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
        screen = ProfileScreen(self.assistant, self.errands, self.clock, self.unsaved_profile, keep)
        self.app.push_screen(screen, self._profile_left)

    def _profile_left(self, unsaved: str | None) -> None:
        if unsaved is not None:
            key = self.key_of("profile")
            self.status.hint(f"Your changes to the profile are not saved; {key} goes on with them.")

    def title_of_current(self) -> str:
        current = self.conversations.current.session_id
        return self.query_one(SessionList).title(current) or "conversation"
