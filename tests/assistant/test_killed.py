"""SIGKILL right after words were accepted: nothing accepted is lost, nothing is doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from memory.events import Message, Origin
from memory.fakes import HashEmbedder
from memory.store import MemoryStore
from tests.assistant.builders import answer_to, open_scripted

ROOT = Path(__file__).parents[2]


@contextmanager
def killable(home: Path, kind: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.assistant.killed", str(home), kind]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=600) == 0


def kill_at(process: subprocess.Popen[str], text: str, events: int) -> str:
    """Say the text, kill the child after it has told this many events; the accepted id."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(text + "\n")
    process.stdin.flush()
    pid = int(process.stdout.readline().split()[1])
    accepted = ""
    for _ in range(events):
        line = process.stdout.readline()
        if line.startswith("accepted"):
            accepted = line.split()[1]
        if line.startswith("over"):
            return accepted
    os.kill(pid, signal.SIGKILL)
    while not process.stdout.readline().startswith("over"):
        pass
    return accepted


def messages(home: Path) -> list[tuple[str, Message]]:
    store = MemoryStore(home, HashEmbedder())
    events = store.log.read_after(0, 100_000)
    assert store.verify().ok
    store.close()
    found = [(event.id, event.payload) for event in events if event.origin is Origin.USER]
    return [(event_id, payload) for event_id, payload in found if isinstance(payload, Message)]


def check(home: Path, accepted: dict[str, str]) -> None:
    kept = messages(home)
    assert {event_id: payload.text for event_id, payload in kept} == accepted
    assert len(kept) == len(accepted)


def test_fifty_kills_at_random_moments(home: Path) -> None:
    moments = random.Random(20240312)
    accepted: dict[str, str] = {}
    with killable(home, "fake") as process:
        for number in range(50):
            text = f"message number {number}"
            accepted[kill_at(process, text, moments.randint(1, 60))] = text

    check(home, accepted)
    again = open_scripted(home)
    replies = Counter(
        event.payload.reply_to
        for event in again.store.log.read_after(0, 100_000)
        if isinstance(event.payload, Message) and event.origin is Origin.ASSISTANT
    )
    assert set(replies) == set(accepted)
    assert set(replies.values()) == {1}
    assert again.store.sessions.owed() == []
    assert again._graph.threads() == []
    assert answer_to(again, "message number 7?").memories
    again.close()


@pytest.mark.real_model
def test_kills_with_the_real_model(
    home: Path, smollm2_path: Path, minilm: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIFELORE_MODEL", str(smollm2_path))
    moments = random.Random(7)
    accepted: dict[str, str] = {}
    with killable(home, "real") as process:
        for number in range(int(os.environ.get("LIFELORE_TEST_KILLS", "3"))):
            text = f"message number {number}"
            accepted[kill_at(process, text, moments.randint(1, 40))] = text

    check(home, accepted)
