"""What the selected answer was given to remember, numbered as it stood in the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.widgets.memory_card import MemoryCard

if TYPE_CHECKING:
    from memory.recall import Memory
    from tui.clock import Clock

NOT_YET = "The memories behind an answer are shown here."
LOOKING = "Looking them up…"
NONE = "No memory was used for this answer."


class MemoryPanel(VerticalScroll):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._shown: tuple[Sequence[Memory], str] | None = None
        self.border_title = "Remembered here"

    async def show(self, memories: Sequence[Memory], otherwise: str = NONE) -> None:
        """Replace what is shown, in one frame."""
        if self._shown == (memories, otherwise):
            return
        self._shown = (memories, otherwise)
        cards: list[Static] = [
            MemoryCard(number, memory, self._clock) for number, memory in enumerate(memories, 1)
        ]
        with self.app.batch_update():
            await self.remove_children()
            await self.mount_all(cards or [Static(Content(otherwise), classes="quiet")])
        self.scroll_home(animate=False)
