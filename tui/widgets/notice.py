"""A quiet line of Lifelore's own between the turns."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tui.text import visible


class NoticeLine(Static):
    """Something the user should know and may well ignore; a problem is coloured as one."""

    def __init__(self, text: str, *, problem: bool = False) -> None:
        super().__init__(
            Content(visible(text)), classes="turn notice -problem" if problem else "turn notice"
        )
