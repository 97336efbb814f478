"""What worker threads tell the chat screen. Workers only post these; handlers own all state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from assistant.updates import Update, Working
    from memory.recall import Memory
    from tui.outbox import Outgoing
    from tui.ports import AssistantLike, SessionLike, SummaryLike, TurnLike
    from tui.widgets.answer import Answer
    from tui.widgets.transcript import Transcript


@dataclass
class Opened(Message):
    """The assistant can be asked for what it holds; its models are not loaded yet."""

    assistant: AssistantLike
    model: str


@dataclass
class OpenFailed(Message):
    problem: str


@dataclass
class Warming(Message):
    working: Working


@dataclass
class Warmed(Message):
    """The warm-up ended; with a problem, turns are still taken, for words are kept anyway."""

    context_tokens: int
    problem: str | None


@dataclass
class SessionsListed(Message):
    sessions: Sequence[SummaryLike]


@dataclass
class Loaded(Message):
    """A session that was chosen, with what was said last in it."""

    transcript: Transcript
    session: SessionLike
    turns: Sequence[TurnLike]


@dataclass
class LoadedWhole(Message):
    """Everything that was said in a session that was loaded."""

    transcript: Transcript
    turns: Sequence[TurnLike]


@dataclass
class LoadFailed(Message):
    transcript: Transcript
    problem: str


@dataclass
class TurnBegun(Message):
    """The session of a turn is known, and from now on the turn can be cancelled."""

    outgoing: Outgoing
    session: SessionLike


@dataclass
class TurnUpdated(Message):
    outgoing: Outgoing
    update: Update


@dataclass
class TurnEnded(Message):
    """Always the last of a turn; a problem means that it broke off without an Answered."""

    outgoing: Outgoing
    problem: str | None


@dataclass
class Fetched(Message):
    """The memories of an answer of an earlier run."""

    answer: Answer
    memories: Sequence[Memory]


@dataclass
class Listening(Message):
    """The microphone is on."""


@dataclass
class Understood(Message):
    """What was said; until it is final, the words may change."""

    text: str
    final: bool


@dataclass
class ListeningEnded(Message):
    problem: str | None


@dataclass
class Hinted(Message):
    """Something in the background went wrong, or is worth one quiet line."""

    text: str
