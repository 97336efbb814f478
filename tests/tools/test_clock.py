"""The clock tool: the present, and arithmetic with dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.base import ToolFailed
from tools.clock import ClockArguments, ClockTool, shift


class FixedClock:
    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at


CLOCK = FixedClock(datetime(2024, 2, 28, 23, 30, tzinfo=UTC))


def answer(**arguments: Any) -> str:
    return ClockTool(CLOCK, UTC).run(ClockArguments(**arguments))


def test_now_is_told_in_the_zone_of_the_user() -> None:
    assert answer(operation="now") == "It is Wednesday, 28 February 2024, 23:30."
    tokyo = ClockTool(CLOCK, ZoneInfo("Asia/Tokyo"))
    now = ClockArguments(operation="now")
    assert tokyo.run(now) == "It is Thursday, 29 February 2024, 08:30."
    assert "2024" in ClockTool(CLOCK).run(now)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"operation": "weekday", "date": "2000-01-01"}, "1 January 2000 is a Saturday."),
        ({"operation": "weekday"}, "28 February 2024 is a Wednesday."),
        ({"operation": "weekday", "date": "tomorrow"}, "29 February 2024 is a Thursday."),
        ({"operation": "weekday", "date": "8 May 2023"}, "8 May 2023 is a Monday."),
        ({"operation": "weekday", "date": "May 8, 2023"}, "8 May 2023 is a Monday."),
        ({"operation": "weekday", "date": "2023-05-08T10:00"}, "8 May 2023 is a Monday."),
        (
            {"operation": "add", "amount": 1, "unit": "days"},
            "1 day after 28 February 2024 is Thursday, 29 February 2024.",
        ),
        (
            {"operation": "add", "date": "2023-01-31", "amount": 1, "unit": "months"},
            "1 month after 31 January 2023 is Tuesday, 28 February 2023.",
        ),
        (
            {"operation": "subtract", "date": "2024-02-29", "amount": 4, "unit": "years"},
            "4 years before 29 February 2024 is Saturday, 29 February 2020.",
        ),
        (
            {"operation": "subtract", "date": "2024-03-31", "amount": 13, "unit": "months"},
            "13 months before 31 March 2024 is Tuesday, 28 February 2023.",
        ),
        (
            {"operation": "days_between", "date": "today", "other": "2024-12-25"},
            "From 28 February 2024 to 25 December 2024 it is 301 days (43 weeks).",
        ),
        (
            {"operation": "days_between", "date": "today", "other": "2024-03-14"},
            "From 28 February 2024 to 14 March 2024 it is 15 days (2 weeks and 1 day).",
        ),
        (
            {"operation": "days_between", "date": "today", "other": "yesterday"},
            "27 February 2024 is 1 day before 28 February 2024.",
        ),
    ],
)
def test_answers(arguments: dict[str, Any], expected: str) -> None:
    assert answer(**arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"operation": "weekday", "date": "teatime"}, "'teatime' is not a date"),
        ({"operation": "weekday", "date": "2023-02-29"}, "is not a date"),
        ({"operation": "weekday", "date": "last week"}, "is not a date"),
        ({"operation": "weekday", "date": "\0\ud800"}, "is not a date"),
        ({"operation": "add", "amount": 9000, "unit": "years"}, "outside the years"),
        ({"operation": "add", "amount": 1_000_000, "unit": "weeks"}, "outside the years"),
        ({"operation": "subtract", "amount": 10**30, "unit": "days"}, "larger than"),
    ],
)
def test_refusals(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(ToolFailed, match=reason):
        answer(**arguments)


@given(st.dates(date(1000, 1, 1), date(9000, 1, 1)), st.integers(-5000, 5000))
def test_months_and_days_add_up(day: date, amount: int) -> None:
    moved = shift(day, amount, "months")
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == amount
    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1
    assert shift(day, amount, "weeks") == shift(day, 7 * amount, "days")


@pytest.mark.parametrize(
    "text",
    [
        "What time is it?",
        "what's the time",
        "What is the date today?",
        "what day is it?",
        "what day was 1 May 2020?",
        "What weekday is Christmas?",
        "what's today's date?",
        "how many days until Christmas?",
        "How many weeks between 1 May and 3 July?",
        "how long until my birthday on 3 June?",
        "what is 45 days from now",
        "three weeks from today",
        "90 days after 1 May",
        "Do you have the time?",
    ],
)
def test_questions_of_time_are_recognised(text: str) -> None:
    assert ClockTool(CLOCK, UTC).may_help(text)


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "what a day!",
        "I had a great time",
        "what time did I say the meeting starts",
        "we have a date on Friday",
        "how many days of leave do I have?",
        "it took three days",
        "",
    ],
)
def test_other_talk_is_not(text: str) -> None:
    assert not ClockTool(CLOCK, UTC).may_help(text)
