"""The export of ChatGPT: `conversations.json`, alone or in the archive it comes in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from memory.events import Draft, Message, Origin
from memory.importers.archive import ConversationsImporter
from memory.importers.base import Drafting, OnProblem, Problem

_ORIGINS = {"user": Origin.USER, "assistant": Origin.ASSISTANT}


@dataclass(frozen=True)
class ChatGpt(ConversationsImporter):
    """Of each conversation, the branch that was last shown."""

    name: str = "chatgpt"
    expected = (
        "a ChatGPT export (conversations.json, a JSON list of conversations with a mapping, "
        "or the zip archive with it)"
    )
    lacking = "no mapping of messages"

    def holds(self, item: dict[str, Any]) -> bool:
        return isinstance(item.get("mapping"), dict)

    def conversation(
        self, item: dict[str, Any], place: str, drafting: Drafting, on_problem: OnProblem
    ) -> Iterator[Draft]:
        return _conversation(item, place, drafting, on_problem)


def _conversation(
    item: dict[str, Any], place: str, drafting: Drafting, on_problem: OnProblem
) -> Iterator[Draft]:
    branch = _visible_branch(item)
    if not branch:
        return
    first_id = branch[0][0]
    given = item.get("conversation_id") or item.get("id")
    name = given if isinstance(given, str) else first_id
    title = item["title"] if isinstance(item.get("title"), str) else None
    at = _time(item.get("create_time"))
    for node_id, message in branch:
        # Some messages carry no time of their own; they were said right after the one before.
        at = _time(message.get("create_time")) or at
        origin, text = _ORIGINS.get(_role(message)), _text(message)
        if origin is None or not text.strip():
            continue
        if at is None:
            on_problem(Problem(f"{place}, message {node_id}", "no create_time"))
            continue
        given_id = message.get("id")
        external_id = given_id if isinstance(given_id, str) else node_id
        payload = Message(text=text, external_id=external_id, model=_model(message))
        drafts = drafting.line(
            name, "", payload, at, origin, f"{place}, message {node_id}", external_id=external_id
        )
        opened_at = _time(item.get("create_time")) or at
        yield from chain(drafting.session(name, "", title, opened_at), drafts)


def _visible_branch(item: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(node id, message) from the first message to the one last shown.

    Edits and regenerations make branches; the user saw and kept the one that ends at
    current_node.
    """
    mapping = item["mapping"]
    branch: list[tuple[str, dict[str, Any]]] = []
    seen: set[str] = set()
    node_id = item.get("current_node")
    if not isinstance(node_id, str) or node_id not in mapping:
        node_id = _latest_leaf(mapping)
    while isinstance(node_id, str) and node_id not in seen:
        seen.add(node_id)
        node = mapping.get(node_id)
        if not isinstance(node, dict):
            break
        if isinstance(node.get("message"), dict):
            branch.append((node_id, node["message"]))
        node_id = node.get("parent")
    branch.reverse()
    return branch


def _latest_leaf(mapping: dict[str, Any]) -> str | None:
    """Where the visible branch ends in exports without current_node."""

    def said_at(node_id: str) -> datetime:
        message = mapping[node_id].get("message")
        at = _time(message.get("create_time")) if isinstance(message, dict) else None
        return at or datetime.min.replace(tzinfo=UTC)

    nodes = {key: node for key, node in mapping.items() if isinstance(node, dict)}
    leaves = [key for key, node in nodes.items() if not node.get("children")]
    return max(leaves, key=said_at, default=None)


def _role(message: dict[str, Any]) -> str:
    author = message.get("author")
    role = author.get("role") if isinstance(author, dict) else None
    metadata = message.get("metadata")
    # The user never saw these: custom instructions and other context for the model.
    hidden = isinstance(metadata, dict) and metadata.get("is_visually_hidden_from_conversation")
    return role if isinstance(role, str) and not hidden else ""


def _text(message: dict[str, Any]) -> str:
    """The words of a message: its parts that are text or the transcript of speech."""
    content = message.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    words = (_part(part) for part in parts) if isinstance(parts, list) else ()
    return "\n".join(each for each in words if each.strip())


def _part(part: Any) -> str:
    if isinstance(part, dict) and part.get("content_type") == "audio_transcription":
        part = part.get("text")
    return part if isinstance(part, str) else ""


def _model(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata")
    slug = metadata.get("model_slug") if isinstance(metadata, dict) else None
    return slug if isinstance(slug, str) else None


def _time(value: Any) -> datetime | None:
    """Seconds since 1970, of whatever number type the JSON parser made of them."""
    if value is None or isinstance(value, bool):
        return None
    with suppress(ValueError, TypeError, OverflowError, OSError):
        return datetime.fromtimestamp(float(value), UTC)
    return None
