"""The chat: sessions on the left, words in the middle, memories on the right."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer
from textual.worker import get_current_worker

from tui import background
from tui.actions import ACTIONS, Action, bindings
from tui.hears import hears
from tui.messages import Hinted, Opened, OpenFailed, Warmed, Warming
from tui.screens.asides import OFFERS_EVERY
from tui.screens.place import Placed
from tui.screens.views import Views
from tui.screens.writing import Writing
from tui.text import one_line
from tui.widgets.conversations import Conversations
from tui.widgets.memory_panel import MemoryPanel
from tui.widgets.offer_line import OfferLine
from tui.widgets.prompt import Prompt
from tui.widgets.proposal_line import ProposalLine
from tui.widgets.question_line import QuestionLine
from tui.widgets.session_list import SessionList
from tui.widgets.status_line import StatusLine
from tui.widgets.title_bar import TitleBar
from tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from textual.widgets import Markdown

    from tui.bookmark import Place
    from tui.clock import Clock
    from tui.ports import AssistantLike, DictationLike, ModelsLike, NightsLike

NARROW, WIDE = 60, 100
"""Columns from which panels may lie over the chat, and from which they stand beside it."""


class ChatScreen(Placed, Writing, Views, Screen[None]):
    """What is on the screen, how it wakes up, and its panels; the rest is in the classes below."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("screen")

    def __init__(
        self,
        open_assistant: Callable[[], AssistantLike],
        session_id: str | None,
        clock: Clock,
        actions: Sequence[Action] = ACTIONS,
        open_dictation: Callable[[], DictationLike] | None = None,
        nights: Callable[[], NightsLike] | None = None,
        models: Callable[[], ModelsLike] | None = None,
    ) -> None:
        super().__init__(clock)
        self._open_assistant = open_assistant
        self._session_id = session_id
        self._draft = ""
        self.actions = actions
        self.open_dictation = open_dictation
        self.nights = nights
        self.models = models

    def go_on_at(self, place: Place | None) -> None:
        """Begin where another run was left, which is told before anything is drawn."""
        if place is not None:
            self._session_id, self._draft = place.session_id, place.draft

    def compose(self) -> ComposeResult:
        yield TitleBar()
        with Horizontal(id="body"):
            yield SessionList(self.clock)
            with Vertical(id="main"):
                with Conversations():
                    yield Transcript(self.clock, self._session_id)
                yield StatusLine()
                yield ProposalLine()
                yield QuestionLine()
                yield OfferLine()
                yield Prompt(self.pace)
            yield MemoryPanel(self.clock)
        yield Footer(show_command_palette=False)

    async def on_mount(self) -> None:
        self.query_one(Prompt).focus()
        self.query_one(Prompt).put_back(self._draft)
        self.status.work("Waking up")
        await self.arrive(self.conversations.current)
        self.set_interval(OFFERS_EVERY, self.fetch_offers)
        # Opening imports libraries that take seconds; the screen is painted before.
        self.call_after_refresh(self._wake)

    def _wake(self) -> None:
        def wake() -> None:
            worker = get_current_worker()
            background.open_and_warm(self._open_assistant, self.tell, lambda: worker.is_cancelled)

        self.in_thread(wake, "wake")

    # What the wake-up tells.

    @hears(Opened)
    def _opened(self, event: Opened) -> None:
        self.assistant = event.assistant
        self.query_one(TitleBar).model(event.model)
        self.refresh_sessions()
        if self._session_id is not None:
            self.load(self._session_id, self.conversations.current)
        self.greet()

    @hears(OpenFailed)
    async def _open_failed(self, event: OpenFailed) -> None:
        self.problem = event.problem
        self.query_one(Prompt).sendable = False
        self.status.rest()
        for outgoing in self.outbox.drop():
            outgoing.words.state = "unsent"
        await self.conversations.current.notice(event.problem)

    @hears(Warming)
    def _warming(self, event: Warming) -> None:
        self.status.working(event.working)

    @hears(Warmed)
    async def _warmed(self, event: Warmed) -> None:
        self.awake = True
        # What is loaded stays. To look through it for garbage again and again would hold up keys.
        gc.collect()
        gc.freeze()
        self.status.rest()
        self.query_one(TitleBar).capacity(event.context_tokens)
        if event.problem is not None:
            await self.conversations.current.notice(event.problem)
        self.fetch_offers()
        self.send_next()

    @hears(Hinted)
    def _hinted(self, event: Hinted) -> None:
        self.status.hint(event.text)

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        """An answer may carry an address from anywhere; opening it stays the user's own act."""
        event.stop()
        self.app.copy_to_clipboard(event.href)
        self.status.hint(f"Copied, not opened: {one_line(event.href, 160)}")

    # Panels and keys.

    def action_toggle_sessions(self) -> None:
        self._toggle("sessions", self.query_one(SessionList))

    def action_toggle_memories(self) -> None:
        self._toggle("memories", self.query_one(MemoryPanel))

    def _toggle(self, name: str, panel: Widget) -> None:
        """Beside the chat where there is room; over it, one at a time, where there is not."""
        if self.has_class("-wide"):
            self.toggle_class(f"-hide-{name}")
            shown = not self.has_class(f"-hide-{name}")
        else:
            shown = not self.has_class(f"-show-{name}")
            self.remove_class("-show-sessions", "-show-memories")
            self.set_class(shown, f"-show-{name}")
        (panel if shown else self.query_one(Prompt)).focus()

    def action_stop(self) -> None:
        """Esc: close what lies over the chat, else end listening, else give up the edit, else
        stop the answer, else go back to writing."""
        overlay = not self.has_class("-wide") and (
            self.has_class("-show-sessions") or self.has_class("-show-memories")
        )
        self.remove_class("-show-sessions", "-show-memories")
        if overlay or not (self.stop_dictating() or self.stop_editing() or self.stop_turn()):
            self.query_one(Prompt).focus()

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.actions))

    def action_switch_theme(self) -> None:
        dark = self.app.current_theme.dark
        self.app.theme = "lifelore-light" if dark else "lifelore-dark"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Below sixty columns there is the chat alone."""
        panels = action in ("toggle_sessions", "toggle_memories")
        return not (panels and 0 < self.app.size.width < NARROW)

    def on_resize(self) -> None:
        self.query_one(Footer).compact = self.app.size.width < WIDE
        self.refresh_bindings()

    def tell(self, message: Message) -> None:
        """Post from any thread; what comes after the screen has gone is of no use."""
        if self.is_attached:
            self.post_message(message)
