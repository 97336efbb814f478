"""What a turn tells its front end while it runs: typed, frozen, in the order they happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Lock
from typing import Literal

from assistant.models.base import ChatMessage, Usage
from memory.recall import Memory
from memory.user.lines import Line
from tools.approval import Proposal

_LOOK_SECONDS = 0.1
"""Between two looks whether a decision was given up."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The user's words are on disk. Everything after this may fail without losing them."""

    message_id: str
    session_id: str


@dataclass(frozen=True, slots=True)
class Working:
    """What is being done now, for the status line; `fraction` is None when unknown."""

    what: str
    fraction: float | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """Exactly what the model is given to answer."""

    messages: tuple[ChatMessage, ...]


@dataclass(frozen=True, slots=True)
class Recalled:
    """The memories and lines of the profile that stand in the prompt, best first."""

    memories: tuple[Memory, ...]
    lines: tuple[Line, ...] = ()


class Decision:
    """A yes or no that a turn waits for; the first one counts."""

    def __init__(self) -> None:
        self._lock, self._made, self._yes = Lock(), Flag(), False

    def make(self, yes: bool) -> bool:
        """Decide; False where it is too late. Any thread may."""
        with self._lock:
            if self._made.is_set():
                return False
            self._yes = yes
            self._made.set()
            return True

    def wait(self, given_up: Callable[[], bool]) -> bool:
        """Block until it is made; no where it is given up before."""
        while not self._made.wait(_LOOK_SECONDS):
            if given_up():
                self.make(False)
        return self._yes


@dataclass(frozen=True, slots=True)
class Approving:
    """Something to be done outside memory that needs the user's yes.

    It is decided before the next update is taken; else that is a no.
    """

    proposal: Proposal
    decision: Decision


@dataclass(frozen=True, slots=True)
class ToolUsed:
    """A tool was used, and the model is given its result."""

    tool: str
    arguments: dict[str, object]
    result: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Delta:
    """More text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know: what did not fit, what is not available."""

    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something the assistant would like to know; it can always be skipped."""

    id: str
    """Id of the event that it was put with."""
    text: str
    form: Literal["open", "yes_no", "pick_one"]
    options: tuple[str, ...]
    why: str
    """The answer to "why do you ask?"."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A question to the user, beside the answer."""

    question: Question


@dataclass(frozen=True, slots=True)
class Milliseconds:
    """Times of one turn, in milliseconds, from the moment it was sent."""

    recall: float = 0.0
    first_token: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Answered:
    """The end of every turn that was accepted: the answer as it was recorded."""

    message_id: str
    text: str
    status: Literal["complete", "cancelled", "interrupted", "failed"]
    memories: tuple[Memory, ...] = ()
    lines: tuple[Line, ...] = ()
    """Lines of the profile that it was given."""
    asked: Question | None = None
    usage: Usage = field(default_factory=Usage)
    ms: Milliseconds = field(default_factory=Milliseconds)
    context_tokens: int = 0
    """Tokens the model can hold; with usage.prompt_tokens the context meter."""
    problem: str | None = None
    """For a failed turn: what happened and what to do, in one sentence."""


Update = (
    Accepted | Working | Recalled | Sent | Approving | ToolUsed | Delta | Notice | Asking | Answered
)
