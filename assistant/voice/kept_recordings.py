"""The recordings of voice notes that are kept in the home."""

from __future__ import annotations

import shutil
from pathlib import Path

from memory.errors import HomeUnusable
from memory.log import Log

RECORDINGS = "recordings"
"""Folder of the home for recordings that were kept, each under the id of its session."""


def keep_recording(home: Path, session: str, path: Path) -> Path:
    """A copy of the recording, under the id of its session. Raises HomeUnusable."""
    folder = home / RECORDINGS
    target = folder / f"{session}{path.suffix.lower()}"
    incoming = folder / f"{session}.incoming"
    try:
        folder.mkdir(exist_ok=True)
        shutil.copyfile(path, incoming)
        incoming.replace(target)
    except OSError as error:
        incoming.unlink(missing_ok=True)
        raise HomeUnusable(
            f"The words of {path.name} are remembered, but the recording could not be kept "
            f"({error.strerror or error})."
        ) from error
    return target


def drop_forgotten(home: Path, log: Log) -> int:
    """Delete every kept recording of which anything was forgotten; how many went.

    Called when something is erased, and when a home is opened: a program may die between the two.
    """
    folder = home / RECORDINGS
    gone = 0
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not is_whole(log, file.stem):
            file.unlink(missing_ok=True)
            gone += 1
    return gone


def is_whole(log: Log, session: str) -> bool:
    """Whether a session is there, with every message that it had."""
    messages = [event for event in log.session(session) if event.kind == "message"]
    return bool(messages) and all(event.payload is not None for event in messages)
