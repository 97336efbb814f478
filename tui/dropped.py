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
    if text.startswith("file://"):
        names = [unquote(text.removeprefix("file://"))]
    else:
        try:
            names = [text, *shlex.split(text)[:1]] if "\n" not in text else []
        except ValueError:  # a quotation mark that is part of what was pasted
            names = [text]
    for name in names:
        path = Path(name).expanduser()
        if path.is_absolute() and path.is_file():
            return path
    return None
