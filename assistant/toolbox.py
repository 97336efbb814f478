"""The tools of a turn, given what they may touch."""

from __future__ import annotations

from pathlib import Path

from memory.events import Draft, Event, Message, Note, Origin, ToolCalled
from memory.log import Log
from memory.ports import Clock
from memory.recall import Memory
from memory.store import MemoryStore
from memory.text import content_words
from memory.threads import conversation
from tools.calculator import Calculator
from tools.clock import ClockTool
from tools.registry import Registry
from tools.remember import Remember
from tools.save_file import SaveFile
from tools.search_memory import SearchMemory


def toolbox(store: MemoryStore, clock: Clock, files: Path, message: Event) -> Registry:
    """The tools for the turn of this message of the user; `files` is the folder for theirs."""

    def keep(text: str) -> str:
        [event] = store.append(
            [
                Draft(
                    payload=Note(text=_faithful(text, message), sources=(message.id,)),
                    session_id=message.session_id,
                    origin=Origin.TOOL,
                )
            ],
            needs=[message.id],
        )
        return event.id

    def look_up(query: str, k: int) -> tuple[Memory, ...]:
        return store.recall(query, k, exclude=[message.id]).memories

    def last_answer() -> str | None:
        return _last_answer(store.log, message)

    return Registry(
        [
            ClockTool(clock, clock.now().astimezone().tzinfo),
            Calculator(),
            Remember(keep),
            SearchMemory(look_up),
            SaveFile(files, message.text or "", last_answer),
        ]
    )


def _last_answer(log: Log, message: Event) -> str | None:
    """The newest answer before the message that says more than that another one was saved."""
    said = conversation(log, message.session_id, message.id)
    # A fork begins with what was said in another session.
    calls = [event.payload for id_ in {e.session_id for e in said} for event in log.session(id_)]
    saving = {
        call.reply_to
        for call in calls
        if isinstance(call, ToolCalled) and call.tool == SaveFile.name
    }
    for event in reversed(said):
        payload, text = event.payload, event.text or ""  # as the user corrected it
        if event.origin is not Origin.ASSISTANT or not isinstance(payload, Message):
            continue
        if text.strip() and payload.reply_to not in saving:
            return text
    return None


def _faithful(text: str, message: Event) -> str:
    """The model's wording of a note where each of its words was the user's, else the user's own.

    A small model that garbles what it was asked to keep must not make a memory of it.
    """
    said = message.text or ""
    return text if set(content_words(text)) <= set(content_words(said)) else said
