"""Text changed in the user's own editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from memory.errors import RefusedInput

_EDITORS = ("nano", "vim", "vi", "emacs", "notepad")


def edited(file: Path, text: str, otherwise: str) -> str:
    """What the text is when the editor ends; it is left in the file, which the caller removes.

    `otherwise` says what to do without an editor. Raises RefusedInput.
    """
    command = _editor(otherwise)
    file.touch(mode=0o600)
    file.write_text(text, "utf-8")
    try:
        ended = subprocess.run([*command, str(file)], check=False).returncode
    except OSError as error:
        file.unlink()
        raise RefusedInput(
            f"{command[0]} cannot be started; set $EDITOR to your editor."
        ) from error
    if ended:
        file.unlink(missing_ok=True)
        raise RefusedInput(f"{command[0]} ended with an error ({ended}); nothing was changed.")
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedInput(f"{file} cannot be read as UTF-8 text; nothing was changed.") from error


def _editor(otherwise: str) -> list[str]:
    for name in ("VISUAL", "EDITOR"):
        if chosen := os.environ.get(name, "").strip():
            return shlex.split(chosen)
    for name in _EDITORS:
        if shutil.which(name):
            return [name]
    raise RefusedInput(f"No editor was found; set $EDITOR, or {otherwise}.")
