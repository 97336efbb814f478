"""Shared fixtures: homes, fakes, and the small real models that `make test` fetches once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.build import embedder_for, stay_local
from assistant.models.catalog import shipped_catalog
from assistant.models.fetch import fetch
from assistant.settings import Settings
from memory.fakes import HashEmbedder, SetClock
from memory.ports import Embedder
from memory.store import MemoryStore


@pytest.fixture(autouse=True, scope="session")
def _local_libraries() -> None:
    stay_local()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def store(home: Path, clock: SetClock) -> Iterator[MemoryStore]:
    opened = MemoryStore(home, HashEmbedder(), clock=clock)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Where models are kept between runs; LIFELORE_MODELS moves it."""
    return Settings().models


@pytest.fixture(scope="session")
def smollm2_path(models_dir: Path) -> Path:
    """The test LLM, fetched when it is not here yet."""
    return fetch(shipped_catalog().find("smollm2-135m"), models_dir)


@pytest.fixture(scope="session")
def minilm(models_dir: Path) -> Embedder:
    """The real embedder, fetched when it is not here yet."""
    fetch(shipped_catalog().find("all-minilm-l6-v2"), models_dir)
    return embedder_for(Settings(models=models_dir), "all-minilm-l6-v2")
