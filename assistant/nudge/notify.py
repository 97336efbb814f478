"""A notification on the desktop, where the platform has one."""

from __future__ import annotations

import shutil
import subprocess
import sys

_SECONDS = 5.0
_SCRIPT = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run"


def notify(title: str, text: str) -> bool:
    """Show it; whether the platform took it. Never raises, for it is an extra."""
    command = _command(title, text)
    if command is None:
        return False
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _command(title: str, text: str) -> list[str] | None:
    """The words are arguments of their own, so that no shell and no script reads them."""
    if sys.platform == "darwin" and (osascript := shutil.which("osascript")):
        return [osascript, "-e", _SCRIPT, "--", title, text]
    if notify_send := shutil.which("notify-send"):
        return [notify_send, "--app-name=Lifelore", "--", title, text]
    return None
