"""One line above the prompt: what is being done, how far it is, and what the last turn took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from tui.text import bar, milliseconds, one_line, tokens

if TYPE_CHECKING:
    from assistant.updates import Answered, Working


class StatusLine(Horizontal):
    """A hint, which the next key clears, stands before work, and work before the last times."""

    def __init__(self) -> None:
        super().__init__()
        self._hint = ""
        self._work = Content("")
        self._times = Content("")
        self._drawn = Content("")

    def compose(self) -> ComposeResult:
        yield Static(id="doing")
        yield Static(id="keys")

    def hint(self, text: str) -> None:
        self._hint = one_line(text, 300)
        self._draw()

    def working(self, working: Working) -> None:
        self.work(working.what, working.fraction)

    def work(self, what: str, fraction: float | None = None) -> None:
        line = Content.styled(one_line(what, 120), "$foreground")
        if fraction is not None:
            done = f" {100 * min(1.0, max(0.0, fraction)):.0f} %"
            line = Content.assemble(line, "  ", (bar(fraction, 10), "$primary"), (done, "$quiet"))
        self._work = line
        self._draw()

    def rest(self) -> None:
        """Nothing is being done."""
        self._work = Content("")
        self._draw()

    def times(self, answered: Answered | None) -> None:
        """Show what a turn took; None for a conversation without one."""
        self._times = Content("")
        if answered is not None:
            ms, usage = answered.ms, answered.usage
            parts = [
                milliseconds(ms.total),
                f"first word {milliseconds(ms.first_token)}",
                f"recall {milliseconds(ms.recall)}",
                f"{tokens(usage.cached_tokens)} tokens cached",
            ]
            self._times = Content.styled(" · ".join(parts), "$quiet")
        self._draw()

    def stoppable(self, can_stop: bool) -> None:
        line = Content.assemble(("Esc", "$primary"), (" stops", "$quiet"))
        self.query_one("#keys", Static).update(line if can_stop else Content(""))

    def _draw(self) -> None:
        line = Content.styled(self._hint, "$secondary") if self._hint else self._work
        line = line if line.plain else self._times
        # Called for every piece of an answer, and an update lays out the whole screen.
        if not line.is_same(self._drawn):
            self._drawn = line
            doing = self.query_one("#doing", Static)
            doing.set_class(bool(self._hint), "-hint")  # a hint is read, so it is shown whole
            doing.update(line)
