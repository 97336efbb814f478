"""What the fold is given: statements with their place in the log, and what the user did."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from memory.events import Consent, ProfileEdit
from memory.text import stems
from memory.user.lines import Statement
from memory.user.slots import is_past, key_of, slot_of


def line_id(event_id: str, place: str) -> str:
    """Eight letters and digits that name what stands at this place of an event.

    Made of an opaque id only, so that nothing of the words can be guessed from it.
    """
    digest = hashlib.sha256(f"{event_id}:{place}".encode()).digest()
    return base64.b32encode(digest[:5]).decode().lower()


@dataclass(frozen=True)
class Said:
    """A statement with its place in the log.

    What the fold reads out of its words is worked out once and kept with it.
    """

    id: str
    """The line's id where this is its first source."""
    sources: tuple[str, ...]
    """Ids of the events that it was taken from."""
    seq: int
    part: int
    at: datetime
    statement: Statement
    by_hand: bool = False
    """Written by the user into the profile."""
    derived: bool = False
    """Read out or counted by a program rather than stated in so many words."""

    @cached_property
    def slot(self) -> object | None:
        return slot_of(self.statement)

    @cached_property
    def key(self) -> object:
        return key_of(self.statement)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(stems(self.statement.text))

    @cached_property
    def past(self) -> bool:
        return is_past(self.statement)


@dataclass(frozen=True, slots=True)
class Act:
    """What the user did to the profile."""

    id: str
    seq: int
    at: datetime
    payload: ProfileEdit | Consent


def in_order(each: Said | Act) -> tuple[datetime, int, int]:
    """The key by which statements and acts are sorted: as they were said and done."""
    # A line written by hand stands behind the edit that makes room for it.
    return (each.at, each.seq, each.part if isinstance(each, Said) else -1)
