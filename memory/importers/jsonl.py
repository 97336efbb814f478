"""The `jsonl` format: one message a line, for data of any other origin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from memory.errors import RefusedInput
from memory.events import AnyPayload, Draft, Message, Note, Origin
from memory.importers.base import (
    Drafting,
    FileImporter,
    OnProblem,
    Problem,
    Source,
    skip_mark,
    to_utc,
    wrong_fields,
)

_EXPECTED = (
    'JSON lines such as {"at": "2023-05-08T13:56:00Z", "session": "…", '
    '"origin": "user", "text": "…"}'
)
_LONGEST_LINE = 16 * 1024 * 1024
_GIVE_UP_AFTER = 1000
"""Lines without a usable one after which the file is taken to be something else."""


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_Name = Annotated[str, BeforeValidator(_as_text)]
"""Ids that other programs write as numbers are accepted as such."""


class Line(BaseModel):
    """One line: `{at, session, origin, speaker?, text, external_id?, kind?}`.

    at           when it was said, ISO 8601; without a zone it is taken as UTC
    session      the name of the conversation it belongs to
    origin       user, assistant, tool or third_party: whose words these are
    speaker      the name of who said it
    text         the words, kept verbatim
    external_id  what the source calls this line; with it, a line keeps its identity
    kind         message (the default) or note

    Other fields are left out, so that lines of a later version can still be read.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: datetime
    session: Annotated[_Name, Field(min_length=1)]
    origin: Origin
    text: str
    speaker: str | None = None
    external_id: _Name | None = None
    kind: Literal["message", "note"] = "message"

    def payload(self) -> AnyPayload:
        if self.kind == "note":
            return Note(text=self.text)
        return Message(text=self.text, speaker=self.speaker, external_id=self.external_id)


@dataclass(frozen=True)
class Jsonl(FileImporter):
    name: str = "jsonl"
    expected = _EXPECTED

    def files(self, path: Path) -> Sequence[Path]:
        return [path]

    def drafts(self, source: Source, path: Path, on_problem: OnProblem) -> Iterator[Draft]:
        """The drafts of a file of lines; a bad line is reported and the rest goes on."""
        drafting = Drafting(self.name, on_problem)
        usable = False
        first_bad: Problem | None = None
        for number, raw in _lines(source):
            line = _parse(raw, number)
            usable = usable or isinstance(line, Line)
            if isinstance(line, Line):
                yield from _draft(line, number, drafting, on_problem)
            else:
                first_bad = first_bad or line
                on_problem(line)
                if not usable and number >= _GIVE_UP_AFTER:
                    break
            source.report()
        if first_bad and not usable:
            raise RefusedInput(f"{path.name} holds no {_EXPECTED}; {first_bad}.")


def _draft(line: Line, number: int, drafting: Drafting, on_problem: OnProblem) -> Iterator[Draft]:
    place = f"line {number}"
    if not line.text.strip():
        on_problem(Problem(place, "text is empty"))
        return
    try:
        at = to_utc(line.at)
    except OverflowError:
        on_problem(Problem(place, "at is outside the calendar when taken to UTC"))
        return
    drafts = drafting.line(
        "",
        line.session,
        line.payload(),
        at,
        line.origin,
        place,
        external_id=line.external_id,
    )
    yield from chain(drafting.session("", line.session, line.session, at), drafts)


def _parse(raw: bytes | None, number: int) -> Line | Problem:
    place = f"line {number}"
    if raw is None:
        return Problem(place, f"longer than {_LONGEST_LINE // 1024**2} MB")
    try:
        return Line.model_validate_json(raw)
    except ValidationError as error:
        errors = [(each["loc"], each["msg"]) for each in error.errors(include_input=False)]
        return Problem(place, wrong_fields(errors))


def _lines(source: Source) -> Iterator[tuple[int, bytes | None]]:
    """Line numbers and the lines that are not blank; None for one too long to hold."""
    stream = source.stream
    skip_mark(stream)
    number = 0
    while raw := stream.readline(_LONGEST_LINE):
        number += 1
        whole = len(raw) < _LONGEST_LINE or raw.endswith(b"\n")
        part = raw
        while not part.endswith(b"\n") and (part := stream.readline(_LONGEST_LINE)):
            whole = False
        if raw.strip():
            yield number, raw if whole else None
