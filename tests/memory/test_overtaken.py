"""What the user said later that overtakes a memory."""

from __future__ import annotations

from datetime import timedelta

import pytest

from memory.events import Draft, Message, Origin, ProfileEdit
from memory.fakes import SetClock
from memory.overtaken import Overtaken
from memory.recall import Memory
from memory.store import MemoryStore

NOW = SetClock().now()


def tell(store: MemoryStore, *texts: str, origin: Origin = Origin.USER) -> list[Memory]:
    """These words, a week apart, as memories."""
    events = [
        store.append(
            [
                Draft(
                    payload=Message(text=text),
                    session_id=f"told {number}",
                    origin=origin,
                    at=NOW - timedelta(weeks=len(texts) - number),
                )
            ]
        )[0]
        for number, text in enumerate(texts)
    ]
    store.catch_up()
    return store.memories([event.id for event in events])


def overtaken(store: MemoryStore, *memories: Memory) -> dict[str, Overtaken]:
    return store.overtaken(memories, NOW)


def newer_words(store: MemoryStore, memory: Memory) -> str | None:
    change = overtaken(store, memory).get(memory.id)
    return change.newer.text if change and change.newer else None


def test_what_the_profile_ended_tells_when_and_by_which_words(store: MemoryStore) -> None:
    ghent, lyon = tell(store, "I live in Ghent, near the canal.", "I moved from Ghent to Lyon.")
    change = overtaken(store, ghent, lyon)
    assert set(change) == {ghent.id}
    assert change[ghent.id] == Overtaken(lyon, True, lyon.at)


def test_of_several_changes_the_last_is_told(store: MemoryStore) -> None:
    first, _, last = tell(store, "I live in Ghent.", "I moved to Lyon.", "I moved to Turin.")
    assert overtaken(store, first)[first.id].newer == last


def test_what_was_struck_out_by_hand_has_nothing_newer(store: MemoryStore) -> None:
    [ghent] = tell(store, "I live in Ghent.")
    [line] = store.profile.lines(NOW)
    edit = ProfileEdit(op="retire", line=line.id)
    store.append([Draft(payload=edit, session_id="", origin=Origin.USER)])
    store.catch_up()
    change = overtaken(store, ghent)[ghent.id]
    assert change.newer is None
    assert change.until is not None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("I drive a red Volvo.", "I sold the Volvo and bought a small Fiat."),
        ("My dentist appointment is on 3 March.", "They have put off my dentist appointment."),
        ("My sister Eva lives in Porto.", "Eva moved to Bergen last month."),
        ("Our choir meets in the school.", "Our choir meets in the old mill from now on."),
        ("My dog is called Rex.", "Rex died. Our new dog is called Luna."),
    ],
)
def test_without_the_profile_words_of_a_change_tell(
    store: MemoryStore, before: str, after: str
) -> None:
    old, *_ = tell(store, before, "The kettle is broken again.", after)
    assert newer_words(store, old) == after
    assert overtaken(store, old)[old.id].until is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("My brother works at the harbour.", "They renamed my team at work."),  # another subject
        ("I found my radio behind the sofa.", "I found my shoe behind the sofa."),  # happenings
        ("I never eat pork.", "I bought a new cookbook on pork."),  # a taste
        ("I drive a red Volvo.", "I washed the Volvo."),  # no change
        ("I drive a red Volvo.", "Should I have sold the Volvo now?"),  # a question
    ],
)
def test_what_changes_nothing_overtakes_nothing(
    store: MemoryStore, before: str, after: str
) -> None:
    old, _ = tell(store, before, after)
    assert overtaken(store, old) == {}


def test_what_is_over_is_told_from_what_has_only_changed(store: MemoryStore) -> None:
    car, key, *_ = tell(
        store,
        "I drive a red Volvo.",
        "The spare key is under the flower pot.",
        "I sold the Volvo.",
        "I have a new flower pot for the spare room.",
    )
    changes = overtaken(store, car, key)
    assert changes[car.id].certain
    assert not changes[key.id].certain


def test_only_the_users_own_words_overtake_theirs(store: MemoryStore) -> None:
    [old] = tell(store, "I drive a red Volvo.")
    tell(store, "You sold the Volvo and bought a Fiat.", origin=Origin.ASSISTANT)
    tell(store, "I sold the Volvo and bought a Fiat.", origin=Origin.THIRD_PARTY)
    assert overtaken(store, old) == {}


def test_what_is_forgotten_overtakes_no_more(store: MemoryStore) -> None:
    old, newer = tell(store, "I drive a red Volvo.", "I sold the Volvo.")
    assert newer_words(store, old) == newer.text
    store.forget(store.plan_forgetting(ids=[newer.id]))
    assert overtaken(store, old) == {}
