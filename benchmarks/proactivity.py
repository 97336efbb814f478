"""Proactivity: whether offers get better and as many as each person wants, in simulated time.

Each of 32 made-up people (`made_days.py`) has talked for a week before the first of 14 days. Every
hour the product is asked what is due; what it offers is rated. The same talk goes to every system.
Reminders that were asked for are delivered and counted nowhere. Then the policy alone lives
10,000 days, in which nothing may ever be offered in quiet hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import numpy as np

from assistant.nudge.candidates import KINDS, Candidate
from assistant.nudge.nudger import Nudger
from assistant.nudge.policy import (
    Chooser,
    Past,
    Policy,
    QuietHours,
    offers_of_day,
    unoffered,
    was_asked_for,
)
from assistant.nudge.topics import TOPICS
from assistant.settings import Settings
from benchmarks.made_days import Person, Said
from benchmarks.report import Report, Row
from memory.events import Draft, Message, Origin
from memory.fakes import HashEmbedder, SetClock
from memory.ports import Progress
from memory.store import MemoryStore

PEOPLE, DAYS, WARM_UP = 32, 14, 7
QUIET_DAYS = 10_000
SEED = 2026
_FIRST = date(2026, 3, 2)
_QUIET = "21:00-08:00"
_ROOM = 6
"""Offers a day at most where the rate is to be the policy's own; the product's default is 3."""


_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Offered:
    """One offer of a day, 1 to 14, and what the person thinks of it."""

    person: int
    patience: int
    day: int
    rating: int
    quiet: bool


class FixedRate:
    """The same triggers without learning: the most pressing first, one an hour."""

    def __init__(self, daily: int) -> None:
        self._daily = daily

    def choose(
        self, now: datetime, due: Sequence[Candidate], past: Sequence[Past]
    ) -> list[Candidate]:
        new = unoffered(due, past, now)
        left = self._daily - offers_of_day(past, now)
        others = [each for each in new if not was_asked_for(each)]
        return [each for each in new if was_asked_for(each)] + others[: min(left, 1)]


class AtRandom:
    """Any of what is due, at any hour, as many a day on average."""

    def __init__(self, daily: int, seed: int) -> None:
        self._daily = daily
        self._random = np.random.default_rng(seed)

    def choose(
        self, now: datetime, due: Sequence[Candidate], past: Sequence[Past]
    ) -> list[Candidate]:
        new = unoffered(due, past, now)
        asked = [each for each in new if was_asked_for(each)]
        others = [each for each in new if not was_asked_for(each)]
        if not others or self._random.random() > self._daily / _WAKING_HOURS:
            return asked
        return [*asked, others[int(self._random.integers(len(others)))]]


_WAKING_HOURS = 13
SYSTEMS: dict[str, tuple[int, Callable[[int], Chooser]]] = {
    "lifelore": (_ROOM, lambda seed: Policy(_ROOM, QuietHours.parse(_QUIET), seed=seed)),
    "lifelore, 3 a day": (3, lambda seed: Policy(3, QuietHours.parse(_QUIET), seed=seed)),
    "no learning": (_ROOM, lambda seed: FixedRate(_ROOM)),
    "random": (_ROOM, lambda seed: AtRandom(_ROOM, seed)),
}


def run(
    progress: Progress,
    *,
    people: int = PEOPLE,
    days: int = DAYS,
    quiet_days: int = QUIET_DAYS,
    seed: int = SEED,
) -> Report:
    """Simulate every system. The zone of the machine is the people's own."""
    report = Report("proactivity", None)
    done = 0
    for system, (daily, chooser) in SYSTEMS.items():
        offered: list[Offered] = []
        # Most of the time goes into waiting for the disk, which people can do side by side.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            lives = [
                pool.submit(live, number, seed, days, daily, chooser(seed + number))
                for number in range(people)
            ]
            for life in lives:
                offered += life.result()
                done += 1
                progress("people", done, people * len(SYSTEMS))
        report.rows += rows(system, offered, people, days)
    made, broken = quiet_loop(quiet_days, seed)
    report.rows.append(Row("lifelore", "quiet_violations", "policy alone", None, broken, made))
    return report


def live(number: int, seed: int, days: int, daily: int, chooser: Chooser) -> list[Offered]:
    """One person's days with one system; what they say is the same with every system."""
    talker, critic = Person(seed * 1000 + number), Person(seed * 1000 + number)
    with TemporaryDirectory() as folder:
        clock = SetClock(_utc(datetime.combine(_FIRST, time())))
        store = MemoryStore(Path(folder), HashEmbedder(), clock=clock)
        try:
            settings = Settings(home=Path(folder), nudge_daily=daily, quiet_hours=_QUIET)
            nudger = Nudger(store, clock, settings, chooser=chooser)
            life = _Life(number, critic, store, clock, nudger)
            for day in range(1 - WARM_UP, days + 1):
                life.day(day, list(talker.day(_FIRST + timedelta(days=day - 1))))
            return life.offered
        finally:
            store.close()


