"""The journal of the nights: what was learnt, how it scored, and why it serves or not.

JSON lines in the home. It holds our own sentences and numbers, none of the user's words, so that
nothing in it ever needs to be forgotten.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from finetune.errors import NoRoom

JOURNAL_FILE = "journal.jsonl"


class Entry(BaseModel):
    """One thing that happened in a night."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    night: str
    """Id of the night; a night that was interrupted goes on under the same."""
    step: str
    text: str
    """For the user to read."""
    data: dict[str, Any] = {}


def append(folder: Path, entry: Entry) -> None:
    """Add a line, durably. Raises NoRoom."""
    line = (entry.model_dump_json() + "\n").encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(folder / JOURNAL_FILE, flags, 0o600), "ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise NoRoom(f"The journal cannot be written: {error.strerror or error}.") from error


def read(folder: Path) -> list[Entry]:
    """Every whole entry, oldest first; a line that a kill cut off is passed over."""
    try:
        lines = (folder / JOURNAL_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found: list[Entry] = []
    for line in lines:
        with suppress(ValidationError):
            found.append(Entry.model_validate_json(line))
    return found
