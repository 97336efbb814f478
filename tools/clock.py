"""The clock and the calendar: what day it is, and how days, months and years add up."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from pydantic import Field

from memory.ports import Clock
from memory.when import MONTHS, resolve, spoken_date, spoken_day
from tools.base import Arguments, ToolFailed

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOST = 1_000_000


class ClockArguments(Arguments):
    operation: Literal["now", "weekday", "add", "subtract", "days_between"] = Field(
        description="now: current date and time; weekday: of date; add or subtract: amount of "
        "unit to date; days_between: from date to other"
    )
    date: str = Field(default="today", description="YYYY-MM-DD or today")
    amount: int = Field(default=0, description="how many units to add or subtract")
    unit: Literal["days", "weeks", "months", "years"] = "days"
    other: str = Field(default="today", description="the second date of days_between")


class ClockTool:
    """Dates in the user's time zone; None stands for that of the machine."""

    name = "clock"
    purpose = "Tells the time and date, and calculates with dates."
    arguments: type[Arguments] = ClockArguments

    def __init__(self, clock: Clock, tz: tzinfo | None = None) -> None:
        self._clock = clock
        self._tz = tz

    def may_help(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in _QUESTIONS)

    def run(self, arguments: Arguments) -> str:
        assert isinstance(arguments, ClockArguments)
        now = self._clock.now().astimezone(self._tz)
        if arguments.operation == "now":
            return f"It is {_WEEKDAYS[now.weekday()]}, {spoken_date(now)}."
        day = _read(arguments.date, now)
        match arguments.operation:
            case "weekday":
                return f"{spoken_day(day)} is a {_WEEKDAYS[day.weekday()]}."
            case "days_between":
                return _between(day, _read(arguments.other, now))
            case "add":
                return _moved(day, arguments.amount, arguments.unit, "after")
            case _:
                return _moved(day, arguments.amount, arguments.unit, "before")


_NAMES = f"(?:{'|'.join(MONTHS)})"
_QUESTIONS = (
    re.compile(
        r"\bwhat(?:['’]s|\sis|\swas|\swill\sbe)?\s(?:the\s)?(?:current\s|exact\s)?"
        r"(?:time|date|day|weekday|year|month)\b(?:\s(?:is|was)\s(?:it|this|today)\b|\s(?:of\sthe|now"
        r"|today|tomorrow)\b|\s*[?.!]|\s*$)",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:what['’]s|what\sis)\s(?:today|tomorrow)['’]s\sdate\b", re.IGNORECASE),
    re.compile(r"\b(?:which|what)\s(?:week)?day\s(?:is|was|will|of\sthe\sweek)\b", re.IGNORECASE),
    re.compile(
        r"\bhow\s(?:many\s(?:days|weeks|months|years)|long)\b[^.?!\n]{0,60}?"
        r"\b(?:until|till|between|since|are\sleft|left\sin|from\snow|ago\s(?:was|is))\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:\d{1,4}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)\s"
        r"(?:days?|weeks?|months?|years?)\s(?:from\s(?:now|today|tomorrow|\d)|(?:after|before)\s"
        rf"(?:today|\d|{_NAMES}))",
        re.IGNORECASE,
    ),
    re.compile(
        r"\bdo\syou\s(?:have|know)\s(?:what\s)?(?:the\s)?time(?:\sit\sis)?\s*\?", re.IGNORECASE
    ),
)


def _read(text: str, now: datetime) -> date:
    """A date a model wrote: ISO, relative ("yesterday"), or in words ("8 May 2023")."""
    words = text.strip()
    if not words or words.lower() in ("today", "now"):
        return now.date()
    try:
        return date.fromisoformat(words[:10])
    except ValueError:
        pass
    relative = resolve(words, now)
    if relative and relative[0].phrase == words and relative[0].unit == "day":
        return relative[0].start.date()
    # Loaded when needed: dateparser takes a tenth of a second to come up.
    import dateparser

    settings = {"RELATIVE_BASE": now.replace(tzinfo=None), "REQUIRE_PARTS": ["day", "month"]}
    found = dateparser.parse(words[:60], languages=["en"], settings=settings)
    # "Last week" is no day, though dateparser makes one of it.
    if found is None or relative:
        raise ToolFailed(f"{words[:60]!r} is not a date; write it as YYYY-MM-DD.")
    day: date = found.date()
    return day


def _between(first: date, second: date) -> str:
    days = (second - first).days
    count = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    if abs(days) >= 14:
        weeks, rest = divmod(abs(days), 7)
        count += f" ({weeks} weeks" + (
            f" and {rest} day{'' if rest == 1 else 's'})" if rest else ")"
        )
    if days < 0:
        return f"{spoken_day(second)} is {count} before {spoken_day(first)}."
    return f"From {spoken_day(first)} to {spoken_day(second)} it is {count}."


def _moved(day: date, amount: int, unit: str, side: Literal["before", "after"]) -> str:
    if abs(amount) > _MOST:
        raise ToolFailed(f"The amount is larger than {_MOST:,}.")
    signed = amount if side == "after" else -amount
    try:
        moved = shift(day, signed, unit)
    except (OverflowError, ValueError) as error:
        raise ToolFailed("That date lies outside the years 1 to 9999.") from error
    name = unit.removesuffix("s") if amount == 1 else unit
    weekday = _WEEKDAYS[moved.weekday()]
    return f"{amount} {name} {side} {spoken_day(day)} is {weekday}, {spoken_day(moved)}."


def shift(day: date, amount: int, unit: str) -> date:
    """The date so many days, weeks, months or years later (earlier when negative).

    A day that the month does not have becomes its last: 31 January and a month is
    28 February. Raises OverflowError or ValueError outside the years 1 to 9999.
    """
    if unit in ("days", "weeks"):
        return day + timedelta(**{unit: amount})
    months = day.year * 12 + day.month - 1 + amount * (12 if unit == "years" else 1)
    year, month = divmod(months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError("year out of range")
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
