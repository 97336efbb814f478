from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from platformdirs import user_cache_path

from assistant.models.catalog import shipped_catalog
from assistant.models.fetch import fetch
from assistant.models.llama import LlamaCppModel
from tests.assistant.models.openai_stub import OpenAIStub


@pytest.fixture(scope="session")
def smollm2_path() -> Path:
    """The small test model, fetched into the models folder unless SMOLLM2_PATH names a file."""
    if given := os.environ.get("SMOLLM2_PATH"):
        return Path(given)
    models = os.environ.get("LIFELORE_MODELS")
    models_dir = Path(models) if models else user_cache_path("lifelore") / "models"
    return fetch(shipped_catalog().find("smollm2-135m"), models_dir)


@pytest.fixture(scope="session")
def loaded_llama(smollm2_path: Path) -> Iterator[LlamaCppModel]:
    """One loaded model for all tests; each must leave it without an adapter."""
    model = LlamaCppModel(smollm2_path, context_tokens=1024)
    yield model
    model.close()


@pytest.fixture
def stub() -> Iterator[OpenAIStub]:
    with OpenAIStub() as server:
        yield server
