"""The PersonaMem benchmark's format: sessions of one person and the assistant.

Jiang et al., "Know Me, Respond to Me: Benchmarking LLMs for Dynamic User Profiling and
Personalized Responses at Scale", 2025. Each session begins with a description of the person as a
system message. Nobody said it, and who remembers is to find it out, so that it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import ijson

from memory.errors import RefusedInput
from memory.events import Draft, Message, Origin
from memory.importers.base import (
    Drafting,
    FileImporter,
    OnProblem,
    Problem,
    Source,
    first_byte,
)

_EXPECTED = (
    "PersonaMem sessions (a JSON object whose documents have id, user_id and content with lines "
    "that begin with [USER] and [ASSISTANT])"
)
_PUBLISHED = datetime(2025, 4, 19, tzinfo=UTC)
"""The data is undated: this day, and a day more for each session, at every import."""
_TURN = re.compile(r"^\[(SYSTEM|USER|ASSISTANT)\][ \t]*", re.MULTILINE)
_LABEL = re.compile(r"(?:User|Assistant):\s*")
_ORIGINS = {"USER": Origin.USER, "ASSISTANT": Origin.ASSISTANT}


@dataclass(frozen=True)
class PersonaMem(FileImporter):
    name: str = "personamem"
    expected = _EXPECTED

    def drafts(self, source: Source, path: Path, on_problem: OnProblem) -> Iterator[Draft]:
        if first_byte(source.stream) != b"{":
            raise RefusedInput(f"{path.name} is not {_EXPECTED}.")
        drafting = Drafting(self.name, on_problem)
        sessions: dict[str, int] = {}
        good = False
        for index, document in enumerate(ijson.items(source.stream, "documents.item"), start=1):
            place = f"document {index}"
            if not _is_session(document):
                on_problem(Problem(place, "no id, user_id or content; session left out"))
                continue
            good = True
            context = document["user_id"]
            number = sessions[context] = sessions.get(context, 0) + 1
            start = _PUBLISHED + timedelta(days=number - 1)
            yield from _session(document, start, place, drafting, on_problem)
            source.report()
        if not good:
            raise RefusedInput(f"{path.name} does not hold {_EXPECTED}.")


def turn_id(document: str, number: int) -> str:
    """The external id of a document's turn, counted from 1 without the system's."""
    return f"{document}:{number}"


def unlabelled(text: str) -> str:
    """The words without the "User:" that stands before some of them."""
    return _LABEL.sub("", text, count=1) if _LABEL.match(text) else text


def turns_of(content: str) -> list[tuple[Origin, str]]:
    """What user and assistant said in a session, in order."""
    parts = _TURN.split(content)
    return [
        (_ORIGINS[role], unlabelled(text.strip()))
        for role, text in zip(parts[1::2], parts[2::2], strict=True)
        if role in _ORIGINS
    ]


def _is_session(document: Any) -> bool:
    return isinstance(document, dict) and all(
        isinstance(document.get(field), str) and document[field].strip()
        for field in ("id", "user_id", "content")
    )


def _session(
    document: dict[str, Any],
    start: datetime,
    place: str,
    drafting: Drafting,
    on_problem: OnProblem,
) -> Iterator[Draft]:
    context, name = document["user_id"], document["id"]
    turns = turns_of(document["content"])
    if not turns:
        on_problem(Problem(place, "no [USER] or [ASSISTANT]; session left out"))
    for number, (origin, text) in enumerate(turns, start=1):
        where = f"{place}, turn {number}"
        if not text:
            on_problem(Problem(where, "text is empty"))
            continue
        payload = Message(text=text, external_id=turn_id(name, number))
        # A second a turn keeps their order.
        at = start + timedelta(seconds=number - 1)
        drafts = drafting.line(
            context, name, payload, at, origin, where, external_id=payload.external_id
        )
        yield from chain(drafting.session(context, name, None, start), drafts)
