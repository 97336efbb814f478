"""The policy alone: quiet hours, budget, learning from ratings."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.nudge.candidates import Candidate, CandidateKind
from assistant.nudge.policy import Past, Policy, QuietHours, belief, features
from assistant.nudge.topics import topic_of

MONDAY = datetime(2026, 11, 2)
NONE = QuietHours(time(), time())
minutes = st.integers(0, 24 * 60 - 1)


def candidate(
    place: int, day: datetime, topic: str = "home", kind: CandidateKind = "plan"
) -> Candidate:
    return Candidate(
        item=f"{kind}:E:{place}:{(day + timedelta(days=3)).date().isoformat()}",
        kind=kind,
        topic=topic,
        text="",
        why="",
        sources=("E",),
        opens=day,
        closes=day + timedelta(days=1),
    )


def clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


@given(minutes, minutes, minutes)
def test_nothing_at_all_is_chosen_in_quiet_hours(start: int, end: int, now: int) -> None:
    policy = Policy(3, QuietHours(clock(start), clock(end)))
    due = [candidate(0, MONDAY, kind="reminder"), candidate(1, MONDAY)]
    chosen = policy.choose(MONDAY + timedelta(minutes=now), due, [])
    quiet = (now - start) % 1440 < (end - start) % 1440
    assert bool(chosen) != quiet
    assert chosen == [] or chosen[0].kind == "reminder"


@pytest.mark.parametrize(
    ("text", "at", "quiet"),
    [
        ("21:00-08:00", time(20, 59), False),
        ("21:00-08:00", time(21), True),
        ("21:00-08:00", time(0), True),
        ("21:00-08:00", time(7, 59), True),
        ("21:00-08:00", time(8), False),
        ("13:00-14:00", time(13, 30), True),
        ("00:00-00:00", time(0), False),
    ],
)
def test_quiet_hours_may_cross_midnight(text: str, at: time, quiet: bool) -> None:
    assert QuietHours.parse(text).holds(at) is quiet


def live(policy: Policy, ratings: dict[str, int], days: int, past: list[Past]) -> list[Past]:
    """Answer all that is offered, a candidate a topic each day."""
    for number in range(days):
        day = MONDAY + timedelta(days=number)
        due = [candidate(place, day, topic) for place, topic in enumerate(ratings)]
        for hour in (9, 12, 16, 19):
            now = day + timedelta(hours=hour)
            for each in policy.choose(now, due, past):
                past.append(Past(each.item, each.topic, now, "accepted", ratings[each.topic]))
    return past


def test_the_daily_budget_is_kept() -> None:
    past = live(Policy(2, NONE), {"home": 4, "sport": 4, "food": 4, "work": 4}, 10, [])
    days = [each.at.date() for each in past]
    assert max(days.count(day) for day in days) == 2


def test_topics_that_are_liked_go_on_and_others_cease() -> None:
    past = live(Policy(3, NONE), {"home": 1, "sport": 4}, 40, [])
    late = [each.topic for each in past if each.at >= MONDAY + timedelta(days=20)]
    assert late.count("sport") >= 15
    assert late.count("home") <= 4


def test_who_dislikes_everything_is_soon_left_in_peace() -> None:
    past = live(Policy(3, NONE), {"home": 1, "sport": 1, "food": 1}, 40, [])
    early = [each for each in past if each.at < MONDAY + timedelta(days=7)]
    late = [each for each in past if each.at >= MONDAY + timedelta(days=30)]
    assert len(early) >= 2
    assert len(late) <= 2


def test_asking_again_on_the_same_day_gives_the_same() -> None:
    policy, now = Policy(3, NONE, seed=4), MONDAY + timedelta(hours=15)
    due = [candidate(place, MONDAY, topic) for place, topic in enumerate(("home", "food", "work"))]
    first = policy.choose(now, due, [])
    assert all(policy.choose(now, due, []) == first for _ in range(5))


def test_a_better_part_of_the_day_is_waited_for() -> None:
    past = []
    for number in range(60):
        day = MONDAY + timedelta(days=number)
        for place, (hour, rating) in enumerate(((9, 1), (19, 4))):
            at = day + timedelta(hours=hour)
            past.append(Past(candidate(place, day).item, "home", at, "accepted", rating))
    day = MONDAY + timedelta(days=60)
    policy = Policy(3, NONE)
    assert policy.choose(day + timedelta(hours=9), [candidate(0, day)], past) == []
    assert policy.choose(day + timedelta(hours=19), [candidate(0, day)], past) != []


def test_what_gets_no_answer_counts_against_it_after_a_day() -> None:
    offered = Past(candidate(0, MONDAY).item, "home", MONDAY + timedelta(hours=9))
    x = features(offered, 0)
    fresh = belief([offered], MONDAY + timedelta(hours=20)).mean @ x
    ignored = belief([offered], MONDAY + timedelta(hours=40)).mean @ x
    assert ignored < fresh


def test_ratings_of_reminders_teach_nothing() -> None:
    reminder = Past(candidate(0, MONDAY, kind="reminder").item, "home", MONDAY, "dismissed", 1)
    now = MONDAY + timedelta(days=1)
    assert (belief([reminder], now).mean == belief([], now).mean).all()


def test_topics_are_known_by_their_words() -> None:
    assert topic_of("call the dentist") in ("health", "people")
    assert topic_of("go running") == "sport"
    assert topic_of("pay the bills") == "money"
    assert topic_of("zorble the quux") == "other"
