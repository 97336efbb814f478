"""The place of the model: loaded once, at the first need."""

from __future__ import annotations

import threading
from collections.abc import Callable

from assistant.models.base import LanguageModel


class ModelSlot:
    """Loads the model when it is first asked for; a failed load is tried again at the next."""

    def __init__(self, name: str, context_tokens: int, load: Callable[[], LanguageModel]) -> None:
        self.name = name
        self.context_tokens = context_tokens
        self._load = load
        self._lock = threading.Lock()
        self._model: LanguageModel | None = None

    def get(self) -> LanguageModel:
        """The loaded model. Raises AssistantFault when it cannot be had."""
        with self._lock:
            if self._model is None:
                self._model = self._load()
            return self._model

    def close(self) -> None:
        with self._lock:
            if self._model is not None:
                self._model.close()
                self._model = None
