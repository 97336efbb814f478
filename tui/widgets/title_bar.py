"""The top line: which conversation, which model, how full its context is."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from tui.text import bar, one_line, tokens


class TitleBar(Horizontal):
    """Left the conversation, right the model and the context meter."""

    def __init__(self) -> None:
        super().__init__()
        self._model = ""
        self._used = 0
        self._total = 0

    def compose(self) -> ComposeResult:
        yield Static(Content.styled("Lifelore", "bold $primary"), id="name")
        yield Static(id="title")
        yield Static(id="model")
        yield Static(id="meter")

    def title(self, text: str, *, marked: bool = False) -> None:
        """`marked` for what the user must not overlook."""
        line = Content.styled(one_line(text, 120), "bold $secondary" if marked else "")
        self.query_one("#title", Static).update(line)

    def model(self, name: str) -> None:
        self.query_one("#model", Static).update(Content(one_line(name, 40)))

    def capacity(self, total: int) -> None:
        self._total = total
        self._draw()

    def usage(self, used: int, total: int) -> None:
        """Tokens of the last prompt; a total of zero keeps the one that is known."""
        self._used, self._total = used, total or self._total
        self._draw()

    def _draw(self) -> None:
        meter = Content("")
        if self._total:
            share = self._used / self._total
            colour = "$error" if share >= 0.9 else "$primary"
            meter = Content.assemble(
                (bar(share), colour), (f" {tokens(self._used)}/{tokens(self._total)}", "$quiet")
            )
        self.query_one("#meter", Static).update(meter)
