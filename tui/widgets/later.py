"""The way on to turns after the place that was jumped to."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static


class Later(Static, can_focus=True):
    """A line at the bottom of a conversation of which the end is not shown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "load", "later turns", show=False)]

    class Pressed(Message):
        pass

    def __init__(self, count: int) -> None:
        super().__init__(Content(f"▼ {count:,} later {'turn' if count == 1 else 'turns'}"))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_load()

    def action_load(self) -> None:
        self.post_message(self.Pressed())
