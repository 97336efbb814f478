"""The chat: sessions on the left, words in the middle, memories on the right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Markdown, TextArea
from textual.worker import get_current_worker

from tui import background
from tui.actions import bindings
from tui.hears import hears
from tui.messages import (
    Fetched,
    Hinted,
    Loaded,
    LoadFailed,
    Opened,
    OpenFailed,
    SessionsListed,
    Warmed,
    Warming,
)
from tui.screens.help import HelpScreen
from tui.screens.turns import Turns
from tui.text import one_line
from tui.widgets.answer import Answer
from tui.widgets.conversations import Conversations
from tui.widgets.earlier import Earlier
from tui.widgets.memory_panel import LOOKING, NONE, NOT_YET, MemoryPanel
from tui.widgets.prompt import Prompt
from tui.widgets.session_list import SessionList
from tui.widgets.status_line import StatusLine
from tui.widgets.title_bar import TitleBar
from tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from tui.clock import Clock
    from tui.ports import AssistantLike

NARROW, WIDE = 60, 100
"""Columns from which panels may lie over the chat, and from which they stand beside it."""


class ChatScreen(Turns, Screen[None]):
    """Owns what is on the screen: which conversation, which panels. Turns are in `Turns`."""

    BINDINGS: ClassVar[list[BindingType]] = bindings()

    def __init__(
        self, open_assistant: Callable[[], AssistantLike], session_id: str | None, clock: Clock
    ) -> None:
        super().__init__()
        self._open_assistant = open_assistant
        self._session_id = session_id
        self._clock = clock

    def compose(self) -> ComposeResult:
        yield TitleBar()
        with Horizontal(id="body"):
            yield SessionList(self._clock)
            with Vertical(id="main"):
                with Conversations():
                    yield Transcript(self._clock, self._session_id)
                yield StatusLine()
                yield Prompt()
            yield MemoryPanel(self._clock)
        yield Footer(show_command_palette=False)

    async def on_mount(self) -> None:
        self.query_one(Prompt).focus()
        self.status.work("Waking up")
        await self._arrive(self.conversations.current)
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
            self._load(self._session_id, self.conversations.current)

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
        self.status.rest()
        self.query_one(TitleBar).capacity(event.context_tokens)
        if event.problem is not None:
            await self.conversations.current.notice(event.problem)
        self.send_next()

    @hears(Hinted)
    def _hinted(self, event: Hinted) -> None:
        self.status.hint(event.text)

    # Sessions.

    @hears(SessionsListed)
    def _listed(self, event: SessionsListed) -> None:
        current = self.conversations.current.session_id
        self.query_one(SessionList).fill(event.sessions, current)
        self._show_title()

    @hears(SessionList.Chosen)
    async def _chosen(self, event: SessionList.Chosen) -> None:
        transcript = self.conversations.of_session(event.session_id)
        if transcript is None:
            transcript = Transcript(self._clock, event.session_id)
            self._load(event.session_id, transcript)
        await self._go(transcript)

    def _load(self, session_id: str, transcript: Transcript) -> None:
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
            await self._arrive(event.transcript)
        self.send_next()

    @hears(LoadFailed)
    async def _load_failed(self, event: LoadFailed) -> None:
        """Say why, and let the conversation be a new one."""
        if not event.transcript.is_attached:
            return
        for outgoing in self.outbox.drop(event.transcript):
            outgoing.words.state = "unsent"
        event.transcript.session_id, event.transcript.ready = None, True
        await event.transcript.notice(event.problem)
        self._show_title()
        self.send_next()

    async def action_new_session(self) -> None:
        current = self.conversations.current
        await self._go(current if current.blank else Transcript(self._clock))

    async def _go(self, transcript: Transcript) -> None:
        """Make a conversation the visible one, ready to be written in."""
        self.remove_class("-show-sessions", "-show-memories")
        await self.conversations.open(transcript, self.outbox.concerns)
        await self._arrive(transcript)
        self.query_one(Prompt).focus()

    async def _arrive(self, transcript: Transcript) -> None:
        """Bring everything around the conversation in line with it."""
        self._show_title()
        self.query_one(SessionList).mark(transcript.session_id)
        answered = transcript.answered
        used = answered.usage.prompt_tokens if answered else 0
        self.query_one(TitleBar).usage(used, answered.context_tokens if answered else 0)
        self.status.times(answered)
        self.show_stoppable()
        await self.show_memories()

    def _show_title(self) -> None:
        current = self.conversations.current.session_id
        title = self.query_one(SessionList).title(current)
        self.query_one(TitleBar).title(title or ("New session" if current is None else ""))

    @hears(Transcript.EarlierWanted)
    async def _earlier_wanted(self, event: Transcript.EarlierWanted) -> None:
        await event.transcript.load_earlier()

    @hears(Earlier.Pressed)
    async def _earlier_pressed(self, event: Earlier.Pressed) -> None:
        await self.conversations.current.load_earlier()

    def action_scroll_back(self, pages: int) -> None:
        current = self.conversations.current
        (current.scroll_page_up if pages < 0 else current.scroll_page_down)(animate=False)

    # Memories.

    async def show_memories(self) -> None:
        """Fill the panel for the selected answer, asking for them when they are of an old one."""
        panel, answer = self.query_one(MemoryPanel), self.conversations.current.selected
        if answer is None:
            await panel.show((), NOT_YET)
        elif answer.memories is not None:
            await panel.show(answer.memories, NONE)
        else:
            await panel.show((), LOOKING)
            ids = answer.memory_ids
            if ids and self.assistant is not None:
                work = partial(background.fetch_memories, self.assistant, ids, answer, self.tell)
                self.in_thread(work, "memories")

    @hears(Fetched)
    async def _fetched(self, event: Fetched) -> None:
        if not event.answer.is_attached:
            return
        event.answer.remember(event.memories)
        if event.answer is self.conversations.current.selected:
            await self.show_memories()

    @hears(Answer.Selected)
    async def _selected(self, event: Answer.Selected) -> None:
        self.conversations.current.select(event.answer)
        await self.show_memories()

    async def action_older_answer(self) -> None:
        await self._step(-1)

    async def action_newer_answer(self) -> None:
        await self._step(1)

    async def _step(self, step: int) -> None:
        current = self.conversations.current
        answer = current.neighbour(step)
        if answer is not None:
            current.select(answer)
            answer.scroll_visible(animate=False)
            await self.show_memories()

    @on(Markdown.LinkClicked)
    def _link_clicked(self, event: Markdown.LinkClicked) -> None:
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
        """Esc: close what lies over the chat, else stop the answer, else go back to writing."""
        overlay = not self.has_class("-wide") and (
            self.has_class("-show-sessions") or self.has_class("-show-memories")
        )
        self.remove_class("-show-sessions", "-show-memories")
        if overlay or not self.stop_turn():
            self.query_one(Prompt).focus()

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def action_switch_theme(self) -> None:
        dark = self.app.current_theme.dark
        self.app.theme = "lifelore-light" if dark else "lifelore-dark"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Below sixty columns there is the chat alone."""
        panels = action in ("toggle_sessions", "toggle_memories")
        return not (panels and 0 < self.app.size.width < NARROW)

    def on_resize(self) -> None:
        self.refresh_bindings()

    @hears(TextArea.Changed)
    def _typed(self, event: TextArea.Changed) -> None:
        self.status.hint("")

    def tell(self, message: Message) -> None:
        """Post from any thread; what comes after the screen has gone is of no use."""
        if self.is_attached:
            self.post_message(message)
