"""Exactly what the model was given for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.text import visible

if TYPE_CHECKING:
    from assistant.models.base import ChatMessage

_ROLES = {
    "system": "Instructions",
    "user": "You, with what goes with your words",
    "assistant": "Lifelore",
}


class SentScreen(ModalScreen[None]):
    """The messages of a prompt, the last one first in view: it holds the memories."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,q,enter", "dismiss", "close")]

    def __init__(self, messages: Sequence[ChatMessage], tokens: str) -> None:
        super().__init__()
        self._messages = messages
        self._tokens = tokens

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="sent", classes="sheet") as sheet:
            sheet.border_title = "What the model was given"
            sheet.border_subtitle = f"{self._tokens}Esc closes"
            for message in self._messages:
                role = _ROLES.get(message.role, message.role)
                yield Static(Content.styled(role, "bold $secondary"), classes="heading")
                yield Static(Content(visible(message.content)))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).scroll_end(animate=False)
