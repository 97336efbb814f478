"""The journal of the nights, and the adapters that came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Sparkline, Static
from textual.widgets.option_list import Option

from tui.screens.confirm import ConfirmScreen
from tui.text import visible
from tui.widgets.scores import score_lines

if TYPE_CHECKING:
    from assistant.nights import Adapter, Night, Page
    from tui.clock import Clock
    from tui.errands import Errands
    from tui.ports import NightsLike

_CELLS = 4
"""Columns of the plot that an adapter takes, as long as there is room."""
_NONE = (
    "There was no night yet. `lifelore sleep` has one now, `lifelore schedule install` every night."
)


class NightsScreen(Screen[None]):
    """Adapters and nights in one list, what is chosen of them beside it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "rollback", "back to the one before"),
        Binding("escape", "dismiss", "close", key_display="Esc"),
    ]

    def __init__(self, nights: NightsLike, errands: Errands, clock: Clock) -> None:
        super().__init__()
        self._nights = nights
        self._errands = errands
        self._clock = clock
        self._page: Page | None = None

    def compose(self) -> ComposeResult:
        yield Static(Content.styled("Nights", "bold $primary"), classes="screen-title")
        with Horizontal(classes="screen-body"):
            yield OptionList(id="of-nights", markup=False, classes="screen-list")
            with VerticalScroll(id="night", classes="screen-page"):
                with Vertical(id="gains"):
                    yield Static(id="gains-title")
                    yield Sparkline([], id="gains-plot")
                yield Static(id="night-text")
        yield Static(id="nights-status", classes="screen-status")
        yield Footer(show_command_palette=False)

    @property
    def _list(self) -> OptionList:
        return self.query_one("#of-nights", OptionList)

    def on_mount(self) -> None:
        self.query_one("#gains").display = False
        self._list.focus()
        self._fetch("Reading the journal…")

    def _fetch(self, sentence: str) -> None:
        self._say(sentence)
        self._errands.run(self, self._nights.read, partial(self._show, sentence), self._say)

    def _say(self, text: str) -> None:
        status = self.query_one("#nights-status", Static)
        status.update(Content.styled(visible(text), "$quiet"))

    def _show(self, sentence: str, page: Page) -> None:
        """What was read; `sentence` stays where it tells of something done."""
        again, self._page = self._page is not None, page
        chosen = self._list.highlighted
        self._list.set_options(self._options(page))
        if self._list.option_count:
            self._list.highlighted = chosen if again and chosen is not None else self._first(page)
            self.call_after_refresh(self._list.scroll_to_highlight)
        else:
            self.query_one("#night-text", Static).update(_NONE)
        notes = " ".join(page.notes)
        self._say(f"{sentence} {notes}".strip() if again else notes)
        self._plot(page)

    def _first(self, page: Page) -> int:
        """Where the newest night stands, else the newest adapter: after its heading."""
        return len(page.adapters) + 2 if page.adapters and page.nights else 1

    def _options(self, page: Page) -> Iterator[Option]:
        if page.adapters:
            yield _heading("Adapters")
        for adapter in reversed(page.adapters):
            mark = ("● ", "$secondary") if adapter.in_use else "  "
            title = Content.assemble(
                mark,
                f"{adapter.number:>3}  {self._clock.day(adapter.at)}",
                (f"  {adapter.state}", "$quiet"),
            )
            yield Option(title, id=f"adapter {adapter.number}")
        if page.nights:
            yield _heading("Nights")
        for night in page.nights:
            title = Content.assemble(
                f"  {self._clock.day(night.at)}", (f"  {night.outcome}", "$quiet")
            )
            yield Option(title, id=f"night {night.id}")

    def _plot(self, page: Page) -> None:
        """How much each adapter gained, in the order in which they were made."""
        gains = [gain for one in page.adapters if (gain := one.gain) is not None]
        self.query_one("#gains").display = len(gains) > 1
        if len(gains) > 1:
            plot = self.query_one("#gains-plot", Sparkline)
            plot.data = gains
            plot.styles.width = _CELLS * len(gains)
            self.query_one("#gains-title", Static).update(
                Content.styled(
                    f"Gain by adapter: {min(gains):+.3f} to {max(gains):+.3f} nats a token",
                    "$quiet",
                )
            )

    # What is chosen.

    @on(OptionList.OptionHighlighted, "#of-nights")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        kind, _, name = (event.option_id or "").partition(" ")
        if self._page is None:
            return
        found = (
            [self._adapter(one) for one in self._page.adapters if str(one.number) == name]
            if kind == "adapter"
            else [self._night(one) for one in self._page.nights if one.id == name]
        )
        for lines in found:
            self.query_one("#night-text", Static).update(Content("\n").join(lines))
            self.query_one("#night", VerticalScroll).scroll_home(animate=False)

    def _night(self, night: Night) -> Iterator[Content]:
        yield Content.styled(f"Night of {self._clock.day(night.at)}", "bold $secondary")
        for step in night.steps:
            yield Content("")
            yield Content.assemble((f"{self._clock.time(step.at)}  ", "$quiet"), visible(step.text))
        if night.scores:
            yield Content("")
            yield from score_lines(night.scores)

    def _adapter(self, adapter: Adapter) -> Iterator[Content]:
        yield Content.styled(f"Adapter {adapter.number} · {adapter.state}", "bold $secondary")
        yield Content("")
        yield Content(visible(adapter.verdict))
        yield Content("")
        yield Content.styled(
            f"Trained for {visible(adapter.base)} on {adapter.texts} of your texts, from "
            f"{adapter.memories} memories.",
            "$quiet",
        )
        if adapter.usable and not adapter.in_use:
            yield Content.assemble(("Enter", "$primary"), (" lets it serve", "$quiet"))
        yield Content("")
        yield from score_lines(adapter.scores)

    # What is done.

    @on(OptionList.OptionSelected, "#of-nights")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        kind, _, name = (event.option_id or "").partition(" ")
        if kind != "adapter" or self._page is None:
            return
        [adapter] = [one for one in self._page.adapters if str(one.number) == name]
        if adapter.in_use:
            self._say(f"Adapter {adapter.number} is in use already.")
        elif not adapter.usable:
            self._say(f"Adapter {adapter.number} has no weights any more.")
        else:
            self._ask(
                f"Let adapter {adapter.number} serve?",
                f"{adapter.verdict} It would be used from the next answer on; r takes that back.",
                "let it serve",
                partial(self._nights.promote, adapter.number),
            )

    def action_rollback(self) -> None:
        adapters = self._page.adapters if self._page is not None else ()
        serving = [one for one in adapters if one.in_use]
        if not serving:
            self._say("No adapter is in use; there is nothing to return from.")
        else:
            self._ask(
                f"Take adapter {serving[0].number} back?",
                "What served before it serves again: an earlier adapter, or the model alone.",
                "take it back",
                self._nights.rollback,
            )

    def _ask(self, question: str, about: str, yes: str, work: Callable[[], str]) -> None:
        def decided(wanted: bool | None) -> None:
            if wanted:
                self._errands.run(self, work, self._fetch, self._say)

        self.app.push_screen(ConfirmScreen(question, about, yes), decided)


def _heading(text: str) -> Option:
    return Option(Content.styled(text, "bold $secondary"), disabled=True)
