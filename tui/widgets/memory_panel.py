"""What the selected answer was given: memories, numbered as they stood in the prompt, and lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.actions import bindings
from tui.widgets.key_line import KeyLine
from tui.widgets.line_card import LineCard
from tui.widgets.memory_card import MemoryCard

if TYPE_CHECKING:
    from memory.recall import Memory
    from memory.user.lines import Line
    from tui.clock import Clock

NOT_YET = "The memories behind an answer are shown here."
LOOKING = "Looking them up…"
NONE = "No memory was used for this answer."

_KEYS = (
    ("open_memory", "open", "open_memory"),
    ("correct_memory", "correct", "correct_memory"),
    ("forget_memory", "forget", "forget_memory"),
    ("copy_memory", "copy", "copy_memory"),
)
Card = MemoryCard | LineCard


class MemoryPanel(VerticalScroll):
    """One card is chosen, once the user has come here; its keys stand at the bottom."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("memory"),
        Binding("down", "choose(1)", show=False),
        Binding("up", "choose(-1)", show=False),
        *(Binding(f"{n}", f"screen.show_memory({n})", show=False) for n in range(1, 10)),
    ]

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._shown: tuple[Sequence[Memory], Sequence[Line], str] | None = None
        self.border_title = "Remembered here"

    @property
    def chosen(self) -> Card | None:
        """The card whose keys work; the first one as long as none was chosen."""
        cards = self._cards()
        return next((one for one in cards if one.has_class("-chosen")), next(iter(cards), None))

    async def show(
        self, memories: Sequence[Memory], lines: Sequence[Line] = (), otherwise: str = NONE
    ) -> None:
        """Replace what is shown, in one frame."""
        if self._shown == (memories, lines, otherwise):
            return
        self._shown = (memories, lines, otherwise)
        rows: list[Static] = [
            MemoryCard(number, memory, self._clock) for number, memory in enumerate(memories, 1)
        ]
        if lines:
            rows.append(Static(Content("From your profile"), classes="quiet heading"))
            rows += [LineCard(line, self._clock) for line in lines]
        if rows:
            rows.append(KeyLine(_KEYS, classes="card-keys"))
        with self.app.batch_update():
            await self.remove_children()
            await self.mount_all(rows or [Static(Content(otherwise), classes="quiet")])
        self.scroll_home(animate=False)
        if self.has_focus:
            self.choose(self.chosen)

    def choose(self, card: Card | None) -> None:
        for one in self._cards():
            one.set_class(one is card, "-chosen")
        if card is not None:
            card.scroll_visible(animate=False)

    def show_number(self, number: int) -> bool:
        """Choose the memory of this number; say whether there is one."""
        found = [one for one in self._cards() if isinstance(one, MemoryCard)][number - 1 : number]
        if found:
            self.choose(found[0])
        return bool(found)

    def action_choose(self, step: int) -> None:
        cards, chosen = self._cards(), self.chosen
        if chosen is not None:
            place = cards.index(chosen) + step
            self.choose(cards[min(max(place, 0), len(cards) - 1)])

    def on_focus(self) -> None:
        self.choose(self.chosen)

    def on_click(self, event: events.Click) -> None:
        if isinstance(event.widget, Card):
            self.choose(event.widget)

    def _cards(self) -> list[Card]:
        return [one for one in self.children if isinstance(one, Card)]
