"""What every kind of source needs while it fetches: where to put bytes, progress, cancellation."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag

from assistant.errors import DownloadFailed
from memory.ports import Progress

BLOCK_BYTES = 1 << 20
SPARE_BYTES = 32 << 20
"""Disk space that a download never takes; a disk filled to the last byte breaks other programs."""


class FetchCancelled(DownloadFailed):
    """The user stopped the download; finished parts are kept."""


class SourceFailed(Exception):
    """One source could not give a file; the next one is tried. Its text is the reason."""


@dataclass
class Transfer:
    """One fetch under way.

    `work` is the folder of unfinished files, `final` the model's own folder; both lie on the same
    disk, so that a finished file moves in one atomic step. `done` counts bytes settled so far in
    the present `step`.
    """

    title: str
    work: Path
    final: Path
    total: int
    progress: Progress
    cancel: Flag | None = None
    done: int = 0
    step: str = "Fetching"

    def report(self, under_way: int = 0) -> None:
        """Tell how far we are: the settled bytes and those of the file under way."""
        self.progress(
            f"{self.step} {self.title}", min(self.done + under_way, self.total), self.total
        )

    def check_cancelled(self) -> None:
        """Raise FetchCancelled once the user has asked to stop."""
        if self.cancel is not None and self.cancel.is_set():
            raise FetchCancelled(
                f"Fetching {self.title} was stopped; what came is kept, "
                "so run `lifelore setup` again to go on."
            )

    def require_space(self, needed: int) -> None:
        """Raise DownloadFailed when fewer than `needed` bytes are free. The caller frees some."""
        free = shutil.disk_usage(self.work).free
        if needed + SPARE_BYTES > free:
            raise DownloadFailed(no_space(self.title, needed + SPARE_BYTES - free))

    def save(
        self, blocks: Iterable[bytes], partial: Path, *, on_bytes: Callable[[int], None]
    ) -> str:
        """Write the blocks to a new file, durably, and return their sha256."""
        digest = hashlib.sha256()
        written = 0
        partial.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            for block in blocks:
                self.check_cancelled()
                file.write(block)
                digest.update(block)
                written += len(block)
                on_bytes(written)
            file.flush()
            os.fsync(file.fileno())
        return digest.hexdigest()

    def place(self, partial: Path, path: str) -> None:
        """Move a complete, verified file to its final name in one step."""
        target = self.final / path
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.replace(target)
        if os.name == "posix":
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def no_space(title: str, lacking: int) -> str:
    """The sentence for a disk that is too full by `lacking` bytes."""
    megabytes = max(1, -(-lacking // 1_000_000))
    return (
        f"{title} does not fit on the disk; free about {megabytes:,} MB more, or set "
        "LIFELORE_MODELS to a larger disk, then run `lifelore setup` again."
    )


def sha256_of(path: Path, cancel: Flag | None = None) -> str:
    """The sha256 of a file's bytes; stops early, with a useless digest, once cancelled."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            if cancel is not None and cancel.is_set():
                break
            digest.update(block)
    return digest.hexdigest()
