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


def default_files() -> Path:
    """Where answers are saved that the user wants as files, unless LIFELORE_FILES says otherwise.

    Not in the home: they are the user's own, to be found, moved and deleted like any others.
    """
    return Path(platformdirs.user_documents_dir()) / "Lifelore"


def home_of(option: Path | None) -> Path:
    """The home in force, where an option may name it."""
    return (option or Path(os.environ.get("LIFELORE_HOME") or default_home())).expanduser()
