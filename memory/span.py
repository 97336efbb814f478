"""The stretch of time that a question is about: "in June", "on 3 May 2023", "last week"."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from memory.when import MONTHS, resolve

_MONTH = "|".join(MONTHS)
_ORDINAL = r"(?:st|nd|rd|th)?"
_DATE = re.compile(
    rf"(?P<direction>\b(?:after|since|before|until|till|by|as of)\s+)?(?:"
    rf"\b(?P<iso>\d{{4}}-\d\d-\d\d)\b"
    rf"|\b(?P<day>\d{{1,2}}){_ORDINAL}(?: of)? (?P<month>{_MONTH})\b,?(?: (?P<year>\d{{4}}))?"
    rf"|\b(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}}){_ORDINAL}\b(?:,? (?P<year2>\d{{4}}))?"
    rf"|\b(?P<month3>{_MONTH}),? (?P<year3>\d{{4}})\b"
    rf"|(?(direction)|\b(?:in|during|of|last|this) )(?P<month4>{_MONTH})\b(?!,? \d)"
    rf"|(?(direction)|\b(?:in|during|of) )(?P<year4>(?:19|20)\d\d)\b)",
    re.IGNORECASE,
)
_NAMES = {name.lower(): number for number, name in enumerate(MONTHS, 1)}
_FADE = timedelta(days=14)
"""What happened is told within some two weeks of it, before as a plan and after as a tale."""


@dataclass(frozen=True, slots=True)
class Span:
    """start <= time < end; either may be the far end of time."""

    start: datetime
    end: datetime
    certainty: float = 1.0
    """Below 1 where the time is one that recall had to find out."""

    def closeness(self, at: datetime) -> float:
        """1 within the span, falling off with the distance from it, half as high before it.

        All of it is scaled by the certainty.
        """
        if at < self.start:
            return self.certainty * 0.5 * math.exp((at - self.start) / _FADE)
        inside = 1.0 if at < self.end else math.exp((self.end - at) / _FADE)
        return self.certainty * inside


def span_of(question: str, now: datetime, last: datetime | None = None) -> Span | None:
    """The time named in a question asked at `now`, or None.

    A month alone is the latest such of the time remembered, which ends at `last`.
    """
    match = _DATE.search(question)
    if match is None:
        found = resolve(question, now)
        return Span(found[0].start, found[0].end) if found else None
    # Ignoring case, "ſ" and "ı" match as well: such a month is none that is known.
    with suppress(ValueError, OverflowError, KeyError):
        first, after = _days(match, (last or now).date())
        return _directed((match["direction"] or "").strip().lower(), first, after)
    return None


def _days(match: re.Match[str], today: date) -> tuple[date, date]:
    """The first day meant, and the first one after."""
    if any(match[group] in ("may", "march") for group in ("month3", "month4")):
        raise ValueError("a verb: a month has its capital where nothing else tells")
    if match["iso"]:
        first = date.fromisoformat(match["iso"])
        return first, first + timedelta(days=1)
    if match["year4"]:
        year = int(match["year4"])
        return date(year, 1, 1), date(year + 1, 1, 1)
    name = match["month"] or match["month2"] or match["month3"] or match["month4"]
    month, day = _NAMES[name.lower()], match["day"] or match["day2"]
    year_named = match["year"] or match["year2"] or match["year3"]
    year = int(year_named) if year_named else today.year
    first = date(year, month, int(day or 1))
    if not year_named and first > today:
        first = first.replace(year=year - 1)
    if day:
        return first, first + timedelta(days=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def _directed(direction: str, first: date, after: date) -> Span | None:
    start, end = (datetime.combine(day, time(), UTC) for day in (first, after))
    if direction in ("after", "since"):
        return Span(start, datetime.max.replace(tzinfo=UTC))
    if direction in ("before", "until", "till", "by"):
        return Span(datetime.min.replace(tzinfo=UTC), end)
    return None if direction else Span(start, end)
