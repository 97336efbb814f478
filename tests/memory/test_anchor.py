"""Times given by an event: how a question names it, and when memory says that it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from memory.anchor import Located, Told, anchor_of, located, stretch
from memory.events import Draft, Message, Origin
from memory.ranking import RecallSettings, interleaved
from memory.span import Span
from memory.store import MemoryStore

WEDNESDAY = datetime(2024, 5, 15, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def day(month: int, number: int) -> datetime:
    return datetime(2024, month, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("question", "relation", "event", "rest"),
    [
        ("What did I plan the week before the move?", "before", "the move", "What did I plan"),
        ("What was I reading when we were in Rome", "during", "we were in Rome", None),
        ("When we were in Rome, what was I reading?", "during", "we were in Rome", None),
        ("What happened after my birthday?", "after", "my birthday", "What happened"),
        ("After the trip what did I do?", "after", "the trip", "what did I do?"),
        ("Which city was John in before traveling to Chicago?", "before", None, None),
    ],
)
def test_a_question_names_an_event(
    question: str, relation: str, event: str | None, rest: str | None
) -> None:
    anchor = anchor_of(question)

    assert anchor is not None
    assert anchor.relation == relation
    assert event is None or anchor.events == (event,)
    assert rest is None or anchor.rest == rest


def test_two_events_have_a_time_between_them() -> None:
    anchor = anchor_of("How long was it between the interview and the offer?")

    assert anchor is not None
    assert anchor.events == ("the interview", "the offer")


@pytest.mark.parametrize(
    "question",
    [
        "When did I move?",
        "Where did I live before?",
        "What do I like to do while surfing?",
        "What did we do while camping?",
        "How does she feel when she writes?",
        "What would I do after the move?",
        "What is the difference between the red and the blue bicycle?",
        "After the move",
        "",
    ],
)
def test_others_do_not(question: str) -> None:
    assert anchor_of(question) is None


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("before the move", day(4, 26), day(5, 10)),
        ("the week before the move", day(5, 3), day(5, 10)),
        ("the two weeks before the move", day(4, 26), day(5, 10)),
        ("a day before the move", day(5, 8) + DAY / 2, day(5, 9) + DAY / 2),
        ("the day after the move", day(5, 11), day(5, 12)),
        ("two days after the move", day(5, 12) + DAY / 2, day(5, 13) + DAY / 2),
        ("during the move", day(5, 10), day(5, 11)),
    ],
)
def test_what_lies_around_an_event(asked: str, start: datetime, end: datetime) -> None:
    anchor = anchor_of(f"What did I do {asked}?")

    assert anchor is not None
    assert stretch(anchor, Located(day(5, 10), day(5, 11), 0.8)) == Span(start, end, 0.8)


def test_beyond_the_calendar_there_is_only_the_event() -> None:
    anchor = anchor_of("What did I do 9999 years before the move?")

    assert anchor is not None
    span = stretch(anchor, Located(day(5, 10), day(5, 11), 1))
    assert (span.start, span.end) == (day(5, 10), day(5, 11))


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("We move on Saturday! So much to do.", day(5, 18)),
        ("We moved on Saturday.", day(5, 11)),
        ("I slept badly yesterday. The move is on 3 May 2024.", day(5, 3)),
        ("We moved yesterday.", day(5, 14)),
    ],
)
def test_an_event_is_dated_by_the_words_that_tell_of_it(text: str, start: datetime) -> None:
    assert located("the move", [Told(1, text, WEDNESDAY, 0.9)]) == Located(start, start + DAY, 0.9)


def test_without_a_date_it_was_about_when_it_was_told() -> None:
    event = located("the move", [Told(1, "The move was hard", WEDNESDAY, 0.9)])

    assert event is not None
    assert event.start < WEDNESDAY < event.end
    assert event.certainty < 0.9


def test_a_date_counts_more_than_none_and_a_year_is_none() -> None:
    told = [
        Told(1, "The move was hard", WEDNESDAY, 1.0),
        Told(2, "The move is on 3 May 2024", WEDNESDAY, 0.7),
        Told(3, "The move is in 2024", WEDNESDAY, 0.9),
    ]

    event = located("the move", told)
    assert event is not None
    assert event.start == day(5, 3)
    assert located("the move", []) is None


def test_rankings_take_turns() -> None:
    merged = interleaved([[(1, 0.4), (2, 0.2)], [(3, 0.8), (1, 0.6), (4, 0.2)]])

    assert [seq for seq, _ in merged] == [1, 3, 2, 4]
    assert [score for _, score in merged] == pytest.approx([0.4, 0.4, 0.2, 0.1])


def diary(store: MemoryStore) -> None:
    """A year of notes, a session a day."""
    lines = [
        (day(3, 1), "My plan is to cancel the electricity contract"),
        (day(3, 6), "The big move to the flat is on Friday"),
        (day(3, 20), "The boiler makes noises"),
        (day(9, 1), "The interview at Philips went well"),
        (day(9, 21), "Philips sent their offer"),
        *((day(6, 1) + n * DAY, f"My plan is a plan of kettle {n}") for n in range(40)),
    ]
    store.append(
        [
            Draft(payload=Message(text=text), session_id=str(at), origin=Origin.USER, at=at)
            for at, text in lines
        ]
    )
    store.catch_up()


def asked(store: MemoryStore, question: str, k: int, *without: str) -> list[str]:
    settings = RecallSettings().without(*without)
    return [memory.text for memory in store.recall(question, k, settings=settings).memories]


def test_what_was_told_near_an_event_is_recalled(store: MemoryStore) -> None:
    diary(store)
    question, plan = "What was my plan before the big move?", "cancel the electricity"

    assert any(plan in text for text in asked(store, question, 4))
    assert not any(plan in text for text in asked(store, question, 4, "anchors"))


def test_what_happened_then_needs_no_word_of_the_question(store: MemoryStore) -> None:
    diary(store)

    recalled = asked(store, "What happened after the big move?", 4)
    assert "The boiler makes noises" in recalled


def test_both_events_lead_where_the_time_between_them_is_asked(store: MemoryStore) -> None:
    diary(store)

    recalled = asked(store, "How long was it between the interview and the offer?", 3)
    assert {"The interview at Philips went well", "Philips sent their offer"} <= set(recalled)


def test_an_event_that_memory_does_not_hold_changes_nothing(store: MemoryStore) -> None:
    diary(store)
    question = "What was my plan before the eclipse in Norway?"

    assert asked(store, question, 20) == asked(store, question, 20, "anchors")
