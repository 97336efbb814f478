"""Reading a conversation: forks begin as their origin did, and the newest answer stands."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from memory.events import Draft, Event, Message, Origin, SessionOpened
from memory.log import Log
from memory.threads import answers, conversation, end_of


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "log.sqlite3")


def say(log: Log, text: str, session: str = "a", reply_to: str | None = None) -> Event:
    origin = Origin.ASSISTANT if reply_to else Origin.USER
    payload = Message(text=text, reply_to=reply_to)
    return log.append([Draft(payload=payload, session_id=session, origin=origin)])[0]


def fork(log: Log, session: str, last: Event) -> None:
    payload = SessionOpened(forked_from=last.id)
    log.append([Draft(payload=payload, session_id=session, origin=Origin.USER)])


def texts(log: Log, session: str = "a", upto: str | None = None) -> list[str]:
    return [event.text or "" for event in conversation(log, session, upto)]


def test_the_newest_answer_takes_the_place_of_the_one_before(log: Log) -> None:
    first = say(log, "one")
    say(log, "first answer", reply_to=first.id)
    second = say(log, "two")
    say(log, "to two", reply_to=second.id)
    say(log, "second answer", reply_to=first.id)
    say(log, "", reply_to=first.id)  # stopped before its first word
    assert texts(log) == ["one", "second answer", "two", "to two"]
    assert [e.text for e in answers(log, first.id, "a")] == ["first answer", "second answer", None]


def test_a_fork_begins_as_its_origin_was_and_goes_its_own_way(log: Log) -> None:
    first = say(log, "one")
    answer = say(log, "answer", reply_to=first.id)
    say(log, "two")
    fork(log, "b", answer)
    say(log, "two otherwise", "b")
    say(log, "later answer", reply_to=first.id)
    say(log, "three")
    assert texts(log, "b") == ["one", "answer", "two otherwise"]
    assert texts(log) == ["one", "later answer", "two", "three"]


def test_a_fork_after_an_answer_given_later_ends_there(log: Log) -> None:
    first = say(log, "one")
    say(log, "answer", reply_to=first.id)
    say(log, "two")
    later = say(log, "later answer", reply_to=first.id)
    fork(log, "b", later)
    say(log, "mine", "b")
    assert texts(log, "b") == ["one", "later answer", "mine"]


def test_a_fork_of_a_fork(log: Log) -> None:
    first = say(log, "one")
    fork(log, "b", first)
    second = say(log, "two", "b")
    say(log, "three", "b")
    fork(log, "c", second)
    say(log, "three otherwise", "c")
    assert texts(log, "c") == ["one", "two", "three otherwise"]
    assert texts(log, "c", first.id) == ["one"]


def test_an_answer_in_a_fork_to_what_both_share_stands_in_the_fork_alone(log: Log) -> None:
    first = say(log, "one")
    answer = say(log, "answer", reply_to=first.id)
    fork(log, "b", answer)
    say(log, "another", "b", reply_to=first.id)
    assert texts(log, "b") == ["one", "another"]
    assert texts(log) == ["one", "answer"]


def test_a_fork_outlives_the_erasure_of_where_it_began(log: Log) -> None:
    first, second = say(log, "one"), say(log, "two")
    fork(log, "b", second)
    say(log, "mine", "b")
    log.redact([second.id])
    assert texts(log, "b") == ["one", "mine"]
    log.redact([first.id])
    assert texts(log, "b") == ["mine"]


def test_a_circle_ends(log: Log) -> None:
    first = say(log, "one")
    fork(log, "a", first)
    assert texts(log) == ["one"]


@pytest.mark.parametrize("seed", range(20))
def test_the_end_is_what_the_whole_ends_with(log: Log, seed: int) -> None:
    """Also where answers come late, or once more."""
    chance = random.Random(seed)
    asked: list[Event] = []
    for number in range(60):
        if asked and chance.random() < 0.6:
            # Mostly to the last words, sometimes to any.
            of = asked[-1] if chance.random() < 0.9 else chance.choice(asked)
            say(log, f"answer {number}", reply_to=of.id)
        else:
            asked.append(say(log, f"words {number}"))
    everything = texts(log)
    for count in (4, 10, 20, 40, 59, 60, 61, 200):
        found, whole = end_of(log, "a", count)
        said = [event.text or "" for event in found]
        assert said == everything[len(everything) - len(said) :]
        assert said == everything or not whole
        assert said


def test_the_end_of_a_fork_that_is_shorter_is_all_of_it(log: Log) -> None:
    first = say(log, "one")
    fork(log, "b", first)
    say(log, "two", "b")
    found, whole = end_of(log, "b", 50)
    assert ([event.text for event in found], whole) == (["one", "two"], True)


def test_the_end_is_read_without_the_rest(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        say(log, f"words {number}")
    monkeypatch.setattr(log, "session", None)
    found, whole = end_of(log, "a", 10)
    assert ([event.text for event in found], whole) == (
        [f"words {n}" for n in range(40, 50)],
        False,
    )
