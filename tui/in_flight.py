"""How many threads of ours are at work.

Textual counts a worker as finished once it is cancelled, but its thread goes on to the end of what
it is doing, and the assistant must not be closed under it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition


class InFlight:
    def __init__(self) -> None:
        self._count = 0
        self._changed = Condition()

    def __len__(self) -> int:
        return self._count

    def track(self, work: Callable[[], None]) -> Callable[[], None]:
        """The same work, counted from now on until it has run."""

        def tracked() -> None:
            try:
                work()
            finally:
                self._add(-1)

        self._add(1)
        return tracked

    def wait(self, seconds: float) -> bool:
        """Whether everything has ended, waiting at most this long for it."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, seconds)

    def _add(self, step: int) -> None:
        with self._changed:
            self._count += step
            self._changed.notify_all()
