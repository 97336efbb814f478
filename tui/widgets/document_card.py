"""A file that was put into the conversation: its name, how long it is, and how it begins."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.content import Content
from textual.widgets import Static

from tui.text import one_line, size

_BEGINNING = 160


class DocumentCard(Static):
    """Stands among the turns; its words are nobody's in the conversation."""

    def __init__(self, name: str, when: str, text: str, message_id: str) -> None:
        self.message_id = message_id
        """Of its first passage."""
        self._shown = (name, when, text, message_id)
        super().__init__(
            Content.assemble(
                (f"\u25a4 {one_line(name, 60)}", "bold $secondary"),
                (f"  {when}, {size(text)}", "$quiet"),
                "\n",
                one_line(text, _BEGINNING),
            ),
            classes="turn document",
        )

    def again(self) -> Callable[[], DocumentCard]:
        """Makes one like it; does not keep this one alive."""
        return partial(DocumentCard, *self._shown)
