"""The language models that are here or can be fetched, and which of them answers."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event as Flag
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.screens.confirm import ConfirmScreen
from tui.text import bar, visible
from tui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from textual.timer import Timer

    from assistant.choosing import Choice
    from tui.errands import Errands
    from tui.ports import ModelsLike

_EVERY = 0.25
"""Seconds between two looks at how far a download is."""
_KEYS = (("Enter", "use it, or fetch it first", "choose"), ("Esc", "close", "leave"))


class ModelsScreen(ModalScreen["str | None"]):
    """Gives what the setting `model` is to say; None leaves the model as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "close")]

    def __init__(self, models: ModelsLike, errands: Errands) -> None:
        super().__init__()
        self._models = models
        self._errands = errands
        self._choices: Sequence[Choice] = ()
        self._cancel: Flag | None = None
        """Of the download under way."""
        self._far = ("", 0, 0)
        """What a download is at: the step, bytes done, bytes in all. Set by its thread."""
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="models", classes="sheet") as sheet:
            sheet.border_title = "Models"
            yield OptionList(id="choices", markup=False)
            yield Static(id="models-status", classes="sheet-keys")
            yield KeyLine(_KEYS, classes="sheet-keys")

    def on_mount(self) -> None:
        self._list.focus()
        self._look("")

    def on_unmount(self) -> None:
        if self._cancel is not None:
            self._cancel.set()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#choices", OptionList)

    def _look(self, sentence: str) -> None:
        self._errands.run(
            self, self._models.choices, lambda found: self._show(found, sentence), self._say
        )

    def _show(self, choices: Sequence[Choice], sentence: str) -> None:
        chosen = self._list.highlighted
        self._choices = choices
        self._list.set_options(Option(_row(one), id=one.value) for one in choices)
        in_use = next((at for at, one in enumerate(choices) if one.in_use), 0)
        self._list.highlighted = in_use if chosen is None else chosen
        self._say(sentence or self._models.served_elsewhere)

    def _say(self, text: str) -> None:
        status = self.query_one("#models-status", Static)
        status.update(Content.styled(visible(text), "$quiet"))

    @on(OptionList.OptionSelected, "#choices")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._take(event.option_index)

    def action_choose(self) -> None:
        if self._list.highlighted is not None:
            self._take(self._list.highlighted)

    def _take(self, index: int) -> None:
        choice = self._choices[index]
        if self._cancel is not None:
            self._say("One download at a time; Esc breaks it off.")
        elif not choice.here:
            self._ask_to_fetch(choice)
        elif choice.in_use:
            self._say(f"{choice.name} is in use already.")
        elif self._models.served_elsewhere:
            self._say(self._models.served_elsewhere)
        else:
            self.dismiss(choice.value)

    # Fetching.

    def _ask_to_fetch(self, choice: Choice) -> None:
        def decided(wanted: bool | None) -> None:
            if wanted:
                self._fetch(choice)

        about = f"{_gigabytes(choice.bytes)} come from the internet, with nothing of yours sent."
        if not choice.fits:
            about += " It takes more memory than this machine has for it."
        self.app.push_screen(ConfirmScreen(f"Fetch {choice.title}?", about, "fetch it"), decided)

    def _fetch(self, choice: Choice) -> None:
        cancel = self._cancel = Flag()
        self._far = (f"Fetching {choice.title}", 0, choice.bytes)
        self._timer = self.set_interval(_EVERY, self._how_far)
        self._how_far()

        def progress(what: str, done: int, total: int) -> None:
            self._far = (what, done, total)

        def failed(problem: str) -> None:
            self._ended()
            self._say(problem)

        def fetched(sentence: str) -> None:
            self._ended()
            self._look(f"{sentence} Enter uses it.")

        self._errands.run(
            self, lambda: self._models.fetch(choice.value, progress, cancel), fetched, failed
        )

    def _how_far(self) -> None:
        if self._cancel is None:  # a last tick after the end
            return
        what, done, total = self._far
        share = done / total if total else 0.0
        self._say(f"{what}  {bar(share, 10)} {_gigabytes(done)} of {_gigabytes(total)}")

    def _ended(self) -> None:
        self._cancel = None
        if self._timer is not None:
            self._timer.stop()

    def action_leave(self) -> None:
        """Break off a download, which goes on from there next time; else close."""
        if self._cancel is not None:
            self._cancel.set()
        else:
            self.dismiss(None)


def _row(choice: Choice) -> Content:
    mark = ("● ", "$secondary") if choice.in_use else "  "
    where = "here" if choice.here else "can be fetched"
    needs = f", needs {_gigabytes(choice.memory_bytes)} of memory" if choice.memory_bytes else ""
    much = "" if choice.fits else ", more than there is"
    return Content.assemble(
        mark,
        visible(choice.title),
        (f"\n  {_gigabytes(choice.bytes)}, {where}{needs}{much}", "$quiet"),
        (f"\n  {visible(choice.notes)}" if choice.notes else "", "$quiet"),
    )


def _gigabytes(amount: int) -> str:
    return f"{amount / 1e9:.1f} GB"
