"""Search across everything ever said, as you type."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.text import around

if TYPE_CHECKING:
    from memory.recall import Memory
    from tui.clock import Clock
    from tui.errands import Errands
    from tui.ports import AssistantLike

PAUSE = 0.12
"""Seconds without a key after which a search begins: typing asks once a word, not once a letter."""
MOST = 50
_EXCERPT = 150
_WHOSE = {"user": "You", "assistant": "Lifelore", "tool": "A tool", "third_party": "Someone else"}


class SearchScreen(ModalScreen["tuple[str, Memory] | None"]):
    """Gives what to do, "open" or "forget", and with which memory."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "close"),
        Binding("down", "to_results", show=False),
        Binding("x,delete", "forget", show=False),
        Binding("c", "copy", show=False),
        Binding("slash", "to_field", show=False),
    ]

    def __init__(
        self, assistant: AssistantLike, errands: Errands, clock: Clock, text: str = ""
    ) -> None:
        super().__init__()
        self._assistant = assistant
        self._errands = errands
        self._clock = clock
        self._text = text
        self._asked = ""
        self._timer: Timer | None = None
        self._found: dict[str, Memory] = {}

    def compose(self) -> ComposeResult:
        with Vertical(id="search", classes="sheet") as sheet:
            sheet.border_title = "Search everything"
            yield Input(self._text, placeholder="Words anywhere ever said", compact=True)
            yield Static(classes="found")
            yield OptionList(markup=False)
            yield Static(
                Content.styled("Enter opens · in the list: x forgets, c copies", "$quiet"),
                classes="sheet-keys",
            )

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE, self._ask)

    def _ask(self) -> None:
        text = self.query_one(Input).value.strip()
        if text == self._asked:
            return
        self._asked = text
        if not text:
            self._show(text, ())
            return
        self._say("Searching…")
        self._errands.run(
            self,
            lambda: self._assistant.search(text, MOST),
            partial(self._show, text),
            partial(self._failed, text),
        )

    def _failed(self, text: str, problem: str) -> None:
        if text == self._asked:
            self._show(text, ())
            self._say(problem)

    def _show(self, text: str, found: Sequence[Memory]) -> None:
        """What comes for words that have changed since is out of date, and dropped."""
        if text != self._asked:
            return
        self._found = {memory.id: memory for memory in found}
        options = [Option(self._line(memory, text), id=memory.id) for memory in found]
        listing = self.query_one(OptionList)
        listing.set_options(options)
        listing.highlighted = 0 if options else None
        count = f"{len(found)}{' or more' if len(found) >= MOST else ''}"
        self._say("" if not text else f"{count} found" if found else "Nothing was found.")

    def _say(self, text: str) -> None:
        self.query_one(".found", Static).update(Content(text))

    def _line(self, memory: Memory, text: str) -> Content:
        words = [word for word in text.lower().split() if len(word) > 1]
        excerpt = Content(around(memory.text, words, _EXCERPT))
        lowered = excerpt.plain.lower()
        for word in words:
            start = lowered.find(word)
            while start >= 0:
                excerpt = excerpt.stylize("bold $secondary", start, start + len(word))
                start = lowered.find(word, start + len(word))
        who = memory.speaker or _WHOSE.get(memory.origin.value, "")
        head = f"{self._clock.day(memory.at)} · {who}"
        return Content.assemble((head, "$quiet"), "\n", excerpt)

    @property
    def _highlighted(self) -> Memory | None:
        option = self.query_one(OptionList).highlighted_option
        return self._found.get(option.id) if option is not None and option.id else None

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        # Enter may come before the pause has ended: what is listed is for other words then.
        if event.value.strip() == self._asked:
            self._finish("open")

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self._finish("open")

    def action_to_results(self) -> None:
        self.query_one(OptionList).focus()

    def action_to_field(self) -> None:
        self.query_one(Input).focus()

    def action_forget(self) -> None:
        self._finish("forget")

    def action_copy(self) -> None:
        if (memory := self._highlighted) is not None:
            self.app.copy_to_clipboard(memory.text)
            self._say("Copied.")

    def _finish(self, what: str) -> None:
        if (memory := self._highlighted) is not None:
            self.dismiss((what, memory))
