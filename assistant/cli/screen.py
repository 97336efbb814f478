"""`lifelore` alone: the TUI. What its first paint can do without is imported after it."""

from __future__ import annotations

import importlib
import os
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from assistant.places import SETTINGS_FILE, home_of

if TYPE_CHECKING:
    from assistant.choosing import Models
    from assistant.nights import Nights
    from assistant.session import Assistant
    from assistant.settings import Settings
    from assistant.voice.listener import Listener

_BOOKMARK = "left_off.json"
_LOOKS = ("keys", "plain")
"""The settings that the first paint depends on."""


def open_screen(home: Path | None = None, session: str | None = None, plain: bool = False) -> int:
    """Run the TUI until its user leaves; the exit code. Raises SettingsInvalid."""
    place = home_of(home)

    @cache
    def settings() -> Settings:
        from assistant.settings import load_settings

        return load_settings(home)

    one_at_a_time = Lock()

    @cache
    def made() -> Models:
        from assistant.choosing import Models

        return Models(settings())

    def models() -> Models:
        with one_at_a_time:  # or the screen might have others than those that were attended to
            return made()

    def opened() -> Assistant:
        from assistant.build import open_assistant

        return models().attend(open_assistant(settings()))

    def nights() -> Nights:
        from assistant.nights import Nights

        return Nights(settings())

    @cache
    def listener() -> Listener:
        """What hears the user; its model stays loaded for the next time."""
        from assistant.build import stay_local
        from assistant.voice.build import listener_of

        stay_local()
        return listener_of(settings())

    set_looks = _set_looks(place)
    # By name, because the layers below the TUI do not import it.
    tui = importlib.import_module("tui.app")
    code: int = tui.run(
        opened,
        session,
        keymap=settings().keys if set_looks else {},
        plain=plain or (set_looks and settings().plain),
        dictation=listener,
        nights=nights,
        models=models,
        bookmark=place / _BOOKMARK,
    )
    return code


def _set_looks(home: Path) -> bool:
    """Whether the settings may say how the screen looks. Reading them takes as long as painting;
    most people set neither.
    """
    try:
        said = (home / SETTINGS_FILE).read_bytes()
    except OSError:
        said = b""
    return any(
        name.encode() in said or f"LIFELORE_{name.upper()}" in {key.upper() for key in os.environ}
        for name in _LOOKS
    )
