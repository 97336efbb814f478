"""Days and times as people say them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Now, and the zone in which times are shown; None is the zone of this machine.

    Tests fix both. The zone is not taken from `now`, whose offset is wrong for dates on the other
    side of a change to summer time.
    """

    now: Callable[[], datetime] = _utc_now
    zone: tzinfo | None = None

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def time(self, at: datetime) -> str:
        return f"{self.local(at):%H:%M}"

    def day(self, at: datetime) -> str:
        """Today, Yesterday, or 12 Mar 2024."""
        day, age = self._day_and_age(at)
        if age <= 0:
            return "Today"
        return "Yesterday" if age == 1 else f"{day.day} {day:%b %Y}"

    def moment(self, at: datetime) -> str:
        """The time alone for today, the day with it for any other."""
        _, age = self._day_and_age(at)
        return self.time(at) if age <= 0 else f"{self.day(at)} {self.time(at)}"

    def group(self, at: datetime) -> str:
        """The heading under which a session is listed."""
        day, age = self._day_and_age(at)
        if age <= 1:
            return self.day(at)
        if timedelta(days=age) < timedelta(weeks=1):
            return "This week"
        return f"{day:%B}" if day.year == self._today().year else f"{day:%B %Y}"

    def _today(self) -> date:
        return self.local(self.now()).date()

    def _day_and_age(self, at: datetime) -> tuple[date, int]:
        """The local day, and how many days ago it was; a clock set back makes it negative."""
        day = self.local(at).date()
        return day, (self._today() - day).days
