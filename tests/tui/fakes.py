"""A scripted assistant. Scripts wait on gates that the test opens; nothing sleeps."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from assistant.models.base import Usage
from assistant.updates import (
    Accepted,
    Answered,
    Delta,
    Milliseconds,
    Recalled,
    Update,
    Working,
)
from memory.errors import NotFound
from memory.events import Origin
from memory.recall import Memory
from tui.clock import Clock

NOW = datetime(2025, 3, 20, 21, 2, tzinfo=UTC)
CLOCK = Clock(lambda: NOW, UTC)
_PATIENCE = 20.0


class Gate:
    """A place at which a script waits. `reached` tells the test that it is there."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()

    def open(self) -> None:
        self._open.set()

    def pass_through(self) -> None:
        self.reached.set()
        assert self._open.wait(_PATIENCE), "the test left a gate closed"


Step = Update | Gate | Exception


@dataclass(frozen=True)
class FakeSummary:
    id: str
    title: str
    last_at: datetime = NOW
    started_at: datetime = NOW
    turns: int = 2


@dataclass(frozen=True)
class FakeTurn:
    id: str
    text: str
    origin: Origin = Origin.USER
    at: datetime = NOW
    speaker: str | None = None
    status: str = "complete"
    memories: tuple[str, ...] = ()


def memory(
    number: int, text: str, origin: Origin = Origin.USER, speaker: str | None = None, days: int = 8
) -> Memory:
    at = NOW - timedelta(days=days)
    return Memory(f"m{number}", number, "message", "s0", at, origin, speaker, 0.5, text)


def answered(
    text: str,
    memories: tuple[Memory, ...] = (),
    status: str = "complete",
    problem: str | None = None,
) -> Answered:
    return Answered(
        message_id="a",
        text=text,
        status=status,  # type: ignore[arg-type]  # one of the four, given by each test
        memories=memories,
        usage=Usage(prompt_tokens=2100, cached_tokens=1900, completion_tokens=40),
        ms=Milliseconds(recall=12, first_token=340, total=2140),
        context_tokens=8192,
        problem=problem,
    )


def script(text: str, memories: tuple[Memory, ...] = (), *before: Step) -> list[Step]:
    """An ordinary turn that answers `text` in two pieces."""
    half = len(text) // 2
    return [
        Accepted("u", "s"),
        Working("Recalling"),
        Recalled(memories),
        *before,
        Delta(text[:half]),
        Delta(text[half:]),
        answered(text, memories),
    ]


class FakeSession:
    def __init__(self, assistant: FakeAssistant, session_id: str) -> None:
        self.id = session_id
        self.cancels = 0
        self._assistant = assistant
        self._gate: Gate | None = None

    def send(self, text: str) -> Iterator[Update]:
        self._assistant.sent.append((self.id, text))
        steps = self._assistant.scripts.popleft() if self._assistant.scripts else script("Yes.")
        for step in steps:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Gate):
                self._gate = step
                step.pass_through()
            elif self.cancels and isinstance(step, Answered):
                yield answered("Half an", status="cancelled")
            elif not (self.cancels and isinstance(step, Delta)):
                yield step

    def cancel(self) -> None:
        self.cancels += 1
        if self._gate is not None:
            self._gate.open()

    def turns(self) -> Sequence[FakeTurn]:
        return self._assistant.said.get(self.id, [])


@dataclass
class FakeAssistant:
    """What is open, said and sent; tests read it after the workers have come to rest."""

    summaries: list[FakeSummary] = field(default_factory=list)
    said: dict[str, list[FakeTurn]] = field(default_factory=dict)
    remembered: dict[str, Memory] = field(default_factory=dict)
    scripts: deque[list[Step]] = field(default_factory=deque)
    warming: list[Working | Gate | Exception] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    opened: list[FakeSession] = field(default_factory=list)
    closed: bool = False
    model_name: str = "qwen3-4b"
    context_tokens: int = 8192

    def sessions(self) -> Sequence[FakeSummary]:
        return list(self.summaries)

    def session(self, session_id: str | None = None) -> FakeSession:
        if session_id is None:
            session_id = f"new-{len(self.opened) + 1}"
            self.summaries.insert(0, FakeSummary(session_id, "A new session"))
        elif all(one.id != session_id for one in self.summaries):
            raise NotFound(f"There is no session {session_id}.")
        session = FakeSession(self, session_id)
        self.opened.append(session)
        return session

    def memories(self, ids: Sequence[str]) -> Sequence[Memory]:
        return [self.remembered[one] for one in ids if one in self.remembered]

    def warm_up(self) -> Iterator[Working]:
        for step in self.warming:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Gate):
                step.pass_through()
            else:
                yield step

    def close(self) -> None:
        self.closed = True


def full_assistant() -> FakeAssistant:
    """One with a life behind it, as the snapshots show it."""
    titles = [
        ("cake", "Cake for Sunday", 0),
        ("taxes", "Taxes", 0),
        ("lyon", "Lyon flat", 1),
        ("dentist", "Dentist", 3),
        ("marathon", "Marathon plan", 5),
        ("buns", "Cardamom buns, a second try", 14),
        ("garden", "What to plant on the north side", 40),
        ("passport", "Passport", 200),
    ]
    assistant = FakeAssistant(
        summaries=[FakeSummary(key, name, NOW - timedelta(days=age)) for key, name, age in titles]
    )
    assistant.remembered = {
        "m1": memory(1, "My sister is allergic to walnuts, badly.", days=373),
        "m2": memory(2, "She loved the cardamom buns!", Origin.THIRD_PARTY, "Marc", days=9),
    }
    assistant.said["cake"] = [
        FakeTurn("t1", "What should I bake for my sister?", at=NOW - timedelta(minutes=3)),
        FakeTurn(
            "t2",
            "An **apple-and-cardamom cake** would suit: she can’t have walnuts [1], and she liked "
            "the cardamom buns [2].\n\n- 3 apples, thinly sliced\n- 1 tsp cardamom, *freshly* "
            "ground\n- 180 g flour\n\n```python\nbake(minutes=40, celsius=180)\n```",
            Origin.ASSISTANT,
            NOW - timedelta(minutes=2),
            memories=("m1", "m2"),
        ),
    ]
    return assistant
