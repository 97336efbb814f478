"""What one turn carries: its saved state and what its steps may use."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Any, TypedDict

from assistant.models.base import ChatMessage, LanguageModel
from assistant.person import Person
from assistant.reading import Reading
from assistant.updates import Update
from memory.events import Event
from memory.log import Log
from memory.ports import Clock
from memory.store import MemoryStore
from tools.registry import Registry


class TurnState(TypedDict, total=False):
    """The checkpointed part of a turn: ids and results, deleted when the turn ends."""

    session_id: str
    message_id: str
    found: list[tuple[str, float]]
    """Ids and scores of recalled events, best first."""
    lines: list[str]
    """Ids of the lines of the profile that the prompt is given, best first."""
    manner: list[str]
    """Ids of the lines on how to answer."""
    attached: bool
    """Passages of a document that was attached to the words are among them."""
    unknown: bool
    """The words ask what only memory could tell, and it does not seem to."""
    used: list[str]
    """Ids of the memories that stand in the prompt."""
    summed_up: list[str]
    """Ids of the turns whose summaries stand in the prompt."""
    call: dict[str, Any] | None
    """The tool call to make next."""
    steps: list[dict[str, Any]]
    """Tool calls made: tool, arguments, result, ok."""
    answer: str
    status: str
    problem: str | None
    usage: tuple[int, int, int]
    """Prompt, cached and completion tokens."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What recall found for words that were not yet said."""

    state: TurnState
    """As recall leaves it."""
    recall_ms: float


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """Tokens and counts that bound a turn."""

    answer_tokens: int = 512
    reading: Reading = field(default_factory=Reading)
    """Gives the tokens of memories in a prompt."""
    memories: int = 8
    relevance: float = 0.7
    """Share of the best memory's score below which others only distract a small model."""
    temperature: float = 0.0
    tool_rounds: int = 3


@dataclass(slots=True)
class Stopwatch:
    """Milliseconds since the turn was sent, and the marks taken."""

    started: float = field(default_factory=time.perf_counter)
    marks: dict[str, float] = field(default_factory=dict)

    def mark(self, name: str) -> None:
        self.marks.setdefault(name, 1000 * (time.perf_counter() - self.started))


class AlreadyRead:
    """How much of a prompt the model has read in turns, leaving out what it read ahead.

    Memories get the tokens that the model can read in a given time. What it has read ahead of a
    turn would make that time seem longer, and the prompt another than without reading ahead.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[ChatMessage, ...], int] = {}

    def tokens(self, model: LanguageModel, messages: Sequence[ChatMessage]) -> int:
        """Of this prompt's tokens, those that were read when it was first asked for since the
        last completion. The last message, which may still change, counts for nothing.
        """
        before = tuple(messages[:-1])
        if before not in self._known:
            self._known[before] = model.cached_tokens(messages)
        return self._known[before]

    def restart(self) -> None:
        """A completion has changed what is read."""
        self._known.clear()


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What the steps of one turn may use. Never saved."""

    log: Log
    """Where the conversation is kept: the home's log, or none that lasts."""
    store: MemoryStore
    model: Callable[[], LanguageModel]
    """Gives the model, loading it at the first call. Raises AssistantFault."""
    person: Person
    registry: Registry
    limits: TurnLimits
    clock: Clock
    cancel: Flag
    asks: bool
    """Whether a question may go with the answer."""
    emit: Callable[[Update], None]
    """Tells the front end; set by the graph for each step."""
    read: AlreadyRead = field(default_factory=AlreadyRead)
    watch: Stopwatch = field(default_factory=Stopwatch)
    foreseen: Foreseen | None = None
    """What was recalled for the same words while they were typed."""
    draft: Event | None = None
    """Words that are not said yet, where a turn is only anticipated; they are in no log."""
