"""Relative time in English text, resolved against the time it was said.

"Yesterday" in a memory is worth nothing a year later. What is certain from the moment of
speaking is resolved; what depends on more ("on Monday", "the weekend", "the next day") is left
alone, since a wrong date is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, cast

Unit = Literal["day", "week", "weekend", "month", "year"]

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""English month names; the calendar module's depend on the machine's language."""

_EXAMINED = 20_000
"""Characters of a text that are looked at: several pages, and a bound on the work."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A relative phrase of a text and the time it means: start <= time < end."""

    start: datetime
    end: datetime
    phrase: str
    text: str
    """The time in words: "7 May 2023", "the week of 1 May 2023", "April 2023", "2022"."""
    unit: Unit
    vague: bool
    """The phrase was no exact one ("a few days ago"); the words then begin with "around"."""
    position: int
    """Where the phrase begins in the text."""


def resolve(text: str, said_at: datetime) -> list[Resolved]:
    """The relative times in a text, in order, in the time zone of `said_at`.

    Weeks run from Monday to Sunday. Only the first pages of a very long text are looked at.
    """
    return list(_resolve(text, said_at))


def annotate(text: str, said_at: datetime) -> str:
    """The text with each relative time replaced by its date, and kept behind it in quotes.

    'I went there yesterday' becomes 'I went there on 7 May 2023 ("yesterday")': a small model
    takes the date from the place where the word stood. All else stays as it is.
    """
    pieces: list[str] = []
    done = 0
    for each in _resolve(text, said_at):
        end = each.position + len(each.phrase)
        possessive = _POSSESSIVE.match(text, end)
        quoted = each.phrase + (possessive[0] if possessive else "")
        if text[max(each.position - 2, 0) :].startswith(f'("{quoted}")'):
            continue  # Written by an earlier annotation.
        pieces += [text[done : each.position], _dated(text, each, end), f' ("{quoted}")']
        done = each.position + len(quoted)
    return "".join([*pieces, text[done:]])


def spoken_date(at: datetime) -> str:
    """A time as people write it: "8 May 2023, 13:56"."""
    return f"{spoken_day(at.date())}, {at:%H:%M}"


