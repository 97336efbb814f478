"""Offers over a real home: when plans come up, what is recorded, and when nothing may be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from assistant.nudge.candidates import Candidate
from assistant.nudge.nudger import Nudger, Offer
from assistant.nudge.policy import Past, Policy, QuietHours, unoffered
from assistant.settings import Settings
from memory.errors import NotFound, RefusedInput
from memory.events import Draft, Message, Origin, Suggested
from memory.fakes import SetClock
from memory.store import MemoryStore

TUESDAY = datetime(2026, 11, 3, 10)


class Everything:
    """A Chooser that offers all that was not offered yet."""

    def choose(
        self, now: datetime, due: Sequence[Candidate], past: Sequence[Past]
    ) -> list[Candidate]:
        return unoffered(due, past, now)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(TUESDAY.astimezone())


def nudger(
    store: MemoryStore, clock: SetClock, *, learns: bool = False, **settings: object
) -> Nudger:
    chosen = Settings.model_validate({"home": store.home, **settings})
    return Nudger(store, clock, chosen, chooser=None if learns else Everything())


def say(store: MemoryStore, text: str, clock: SetClock) -> str:
    draft = Draft(payload=Message(text=text), session_id="s", origin=Origin.USER, at=clock.now())
    [event] = store.append([draft])
    return event.id


def texts(offers: Sequence[Offer]) -> list[str]:
    return [offer.text for offer in offers]


def at(clock: SetClock, days: int, hour: int) -> None:
    """Put the clock to an hour so many days after the Tuesday."""
    local = TUESDAY.replace(hour=hour) + timedelta(days=days)
    clock.advance(local.astimezone() - clock.now())


@pytest.mark.parametrize(
    ("said", "day", "hour", "offered"),
    [
        (
            "I want to call the dentist this week.",
            2,
            11,
            "You wanted to call the dentist this week.",
        ),
        ("Remind me to buy milk on Friday.", 3, 9, "Reminder: buy milk."),
        (
            "My sister's birthday is on 12 November.",
            7,
            9,
            "Your sister's birthday is on Thursday, 12 November.",
        ),
        ("I'll let you know how the interview today went.", 1, 9, "How did the interview go?"),
        ("Every Sunday I run.", 5, 9, "You usually run on Sundays."),
        (
            "I have a job interview on Friday at 10:30.",
            2,
            15,
            "Your job interview is tomorrow at 10:30.",
        ),
        ("I have a job interview on Friday at 10:30.", 4, 9, "How did your job interview go?"),
    ],
)
def test_a_plan_comes_up_on_its_day(
    store: MemoryStore, clock: SetClock, said: str, day: int, hour: int, offered: str
) -> None:
    source = say(store, said, clock)
    offers = nudger(store, clock)
    at(clock, day - 1, hour)
    assert offered not in texts(offers.due())
    at(clock, day, hour)
    [offer] = offers.due()
    assert offer.text == offered
    assert offer.why == f"because you said on 3 November 2026: “{said}”"
    assert offer.sources == (source,)


def test_what_was_done_does_not_come_up(store: MemoryStore, clock: SetClock) -> None:
    say(store, "I want to call the dentist this week.", clock)
    at(clock, 1, 12)
    say(store, "I called the dentist.", clock)
    at(clock, 2, 11)
    assert nudger(store, clock).due() == []


def test_nothing_is_offered_twice_unless_snoozed(store: MemoryStore, clock: SetClock) -> None:
    say(store, "I want to call the dentist this week.", clock)
    offers = nudger(store, clock)
    at(clock, 2, 11)
    [offer] = offers.due()
    event = offers.offer(offer)
    assert event is not None
    assert isinstance(event.payload, Suggested)
    assert event.origin is Origin.ASSISTANT
    assert offers.due() == []
    at(clock, 2, 12)
    offers.answer(event.id, "snoozed", until=clock.now() + timedelta(days=9))
    at(clock, 9, 11)
    assert offers.due() == []
    at(clock, 11, 13)
    [again] = offers.due()
    assert again.text == "Again (of 5 November 2026): You wanted to call the dentist this week."
    assert offers.offer(again) is not None
    assert offers.due() == []


def test_a_snoozed_plan_that_was_done_meanwhile_stays_away(
    store: MemoryStore, clock: SetClock
) -> None:
    say(store, "I want to call the dentist this week.", clock)
    offers = nudger(store, clock)
    at(clock, 2, 11)
    event = offers.offer(offers.due()[0])
    assert event is not None
    offers.answer(event.id, "snoozed", until=clock.now() + timedelta(days=1))
    say(store, "I called the dentist.", clock)
    at(clock, 3, 12)
    assert offers.due() == []


def test_of_two_processes_one_offers(store: MemoryStore, clock: SetClock) -> None:
    say(store, "Remind me to buy milk on Friday.", clock)
    at(clock, 3, 9)
    one, other = nudger(store, clock), nudger(store, clock)
    [first], [second] = one.due(), other.due()
    assert one.offer(first) is not None
    assert other.offer(second) is None


def test_off_means_nothing_at_all(store: MemoryStore, clock: SetClock) -> None:
    say(store, "Remind me to buy milk on Friday. I want to call the dentist this week.", clock)
    at(clock, 3, 9)
    offers = nudger(store, clock)
    due = offers.due()
    assert len(due) == 2
    forbidden = nudger(store, clock, nudges=False)
    offers.turn(on=False)
    before = store.log.head()
    for each in (offers, forbidden, nudger(store, clock)):
        assert not each.on
        assert each.due() == []
        assert [each.offer(offer) for offer in due] == [None, None]
    assert store.log.head() == before
    offers.turn(on=True)
    assert offers.due() == due
    assert forbidden.due() == []


def test_a_reminder_waits_for_the_end_of_quiet_hours(store: MemoryStore, clock: SetClock) -> None:
    say(store, "Remind me on Friday at 22:30 to buy milk.", clock)
    offers = nudger(store, clock)
    for hour in (23, 31):
        at(clock, 3, 0)
        clock.advance(timedelta(hours=hour))
        assert offers.due() == []
    at(clock, 4, 8)
    assert texts(offers.due()) == ["Reminder for 6 November 2026: buy milk."]


def test_reminders_are_not_counted_in_the_budget(store: MemoryStore, clock: SetClock) -> None:
    say(store, "Remind me to buy milk on Friday. Remind me to fetch Tom on Friday.", clock)
    say(store, "I want to call the dentist this week.", clock)
    at(clock, 3, 9)
    due = nudger(store, clock, learns=True, nudge_daily=0).due()
    assert [offer.kind for offer in due] == ["reminder", "reminder"]


def test_forgetting_the_source_erases_the_offer(store: MemoryStore, clock: SetClock) -> None:
    source = say(store, "I want to call the orthodontist this week.", clock)
    offers = nudger(store, clock)
    at(clock, 2, 11)
    [offer] = offers.due()
    event = offers.offer(offer)
    assert event is not None
    forgotten = store.forget(store.plan_forgetting(ids=[source]))
    assert forgotten.left_in == ()
    assert store.suggestions.get(event.id) is None
    assert offers.due() == []
    assert offers.offer(offer) is None
    with pytest.raises(NotFound):
        offers.answer(event.id, "accepted", 4)
    assert not any(b"orthodontist" in file.read_bytes() for file in _files(store.home))


def _files(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


def test_answers_that_make_no_sense_are_refused(store: MemoryStore, clock: SetClock) -> None:
    say(store, "Remind me to buy milk on Friday.", clock)
    offers = nudger(store, clock)
    at(clock, 3, 9)
    event = offers.offer(offers.due()[0])
    assert event is not None
    with pytest.raises(RefusedInput):
        offers.answer(event.id, "accepted", 5)
    with pytest.raises(RefusedInput):
        offers.answer(event.id, "snoozed")
    with pytest.raises(RefusedInput):
        offers.answer(event.id, "snoozed", until=clock.now() - timedelta(hours=1))
    with pytest.raises(NotFound):
        offers.answer("nothing", "accepted")


def test_what_is_learnt_is_a_function_of_the_log(store: MemoryStore, clock: SetClock) -> None:
    say(store, "I want to call the dentist this week. I want to wash the car this week.", clock)
    say(store, "I want to visit my aunt this week. I want to pay my rent this week.", clock)
    policy = Policy(3, QuietHours.parse("21:00-08:00"), seed=1)
    offers = Nudger(store, clock, Settings(home=store.home), chooser=policy)
    for day, hour in product((2, 3, 4), (9, 12, 15, 19)):
        at(clock, day, hour)
        for offer in offers.due():
            event = offers.offer(offer)
            assert event is not None
            offers.answer(event.id, "dismissed", 1)
    at(clock, 5, 19)
    before = offers.due()
    known = store.suggestions.since(TUESDAY.astimezone())
    assert [each.rating for each in known] == [1] * len(known) != []
    store.rebuild("suggestions")
    assert store.suggestions.since(TUESDAY.astimezone()) == known
    assert Nudger(store, clock, Settings(home=store.home), chooser=policy).due() == before
