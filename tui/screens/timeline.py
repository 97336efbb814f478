"""A life by days: how much was said when, and the way to it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.widgets.session_list import title_of

if TYPE_CHECKING:
    from datetime import date

    from tui.clock import Clock
    from tui.errands import Errands
    from tui.ports import AssistantLike, SummaryLike

_LEVELS = "▁▂▃▄▅▆▇█"
_BAR = 12
_SESSION = "s:"


class TimelineScreen(ModalScreen["str | None"]):
    """Months as a line of days, days with their number of turns; gives the session to open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "close"),
    ]

    def __init__(self, assistant: AssistantLike, errands: Errands, clock: Clock) -> None:
        super().__init__()
        self._assistant = assistant
        self._errands = errands
        self._clock = clock
        self._days: dict[date, int] = {}
        self._sessions: Sequence[SummaryLike] = ()

    def compose(self) -> ComposeResult:
        with Vertical(id="timeline", classes="sheet") as sheet:
            sheet.border_title = "Timeline"
            yield Static(Content.styled("Looking back…", "$quiet"), classes="found")
            yield OptionList(id="days", markup=False)
            yield OptionList(id="of-day", markup=False)
            yield Static(
                Content.styled("Enter lists a day, then opens a session · Esc back", "$quiet"),
                classes="sheet-keys",
            )

    def on_mount(self) -> None:
        self.query_one("#of-day").display = False
        self.query_one("#days", OptionList).focus()

        def fetch() -> tuple[Sequence[tuple[date, int]], Sequence[SummaryLike]]:
            return self._assistant.activity(), self._assistant.sessions()

        self._errands.run(self, fetch, lambda found: self._show(*found), self._say)

    def _say(self, text: str) -> None:
        self.query_one(".found", Static).update(Content.styled(text, "$quiet"))

    def _show(self, activity: Sequence[tuple[date, int]], sessions: Sequence[SummaryLike]) -> None:
        self._days, self._sessions = dict(activity), sessions
        days = sorted((day for day, turns in self._days.items() if turns > 0), reverse=True)
        total = sum(self._days.values())
        self._say(
            f"{_count(total, 'turn')} on {_count(len(days), 'day')}"
            if days
            else "Nothing has been said yet."
        )
        most = max(self._days.values(), default=1)
        options: list[Option] = []
        for (year, month), members in groupby(days, lambda day: (day.year, day.month)):
            of_month = list(members)
            options.append(Option(self._month(year, month, of_month[0], most), disabled=True))
            options += [Option(self._day(day, most), id=day.isoformat()) for day in of_month]
        listing = self.query_one("#days", OptionList)
        listing.set_options(options)
        listing.action_first()

    def _month(self, year: int, month: int, example: date, most: int) -> Content:
        counts = [
            self._days.get(example.replace(day=day), 0)
            for day in range(1, monthrange(year, month)[1] + 1)
        ]
        spark = "".join(_level(count, most) for count in counts)
        return Content.assemble((f"{example:%b %Y}  ", "bold $secondary"), (spark, "$primary"))

    def _day(self, day: date, most: int) -> Content:
        count = self._days[day]
        full = max(1, round(_BAR * count / most))
        turns = f" {_count(count, 'turn')}"
        return Content.assemble(
            f"  {day:%a} {day.day:>2}  ", ("▇" * full, "$primary"), (turns, "$quiet")
        )

    @on(OptionList.OptionSelected, "#days")
    def _day_chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        found = [one for one in self._sessions if self._touches(one, event.option_id or "")]
        listing = self.query_one("#of-day", OptionList)
        listing.set_options([Option(Content(title_of(one)), id=_SESSION + one.id) for one in found])
        if found:
            self._show_day(True)
            listing.highlighted = 0
        else:
            self._say("The conversations of that day are not there any more.")

    def _touches(self, session: SummaryLike, day: str) -> bool:
        first, last = (
            self._clock.local(at).date().isoformat() for at in (session.started_at, session.last_at)
        )
        return first <= day <= last

    @on(OptionList.OptionSelected, "#of-day")
    def _session_chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss((event.option_id or "").removeprefix(_SESSION))

    def action_back(self) -> None:
        if self.query_one("#of-day").display:
            self._show_day(False)
        else:
            self.dismiss(None)

    def _show_day(self, shown: bool) -> None:
        """The sessions of a day in the place of the days."""
        of_day, days = self.query_one("#of-day"), self.query_one("#days")
        of_day.display, days.display = shown, not shown
        (of_day if shown else days).focus()


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _level(count: int, most: int) -> str:
    """One character for a day; a dot for one without words."""
    if count <= 0:
        return "·"
    return _LEVELS[min(len(_LEVELS) - 1, (count * len(_LEVELS) - 1) // max(1, most))]
