"""Plans in the user's own words: what is found, what ends them, what erasing leaves."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from memory.endings import endings
from memory.events import Draft, Event, Message, Origin
from memory.plans import Found, find
from memory.store import MemoryStore

TUESDAY = datetime(2026, 11, 3, 10).astimezone()


def one(text: str) -> Found:
    [found] = find(text, TUESDAY)
    return found


def say(store: MemoryStore, text: str, days: int = 0, origin: Origin = Origin.USER) -> Event:
    at = TUESDAY + timedelta(days=days)
    [event] = store.append(
        [Draft(payload=Message(text=text), session_id="s", origin=origin, at=at)]
    )
    store.catch_up_instant()
    return event


def open_actions(store: MemoryStore, days: int = 0) -> list[str]:
    return [plan.action for plan in store.plans.open((TUESDAY + timedelta(days=days)).date())]


@pytest.mark.parametrize(
    ("text", "kind", "action", "first", "last"),
    [
        ("I want to call the dentist this week.", "plan", "call the dentist", 3, 8),
        ("remind me to buy milk on Friday", "reminder", "buy milk", 6, 6),
        ("Remind me on Friday to buy milk.", "reminder", "buy milk", 6, 6),
        ("My sister's birthday is on 12 November.", "birthday", "your sister's birthday", 12, 12),
        (
            "I'll let you know how the interview on Tuesday went.",
            "follow_up",
            "the interview",
            10,
            10,
        ),
        ("I need to pay my bill by Friday, it is late.", "plan", "pay your bill", 5, 6),
        (
            "Tomorrow I have to take the car to the garage.",
            "plan",
            "take the car to the garage",
            4,
            4,
        ),
        ("We're planning to visit my parents next weekend.", "plan", "visit your parents", 14, 15),
        ("I have a job interview on Tuesday.", "event", "your job interview", 10, 10),
        ("I'm meeting Sara on Friday.", "event", "meeting Sara", 6, 6),
    ],
)
def test_a_plan_and_its_days_are_found(
    text: str, kind: str, action: str, first: int, last: int
) -> None:
    found = one(text)
    assert (found.kind, found.action) == (kind, action)
    assert (found.first, found.last) == (date(2026, 11, first), date(2026, 11, last))


def test_a_time_of_day_is_kept() -> None:
    assert one("I have a job interview on Tuesday at 10:30.").at == time(10, 30)
    assert one("Can you remind me tomorrow at 5 to water my plants?").at == time(17)


def test_habits_have_their_weekdays() -> None:
    found = one("Every Sunday I run.")
    assert (found.kind, found.action, found.weekdays) == ("habit", "run", (6,))
    assert one("I bake bread on Saturdays.").weekdays == (5,)


def test_an_errand_needs_no_time() -> None:
    assert one("I should email my boss.").first is None


@pytest.mark.parametrize(
    "text",
    [
        "I want to know how to bake bread tomorrow.",
        "If I want to call the dentist this week, what then?",
        "I don't want to call the dentist this week.",
        "Should I call the dentist this week?",
        "They remind me of home.",
        "I had a meeting on Friday.",
        "I need to write a function that sorts a list.",
        "Every Sunday I ran in the park.",
        "I need to fix this bug.",
        'She wrote "I want to call the dentist this week" in a letter.',
        "I want to think about the weather.",
    ],
)
def test_what_is_no_plan_is_not_found(text: str) -> None:
    assert find(text, TUESDAY) == []


@pytest.mark.parametrize(
    ("plan", "ending"),
    [
        ("I want to call the dentist this week.", "I called the dentist."),
        ("I want to call the dentist this week.", "Called the dentist this morning."),
        ("I want to call the dentist this week.", "I no longer need to call the dentist."),
        ("I need to buy milk this week.", "I've just bought the milk."),
        ("I need to pay the electricity bill this week.", "The electricity bill is paid."),
        ("I have to do the laundry this week.", "I'm done with the laundry."),
        ("I have a job interview on Sunday.", "The job interview was cancelled."),
        ("Every Sunday I run.", "I stopped running on Sundays."),
    ],
)
def test_what_the_user_says_is_done_or_off_is_closed(
    store: MemoryStore, plan: str, ending: str
) -> None:
    say(store, plan)
    assert len(open_actions(store)) == 1
    say(store, ending, days=1)
    assert open_actions(store, 1) == []


@pytest.mark.parametrize(
    "other",
    [
        "I haven't called the dentist yet.",
        "I should have called the dentist.",
        "I called my sister.",
        "I tried to call the dentist.",
        "Have I called the dentist?",
        "I cancelled the newspaper.",
    ],
)
def test_other_words_leave_it_open(store: MemoryStore, other: str) -> None:
    say(store, "I want to call the dentist this week.")
    say(store, other, days=1)
    assert "call the dentist" in open_actions(store, 1)


def test_an_event_is_over_only_once_its_day_has_come(store: MemoryStore) -> None:
    say(store, "I have a job interview on Friday.")
    say(store, "The last interview went well.", days=1)
    assert open_actions(store, 1) == ["your job interview"]
    say(store, "The interview went well.", days=3)
    assert open_actions(store, 3) == []


def test_a_habit_goes_on_when_it_was_done(store: MemoryStore) -> None:
    say(store, "Every Sunday I run in the park.")
    say(store, "I ran in the park.", days=5)
    [habit] = store.plans.open((TUESDAY + timedelta(days=5)).date())
    assert habit.done_on == ((TUESDAY + timedelta(days=5)).date(),)


def test_only_the_users_own_words_count(store: MemoryStore) -> None:
    for origin in (Origin.ASSISTANT, Origin.TOOL, Origin.THIRD_PARTY):
        say(store, "I want to call the dentist this week.", origin=origin)
    assert open_actions(store) == []
    say(store, "I want to call the dentist this week.")
    say(store, "I called the dentist.", days=1, origin=Origin.THIRD_PARTY)
    assert open_actions(store, 1) == ["call the dentist"]


def test_forgetting_erases_the_plan_and_forgetting_its_end_opens_it(store: MemoryStore) -> None:
    plan = say(store, "I want to call the dentist this week.")
    end = say(store, "I called the dentist.", days=1)
    store.forget(store.plan_forgetting(ids=[end.id]))
    assert open_actions(store, 1) == ["call the dentist"]
    forgotten = store.forget(store.plan_forgetting(ids=[plan.id]))
    assert open_actions(store, 1) == []
    assert forgotten.left_in == ()


def test_it_is_the_same_after_a_rebuild(store: MemoryStore) -> None:
    say(store, "I want to call the dentist this week. I need to buy milk this week.")
    say(store, "I bought milk.", days=1)
    before = store.plans.open(TUESDAY.date())
    store.rebuild("plans")
    assert store.plans.open(TUESDAY.date()) == before
    assert [plan.action for plan in before] == ["call the dentist"]


def test_what_is_long_over_is_not_spoken_of(store: MemoryStore) -> None:
    say(store, "I want to call the dentist this week. I should email my boss.")
    assert open_actions(store, 60) == []


def test_wishes_and_questions_end_nothing() -> None:
    assert endings("I wish I had called the dentist.") == []
    assert endings("Is the bill paid?") == []
