"""Packages that voice needs beyond Lifelore's own: one sentence where they are missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.errors import SetupNeeded

VOICE = ("faster-whisper>=1.2,<2", "sounddevice>=0.5")
"""The `voice` extra of pyproject.toml."""
SPEAK = ("piper-tts>=1.3,<2",)
"""The `speak` extra."""


@contextmanager
def packages(names: tuple[str, ...] = VOICE, what: str = "Voice") -> Iterator[None]:
    """Around imports of an extra. Raises SetupNeeded with the command that installs it."""
    try:
        yield
    except ImportError as error:
        quoted = " ".join(f"'{name}'" for name in names)
        raise SetupNeeded(
            f"{what} needs packages that are not installed ({error}); install them with "
            f"`{sys.executable} -m pip install {quoted}`."
        ) from error
