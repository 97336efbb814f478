"""When a growing answer is drawn: often enough to read along, and never in the way of a key."""

from __future__ import annotations

import asyncio
from time import monotonic

_QUIET = 0.5
"""Seconds after a key in which the next one is expected."""
_BETWEEN = 0.05
"""Seconds from one drawing to the next, at least."""
_REST, _REST_OF_TYPING = 2.0, 25.0
"""And so many times what the last one took. Nobody reads along while typing, and each drawing may
meet a quick next key after all.
"""


class Pace:
    """The user's keys and the drawings of answers, which take turns.

    Whoever types strikes the next key some time after they saw the last one. So a drawing begins
    right after a key was painted, when the next one is furthest away.
    """

    def __init__(self) -> None:
        self._typed = float("-inf")
        self._painted = asyncio.Event()
        self._ended, self._took = float("-inf"), 0.0

    def typed(self) -> None:
        """A key was struck."""
        self._typed = monotonic()

    def painted(self) -> None:
        """What was typed stands on the screen."""
        self._painted.set()

    async def wait(self) -> None:
        """Until it is time to draw."""
        await asyncio.sleep(self._ended + max(_BETWEEN, _REST * self._took) - monotonic())
        while (expected := self._typed + _QUIET - monotonic()) > 0:
            self._painted.clear()
            try:
                async with asyncio.timeout(expected):
                    await self._painted.wait()
            except TimeoutError:
                continue  # another key may have been struck meanwhile
            if monotonic() > self._ended + _REST_OF_TYPING * self._took:
                break

    def drew(self, seconds: float) -> None:
        """A drawing has ended, and took so long."""
        self._ended, self._took = monotonic(), seconds
