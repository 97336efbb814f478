from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.models.llama import LlamaCppModel
from tests.assistant.models.openai_stub import OpenAIStub


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