class _Life:
    """A person and their assistant, an hour at a time."""

    def __init__(
        self, number: int, critic: Person, store: MemoryStore, clock: SetClock, nudger: Nudger
    ) -> None:
        self.offered: list[Offered] = []
        self._number = number
        self._critic = critic
        self._store = store
        self._clock = clock
        self._nudger = nudger
        self._said: dict[str, Said] = {}
        self._to_tell: list[str] = []

    def day(self, day: int, said: list[Said]) -> None:
        # All of a day's words go in at once, as imported ones do: each has its own time, and
        # nothing is offered before it was said.
        self._say([*(Said(text, said[0].at) for text in self._to_tell), *said])
        self._to_tell = []
        today = 0
        for hour in range(24 if day >= 1 else 0):
            now = datetime.combine(said[0].at.date(), time(hour))
            self._clock.advance(_utc(now) - self._clock.now())
            today += self._ask(day, now, today)

    def _say(self, said: Sequence[Said]) -> None:
        drafts = [
            Draft(
                payload=Message(text=each.text),
                session_id="talk",
                origin=Origin.USER,
                at=_utc(each.at),
            )
            for each in said
        ]
        events = self._store.append(drafts)
        self._said.update(zip((event.id for event in events), said, strict=True))

    def _ask(self, day: int, now: datetime, today: int) -> int:
        """Rate what is offered now; how many offers there were."""
        made = 0
        for offer in self._nudger.due():
            event = self._nudger.offer(offer)
            about = self._said[offer.sources[0]]
            if event is None or offer.kind == "reminder" or about.kind is None:
                continue
            rating = self._critic.opinion(about.kind, now, today + made)
            made += 1
            quiet = now.hour >= 21 or now.hour < 8
            self.offered.append(Offered(self._number, self._critic.patience, day, rating, quiet))
            if self._critic.answers():
                self._nudger.answer(event.id, "accepted" if rating >= 3 else "dismissed", rating)
            if rating >= 3 and about.done is not None:
                self._to_tell.append(about.done)
        return made


# -- figures ---------------------------------------------------------------------------------


def rows(system: str, offered: Sequence[Offered], people: int, days: int) -> Iterator[Row]:
    """Ratings and offers by day, and the first three days against the last three."""
    for day in range(1, days + 1):
        yield _rating(system, "all", day, [each for each in offered if each.day == day])
        today = [each for each in offered if each.day == day]
        yield Row(system, "offers_a_day", "all", day, len(today) / people, people)
    first = [each for each in offered if each.day <= 3]
    last = [each for each in offered if each.day > days - 3]
    early = _rating(system, "first three days", None, first)
    late = _rating(system, "last three days", None, last)
    yield from (early, late)
    yield Row(system, "mean_rating", "rise", None, late.value - early.value, late.n)
    for patience in sorted({each.patience for each in offered}):
        of = len({each.person for each in offered if each.patience == patience})
        for category, some in (("first three days", first), ("last three days", last)):
            rate = sum(each.patience == patience for each in some) / (3 * of)
            yield Row(system, "offers_a_day", f"accepts {patience}, {category}", None, rate, of)
    for category, some in (("first three days", first), ("last three days", last)):
        yield Row(
            system, "offers_beyond_accepted", category, None, _beyond(some) / people / 3, people
        )
    yield Row(
        system, "quiet_violations", "all", None, sum(each.quiet for each in offered), len(offered)
    )


def _rating(system: str, category: str, k: int | None, some: Sequence[Offered]) -> Row:
    ratings = [each.rating for each in some]
    return Row(system, "mean_rating", category, k, fmean(ratings) if ratings else 0.0, len(some))


def _beyond(some: Sequence[Offered]) -> int:
    """Offers above what each person accepts of a day."""
    counts: dict[tuple[int, int, int], int] = {}
    for each in some:
        key = (each.person, each.day, each.patience)
        counts[key] = counts.get(key, 0) + 1
    return sum(max(0, count - patience) for (_, _, patience), count in counts.items())


# -- quiet hours -----------------------------------------------------------------------------


def quiet_loop(days: int, seed: int) -> tuple[int, int]:
    """(offers made, offers made in quiet hours) by the policy alone, with other hours now and then.

    It is asked at random minutes and at both ends of the quiet hours.
    """
    random = np.random.default_rng([seed, days])
    made = broken = start = end = 0
    past: list[Past] = []
    policy = Policy(3, QuietHours(time(), time()))
    for number in range(days):
        if number % 50 == 0:
            start, end = (int(minute) for minute in random.integers(0, 24 * 60, 2))
            policy = Policy(3, QuietHours(_clock(start), _clock(end)), seed=number)
        day = datetime(2000, 1, 1) + timedelta(days=number)
        past = [each for each in past if day - each.at < timedelta(days=10)]
        due = _made_up(day, random)
        ends = (start, end, (start - 1) % 1440, (end - 1) % 1440)
        for minute in sorted({*ends, *map(int, random.integers(0, 1440, 4))}):
            now = day + timedelta(minutes=minute)
            for each in policy.choose(now, due, past):
                made += 1
                # Counted from the start of the quiet hours, round the clock.
                broken += (minute - start) % 1440 < (end - start) % 1440
                rating = int(random.integers(1, 5))
                snoozed = random.random() < 0.1
                answered = Past(each.item, each.topic, now, "accepted", rating)
                until = now + timedelta(hours=int(random.integers(1, 30)))
                past.append(
                    replace(answered, outcome="snoozed", rating=None, until=until)
                    if snoozed
                    else answered
                )
    return made, broken


def _made_up(day: datetime, random: np.random.Generator) -> list[Candidate]:
    kinds = random.integers(0, len(KINDS), 4)
    return [
        Candidate(
            item=f"{KINDS[kind]}:{day:%Y%m%d}:{place}:{day.date().isoformat()}",
            kind=KINDS[kind],
            topic=TOPICS[int(random.integers(len(TOPICS)))],
            text="",
            why="",
            sources=(),
            opens=day,
            closes=day + timedelta(days=1),
        )
        for place, kind in enumerate(kinds)
    ]


def _clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


def _utc(local: datetime) -> datetime:
    return local.astimezone()
