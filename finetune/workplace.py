"""Where a night works: its lock, its stop request, how far it is, and its unfinished files.

All of it lies in `night/` of the home and is personal: weights under way hold what they learn.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from finetune.errors import NightBusy, NoRoom
from finetune.files import write_whole
from finetune.ports import StopFlag

FOLDER = "night"
_STATE, _STOP, _LOCK, _WORK = "state.json", "stop", "lock", "work"


class State(BaseModel):
    """How far a night is that was not brought to an end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    night: str
    step: Literal["train", "evaluate"]
    """The step to do next; the dataset is done."""
    sources: tuple[str, ...]
    """Events that what lies in `work` may hold."""
    base_digest: str = ""
    arguments: dict[str, Any] = {}
    training: dict[str, Any] = {}


class Workplace:
    """The folder of the night in a home."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER
        self.work = self.folder / _WORK

    @contextmanager
    def held(self) -> Iterator[None]:
        """One night at a time. Raises NightBusy, and NoRoom where the home takes no file."""
        lock = self._lock()
        try:
            with lock.acquire(timeout=0):
                (self.folder / _STOP).unlink(missing_ok=True)
                yield
        except Timeout as busy:
            raise NightBusy("Another Lifelore is training in this home; let it finish.") from busy

    def _lock(self) -> FileLock:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NoRoom(f"{self.folder} cannot be made: {error.strerror or error}.") from error
        return FileLock(self.folder / _LOCK)

    def ask_to_stop(self) -> bool:
        """Have a night that another process has under way stop within seconds; whether one has."""
        if not (self.folder / _LOCK).exists():
            return False
        with suppress(Timeout), self._lock().acquire(timeout=0):
            return False
        (self.folder / _STOP).touch()
        return True

    def wait_until_stopped(self, seconds: float) -> bool:
        """Wait for the night that was asked to stop; whether it did."""
        with suppress(Timeout), self._lock().acquire(timeout=seconds):
            return True
        return False

    def stop_flag(self, beside: StopFlag) -> StopFlag:
        """Set when either this process or another asks for it."""
        return _Either(beside, self.folder / _STOP)

    @property
    def state(self) -> State | None:
        """None when no night is under way; one that cannot be read is started over."""
        try:
            return State.model_validate_json((self.folder / _STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError, ValidationError):
            return None

    def may_hold(self, event_ids: Collection[str]) -> bool:
        """Whether what is under way may hold anything of these events."""
        state = self.state
        if state is None:
            return (self.folder / _STATE).exists()  # unreadable: nobody can tell
        return not set(event_ids).isdisjoint(state.sources)

    def note(self, state: State) -> None:
        """Raises NoRoom."""
        write_whole(self.folder / _STATE, state.model_dump_json() + "\n")

    def finish(self, keep: tuple[str, ...] = ()) -> None:
        """The night is over: only files of `work` that serve the next one stay."""
        for path in self.work.glob("*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name not in keep:
                path.unlink(missing_ok=True)
        # Last: after a kill, forgetting must still find whose words those files may hold.
        (self.folder / _STATE).unlink(missing_ok=True)

    def drop(self) -> None:
        """Start over from nothing, with no byte left of what was under way."""
        shutil.rmtree(self.work, ignore_errors=True)
        (self.folder / _STATE).unlink(missing_ok=True)


class _Either:
    def __init__(self, flag: StopFlag, file: Path) -> None:
        self._flag, self._file = flag, file

    def is_set(self) -> bool:
        return self._flag.is_set() or self._file.exists()
