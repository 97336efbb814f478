"""Reading a conversation: forks begin as their origin did, and the newest answer stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory.events import Draft, Event, Message, Origin, SessionOpened
from memory.log import Log
from memory.threads import answers, conversation


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
