"""One line of the profile that an answer was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from tui.text import one_line

if TYPE_CHECKING:
    from memory.user.lines import Line
    from tui.clock import Clock

_EXCERPT = 240


class LineCard(Static):
    """The line, its section and when it was last said; a full diamond: the user confirmed it."""

    def __init__(self, line: Line, clock: Clock) -> None:
        self.line = line
        standing = "confirmed" if line.confirmed else "said"
        super().__init__(
            Content.assemble(
                ("◆ " if line.confirmed else "◇ ", "$secondary"),
                one_line(line.text, _EXCERPT),
                "\n",
                (f"{line.section.value} · {standing} {clock.day(line.last_at)}", "$quiet italic"),
            ),
            classes="card",
        )
