"""The proactivity simulator: small runs that show what it counts, and that it can tell systems."""

from __future__ import annotations

from datetime import date, datetime, time

from assistant.nudge.policy import Chooser, Policy, QuietHours
from benchmarks import proactivity
from benchmarks.made_days import KINDS, Person
from benchmarks.proactivity import FixedRate, Offered, quiet_loop, rows


def test_people_differ_and_are_the_same_for_a_seed() -> None:
    day = date(2026, 3, 2)
    assert list(Person(1).day(day)) == list(Person(1).day(day))
    assert Person(1).tastes == Person(1).tastes != Person(2).tastes
    assert {*Person(1).tastes} == {*KINDS}
    assert len({Person(seed).patience for seed in range(40)}) == 4


def test_opinions_fall_with_patience_and_taste() -> None:
    person = Person(3)
    noon = datetime.combine(date(2026, 3, 2), time(person.window[0]))
    best = max(KINDS, key=lambda kind: person.tastes[kind])
    worst = min(KINDS, key=lambda kind: person.tastes[kind])
    assert person.opinion(best, noon, 0) > person.opinion(worst, noon, 0)
    fresh = sum(person.opinion(best, noon, 0) for _ in range(20))
    assert fresh > sum(person.opinion(best, noon, 9) for _ in range(20))


def test_a_life_offers_only_in_waking_hours_and_within_the_day_s_number() -> None:
    policy: Chooser = Policy(2, QuietHours.parse("21:00-08:00"))
    for chooser in (policy, FixedRate(2)):
        offered = proactivity.live(0, 5, 3, 2, chooser)
        assert offered
        assert not any(each.quiet for each in offered)
        days = [each.day for each in offered]
        assert all(days.count(day) <= 2 for day in days)


def test_figures_of_a_run() -> None:
    offered = [
        *(Offered(0, 1, day, 1, False) for day in (1, 2, 3) for _ in range(3)),
        *(Offered(0, 1, day, 4, False) for day in (4, 5, 6)),
        Offered(0, 1, 6, 1, True),
    ]
    found = {(r.metric, r.category, r.k): r.value for r in rows("x", offered, 1, 6)}
    assert found["mean_rating", "all", 6] == 2.5
    assert found["mean_rating", "first three days", None] == 1.0
    assert found["mean_rating", "rise", None] == 13 / 4 - 1
    assert found["offers_a_day", "accepts 1, first three days", None] == 3
    assert found["offers_beyond_accepted", "first three days", None] == 2
    assert found["offers_beyond_accepted", "last three days", None] == 1 / 3
    assert found["quiet_violations", "all", None] == 1


def test_the_quiet_loop_offers_much_and_never_in_quiet_hours() -> None:
    made, broken = quiet_loop(150, 1)
    assert made > 100
    assert broken == 0
