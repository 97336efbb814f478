"""Where a conversation is kept while it is held: in the home for good, or in memory alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.graph import TurnGraph
from memory.events import Draft, Event, Message, Origin
from memory.log import Log
from memory.ports import Clock
from memory.threads import answers
from tools.registry import Registry
from tools.remember import Remember
from tools.save_file import SaveFile

_NOWHERE = Path(":memory:")
"""SQLite's name for a database that is never on disk."""
_KEEPING = {Remember.name, SaveFile.name}


@dataclass(frozen=True, slots=True)
class Keeping:
    """The log of a conversation, the checkpoints of its turns, and the tools they may use."""

    log: Log
    graph: TurnGraph
    toolbox: Callable[[Event], Registry]

    @property
    def lasting(self) -> bool:
        return self.log.path != _NOWHERE

    def close_turn(self, event: Event) -> None:
        """Note that a message will get no answer, unless it has one."""
        if answers(self.log, event.id, event.session_id):
            return
        payload = Message(text="", reply_to=event.id, status="interrupted")
        draft = Draft(payload=payload, session_id=event.session_id, origin=Origin.ASSISTANT)
        self.log.append([draft])

    def close(self) -> None:
        self.graph.close()
        self.log.close()


def passing(toolbox: Callable[[Event], Registry], clock: Clock) -> Keeping:
    """One that is held in memory and leaves nothing; its tools keep nothing either."""

    def without_keeping(event: Event) -> Registry:
        return Registry(tool for tool in toolbox(event).tools if tool.name not in _KEEPING)

    return Keeping(Log(_NOWHERE, clock), TurnGraph(_NOWHERE), without_keeping)
