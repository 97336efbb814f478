"""Where the user was when the screen went away, so that the next start goes on there.

Written when a message is on disk and when the app leaves, so that neither a closed terminal nor a
crash of the model's library loses the place; an ordinary quit with nothing half-written clears it.
What a temporary conversation holds never gets here.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation, None for a new one, and words that were not sent there yet."""

    session_id: str | None
    draft: str = ""


class Bookmark:
    """One small file. That it cannot be written or read costs the place and nothing else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mine = False

    def take(self) -> Place | None:
        """Where another run was left; None if it ended in order, or still goes on."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(self._path.read_text("utf-8"))
            if not _alive(int(kept["pid"])):
                self._mine = True
                return Place(kept["session"], str(kept["draft"]))
        return None

    def keep(self, place: Place) -> None:
        """Remember this place in the stead of what was remembered."""
        text = json.dumps(
            {"pid": os.getpid(), "session": place.session_id, "draft": place.draft},
        )
        beside = self._path.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            # For its owner alone, from the first byte; and never half-written.
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            beside.replace(self._path)
            self._mine = True

    def clear(self) -> None:
        """Forget it, unless it is another run's."""
        if self._mine:
            with contextlib.suppress(OSError):
                self._path.unlink()


def _alive(pid: int) -> bool:
    """Whether another process has this number."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
