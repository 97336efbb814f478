"""Every key on one page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.actions import ACTIONS, OTHER_KEYS, Action

_KEY_WIDTH = 17
_PARTS = (
    ("Anywhere", ("screen",)),
    ("The chosen answer: in the conversation, after Tab or a click", ("answer", "prompt")),
    ("The memories of an answer", ("memory",)),
)


class HelpScreen(ModalScreen[None]):
    """Closed by Esc, F1 or q; the conversation stays visible around it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,f1,q,question_mark,enter", "dismiss", "close")
    ]

    def __init__(self, actions: Sequence[Action] = ACTIONS) -> None:
        super().__init__()
        self._actions = actions

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help", classes="sheet") as panel:
            panel.border_title = "Keys"
            panel.border_subtitle = "Esc closes"
            for heading, rows in self._parts():
                yield Static(Content.styled(heading, "bold $secondary"), classes="heading")
                for key, text in rows:
                    yield Static(Content.assemble((key.ljust(_KEY_WIDTH), "$primary"), text))

    def _parts(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        yield "Writing", list(OTHER_KEYS)
        for heading, places in _PARTS:
            yield (
                heading,
                [(one.all_shown, one.help) for one in self._actions if one.place in places],
            )
