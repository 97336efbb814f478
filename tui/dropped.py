"""Files that are dropped on the terminal, which then pastes their paths."""

from __future__ import annotations

import shlex
from pathlib import Path
from urllib.parse import unquote

_LONGEST = 4096


def dropped_file(pasted: str) -> Path | None:
    """The file that was dropped, if this is the whole path of one as terminals write it: quoted,
    with escaped blanks, or as a file: address.
    """
    text = pasted.strip()
    if not text.startswith(("/", "~", "'", '"', "file://")) or len(text) > _LONGEST:
        return None
    for name in _names(text):
        try:
            path = Path(name).expanduser()
            if path.is_absolute() and path.is_file():
                return path
        except (OSError, RuntimeError, ValueError):  # words that only look like a path
            continue
    return None


def _names(text: str) -> list[str]:
    """What the path may be, as it stands or without what a shell would take away."""
    if text.startswith("file://"):
        return [unquote(text.removeprefix("file://"))]
    try:
        parts = shlex.split(text)
    except ValueError:  # a quotation mark that belongs to the name
        parts = []
    return [text, *parts] if len(parts) == 1 else [text]
