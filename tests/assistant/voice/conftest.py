"""The spoken sentence that lies beside these tests, and the model that hears it, where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.models.catalog import shipped_catalog
from assistant.models.fetch import installed


@pytest.fixture
def milk() -> Path:
    """ "Please remind me to buy milk on Friday.", spoken by the Piper voice Joe (CC0)."""
    return Path(__file__).with_name("milk.ogg")


@pytest.fixture(scope="session")
def whisper_name(models_dir: Path) -> str:
    """The smallest speech model; its tests are for machines to which it was fetched."""
    name = "whisper-tiny.en"
    if installed(shipped_catalog().find(name), models_dir) is None:
        pytest.skip(f"{name} is not here; run `lifelore setup --model {name}`")
    return name
