"""The sessions, newest first, under the day or month of their last words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.text import one_line

if TYPE_CHECKING:
    from tui.clock import Clock
    from tui.ports import SummaryLike


def title_of(session: SummaryLike) -> str:
    return one_line(session.title, 120) or "Untitled"


class SessionList(OptionList):
    """One line a session; headings cannot be chosen."""

    @dataclass
    class Chosen(Message):
        session_id: str

    def __init__(self, clock: Clock) -> None:
        super().__init__(markup=False)
        self._clock = clock
        self._sessions: Sequence[SummaryLike] = ()
        self._marked: str | None = None
        self.border_title = "Sessions"

    @property
    def sessions(self) -> Sequence[SummaryLike]:
        return self._sessions

    def title(self, session_id: str | None) -> str | None:
        found = (one for one in self._sessions if one.id == session_id)
        session = next(found, None)
        return None if session is None else title_of(session)

    def fill(self, sessions: Sequence[SummaryLike], current: str | None) -> None:
        """List these sessions; the cursor follows the open one, or whoever is choosing."""
        kept = self.highlighted_option if self.has_focus else None
        self._sessions = sorted(sessions, key=lambda one: one.last_at, reverse=True)
        self._marked = current
        self.set_options(self._grouped(current))
        for wanted in (kept.id if kept is not None else None, current):
            if wanted is not None and any(one.id == wanted for one in sessions):
                self.highlighted = self.get_option_index(wanted)
                break

    def mark(self, current: str | None) -> None:
        """Show which session is open."""
        for session in self._sessions:
            if session.id in (current, self._marked):
                is_open = session.id == current
                self.replace_option_prompt(session.id, self._line(session, is_open))
                if is_open:
                    self.highlighted = self.get_option_index(session.id)
        self._marked = current

    def _grouped(self, current: str | None) -> list[Option]:
        options: list[Option] = []
        for group, members in groupby(self._sessions, lambda one: self._clock.group(one.last_at)):
            gap = "\n" if options else ""
            options.append(Option(Content.styled(f"{gap}{group}", "$quiet"), disabled=True))
            options += [Option(self._line(one, one.id == current), id=one.id) for one in members]
        return options or [Option(Content.styled("None yet", "$quiet"), disabled=True)]

    def _line(self, session: SummaryLike, is_open: bool) -> Content:
        title = title_of(session)
        return Content.assemble(("▸ ", "$primary"), title) if is_open else Content(f"  {title}")

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id is not None:
            self.post_message(self.Chosen(event.option_id))
