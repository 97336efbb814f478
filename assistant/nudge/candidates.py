"""What could be offered now: the occasions of the user's plans, by date alone, without a model.

Times here are local and naive: "Thursday" and "nine in the evening" are the user's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from assistant.nudge.topics import topic_of
from memory.future import WEEKDAYS
from memory.views.plans import OPEN_DAYS, Plan
from memory.when import spoken_day

CandidateKind = Literal["reminder", "plan", "date", "follow_up", "habit"]
KINDS: tuple[CandidateKind, ...] = ("reminder", "plan", "date", "follow_up", "habit")

_DAY = timedelta(days=1)
_NOT_AT_ONCE = timedelta(hours=2)
"""What was said just now is not offered back in the same breath."""
_REMINDER_KEPT = timedelta(days=7)
"""How long a reminder that could not be delivered is still delivered late."""
_BIRTHDAY_AHEAD = timedelta(days=2)
_HABIT_ALIVE = timedelta(days=180)
"""After so long without a word of it, a habit is taken to be over."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One occasion on which something could be offered: `opens` <= now < `closes`."""

    item: str
    """Kind, event, place in it and last day: the same occasion is never offered twice."""
    kind: CandidateKind
    topic: str
    text: str
    why: str
    sources: tuple[str, ...]
    opens: datetime
    closes: datetime
    again: bool = False
    """It was snoozed until now: the user asked for it."""


def candidates(plans: Sequence[Plan], now: datetime) -> list[Candidate]:
    """What is due at this local time, most pressing first."""
    found: dict[str, Candidate] = {}
    for plan in plans:
        said = plan.said_at.astimezone().replace(tzinfo=None)
        for each in _occasions(plan, now, said):
            early = each.kind != "reminder" and now < said + _NOT_AT_ONCE
            if each.opens <= now < each.closes and not early:
                # The same thing said twice is one thing to offer.
                found[each.text] = _made(plan, each, said)
    return sorted(found.values(), key=lambda each: (each.closes, each.item))


@dataclass(frozen=True, slots=True)
class _Occasion:
    kind: CandidateKind
    text: str
    opens: datetime
    closes: datetime


def _occasions(plan: Plan, now: datetime, said: datetime) -> Iterator[_Occasion]:
    match plan.kind:
        case "reminder" if plan.first:
            at = plan.at or time(9)
            opens = datetime.combine(plan.first, at)
            late = "" if now.date() <= plan.first else f" for {spoken_day(plan.first)}"
            text = f"Reminder{late}: {plan.action}."
            yield _Occasion("reminder", text, opens, opens + _REMINDER_KEPT)
        case "plan":
            opens, closes = _planned(plan, said)
            text = f"You wanted to {plan.action}{_when(plan, now.date())}."
            yield _Occasion("plan", text, opens, closes)
        case "event" if plan.first:
            yield from _event(plan, plan.first, now)
        case "birthday" if plan.first:
            yield from _birthday(plan, plan.first, now)
        case "follow_up" if plan.first:
            after = datetime.combine(plan.first + _DAY, time())
            text = f"How did {plan.action} go?"
            yield _Occasion("follow_up", text, after, after + 4 * _DAY)
        case "habit":
            yield from _habit(plan, now, said)
        case _:
            return


def _made(plan: Plan, each: _Occasion, said: datetime) -> Candidate:
    last = (each.closes - timedelta(minutes=1)).date()
    return Candidate(
        item=f"{each.kind}:{plan.source}:{plan.place}:{last.isoformat()}",
        kind=each.kind,
        topic=topic_of(plan.action),
        text=each.text[0].upper() + each.text[1:],
        why=f"because you said on {spoken_day(said.date())}: “{plan.sentence}”",
        sources=(plan.source,),
        opens=each.opens,
        closes=each.closes,
    )


