"""Days as people say them, in the zone of the reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tui.clock import Clock

NOW = datetime(2025, 3, 20, 21, 2, tzinfo=UTC)
CLOCK = Clock(lambda: NOW, UTC)


@pytest.mark.parametrize(
    ("days", "group", "day"),
    [
        (-1, "Today", "Today"),
        (0, "Today", "Today"),
        (1, "Yesterday", "Yesterday"),
        (2, "This week", "18 Mar 2025"),
        (6, "This week", "14 Mar 2025"),
        (7, "March", "13 Mar 2025"),
        (40, "February", "8 Feb 2025"),
        (90, "December 2024", "20 Dec 2024"),
    ],
)
def test_group_and_day(days: int, group: str, day: str) -> None:
    at = NOW - timedelta(days=days)
    assert (CLOCK.group(at), CLOCK.day(at)) == (group, day)


def test_the_day_is_that_of_the_zone() -> None:
    tokyo = Clock(lambda: NOW, ZoneInfo("Asia/Tokyo"))
    assert tokyo.moment(NOW) == "06:02"
    assert tokyo.moment(NOW - timedelta(hours=7)) == "Yesterday 23:02"


def test_an_old_time_is_told_with_the_offset_of_its_own_season() -> None:
    paris = Clock(lambda: NOW, ZoneInfo("Europe/Paris"))
    assert paris.time(datetime(2024, 7, 1, 12, tzinfo=UTC)) == "14:00"
    assert paris.time(datetime(2025, 1, 1, 12, tzinfo=UTC)) == "13:00"
