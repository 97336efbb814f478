"""Every key on one page."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.actions import ACTIONS, OTHER_KEYS

_KEY_WIDTH = 12


class HelpScreen(ModalScreen[None]):
    """Closed by Esc, F1 or q; the conversation stays visible around it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,f1,q,question_mark,enter", "dismiss", "close")
    ]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as panel:
            panel.border_title = "Keys"
            panel.border_subtitle = "Esc closes"
            for key, text in self._rows():
                yield Static(Content.assemble((key.ljust(_KEY_WIDTH), "$primary"), text))

    def _rows(self) -> list[tuple[str, str]]:
        actions = [
            (f"{one.shown} F2" if "f2" in one.keys else one.shown, one.help) for one in ACTIONS
        ]
        return [*OTHER_KEYS[:2], *actions, *OTHER_KEYS[2:]]
