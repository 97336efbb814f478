"""The sessions view: the place of every turn, who speaks, and what erasing leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from memory.events import Draft, Event, Message, Note, Origin, SessionOpened
from memory.store import MemoryStore
from memory.views.sessions import Place

MORNING = datetime(2023, 5, 8, 9, 30, tzinfo=UTC)


def said(
    text: str,
    session: str = "s",
    origin: Origin = Origin.USER,
    at: datetime | None = None,
    speaker: str | None = None,
) -> Draft:
    message = Message(text=text, speaker=speaker)
    return Draft(payload=message, session_id=session, origin=origin, at=at)


def tell(store: MemoryStore, *drafts: Draft) -> list[Event]:
    events = store.append(drafts)
    store.catch_up()
    return events


def forget(store: MemoryStore, events: Sequence[Event]) -> None:
    store.forget(store.plan_forgetting(ids=[event.id for event in events]))


def every_place(store: MemoryStore) -> list[Place]:
    return list(store.sessions.places(range(store.log.head() + 1)).values())


def positions(store: MemoryStore, seqs: Sequence[int], reach: int) -> set[tuple[str, int]]:
    around = store.sessions.around(seqs, reach).values()
    return {(place.session_id, place.position) for place in around}


def test_a_place_says_where_when_and_by_whom(store: MemoryStore) -> None:
    tell(store, said("first", "d"))
    [event] = tell(store, said("Rex.", "d", Origin.THIRD_PARTY, MORNING, "Caroline"))

    place = store.sessions.places([event.seq])[event.seq]
    assert (place.seq, place.session_id, place.position) == (event.seq, "d", 1)
    assert (place.origin, place.speaker) == (Origin.THIRD_PARTY, "Caroline")
    assert place.at == MORNING.timestamp() * 1000
    assert not place.assisted


def test_turns_around_are_those_of_the_same_session_within_reach(store: MemoryStore) -> None:
    events = tell(store, *(said(f"turn {n}", "ab"[n % 2]) for n in range(12)))
    [third] = [event.seq for event in events if event.payload == Message(text="turn 4")]

    assert positions(store, [third], 0) == {("a", 2)}
    assert positions(store, [third], 1) == {("a", 1), ("a", 2), ("a", 3)}
    assert positions(store, [events[0].seq], 2) == {("a", 0), ("a", 1), ("a", 2)}


def test_turns_around_several_are_given_once(store: MemoryStore) -> None:
    events = tell(store, *(said(f"turn {n}", "ab"[n % 2]) for n in range(12)))
    hits = [events[0].seq, events[2].seq, events[11].seq]

    assert positions(store, hits, 1) == {("a", 0), ("a", 1), ("a", 2), ("b", 4), ("b", 5)}


def test_around_nothing_there_is_nothing(store: MemoryStore) -> None:
    [opened] = tell(
        store,
        Draft(payload=SessionOpened(title="Title"), session_id="s", origin=Origin.USER),
    )

    assert store.sessions.around([], 2) == {}
    assert store.sessions.around([opened.seq, 999], 2) == {}


def test_an_erased_turn_leaves_a_gap(store: MemoryStore) -> None:
    events = tell(store, *(said(f"turn {n}") for n in range(4)))
    forget(store, events[1:2])

    assert positions(store, [events[0].seq], 1) == {("s", 0)}
    assert positions(store, [events[0].seq], 2) == {("s", 0), ("s", 2)}


def test_who_spoke_is_known_until_their_last_turn_is_erased(store: MemoryStore) -> None:
    assert store.sessions.speakers() == []
    events = tell(
        store,
        said("one", speaker="Melanie"),
        said("two", "t", speaker="Caroline"),
        said("three", "t", speaker="Melanie"),
        said("four", "u"),
    )
    assert store.sessions.speakers() == ["Caroline", "Melanie"]

    forget(store, [events[0]])
    assert store.sessions.speakers() == ["Caroline", "Melanie"]
    forget(store, [events[2]])
    assert store.sessions.speakers() == ["Caroline"]


def test_all_turns_of_a_speaker_can_be_erased_at_once(store: MemoryStore) -> None:
    forget(store, tell(store, *(said(f"turn {n}", speaker="Melanie") for n in range(3))))

    assert store.sessions.speakers() == []


def test_a_session_is_assisted_once_the_assistant_spoke(store: MemoryStore) -> None:
    [asked] = tell(store, said("Hello"))
    tell(store, said("Hello, Caroline", "people", Origin.THIRD_PARTY))
    assert not store.sessions.places([asked.seq])[asked.seq].assisted

    [answer] = tell(store, said("Good morning", origin=Origin.ASSISTANT))
    assisted = {place.session_id for place in every_place(store) if place.assisted}
    assert assisted == {"s"}
    assert store.sessions.places([answer.seq])[answer.seq].assisted


def test_an_assisted_session_stays_so_when_the_answer_is_erased(store: MemoryStore) -> None:
    asked, answer = tell(store, said("Hello"), said("Good morning", origin=Origin.ASSISTANT))
    forget(store, [answer])

    assert store.sessions.places([asked.seq])[asked.seq].assisted


def test_the_last_time_is_the_latest_said_not_the_latest_written(store: MemoryStore) -> None:
    assert store.sessions.last_at() is None
    tell(
        store,
        said("late", "a", at=MORNING),
        said("early", "b", at=MORNING - timedelta(days=3)),
        said("earlier", "a", at=MORNING - timedelta(days=9)),
    )

    assert store.sessions.last_at() == MORNING
    summary = store.sessions.summary("a")
    assert summary is not None
    assert (summary.started_at, summary.last_at) == (MORNING - timedelta(days=9), MORNING)


def test_an_emptied_home_has_no_last_time(store: MemoryStore) -> None:
    forget(store, tell(store, said("only this")))

    assert store.sessions.last_at() is None
    assert store.sessions.newest() == []


def test_a_note_is_a_turn_without_speaker(store: MemoryStore) -> None:
    note = Note(text="The key is in the teapot")
    [event] = tell(store, Draft(payload=note, session_id="s", origin=Origin.TOOL))

    assert store.sessions.places([event.seq])[event.seq].speaker is None
    assert store.sessions.speakers() == []


def test_a_rebuild_gives_the_same(store: MemoryStore) -> None:
    tell(
        store,
        *(said(f"turn {n}", "ab"[n % 2], speaker=["Melanie", None][n % 2]) for n in range(6)),
        said("an answer", "b", Origin.ASSISTANT, MORNING),
    )

    def kept() -> object:
        return every_place(store), store.sessions.speakers(), store.sessions.newest()

    before = kept()
    store.rebuild("sessions")
    assert kept() == before


def test_a_rebuild_brings_nothing_back_that_was_erased(store: MemoryStore) -> None:
    events = tell(
        store, *(said(f"turn {n}", speaker=["Melanie", "Caroline"][n % 2]) for n in range(5))
    )
    forget(store, [events[1], events[2], events[3]])

    store.rebuild("sessions")
    assert [place.seq for place in every_place(store)] == [events[0].seq, events[4].seq]
    assert store.sessions.speakers() == ["Melanie"]


def test_a_rebuild_after_an_erasure_leaves_every_turn_in_its_place(store: MemoryStore) -> None:
    events = store.append(
        [
            Draft(payload=Message(text=text), session_id="s", origin=origin)
            for text, origin in (
                ("My cello is old", Origin.USER),
                ("A cello lasts long", Origin.ASSISTANT),
                ("It is from Prague", Origin.USER),
                ("I play it daily", Origin.USER),
            )
        ]
    )
    store.catch_up()
    store.forget(store.plan_forgetting(ids=[events[1].id]))
    seqs = [event.seq for event in events]
    before = store.sessions.places(seqs)
    store.rebuild()
    assert store.sessions.places(seqs) == before
    assert [before[seq].position for seq in (seqs[0], seqs[2], seqs[3])] == [0, 2, 3]


def test_a_session_gone_on_with_after_it_was_erased_is_the_same_after_a_rebuild(
    store: MemoryStore,
) -> None:
    first = tell(store, said("My cello is old"))
    forget(store, first)
    assert store.sessions.newest() == []
    [later] = tell(store, said("My bow is new"))
    before = store.sessions.places([later.seq]), store.sessions.newest()
    store.rebuild()
    assert (store.sessions.places([later.seq]), store.sessions.newest()) == before


def test_activity_counts_turns_by_day(store: MemoryStore) -> None:
    days = [datetime(2024, 3, day, 12, tzinfo=UTC) for day in (1, 1, 4)]
    store.append(
        [
            Draft(payload=Message(text="x"), session_id="s", origin=Origin.USER, at=day)
            for day in days
        ]
    )
    store.catch_up_instant()
    assert store.sessions.activity() == [(date(2024, 3, 1), 2), (date(2024, 3, 4), 1)]
