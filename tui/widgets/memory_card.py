"""One memory: its number, when it was said, whose words they are, and the words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from tui.text import one_line

if TYPE_CHECKING:
    from memory.recall import Memory
    from tui.clock import Clock

_EXCERPT = 240
_ORIGINS = {
    "user": "your words",
    "assistant": "Lifelore’s words",
    "tool": "from a tool",
    "third_party": "someone else’s words",
}


class MemoryCard(Static):
    """Full dots are the user's own words, the only ones that can become facts about them.

    Its score (see Memory) is not known of the answers of an earlier run.
    """

    def __init__(self, number: int, memory: Memory, clock: Clock) -> None:
        self.memory = memory
        whose = _ORIGINS[memory.origin.value]
        speaker = one_line(memory.speaker, 40) if memory.speaker else ""
        own = memory.origin.value == "user"
        parts = [speaker, whose, f"score {memory.score:.2f}" if memory.score > 0 else ""]
        super().__init__(
            Content.assemble(
                (f"{number}", "bold $secondary"),
                (" ● " if own else " ○ ", "$secondary"),
                (clock.day(memory.at), "$quiet"),
                "\n",
                one_line(memory.text, _EXCERPT),
                "\n",
                (" · ".join(filter(None, parts)), "$quiet italic"),
            ),
            classes="card",
        )
