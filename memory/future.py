"""The day and time that a plan is for: what lies ahead of the moment of speaking.

`when.py` resolves what is certain anywhere; within a plan more is: "on Friday" is the next one,
"3 May" the next such day.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from memory.when import MONTHS, resolve

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = "|".join(WEEKDAYS)
_MONTH = "|".join(MONTHS)
_PART = r"(?P<part>\s+(?:morning|afternoon|evening|night))?"
_DATE = re.compile(
    r"(?:\b(?P<lead>on|by|before|until|till|for|from)\s+)?(?:the\s+)?(?:"
    r"\b(?P<iso>\d{4}-\d\d-\d\d)\b"
    rf"|\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<month>{_MONTH})\b(?:,?\s+(?P<year>\d{{4}}))?"
    rf"|\b(?P<month2>{_MONTH})\s+(?:the\s+)?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year2>\d{{4}}))?)",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(
    rf"(?:\b(?P<lead>on|by|before|until|till|for)\s+(?:the\s+)?(?P<day>{_DAY})\b{_PART}(?!s)"
    rf"|(?<!next)(?<!last)(?<!this)(?<!very)(?<!ach)(?:^|\s)(?P<bare>{_DAY})"
    rf"(?P<part2>\s+(?:morning|afternoon|evening|night))?(?=\s*(?:$|at\b|with\b|[.!,;])))",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\s*\b(?:at|around)\s+(?:(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?\s*(?P<half>[ap]\.?m\b\.?)?"
    r"(?:\s*o['’]clock)?(?!\s*\w)|(?P<noon>noon|midday))",
    re.IGNORECASE,
)
_LEAD = re.compile(r"\b(?P<lead>on|by|before|until|till|for|in|sometime|later)\s+$", re.IGNORECASE)
_PARTS = {
    **{"morning": time(9), "afternoon": time(14), "evening": time(18), "night": time(20)},
    **{"tonight": time(18)},
}
_DEADLINE = frozenset({"by", "before", "until", "till"})


@dataclass(frozen=True, slots=True)
class Future:
    """Days ahead in local time, both included, a time of day if said, and the text without them."""

    first: date
    last: date
    at: time | None
    rest: str


def future(text: str, said: datetime) -> Future | None:
    """The first time ahead that a text names, said at `said` (local, aware); None without one."""
    for find in (_dated, _on_weekday, _relative):
        found = find(text, said)
        if found is not None:
            first, last, part, start, end = found
            rest = f"{text[:start].rstrip()} {text[end:].lstrip()}".strip()
            at, rest = _time(rest, part)
            return Future(first, last, at, rest)
    return None


_Place = tuple[date, date, str, int, int]
"""(first day, last day, part of the day, where the phrase begins, where it ends)."""


def _dated(text: str, said: datetime) -> _Place | None:
    match = _DATE.search(text)
    if match is None:
        return None
    today = said.date()
    # A day that no month has, and what ignoring case takes for a month ("ſ"), is no date.
    with suppress(ValueError, OverflowError, KeyError):
        if match["iso"]:
            day = date.fromisoformat(match["iso"])
        else:
            month = _NUMBERS[(match["month"] or match["month2"]).lower()]
            number = int(match["day"] or match["day2"])
            named = match["year"] or match["year2"]
            day = date(int(named), month, number) if named else _next(month, number, today)
        return _from(day, match["lead"], "", match.span(), today)
    return None


_NUMBERS = {name.lower(): number for number, name in enumerate(MONTHS, 1)}


def _next(month: int, day: int, today: date) -> date:
    """The next such day, today included; 29 February is the one of the next leap year."""
    for year in range(today.year, today.year + 9):
        with suppress(ValueError):
            found = date(year, month, day)
            if found >= today:
                return found
    raise ValueError("no month has this day")


def _on_weekday(text: str, said: datetime) -> _Place | None:
    match = _WEEKDAY.search(text)
    if match is None:
        return None
    name = (match["day"] or match["bare"]).lower()
    if name not in WEEKDAYS:
        return None
    today = said.date()
    ahead = (WEEKDAYS.index(name) - today.weekday() - 1) % 7 + 1
    part = (match["part"] or match["part2"] or "").strip().lower()
    return _from(today + timedelta(days=ahead), match["lead"], part, match.span(), today)


def _from(
    day: date, lead: str | None, part: str, span: tuple[int, int], today: date
) -> _Place | None:
    if day < today:
        return None
    if (lead or "").lower() in _DEADLINE:
        return max(today, day - timedelta(days=1)), day, part, *span
    return day, day, part, *span


def _relative(text: str, said: datetime) -> _Place | None:
    for each in resolve(text, said):
        first, last = each.start.date(), each.end.date() - timedelta(days=1)
        if last < said.date():
            continue
        start, end = each.position, each.position + len(each.phrase)
        part = each.phrase.lower().split()[-1]
        lead = _LEAD.search(text[:start])
        start = lead.start() if lead else start
        if lead and lead["lead"].lower() in _DEADLINE:
            return _from(last, lead["lead"], part, (start, end), said.date())
        return max(first, said.date()), last, part, start, end
    return None


def _time(text: str, part: str) -> tuple[time | None, str]:
    """The time of day in the text or in the part of the day, and the text without it."""
    match = _TIME.search(text)
    if match is None:
        return _PARTS.get(part), text
    rest = f"{text[: match.start()]} {text[match.end() :].lstrip()}".strip()
    if match["noon"]:
        return time(12), rest
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if hour < 12 and (half.startswith("p") or (not half and not match["minute"] and hour < 8)):
        hour += 12  # "At five" is the afternoon.
    elif half.startswith("a") and hour == 12:
        hour = 0
    with suppress(ValueError):
        return time(hour, int(match["minute"] or 0)), rest
    return _PARTS.get(part), text
