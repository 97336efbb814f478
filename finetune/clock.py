"""The time that a training may take, counted as a quiet machine would take it."""

from __future__ import annotations

import time
from collections.abc import Callable

SLOWEST = 4.0
"""Times as long as its budget that a training may last while others take the processor."""


class TrainingClock:
    """Counts the work of this process, so that a loaded machine does not eat a time budget.

    On a CPU that is its processor time over its threads: less than what passed while other
    programs run or the machine sleeps. At least a quarter of what passed counts, so that a
    training ends. On a GPU, whose work no processor time tells, it is what passed.
    """

    def __init__(
        self,
        threads: int | None,
        passed: Callable[[], float] = time.monotonic,
        worked: Callable[[], float] = time.process_time,
    ) -> None:
        """`threads` that compute; None on a GPU."""
        self._threads = threads
        self._passed, self._worked = passed, worked
        self._at = passed(), worked()
        self.spent = 0.0
        """Seconds of all laps, as they count."""
        self.wall = 0.0
        """Seconds that passed in all laps."""

    def lap(self) -> float:
        """Seconds since the last lap, as they count."""
        before, self._at = self._at, (self._passed(), self._worked())
        passed = self._at[0] - before[0]
        counted = passed
        if self._threads is not None:
            worked = (self._at[1] - before[1]) / self._threads
            counted = min(passed, max(worked, passed / SLOWEST))
        self.spent, self.wall = self.spent + counted, self.wall + passed
        return counted

    @property
    def slowness(self) -> float:
        """Times as long as it counted that the laps took; 1 before the first."""
        return self.wall / self.spent if self.spent else 1.0
