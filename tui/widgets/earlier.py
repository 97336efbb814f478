"""The way back to turns that are not on the screen yet."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static


class Earlier(Static, can_focus=True):
    """A line at the top of a long conversation; a click, Enter or scrolling up loads more."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "load", "earlier turns", show=False)]

    class Pressed(Message):
        pass

    def __init__(self, count: int) -> None:
        super().__init__(Content(f"▲ {count:,} earlier {'turn' if count == 1 else 'turns'}"))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_load()

    def action_load(self) -> None:
        self.post_message(self.Pressed())
