"""How a turn is shown in a plain terminal, whether it was typed or spoken."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from assistant.cli.common import say
from assistant.cli.questions import show_question

if TYPE_CHECKING:
    from assistant.updates import Answered, Update


class TurnDisplay:
    """Shows the updates of one turn after another; with `streams`, answers as they are written."""

    def __init__(self, *, streams: bool = True) -> None:
        self._streams = streams
        self._status = StatusLine()
        self.answered: Answered | None = None
        """How the last turn ended."""

    def show(self, update: Update) -> None:
        from assistant.updates import Answered, Delta, Notice, ToolUsed, Working

        if isinstance(update, Working):
            self._status.show(update.what, update.fraction)
        elif isinstance(update, Notice):
            self.clear()
            say(f"({update.text})")
        elif isinstance(update, ToolUsed) and self._streams:
            self.clear()
            say(f"[{update.tool}: {update.result}]")
        elif isinstance(update, Delta) and self._streams:
            self.clear()
            print(update.text, end="", flush=True)
        elif isinstance(update, Answered):
            self.answered = update
            self.clear()
            if self._streams:
                _end_of_answer(update)

    def working(self, what: str) -> None:
        """What is being done between turns."""
        self._status.show(what, None)

    def clear(self) -> None:
        self._status.clear()


def _end_of_answer(answered: Answered) -> None:
    print()
    if answered.status == "cancelled":
        say("(stopped)")
    if answered.asked is not None:
        show_question(answered.asked)
    elif answered.problem and sys.stdin.isatty():
        say(f"({answered.problem})")


class StatusLine:
    """One line on a terminal's stderr that says what is being done and is wiped after."""

    def __init__(self) -> None:
        self._shown = False

    def show(self, what: str, fraction: float | None) -> None:
        if sys.stderr.isatty():
            percent = "" if fraction is None else f" {fraction:.0%}"
            print(f"\r\x1b[2K{what}…{percent}", end="", file=sys.stderr, flush=True)
            self._shown = True

    def clear(self) -> None:
        if self._shown:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
            self._shown = False
