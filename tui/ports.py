"""What the TUI needs of an assistant.

Every call may block and is made from a worker thread, except `SessionLike.cancel` and the reading
of `SessionLike.id`. One turn runs at a time, but `sessions`, `turns` and `memories` may be called
from another thread while it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from assistant.updates import Update, Working
    from memory.events import Origin
    from memory.recall import Memory


class SummaryLike(Protocol):
    """One line of the list of sessions."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def last_at(self) -> datetime: ...
    @property
    def turns(self) -> int: ...


class TurnLike(Protocol):
    """Words already in the log. `memories` are the ids of what an answer was given."""

    @property
    def id(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def origin(self) -> Origin: ...
    @property
    def speaker(self) -> str | None: ...
    @property
    def text(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def memories(self) -> tuple[str, ...]: ...


class SessionLike(Protocol):
    """One conversation."""

    @property
    def id(self) -> str: ...

    def send(self, text: str) -> Iterator[Update]:
        """Run one turn: Accepted first, Answered last.

        Raises MemoryFault or AssistantFault before Accepted when the words cannot be accepted.
        """

    def cancel(self) -> None:
        """End the running turn soon; does nothing when none runs. Any thread may call it."""

    def turns(self) -> Sequence[TurnLike]:
        """Every turn, oldest first."""


class AssistantLike(Protocol):
    """The assistant as a front end sees it."""

    @property
    def model_name(self) -> str: ...

    @property
    def context_tokens(self) -> int: ...

    def sessions(self) -> Sequence[SummaryLike]:
        """Every session, newest first."""

    def session(self, session_id: str | None = None) -> SessionLike:
        """The session with this id, or a new one."""

    def memories(self, ids: Sequence[str]) -> Sequence[Memory]:
        """What these ids stand for; an id that has been forgotten is left out."""

    def warm_up(self) -> Iterator[Working]:
        """Load the models and bring the indexes up to date."""

    def close(self) -> None: ...
