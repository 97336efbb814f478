"""What a user likes, as bars, and whom they speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from tui.text import bar, one_line, visible

if TYPE_CHECKING:
    from assistant.portrait import Acquaintance, Portrait, Taste
    from memory.recall import Memory
    from tui.clock import Clock
    from tui.errands import Errands
    from tui.ports import AssistantLike

_NONE = (
    "Nothing is known yet of what you like, and of nobody close to you. What you say of yourself "
    "will stand here."
)
_SOURCES = 8


class PortraitScreen(Screen["str | None"]):
    """Gives the name of somebody to look for in what was said."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close", key_display="Esc"),
    ]

    def __init__(self, assistant: AssistantLike, errands: Errands, clock: Clock) -> None:
        super().__init__()
        self._assistant = assistant
        self._errands = errands
        self._clock = clock
        self._tastes: dict[str, Taste] = {}
        """By the id of its row, as people are."""
        self._people: dict[str, Acquaintance] = {}
        self._row = ""

    def compose(self) -> ComposeResult:
        yield Static(Content.styled("Tastes and people", "bold $primary"), classes="screen-title")
        with Horizontal(classes="screen-body"):
            yield OptionList(id="of-portrait", markup=False, classes="screen-list")
            with VerticalScroll(classes="screen-page"):
                yield Static("Looking…", id="portrait-text", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self._errands.run(self, self._assistant.portrait, self._show, self._say)

    def _say(self, text: str | Content) -> None:
        self.query_one("#portrait-text", Static).update(text)

    def _show(self, found: Portrait) -> None:
        self._tastes = {f"taste {at}": one for at, one in enumerate(found.tastes)}
        self._people = {f"person {at}": one for at, one in enumerate(found.people)}
        listing = self.query_one(OptionList)
        listing.set_options([*_taste_rows(self._tastes), *self._people_rows()])
        if listing.option_count:
            listing.action_first()
        else:
            self._say(_NONE)

    def _people_rows(self) -> Iterator[Option]:
        ordered = sorted(self._people.items(), key=lambda each: each[1].role)
        for role, members in groupby(ordered, lambda each: each[1].role):
            yield Option(Content.styled(role.capitalize(), "bold $secondary"), disabled=True)
            for row, one in members:
                yield Option(
                    Content.assemble(
                        f"  {_called(one)}",
                        (f"  {one.turns}×, {self._clock.day(one.last_at)}", "$quiet"),
                    ),
                    id=row,
                )

    @on(OptionList.OptionHighlighted, "#of-portrait")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self._row = event.option_id or ""
        if (taste := self._tastes.get(self._row)) is not None:
            self._show_taste(taste)
        elif (person := self._people.get(self._row)) is not None:
            self._say(Content("\n").join(self._person(person)))

    def _show_taste(self, taste: Taste, sources: Sequence[Memory] = ()) -> None:
        self._say(Content("\n").join(self._taste(taste, sources)))
        if taste.id and not sources:
            then = partial(self._sources_found, self._row, taste)
            self._errands.run(self, lambda: self._assistant.line_sources(taste.id), then)

    def _sources_found(self, row: str, taste: Taste, sources: Sequence[Memory]) -> None:
        if row == self._row and sources:
            self._show_taste(taste, sources)

    def _taste(self, taste: Taste, sources: Sequence[Memory]) -> Iterator[Content]:
        yield Content.styled(visible(taste.text), "bold $secondary")
        yield Content("")
        yield Content.assemble(
            (bar(taste.belief, 20), "$primary"), (f"  {taste.belief:.0%} sure", "$quiet")
        )
        times = "once" if taste.said == 1 else f"{taste.said} times"
        said = f"Said {times}, last {self._clock.day(taste.last_at)}."
        where = f" Holds: {visible(taste.context)}." if taste.context else ""
        mark = " Confirmed by you." if taste.confirmed else ""
        yield Content.styled(f"{said}{where}{mark}", "$quiet")
        for one in sources[-_SOURCES:]:
            yield Content("")
            yield Content.assemble((f"{self._clock.day(one.at)}  ", "$quiet"), one_line(one.text))

    def _person(self, one: Acquaintance) -> Iterator[Content]:
        yield Content.styled(_called(one), "bold $secondary")
        times = "one turn" if one.turns == 1 else f"{one.turns:,} turns"
        yield Content.styled(
            f"{one.role.capitalize()}. Spoken of in {times}, last {self._clock.day(one.last_at)}.",
            "$quiet",
        )
        if one.name:
            yield Content.assemble(("Enter", "$primary"), (" looks for what was said", "$quiet"))
        for heading, texts in (("In your profile", one.lines), ("Noted besides", one.facts)):
            if texts:
                yield Content("")
                yield Content.styled(heading, "$quiet")
            for text in texts:
                yield Content(f"  {one_line(text, 300)}")

    @on(OptionList.OptionSelected, "#of-portrait")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        person = self._people.get(event.option_id or "")
        if person is not None and person.name:
            self.dismiss(person.name)


def _taste_rows(tastes: Mapping[str, Taste]) -> Iterator[Option]:
    if tastes:
        yield Option(Content.styled("Tastes", "bold $secondary"), disabled=True)
    for row, one in tastes.items():
        colour = "$primary" if one.likes else "$secondary"
        drawn = (bar(one.belief), colour)
        yield Option(Content.assemble("  ", drawn, f" {one_line(one.text, 80)}"), id=row)


def _called(one: Acquaintance) -> str:
    """The name, or what was said of someone without one."""
    return visible(one.name) or one_line(one.lines[0], 40)
