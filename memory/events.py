"""The values of the log: frozen, versioned, upcast on read.

An event is never changed. A correction is a new event; an erased event keeps its place in the
chain and loses its payload.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_serializer


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
    """Ids of the events that stood in the prompt of this answer, by way of a line also."""
    lines: tuple[str, ...] = ()
    """Ids of the lines of the profile that stood in it."""
    status: Literal["complete", "cancelled", "interrupted", "failed"] = "complete"
    model: str | None = None
    edits: str | None = None
    """Id of the message that the user wrote these words in the place of."""
    owed_by: str | None = None
    """For words sent in a conversation held here: the run of the program that owes an answer."""


class SessionOpened(Payload):
    """A conversation begins, or gets the title it had where it was imported from."""

    kind: Literal["session"] = "session"
    title: str | None = None
    source: str | None = None
    """Import format, for a conversation that was not held here."""
    forked_from: str | None = None
    """Id of the last message that it shares with the conversation it was forked from."""


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


class ProfileEdit(Payload):
    """A change of the profile by the user's own hand; it outranks everything derived."""

    kind: Literal["profile_edit"] = "profile_edit"
    op: Literal["add", "replace", "retire", "confirm", "undo"]
    line: str | None = None
    """Id of the line that is replaced, retired or confirmed."""
    covers: tuple[str, ...] = ()
    """Ids of all that the line was made of then, which may outlive its first source."""
    section: str | None = None
    text: str | None = None
    undoes: str | None = None
    """Id of the edit, or of the consent, that is taken back."""
    agreed: bool = False
    """The box before the line was ticked: a yes to what is sensitive in it."""


class Consent(Payload):
    """The user's answer to whether something sensitive may stay in the profile."""

    kind: Literal["consent"] = "consent"
    topic: str
    answer: Literal["yes", "no"]
    line: str | None = None
    """The line it is about; None for all of the topic, of which "no" bars it for good."""


class Asked(Payload):
    """A question about a preference, put to the user by the assistant."""

    kind: Literal["asked"] = "asked"
    domain: str
    attribute: str
    form: Literal["open", "yes_no", "pick_one"]
    question: str
    options: tuple[str, ...] = ()
    why: str
    reply_to: str | None = None


class AskAnswered(Payload):
    """What the user said to such a question; without an answer it was skipped."""

    kind: Literal["ask_answered"] = "ask_answered"
    asked: str
    answer: str | None = None
    statement: str | None = None
    """Question and answer as one line, for the profile."""


class Suggested(Payload):
    """Something that the assistant offered unasked."""

    kind: Literal["suggested"] = "suggested"
    topic: str
    text: str
    why: str
    sources: tuple[str, ...] = ()
    item: str = ""
    """What occasion it was for: kind, event, place in it and last day. Opaque, without words."""


class SuggestionAnswered(Payload):
    """What became of a suggestion."""

    kind: Literal["suggestion_answered"] = "suggestion_answered"
    suggested: str
    outcome: Literal["accepted", "dismissed", "snoozed", "ignored"]
    rating: int | None = Field(default=None, ge=1, le=4)
    until: datetime | None = None
    """Until when it is snoozed."""

    @field_serializer("until")
    def _written(self, until: datetime | None) -> str | None:
        return None if until is None else until.isoformat()


class Rated(Payload):
    """The user's judgement of an answer: 1 bad, 4 good."""

    kind: Literal["rated"] = "rated"
    target: str
    rating: int = Field(ge=1, le=4)
    comment: str | None = None


class Correction(Payload):
    """The user's own version of an answer; it stands in the answer's place from then on."""

    kind: Literal["correction"] = "correction"
    answer: str
    """Id of the assistant's message; a later correction of the same outdoes this one."""
    text: str


class Redaction(Payload):
    """The erasure of events; names them, says nothing of what they held."""

    kind: Literal["redaction"] = "redaction"
    event_ids: tuple[str, ...]


AnyPayload = Annotated[
    Message
    | SessionOpened
    | Note
    | ToolCalled
    | ProfileEdit
    | Consent
    | Asked
    | AskAnswered
    | Suggested
    | SuggestionAnswered
    | Rated
    | Correction
    | Redaction,
    Field(discriminator="kind"),
]
_PAYLOAD: TypeAdapter[AnyPayload] = TypeAdapter(AnyPayload)

VERSIONS: dict[str, int] = {
    "message": 1,
    "session": 1,
    "note": 1,
    "tool_call": 1,
    "profile_edit": 1,
    "consent": 1,
    "asked": 1,
    "ask_answered": 1,
    "suggested": 1,
    "suggestion_answered": 1,
    "rated": 1,
    "correction": 1,
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
    corrected: str | None = None
    """Of an answer that the user corrected, as it was read: their version. It is not part of the
    event but of a later one."""

    @property
    def text(self) -> str | None:
        """The words that stand: those that recall searches, or None for an event without any."""
        if isinstance(self.payload, Message | Note) and self.payload.text.strip():
            return self.payload.text if self.corrected is None else self.corrected
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
