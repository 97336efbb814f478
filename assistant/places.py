"""Where things are, for whoever must know it before the settings are read."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

SETTINGS_FILE = "settings.toml"


def default_home() -> Path:
    """Where everything of the user's lives unless LIFELORE_HOME says otherwise."""
    return Path(platformdirs.user_data_dir("lifelore", appauthor=False))


def default_models() -> Path:
    """Where models live, shared by all homes, unless LIFELORE_MODELS says otherwise."""
    return Path(platformdirs.user_cache_dir("lifelore", appauthor=False)) / "models"


def home_of(option: Path | None) -> Path:
    """The home in force, where an option may name it."""
    return (option or Path(os.environ.get("LIFELORE_HOME") or default_home())).expanduser()
