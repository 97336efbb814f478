"""A scripted assistant. Scripts wait on gates that the test opens; nothing sleeps."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from assistant.models.base import Usage
from assistant.portrait import Portrait
from assistant.updates import (
    Accepted,
    Answered,
    Delta,
    Milliseconds,
    Question,
    Recalled,
    Update,
    Working,
)
from memory.errors import NotFound
from memory.events import Event, Message, Origin
from memory.forget import ForgetPlan
from memory.ports import Progress
from memory.recall import Memory
from memory.user.lines import Line, Section
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

    @property
    def is_open(self) -> bool:
        return self._open.is_set()

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
    document: bool = False
    first: str | None = None


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
    lines: tuple[Line, ...] = (),
    asked: Question | None = None,
) -> Answered:
    return Answered(
        message_id="a",
        lines=lines,
        asked=asked,
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


def line(text: str, section: Section = Section.HEALTH, *, confirmed: bool = False) -> Line:
    at = NOW - timedelta(days=9)
    return Line(
        id="abcdefgh",
        section=section,
        attribute="",
        value="",
        context="",
        polarity=0,
        belief=0.9,
        text=text,
        topic=None,
        sources=("t1",),
        first_at=at,
        last_at=at,
        confirmed=confirmed,
        consent=None,
    )


def question(
    form: Literal["open", "yes_no", "pick_one"] = "pick_one",
    options: tuple[str, ...] = ("Under 30", "Any"),
) -> Question:
    return Question("q1", "How long may it bake?", form, options, "It decides the recipe.")


@dataclass(frozen=True)
class FakeOffer:
    id: str
    text: str
    why: str = "You said so on Monday."
    topic: str = "plans"


def plan(*texts: str, with_it: tuple[str, ...] = ()) -> ForgetPlan:
    """A plan that erases words of the user, m1 and on, and answers with them."""
    asked = tuple(_event(f"m{n}", text, Origin.USER) for n, text in enumerate(texts, 1))
    beside = tuple(_event(f"t{n}", text, Origin.ASSISTANT) for n, text in enumerate(with_it, 2))
    return ForgetPlan(asked, beside)


def _event(event_id: str, text: str, origin: Origin) -> Event:
    return Event(
        seq=1,
        id=event_id,
        kind="message",
        version=1,
        session_id="cake",
        at=NOW,
        origin=origin,
        payload=Message(text=text),
    )


class FakeWelcome:
    """Due only where a test says so; its questions are put in turn."""

    topics = ("health", "religion", "finances")

    def __init__(self) -> None:
        self.due = False
        self.questions: list[Question] = []
        self.introduced: list[tuple[str, list[str]]] = []
        self.refused: Exception | None = None

    def first_time(self) -> bool:
        due, self.due = self.due, False
        return due

    def introduce(self, name: str, may_keep: Collection[str]) -> None:
        if self.refused is not None:
            raise self.refused
        self.introduced.append((name, sorted(may_keep)))

    def question(self) -> Question | None:
        return self.questions.pop(0) if self.questions else None


class FakeSession:
    def __init__(
        self, assistant: FakeAssistant, session_id: str, *, temporary: bool = False
    ) -> None:
        self.id = session_id
        self.temporary = temporary
        self.closed = False
        self.cancels = 0
        self._assistant = assistant
        self._gate: Gate | None = None

    def send(self, text: str, edits: str | None = None) -> Iterator[Update]:
        self._assistant.sent.append((self.id, text))
        self._assistant.edits.append(edits)
        yield from self._play()

    def regenerate(self, message_id: str) -> Iterator[Update]:
        self._assistant.regenerated.append((self.id, message_id))
        yield from self._play()

    def correct(self, answer_id: str, text: str) -> None:
        self._assistant.correct(answer_id, text)

    def fork(self, before: str) -> FakeSession:
        turns = list(self.turns())
        place = next((n for n, turn in enumerate(turns) if turn.id == before), None)
        if place is None:
            raise NotFound(f"There is no message {before} in this conversation.")
        forked = f"{self.id}-fork"
        self._assistant.said[forked] = turns[:place]
        session = FakeSession(self._assistant, forked, temporary=self.temporary)
        self._assistant.opened.append(session)
        return session

    def attach(self, path: Path, progress: Progress) -> FakeTurn:
        self._assistant._tell("attach", str(path))
        text = "Refunds within thirty days. " * 40
        return FakeTurn("d1", text, Origin.THIRD_PARTY, speaker=path.name, document=True)

    def close(self) -> None:
        self.closed = True

    def _play(self) -> Iterator[Update]:
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

    def anticipate(self, draft: str) -> bool:
        return self._assistant.anticipate(draft, self.id)

    def turns(self) -> Sequence[FakeTurn]:
        return self._assistant.said.get(self.id, [])

    def last_turns(self, most: int) -> Sequence[FakeTurn]:
        return self.turns()[-most:]


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
    edits: list[str | None] = field(default_factory=list)
    regenerated: list[tuple[str, str]] = field(default_factory=list)
    offered: list[FakeOffer] = field(default_factory=list)
    page: str = "# About me\n"
    pictured: Portrait = field(default_factory=lambda: Portrait((), ()))
    days: list[tuple[date, int]] = field(default_factory=list)
    found: dict[str, list[Memory]] = field(default_factory=dict)
    """What a search gives for these words."""
    plans: dict[str, ForgetPlan] = field(default_factory=dict)
    """What would go with the event of this id."""
    refusals: dict[str, Exception] = field(default_factory=dict)
    """By the name of a method: what it raises."""
    told: list[tuple[object, ...]] = field(default_factory=list)
    """Calls that tell the assistant something: the method, then its arguments."""
    gates: dict[str, Gate] = field(default_factory=dict)
    """By the words of a search: where it waits."""
    anticipated: list[tuple[str, str | None]] = field(default_factory=list)
    """Drafts that were read ahead, with the session they are for."""
    unsettled: int = 0
    """How often reading ahead was to end."""
    welcome: FakeWelcome = field(default_factory=FakeWelcome)
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

    def temporary_session(self) -> FakeSession:
        session = FakeSession(self, f"temporary-{len(self.opened) + 1}", temporary=True)
        self.opened.append(session)
        return session

    def rate(self, message_id: str, rating: int, comment: str | None = None) -> None:
        self._tell("rate", message_id, rating)

    def correct(self, answer_id: str, text: str) -> None:
        self._tell("correct", answer_id, text)

    def answer_question(self, question_id: str, answer: str | None) -> str:
        self._tell("answer_question", question_id, answer)
        return "Skipped." if answer is None else f"Noted: {answer}."

    def profile_page(self) -> str:
        return self.page

    def save_profile(self, page: str) -> str:
        self._tell("save_profile", page)
        self.page = page
        return "The profile is saved."

    def line_sources(self, line_id: str) -> Sequence[Memory]:
        return [self.remembered["m1"]] if line_id == "abcdefgh" else []

    def portrait(self) -> Portrait:
        return self.pictured

    def offers(self) -> Sequence[FakeOffer]:
        return list(self.offered)

    def answer_offer(self, offer_id: str, outcome: str, rating: int | None = None) -> None:
        self._tell("answer_offer", offer_id, outcome, rating)

    def search(self, text: str, limit: int = 50) -> Sequence[Memory]:
        self.told.append(("search", text))
        if text in self.gates:
            self.gates[text].pass_through()
        return self.found.get(text, [])[:limit]

    def plan_forgetting(self, ids: Sequence[str]) -> ForgetPlan:
        self.told.append(("plan_forgetting", *ids))
        return self.plans.get(ids[0], ForgetPlan((), ()))

    def forget(self, plan: ForgetPlan) -> str:
        self._tell("forget", *plan.ids)
        for gone in plan.ids:
            self.remembered.pop(gone, None)
        return f"{len(plan.ids)} entries are erased."

    def activity(self) -> Sequence[tuple[date, int]]:
        return list(self.days)

    def export_session(self, session_id: str) -> str:
        self._tell("export_session", session_id)
        return f"# {session_id}\n"

    def _tell(self, method: str, *arguments: object) -> None:
        self.told.append((method, *arguments))
        if method in self.refusals:
            raise self.refusals[method]

    def anticipate(self, draft: str, session_id: str | None = None) -> bool:
        self.anticipated.append((draft, session_id))
        if "anticipate" in self.refusals:
            raise self.refusals["anticipate"]
        return True

    def stop_anticipating(self) -> None:
        self.unsettled += 1

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
