"""The values of the log: frozen, versioned, upcast on read.

An event is never changed. A correction is a new event; an erased event keeps its place in the
chain and loses its payload.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class Origin(StrEnum):
    """Whose words an event carries. Only USER words may become facts about the user."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    THIRD_PARTY = "third_party"


class Payload(BaseModel):
    """Base of every payload: what was said or done, without the envelope."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(Payload):
    """Words of the user, the assistant or a third party, verbatim."""

    kind: Literal["message"] = "message"
    text: str
    speaker: str | None = None
    external_id: str | None = None
    reply_to: str | None = None
    """Id of the message that this one answers."""
    memories: tuple[str, ...] = ()
    """Ids of the events that stood in the prompt of this answer."""
    status: Literal["complete", "cancelled", "interrupted", "failed"] = "complete"
    model: str | None = None
    owed_by: str | None = None
    """For words sent in a conversation held here: the run of the program that owes an answer."""


class SessionOpened(Payload):
    """A conversation begins, or gets the title it had where it was imported from."""

    kind: Literal["session"] = "session"
    title: str | None = None
    source: str | None = None
    """Import format, for a conversation that was not held here."""


class Note(Payload):
    """Something kept on request, in the words of the request."""

    kind: Literal["note"] = "note"
    text: str
    sources: tuple[str, ...] = ()


class ToolCalled(Payload):
    """One call of a tool on behalf of a message, with its outcome."""

    kind: Literal["tool_call"] = "tool_call"
    tool: str
    arguments: dict[str, Any]
    result: str
    ok: bool
    reply_to: str | None = None


class Redaction(Payload):
    """The erasure of events; names them, says nothing of what they held."""

    kind: Literal["redaction"] = "redaction"
    event_ids: tuple[str, ...]


AnyPayload = Annotated[
    Message | SessionOpened | Note | ToolCalled | Redaction, Field(discriminator="kind")
]
_PAYLOAD: TypeAdapter[AnyPayload] = TypeAdapter(AnyPayload)

VERSIONS: dict[str, int] = {
    "message": 1,
    "session": 1,
    "note": 1,
    "tool_call": 1,
    "redaction": 1,
}
"""The version in which each kind is written today."""


class Event(BaseModel):
    """One row of the log. `payload` is None once the event has been erased."""

    model_config = ConfigDict(frozen=True)

    seq: int
    id: str
    kind: str
    version: int
    at: datetime
    session_id: str
    origin: Origin
    payload: AnyPayload | None

    @property
    def text(self) -> str | None:
        """The words that recall searches, or None for an event without any."""
        if isinstance(self.payload, Message | Note) and self.payload.text.strip():
            return self.payload.text
        return None


class Draft(BaseModel):
    """An event before the log gave it a place: what, whose and when."""

    model_config = ConfigDict(frozen=True)

    payload: AnyPayload
    session_id: str
    origin: Origin
    at: datetime | None = None
    """When it was said; None means now."""
    import_key: str | None = None
    """Stable identity of an imported line; a key already in the log is not appended again."""


def parse_payload(kind: str, version: int, data: dict[str, Any]) -> AnyPayload:
    """The payload of today's shape from data written at any earlier version."""
    return _PAYLOAD.validate_python({**upcast(kind, version, data), "kind": kind})


Upcaster = Any
UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(kind, version) -> function from that version's data to the next version's."""


def upcast(kind: str, version: int, data: dict[str, Any]) -> dict[str, Any]:
    """Lift data of an old version step by step to today's."""
    while version < VERSIONS.get(kind, version):
        data = UPCASTERS[kind, version](data)
        version += 1
    return data