def spoken_day(day: date) -> str:
    """A day as people write it: "8 May 2023"."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


# -- finding ---------------------------------------------------------------------------------

_ONES = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS = {
    **{word: value for value, word in enumerate(_ONES, start=1)},
    **{word: 10 * value for value, word in enumerate(_TENS, start=2)},
    **{"a": 1, "an": 1},
}
_VAGUE = {"a few": 3, "a couple of": 2, "a couple": 2}
"""Taken as these counts, and said to be around the date."""

COUNT = (
    "(?:[0-9]{1,4}|a couple of|a couple|a few|an?"
    f"|(?:{'|'.join(_TENS)})(?:(?: |-)(?:{'|'.join(_ONES[:9])}))?|{'|'.join(reversed(_ONES))})"
)
"""Pattern of a number in lower case, which `counted` reads."""
_PART = "(?: (?:morning|afternoon|evening|night))?"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FULL_DAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_WEEKDAY = f"(?:{_FULL_DAY}|tues?|weds?|thurs?|thu|mon|fri|sat|sun)"
_MONTH = f"(?:{'|'.join(MONTHS)})"
_ROUGHLY = "about|around|over|almost|nearly|roughly|more than|less than|at least"

_ALTERNATIVES = (
    "(?P<day>the day before yesterday|the day after tomorrow"
    f"|(?:yesterday|tomorrow){_PART}|today|tonight|last night|this (?:morning|afternoon|evening))",
    "(?P<before>the (?P<before_unit>week|weekend|month|year) before(?P<last> last)?)",
    "(?P<period>(?P<which>last|next|this) (?P<period_unit>week|weekend|month|year)"
    "|this (?P<coming>past|last|coming) (?P<coming_unit>weekend))",
    f"(?P<weekday>(?:last|next|this past|this last|this coming) {_WEEKDAY}{_PART}"
    f"|this {_FULL_DAY}{_PART})",
    f"(?P<month>(?P<month_which>last|next|this past|this coming|this) (?P<month_name>{_MONTH}))",
    f"(?P<ago>(?:(?P<roughly>{_ROUGHLY}) )?(?P<ago_count>{COUNT})"
    " (?P<ago_unit>day|weekend|week|month|year)s? ago(?P<exact> today)?)",
    f"(?P<ahead>in (?P<ahead_count>{COUNT}) (?P<ahead_unit>day|week|month|year)s?"
    "(?P<time>['’]? time)?)",
    f"(?P<hence>(?P<hence_count>{COUNT}) (?P<hence_unit>day|week|month|year)s?"
    " from (?:now|(?P<today>today)))",
)
_PHRASE = re.compile(
    f"(?<![\\w'’/.-])(?:{'|'.join(_ALTERNATIVES)})(?![\\w-])".replace(" ", r"\s{1,3}"),
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"['’]s\b", re.IGNORECASE)
_ENDS_CLAUSE = re.compile(r"\s*(?:[.!?,;:)]|$)")
_CONTEXT = 80
"""Characters before a phrase that may change what it means."""

# "The last week" is seven days, "the next day" follows from a story: neither is a date.
_STORY = re.compile(r"\b(?:the|every|each|very|of these)\s$", re.IGNORECASE)
# "It feels like yesterday."
_SIMILE = re.compile(r"\blike\s(?:it\swas\s)?(?:just\s|only\s)?$", re.IGNORECASE)
# "Two or three weeks ago", "two years and a month ago", "half a year ago": only part of a number.
_PART_OF_COUNT = re.compile(
    r"\b(?:or|to|half|every|(?:year|month|week|day)s?,?(?:\sand)?)\s$", re.IGNORECASE
)
# Another date in the text is what "the week before" counts from.
_ANCHOR = re.compile(f"[0-9]|{_MONTH}|{_FULL_DAY}", re.IGNORECASE)
# "In two weeks" is a date in a plan, and a length of time in "I read it in two weeks".
_PLAN = re.compile(
    r"['’](?:ll|m|re|s)\b|\b(?:will|going\sto|gonna|is|are|am|due|plan\w*|see\syou|let['’]s|back"
    r"|leav(?:e|es|ing)|starts?|starting|begins?|have\s(?:an?|my|our|the))\b",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"n['’]t\b|\b(?:not|never|first|last|once|twice|times?|been|\w+est|most)\b", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.!?\n]\s*")


def _resolve(text: str, said_at: datetime) -> Iterator[Resolved]:
    found = False
    limit = min(len(text), _EXAMINED)
    for match in _PHRASE.finditer(text, 0, limit):
        if match.end() == limit < len(text) or not _is_date(text, match, found):
            continue
        if not match[0].replace("’", "'").isascii():
            continue  # "laſt week": equal to "last week" for the pattern, unknown to the tables
        phrase = " ".join(match[0].lower().replace("’", "'").split())
        meaning = _meaning(phrase, said_at.date())
        if meaning is None:
            continue
        with suppress(OverflowError):
            zone = said_at.tzinfo
            start = datetime.combine(meaning.first, time.min, zone)
            end = datetime.combine(meaning.last + timedelta(days=1), time.min, zone)
            words, position = meaning.words(), match.start()
            found = True
            yield Resolved(start, end, match[0], words, meaning.unit, meaning.vague, position)


def _is_date(text: str, match: re.Match[str], found: bool) -> bool:
    """Whether the phrase, where it stands, means a time that follows from now alone."""
    before = text[max(match.start() - _CONTEXT, 0) : match.start()]
    match match.lastgroup:
        case "before" if not match["last"]:
            if not _ENDS_CLAUSE.match(text, match.end()):
                return False
            return not (found or _ANCHOR.search(text, 0, match.start()))
        case "day":
            return not _SIMILE.search(before)
        case "period" | "weekday":
            return not _STORY.search(before)
        case "month":
            # "This may", "last march": verbs and nouns, unless written as names.
            ambiguous = match["month_name"] in ("may", "march")
            return not ambiguous and not _STORY.search(before)
        case "ago" | "hence":
            return not _PART_OF_COUNT.search(before)
        case "ahead":
            return _is_plan(before, match)
        case _:
            return True


def _is_plan(before: str, match: re.Match[str]) -> bool:
    if match["time"]:
        return True
    if match["ahead_unit"].lower() == "day" and match["ahead_count"].lower() in ("a", "one"):
        return False
    sentence = _SENTENCE_END.split(before)[-1]
    if _LENGTH.search(sentence):
        return False
    return not sentence.strip() or bool(_PLAN.search(sentence))


# -- meaning ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Meaning:
    first: date
    last: date
    unit: Unit
    vague: bool = False

    def words(self) -> str:
        names = {
            "day": spoken_day(self.first),
            "week": f"the week of {spoken_day(self.first)}",
            "weekend": f"the weekend of {spoken_day(self.first)}",
            "month": f"{MONTHS[self.first.month - 1]} {self.first.year}",
            "year": str(self.first.year),
        }
        return ("around " if self.vague else "") + names[self.unit]


def _around(day: date, unit: Unit, vague: bool = False) -> _Meaning:
    """The day, week, weekend, month or year that a day lies in."""
    monday = day - timedelta(days=day.weekday())
    match unit:
        case "week":
            return _Meaning(monday, monday + timedelta(days=6), unit, vague)
        case "weekend":
            return _Meaning(monday + timedelta(days=5), monday + timedelta(days=6), unit, vague)
        case "month":
            following = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
            return _Meaning(day.replace(day=1), following - timedelta(days=1), unit, vague)
        case "year":
            return _Meaning(date(day.year, 1, 1), date(day.year, 12, 31), unit, vague)
        case _:
            return _Meaning(day, day, unit, vague)


@lru_cache(maxsize=4096)
def _meaning(phrase: str, today: date) -> _Meaning | None:
    """What a phrase (lower case, single spaces) means when said on this day."""
    match = _PHRASE.fullmatch(phrase)
    if match is None or match.lastgroup is None:
        return None
    # Beyond the years 1 to 9999 there is no date to give.
    with suppress(OverflowError, ValueError):
        return _MEANINGS[match.lastgroup](match, today)
    return None


def _parsed(phrase: str, today: date) -> date | None:
    # Loading dateparser's language data takes a tenth of a second, so not at import.
    import dateparser

    base = datetime.combine(today, time(12))
    at = dateparser.parse(phrase, languages=["en"], settings={"RELATIVE_BASE": base})
    return None if at is None else at.date()


def _unit_of(name: str) -> Unit:
    return cast(Unit, name)  # The pattern admits no other words.


def counted(words: str) -> tuple[int, bool]:
    """(number, whether it is a vague one) of words that match COUNT."""
    if words in _VAGUE:
        return _VAGUE[words], True
    parts = re.split(r"[ -]", words)
    return sum(_NUMBERS[each] if each in _NUMBERS else int(each) for each in parts), False


def _day(match: re.Match[str], today: date) -> _Meaning | None:
    phrase = match[0]
    if phrase == "last night":
        phrase = "yesterday"
    elif phrase.startswith(("this ", "tonight")):
        phrase = "today"
    elif phrase.startswith(("yesterday ", "tomorrow ")):
        phrase = phrase.split()[0]
    day = _parsed(phrase, today)
    return None if day is None else _around(day, "day")


def _before(match: re.Match[str], today: date) -> _Meaning | None:
    unit = _unit_of(match["before_unit"])
    return _back(2 if match["last"] else 1, unit, today)


def _period(match: re.Match[str], today: date) -> _Meaning | None:
    which = match["which"] or {"past": "last", "last": "last", "coming": "next"}[match["coming"]]
    unit = _unit_of(match["period_unit"] or match["coming_unit"])
    if unit == "weekend":
        # dateparser knows no weekends: they are those of last, this and next week. Seen from a
        # weekday the coming weekend is the one of this week.
        ahead = match["coming"] == "coming" and today.weekday() < 5
        weeks = {"last": -1, "this": 0, "next": 0 if ahead else 1}[which]
        return _around(today + timedelta(weeks=weeks), unit)
    day = _parsed(f"{which} {unit}", today)
    return None if day is None else _around(day, unit)


def _weekday(match: re.Match[str], today: date) -> _Meaning | None:
    words = re.sub("^this (?:past|last)", "last", match[0])
    words = re.sub("^this coming", "next", words)
    which, name, *_ = words.split()
    # dateparser knows not every abbreviation ("last sat").
    full = next(day for day in _WEEKDAYS if day.startswith(name[:3]))
    day = _parsed(f"{which} {full}", today)
    return None if day is None else _around(day, "day")


def _month(match: re.Match[str], today: date) -> _Meaning | None:
    # dateparser does not read "last January": the nearest one before or after this month.
    month = MONTHS.index(match["month_name"].title()) + 1
    year = today.year
    match match["month_which"]:
        case "last" | "this past":
            year -= month >= today.month
        case "next" | "this coming":
            year += month <= today.month
    return _around(date(year, month, 1), "month")


def _ago(match: re.Match[str], today: date) -> _Meaning | None:
    number, vague = counted(match["ago_count"])
    unit = _unit_of(match["ago_unit"])
    if match["exact"]:
        return _back(number, unit, today, "day")
    return _back(number, unit, today, vague=vague or bool(match["roughly"]))


def _back(
    number: int, unit: Unit, today: date, said_in: Unit | None = None, vague: bool = False
) -> _Meaning | None:
    if unit == "weekend":
        # dateparser knows no weekends: this many weeks back, then the weekend of that week.
        day: date | None = today - timedelta(weeks=number)
    else:
        day = _parsed(f"{number} {unit}s ago", today)
    return None if day is None else _around(day, said_in or unit, vague)


def _forth(number: int, unit: Unit, today: date, said_in: Unit, vague: bool) -> _Meaning | None:
    day = _parsed(f"in {number} {unit}s", today)
    return None if day is None else _around(day, said_in, vague)


def _ahead(match: re.Match[str], today: date) -> _Meaning | None:
    number, vague = counted(match["ahead_count"])
    unit = _unit_of(match["ahead_unit"])
    return _forth(number, unit, today, unit, vague)


def _hence(match: re.Match[str], today: date) -> _Meaning | None:
    number, vague = counted(match["hence_count"])
    unit = _unit_of(match["hence_unit"])
    return _forth(number, unit, today, "day" if match["today"] else unit, vague)


_MEANINGS: dict[str, Callable[[re.Match[str], date], _Meaning | None]] = {
    "day": _day,
    "before": _before,
    "period": _period,
    "weekday": _weekday,
    "month": _month,
    "ago": _ago,
    "ahead": _ahead,
    "hence": _hence,
}


# -- writing ---------------------------------------------------------------------------------

_PREPOSITIONS = {"day": "on", "week": "in", "weekend": "on", "month": "in", "year": "in"}
_HAS_PREPOSITION = re.compile(
    r"\b(?:on|in|at|since|until|till|by|from|for|before|after|of|about|than|during|over|around"
    r"|to|through|between)\s+$",
    re.IGNORECASE,
)
_IS_SUBJECT = re.compile(r"(?:['’]s\b|\s+(?:is|was|were|will|would|has|had)\b)", re.IGNORECASE)


def _dated(text: str, each: Resolved, end: int) -> str:
    """The date in words as it reads best where the phrase stood."""
    before = text[max(each.position - _CONTEXT, 0) : each.position]
    bare = each.vague or _HAS_PREPOSITION.search(before) or _IS_SUBJECT.match(text, end)
    words = each.text if bare else f"{_PREPOSITIONS[each.unit]} {each.text}"
    return words[0].upper() + words[1:] if each.phrase[0].isupper() else words
