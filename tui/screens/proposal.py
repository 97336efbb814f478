"""What would be done outside memory, in full, before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.text import one_line, visible
from tui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from tools.approval import Proposal

_KEYS = (("y", "save", "decide(True)"), ("n", "no", "decide(False)"), ("Esc", "later", "dismiss"))
_COLOURS = {"+": "$success", "-": "$error", "@": "$quiet"}
_MOST = 1000
"""Lines that are drawn; of more, the number is told."""


class ProposalScreen(ModalScreen[bool | None]):
    """True when it is to be done, False when not, None when that is left open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("y", "decide(True)", "yes"),
        ("n", "decide(False)", "no"),
        ("escape,q", "dismiss", "later"),
    ]

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self._proposal = proposal

    def compose(self) -> ComposeResult:
        with Vertical(id="proposal", classes="sheet") as sheet:
            sheet.border_title = "Save this file?"
            yield Static(Content(one_line(str(self._proposal.path), 400)))
            yield Static(Content.styled(self._proposal.summary, "$quiet"), classes="found")
            with VerticalScroll():
                yield Static(self._diff())
            yield KeyLine(_KEYS, classes="sheet-keys")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def _diff(self) -> Content:
        lines = self._proposal.diff()
        drawn = [Content.styled(visible(line), _COLOURS.get(line[0], "")) for line in lines[:_MOST]]
        if (more := len(lines) - _MOST) > 0:
            drawn.append(Content.styled(f"and {more:,} more lines", "$quiet"))
        return Content("\n").join(drawn)

    def action_decide(self, wanted: bool) -> None:
        self.dismiss(wanted)
