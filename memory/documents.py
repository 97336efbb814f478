"""Documents that were put into a conversation: somebody else's words, kept passage by passage.

A passage is a message of a third party in the conversation's own session, so that it is recalled,
shown and erased as every message is, and is never taken for the user's words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby

from memory.events import Draft, Event, Message, Origin
from memory.text import sentences

_MARK = "document:"
_FULL = 90
"""Words of a passage at most, unless one sentence has more: about what one embedding says well."""


def passages(text: str) -> list[str]:
    """The text in the units that recall searches: paragraphs, short ones joined, long ones cut."""
    found: list[str] = []
    for part in _pieces(text):
        if found and len(found[-1].split()) + len(part.split()) <= _FULL:
            found[-1] = f"{found[-1]}\n{part}"
        else:
            found.append(part)
    return found


def _pieces(text: str) -> Iterator[str]:
    for paragraph in text.replace("\r\n", "\n").split("\n\n"):
        stripped = paragraph.strip()
        if len(stripped.split()) > _FULL:
            yield from sentences(stripped)
        elif stripped:
            yield stripped


def drafts(name: str, text: str, session_id: str) -> list[Draft]:
    """A message a passage, by the name of the document."""
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
    return [
        Draft(
            payload=Message(text=part, speaker=name, external_id=f"{_MARK}{digest}:{number}"),
            session_id=session_id,
            origin=Origin.THIRD_PARTY,
        )
        for number, part in enumerate(passages(text))
    ]


def is_passage(event: Event) -> bool:
    """Whether an event is part of a document, and nothing that was said in the conversation."""
    payload = event.payload
    return (
        isinstance(payload, Message)
        and event.origin is Origin.THIRD_PARTY
        and is_of_document(payload.external_id)
    )


def is_of_document(external_id: str | None) -> bool:
    """Whether what goes by this id outside stands in a document."""
    return (external_id or "").startswith(_MARK)


def put_before(said: Sequence[Event]) -> list[Event]:
    """The passages at the end of a conversation: what was put there for the words that follow."""
    found: list[Event] = []
    for event in reversed(said):
        if not is_passage(event):
            break
        found.append(event)
    return found[::-1]


def by_document(said: Sequence[Event]) -> Iterator[list[Event]]:
    """A conversation in parts: each message alone, the passages of one document together."""

    def which(numbered: tuple[int, Event]) -> str:
        number, event = numbered
        if not is_passage(event) or not isinstance(event.payload, Message):
            return f"{number}"
        return (event.payload.external_id or "").rpartition(":")[0]

    for _, members in groupby(enumerate(said), which):
        yield [event for _, event in members]
