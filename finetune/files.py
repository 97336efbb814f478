"""Small personal files, written as a whole or not at all and readable by their owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from finetune.errors import NoRoom


def write_whole(path: Path, text: str) -> None:
    """Replace the file, durably. Raises NoRoom; then what was there stays."""
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
            f.write(text)
            f.flush()
            os.fsync(f.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise NoRoom(f"{path} cannot be written: {error.strerror or error}.") from error
