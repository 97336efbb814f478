"""One question that is answered with a key, before something is done."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.text import visible
from tui.widgets.key_line import KeyLine


class ConfirmScreen(ModalScreen[bool]):
    """True when it is to be done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("y,enter", "decide(True)", "yes"),
        ("escape,n,q", "decide(False)", "no"),
    ]

    def __init__(self, question: str, about: str, yes: str) -> None:
        """`about` says what follows from it; `yes` is the word beside the key that does it."""
        super().__init__()
        self._question = question
        self._about = about
        self._keys = (("y", yes, "decide(True)"), ("Esc", "no", "decide(False)"))

    def compose(self) -> ComposeResult:
        with Vertical(id="confirm", classes="sheet") as sheet:
            sheet.border_title = self._question
            yield Static(visible(self._about), markup=False)
            yield KeyLine(self._keys, classes="sheet-keys")

    def action_decide(self, wanted: bool) -> None:
        self.dismiss(wanted)
