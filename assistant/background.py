"""Work in the background of a conversation: one thread, woken when there is work."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Background:
    """One thread that does the same work whenever it is woken, until it is closed."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._wake = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        self.problem: str | None = None
        """Why the last run failed; the views catch up at the next turn instead."""

    def wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="lifelore-views", daemon=True)
            self._thread.start()
        self._wake.set()

    def close(self) -> None:
        self._closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _loop(self) -> None:
        while not self._closing:
            self._wake.wait()
            self._wake.clear()
            if self._closing:
                return
            try:
                self._work()
                self.problem = None
            except Exception as fault:  # noqa: BLE001
                # The boundary of the thread: it must live, and must not write over a screen.
                self.problem = str(fault)
