"""Runs of the program that use a home: which are alive, so that a dead one's turns are closed.

A run holds a lock file for as long as it lives; the system releases it however the run ends.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock, Timeout
from ulid import ULID


class Runs:
    """The registry of one home's runs; creating it registers this run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.id = str(ULID())
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self._path(self.id), thread_local=False)
        with self._registry():
            self._lock.acquire(timeout=5)

    def is_alive(self, run: str) -> bool:
        if run == self.id:
            return True
        if not self._path(run).exists():
            return False
        try:
            with FileLock(self._path(run), timeout=0):
                return False
        except Timeout:
            return True

    def promise(self, ids: Sequence[str]) -> None:
        """Note events that must be erased, in case this run dies before it did so."""
        with self._promises(self.id).open("a") as file:
            file.write("".join(f"{id_}\n" for id_ in ids))
            file.flush()
            os.fsync(file.fileno())

    def keep_promises(self, run: str | None = None) -> None:
        """What was promised has been done."""
        self._promises(run or self.id).unlink(missing_ok=True)

    def broken_promises(self) -> dict[str, list[str]]:
        """What dead runs have left to be erased, by run."""
        return {
            path.stem: path.read_text().split()
            for path in self._folder.glob("*.erase")
            if not self.is_alive(path.stem)
        }

    def _promises(self, run: str) -> Path:
        return self._folder / f"{run}.erase"

    def sweep(self) -> None:
        """Remove the lock files of dead runs."""
        with self._registry():
            for path in self._folder.glob("*.lock"):
                if not self.is_alive(path.stem):
                    path.unlink(missing_ok=True)

    def _registry(self) -> FileLock:
        """Held while runs come and go, so that none is taken for dead while it registers."""
        return FileLock(self._folder.parent / "runs.lock")

    def close(self) -> None:
        self._lock.release()
        self._path(self.id).unlink(missing_ok=True)

    def _path(self, run: str) -> Path:
        return self._folder / f"{run}.lock"
