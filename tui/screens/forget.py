"""What would go with something that is to be forgotten, shown before it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.text import one_line
from tui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memory.events import Event
    from memory.forget import ForgetPlan
    from tui.clock import Clock

_MOST = 40
"""Entries of each kind that are written out; of more, the number is told."""
_KEYS = (("f", "forget", "decide(True)"), ("Esc", "keep", "decide(False)"))
_WHOSE = {"user": "you", "assistant": "Lifelore", "tool": "a tool", "third_party": "someone else"}


class ForgetScreen(ModalScreen[bool]):
    """Asks once; True when it is to go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("f", "decide(True)", "forget"),
        ("escape,q,n", "decide(False)", "keep"),
    ]

    def __init__(self, plan: ForgetPlan, clock: Clock) -> None:
        super().__init__()
        self._plan = plan
        self._clock = clock

    def compose(self) -> ComposeResult:
        with Vertical(id="forget", classes="sheet") as sheet:
            sheet.border_title = "Forget this for good?"
            with VerticalScroll():
                for line in self._lines():
                    yield Static(line)
            yield KeyLine(_KEYS, classes="sheet-keys")

    def _lines(self) -> Iterator[Content]:
        plan = self._plan
        yield from self._part("This would be erased:", plan.asked)
        yield from self._part("And with it, because it repeats it:", plan.with_it)
        yield from self._part("This stays, for you wrote it yourself:", plan.beside)

    def _part(self, heading: str, events: tuple[Event, ...]) -> Iterator[Content]:
        from memory.forget import texts_of

        if not events:
            return
        yield Content.styled(heading, "bold $secondary")
        for event in events[:_MOST]:
            said = one_line(" · ".join(texts_of(event.payload)), 160) or event.kind
            who = _WHOSE.get(event.origin.value, event.origin.value)
            yield Content.assemble("  ", said, (f"  {who}, {self._clock.day(event.at)}", "$quiet"))
        if (more := len(events) - _MOST) > 0:
            yield Content.styled(f"  and {more:,} more", "$quiet")
        yield Content("")

    def action_decide(self, wanted: bool) -> None:
        self.dismiss(wanted)
