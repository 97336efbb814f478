"""The log: appended durably, never changed, checked by its chain, erasable without breaking it."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory import events
from memory.errors import HomeUnusable, LogDamaged, RefusedInput
from memory.events import Draft, Event, Message, Origin, Redaction
from memory.fakes import SetClock
from memory.log import Log


def said(text: str, session: str = "s", **fields: object) -> Draft:
    return Draft.model_validate(
        {"payload": Message(text=text), "session_id": session, "origin": Origin.USER, **fields}
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite3"


@pytest.fixture
def log(path: Path, clock: SetClock) -> Log:
    return Log(path, clock)


def text_of(event: Event) -> str:
    assert isinstance(event.payload, Message)
    return event.payload.text


def tamper(path: Path, sql: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute(sql)
    db.close()


def test_events_come_back_word_for_word_and_in_order(path: Path, log: Log) -> None:
    texts = [
        "plain",
        "späte Ä",
        "שלום עולם",
        "a\x00b",
        "👩‍👩‍👧 family",
        "\u202eright to left",
        " padded \n",
    ]
    written = log.append([said(text) for text in texts])
    log.close()

    reopened = Log(path)
    assert reopened.read_after(0) == written
    assert [text_of(event) for event in reopened.read_after(0)] == texts
    assert reopened.head() == len(texts)


def test_original_times_are_kept_to_the_millisecond(log: Log, clock: SetClock) -> None:
    long_ago = datetime(1931, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)
    [imported, spoken] = log.append([said("old", at=long_ago), said("new")])

    assert log.get([imported.id])[0].at == long_ago
    assert log.get([spoken.id])[0].at == clock.now()


def test_a_clock_set_back_keeps_the_order_of_the_log(log: Log, clock: SetClock) -> None:
    log.append([said("first")])
    clock.advance(timedelta(days=-400))
    log.append([said("second")])

    assert [text_of(event) for event in log.read_after(0)] == ["first", "second"]
    assert log.verify().ok


def test_a_key_that_is_known_is_not_appended_again(log: Log) -> None:
    log.append([said("a", import_key="1"), said("twice in a batch", import_key="1")])
    again = log.append([said("a", import_key="1"), said("b", import_key="2")])

    assert [text_of(event) for event in log.read_after(0)] == ["a", "b"]
    assert [text_of(event) for event in again] == ["b"]


def test_text_that_is_not_unicode_is_refused_and_nothing_of_the_batch_is_stored(log: Log) -> None:
    with pytest.raises(RefusedInput, match="not valid Unicode"):
        log.append([said("good"), said("bad \ud800")])

    assert log.head() == 0
    assert log.verify().ok


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("UPDATE events SET payload = replace(payload, 'two', 'TWO') WHERE seq = 2", "other words"),
        ("UPDATE events SET origin = 'assistant' WHERE seq = 2", "breaks the hash chain"),
        ("UPDATE events SET at = at + 1 WHERE seq = 2", "breaks the hash chain"),
        ("UPDATE events SET session_id = 'x' WHERE seq = 2", "breaks the hash chain"),
        ("DELETE FROM events WHERE seq = 2", "are missing"),
        ("DELETE FROM events WHERE seq = 3", "the log ends at event 2"),
        ("UPDATE events SET payload = NULL, salt = NULL WHERE seq = 2", "lost its words"),
        (
            "INSERT INTO events SELECT 4, 'x', kind, version, at, session_id, origin, payload, "
            "salt, payload_digest, digest, NULL FROM events WHERE seq = 3",
            "breaks the hash chain",
        ),
    ],
)
def test_verify_finds_tampering(path: Path, log: Log, sql: str, complaint: str) -> None:
    log.append([said("one"), said("two"), said("three")])
    assert log.verify().ok
    log.close()

    tamper(path, sql)

    result = Log(path).verify()
    assert not result.ok
    assert any(complaint in problem for problem in result.problems), result.problems


def test_verify_finds_exchanged_events(path: Path, log: Log) -> None:
    log.append([said("one"), said("two")])
    log.close()
    for old, new in ((1, 9), (2, 1), (9, 2)):
        tamper(path, f"UPDATE events SET seq = {new} WHERE seq = {old}")

    assert not Log(path).verify().ok


def test_redaction_removes_the_bytes_and_keeps_the_chain(path: Path, log: Log) -> None:
    secret = "the spare key is under the third flowerpot"
    kept, gone = log.append([said("kept"), said(secret)])

    redaction = log.redact([gone.id])

    assert redaction is not None
    assert isinstance(redaction.payload, Redaction)
    assert redaction.payload.event_ids == (gone.id,)
    assert log.get([gone.id])[0].payload is None
    assert text_of(log.get([kept.id])[0]) == "kept"
    result = log.verify()
    assert result.ok
    assert result.erased == 1
    for file in path.parent.iterdir():
        assert b"flowerpot" not in file.read_bytes(), file


def test_nothing_is_left_to_guess_a_short_secret_from(path: Path, log: Log) -> None:
    [event] = log.append([said("1234")])
    log.redact([event.id])

    with sqlite3.connect(path) as db:
        [salt] = db.execute("SELECT salt FROM events WHERE id = ?", (event.id,)).fetchone()
    assert salt is None


def test_redacting_twice_is_one_redaction(log: Log) -> None:
    [event] = log.append([said("x")])

    assert log.redact([event.id]) is not None
    assert log.redact([event.id]) is None
    assert log.head() == 2


def test_an_erased_import_is_not_brought_back(log: Log) -> None:
    [event] = log.append([said("x", import_key="k")])
    log.redact([event.id])

    assert log.append([said("x", import_key="k")]) == []


def test_two_writers_keep_one_chain(path: Path) -> None:
    logs = [Log(path), Log(path)]
    threads = [
        threading.Thread(target=lambda log=log: [log.append([said("x")]) for _ in range(50)])
        for log in logs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert logs[0].head() == 100
    assert logs[1].verify().ok


def test_a_home_of_a_newer_version_is_left_alone(path: Path, log: Log) -> None:
    log.close()
    tamper(
        path,
        "INSERT INTO _sqlite_migrations(migration_set, name, applied_at) "
        "VALUES ('lifelore.log', 'm9999_future', '2050')",
    )

    with pytest.raises(HomeUnusable, match="newer Lifelore"):
        Log(path)


def test_a_file_of_noise_is_reported_and_left_alone(path: Path) -> None:
    noise = bytes(range(256)) * 64
    path.write_bytes(noise)

    with pytest.raises(LogDamaged, match="damaged"):
        Log(path)
    assert path.read_bytes() == noise


def test_old_versions_are_lifted_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(events.VERSIONS, "message", 3)
    monkeypatch.setitem(events.UPCASTERS, ("message", 1), lambda data: {"words": data["body"]})
    monkeypatch.setitem(events.UPCASTERS, ("message", 2), lambda data: {"text": data["words"]})

    assert events.parse_payload("message", 1, {"body": "hi"}) == Message(text="hi")
    assert events.parse_payload("message", 3, {"text": "hi"}) == Message(text="hi")
