"""Words on their way to the assistant: one turn runs, the others wait in the order of typing."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.updates import Approving
    from tui.ports import SessionLike
    from tui.widgets.answer import Answer
    from tui.widgets.transcript import Transcript
    from tui.widgets.words import Words


@dataclass(eq=False)
class Outgoing:
    """One message, the conversation it belongs to, and how its turn stands."""

    transcript: Transcript
    words: Words
    text: str
    session: SessionLike | None = None
    answer: Answer | None = None
    edits: str | None = None
    """The message that these words were written in place of."""
    again: Answer | None = None
    """The answer that another one is wanted for; nothing new is said then."""
    approving: Approving | None = None
    """What its turn waits for a yes to."""
    accepted: bool = False
    cancelled: Flag = field(default_factory=Flag)


class Outbox:
    """The queue. Only handlers on the event loop touch it, so it needs no lock."""

    def __init__(self) -> None:
        self.running: Outgoing | None = None
        self._waiting: deque[Outgoing] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, outgoing: Outgoing) -> None:
        self._waiting.append(outgoing)

    def next(self) -> Outgoing | None:
        """Take the first in line, if nothing runs and its conversation can be written to."""
        if self.running is not None or not self._waiting or not self._waiting[0].transcript.ready:
            return None
        self.running = self._waiting.popleft()
        return self.running

    def unsent(self) -> list[str]:
        """The words that wait, in the order of typing, but for those of temporary conversations."""
        waiting = [one for one in self._waiting if one.again is None]
        return [one.text for one in waiting if not one.transcript.temporary]

    def drop(self, transcript: Transcript | None = None) -> list[Outgoing]:
        """Take out everything that waits, or all of one conversation, for it cannot be sent."""
        gone = [one for one in self._waiting if transcript in (None, one.transcript)]
        self._waiting = deque(one for one in self._waiting if one not in gone)
        return gone

    def concerns(self, transcript: Transcript) -> bool:
        """Whether a turn of this conversation runs or waits."""
        running = self.running is not None and self.running.transcript is transcript
        return running or any(one.transcript is transcript for one in self._waiting)
