"""The data export of Claude: `conversations.json`, alone or in the archive it comes in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from memory.events import Draft, Message, Origin
from memory.importers.archive import ConversationsImporter
from memory.importers.base import Drafting, OnProblem, Problem, to_utc

_ORIGINS = {"human": Origin.USER, "assistant": Origin.ASSISTANT}


@dataclass(frozen=True)
class Claude(ConversationsImporter):
    name: str = "claude"
    expected = (
        "a Claude export (conversations.json, a JSON list of conversations with chat_messages, "
        "or the zip archive with it)"
    )
    lacking = "no chat_messages"

    def holds(self, item: dict[str, Any]) -> bool:
        return isinstance(item.get("chat_messages"), list)

    def conversation(
        self, item: dict[str, Any], place: str, drafting: Drafting, on_problem: OnProblem
    ) -> Iterator[Draft]:
        title = _string(item, "name")
        started = at = _time(item.get("created_at"))
        name = _string(item, "uuid")
        for number, message in enumerate(item["chat_messages"], start=1):
            where = f"{place}, message {number}"
            if not isinstance(message, dict):
                on_problem(Problem(where, "not an object"))
                continue
            origin, text = _ORIGINS.get(_string(message, "sender") or ""), _text(message)
            # A message without a time of its own was said right after the one before.
            at = _time(message.get("created_at")) or at
            if origin is None or not text.strip():
                continue
            if at is None:
                on_problem(Problem(where, "no created_at"))
                continue
            external_id = _string(message, "uuid")
            name = name or external_id or at.isoformat()
            payload = Message(text=text, external_id=external_id)
            drafts = drafting.line(
                name, "", payload, at, origin, where, external_id=payload.external_id
            )
            yield from chain(drafting.session(name, "", title, started or at), drafts)


def _text(message: dict[str, Any]) -> str:
    """The words of a message. Tools and thoughts are not among its text blocks."""
    content = message.get("content")
    blocks = content if isinstance(content, list) else []
    words = [
        block["text"]
        for block in blocks
        if isinstance(block, dict)
        and block.get("type") == "text"
        and isinstance(block.get("text"), str)
        and block["text"].strip()
    ]
    return "\n".join(words) or _string(message, "text") or ""


def _string(item: dict[str, Any], field: str) -> str | None:
    value = item.get(field)
    return value if isinstance(value, str) and value.strip() else None


def _time(value: Any) -> datetime | None:
    if isinstance(value, str):
        with suppress(ValueError, OverflowError):
            return to_utc(datetime.fromisoformat(value))
    return None
