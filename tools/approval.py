"""Tools that act outside memory: what one means to do is shown, and done only after a yes."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from tools.base import Arguments, Offered


@dataclass(frozen=True, slots=True)
class Proposal:
    """A file as it is, None where there is none, and as it would be."""

    path: Path
    before: str | None
    after: str

    @property
    def summary(self) -> str:
        """What would happen to the file, in a few words."""
        if self.before is None:
            return f"a new file of {_lines(len(self.after.splitlines()))}"
        changed = [line[0] for line in self.diff()]
        return f"it is there: {_lines(changed.count('+'))} in, {changed.count('-'):,} out"

    def diff(self) -> list[str]:
        """The change, line by line: each begins with +, -, a space, or @@ for a jump."""
        before = (self.before or "").splitlines()
        # The first two lines of it name the files.
        lines = list(difflib.unified_diff(before, self.after.splitlines(), lineterm=""))[2:]
        return lines[1:] if self.before is None else lines


def _lines(count: int) -> str:
    return f"{count:,} {'line' if count == 1 else 'lines'}"


Approve = Callable[[Proposal], bool]
"""Asks the user; blocks until they have said yes or no."""


def refuse(proposal: Proposal) -> bool:
    """The Approve where nobody can be asked."""
    return False


@runtime_checkable
class ActingTool(Offered, Protocol):
    """A tool that changes something outside memory: in two steps, with the user's yes between."""

    def propose(self, arguments: Arguments) -> Proposal:
        """What it would do; nothing is done yet. Raises ToolFailed."""

    def carry_out(self, proposal: Proposal) -> str:
        """Do exactly this. Raises ToolFailed, also where things have changed since."""
