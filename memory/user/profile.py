"""The user model as it is read: the lines that hold, those that held once, what may be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from memory.user.lines import Line, Topic
from memory.user.patches import Patch
from memory.user.said import Said
from memory.user.slots import PROTECTING


@dataclass(frozen=True, slots=True)
class Profile:
    """The lines that hold, those that held once, and what stands beside them."""

    lines: tuple[Line, ...]
    history: tuple[Line, ...]
    """What is over, by the user's words or hand, in the order it was said."""
    otherwise: Mapping[str, tuple[Said, ...]]
    """By id of a line: what was said against it, and not applied."""
    made_of: Mapping[str, tuple[str, ...]]
    """By id of a line: the ids of all statements that it was made of."""
    barred: frozenset[Topic]
    """Topics of which the user wants nothing in the profile."""
    merged: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)
    """By id of a line that a patch made: the lines that it shows, oldest first."""
    patches: Mapping[str, tuple[Patch, ...]] = field(default_factory=dict)
    """By id of such a line: the patches that made it, in order."""

    def line(self, line_id: str) -> Line | None:
        """The line with this id, or the one that the statement with this id became part of."""
        for line in (*self.lines, *self.history):
            if line_id == line.id or line_id in self.made_of[line.id]:
                return line
        return None

    def ended(self, event_id: str) -> Line | None:
        """What was said in this event and holds no longer; its `ended_by` tells how it is now.

        None where all of it holds, or where nothing was said on how it is now.
        """
        for line in self.history:
            if event_id in line.sources and line.ended_by not in (None, event_id):
                return replace(line, ended_by=self._newest(line).ended_by)
        return None

    def _newest(self, line: Line) -> Line:
        """The last line that ended, of those that took its place one after the other."""
        after = {each.id: each for each in self.history}
        passed = {line.id}
        while (by := after.get(line.replaced_by or "")) is not None and by.id not in passed:
            if by.ended_by is None:
                break
            passed.add(by.id)
            line = by
        return line

    def pending(self) -> list[Line]:
        """Sensitive lines about which the user was not asked yet."""
        return [line for line in self.lines if line.topic is not None and line.consent is None]


def protects(line: Line) -> bool:
    """Whether the line guards the user from harm, and is heeded before they said yes to it."""
    return line.topic is Topic.HEALTH and line.attribute in PROTECTING


def usable(line: Line) -> bool:
    """Whether the line may be used: not sensitive, agreed to, or a guard from harm."""
    return line.topic is None or line.consent is True or (line.consent is None and protects(line))