def _planned(plan: Plan, said: datetime) -> tuple[datetime, datetime]:
    """A plan is spoken of when its time is running out, and not yet over."""
    if plan.first is None or plan.last is None:
        day = datetime.combine(said.date(), time())
        return day + 5 * _DAY, day + OPEN_DAYS * _DAY
    start, end = (datetime.combine(day, time()) for day in (plan.first, plan.last))
    closes = end + _DAY
    days = (plan.last - plan.first).days + 1
    if days == 1 and plan.at is not None:
        at = datetime.combine(plan.first, plan.at)
        # What begins in the morning is spoken of on the evening before.
        return (at - timedelta(hours=14) if plan.at <= time(11) else start), at
    if days <= 2:
        return start, closes
    # "This week" is from Thursday on; of a month it is the last third.
    opens = end - _DAY * max(3, days // 3)
    # Said late in its time, it is left alone on that day.
    return max(opens, datetime.combine(min(said.date() + _DAY, plan.last), time())), closes


def _event(plan: Plan, day: date, now: datetime) -> Iterator[_Occasion]:
    noon_before = datetime.combine(day, time()) - timedelta(hours=12)
    closes = datetime.combine(day, plan.at) if plan.at else datetime.combine(day, time()) + _DAY
    doing = not plan.action.startswith("your ")
    when = _on(day, plan.at, now.date())
    text = f"You are {plan.action} {when}." if doing else f"{plan.action} is {when}."
    yield _Occasion("date", text, noon_before, closes)
    if not doing:
        after = datetime.combine(day + _DAY, time())
        text = f"How did {plan.action} go?"
        yield _Occasion("follow_up", text, after, after + 3 * _DAY)


def _birthday(plan: Plan, first: date, now: datetime) -> Iterator[_Occasion]:
    for year in (now.year, now.year + 1):
        # 29 February is kept on the 28th of other years.
        leapless = first.month == 2 and first.day == 29
        day = date(year, 2, 28) if leapless else first.replace(year=year)
        at = datetime.combine(day, time())
        text = f"{plan.action} is {_on(day, None, now.date())}."
        yield _Occasion("date", text, at - _BIRTHDAY_AHEAD, at + _DAY)


def _habit(plan: Plan, now: datetime, said: datetime) -> Iterator[_Occasion]:
    today = now.date()
    last_word = max([said.date(), *plan.done_on])
    if today.weekday() not in plan.weekdays or today in (said.date(), *plan.done_on):
        return
    if today - last_word > _HABIT_ALIVE:
        return
    days = "every day" if len(plan.weekdays) == 7 else f"on {WEEKDAYS[today.weekday()].title()}s"
    midnight = datetime.combine(today, time())
    opens = datetime.combine(today, plan.at) - timedelta(hours=1) if plan.at else midnight
    yield _Occasion("habit", f"You usually {plan.action} {days}.", opens, midnight + _DAY)


def _when(plan: Plan, today: date) -> str:
    """When a plan was meant for, as one says it today; with a space before it."""
    if plan.first is None or plan.last is None:
        return ""
    days = (plan.last - plan.first).days + 1
    if days == 1:
        return f" {_on(plan.first, plan.at, today)}"
    if plan.last.weekday() == 6 and plan.last - today < 7 * _DAY:
        if plan.first.weekday() == 5 or days == 2:
            return " this weekend"
        if plan.first.isocalendar()[:2] == today.isocalendar()[:2]:
            return " this week"
    return f" by {_on(plan.last, plan.at, today).removeprefix('on ')}"


def _on(day: date, at: time | None, today: date) -> str:
    ahead = (day - today).days
    if ahead in (0, 1):
        words = ("today", "tomorrow")[ahead]
    elif 1 < ahead < 7:
        words = f"on {WEEKDAYS[day.weekday()].title()}, {spoken_day(day).rpartition(' ')[0]}"
    else:
        words = f"on {spoken_day(day)}"
    return words if at is None else f"{words} at {at:%H:%M}"
