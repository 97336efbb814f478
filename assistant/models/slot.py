"""The place of the model: loaded once, at the first need."""

from __future__ import annotations

import threading
from collections.abc import Callable

from assistant.models.base import LanguageModel


class ModelSlot:
    """Loads the model when it is first asked for; a failed load is tried again at the next."""

    def __init__(
        self,
        name: str,
        context_tokens: int,
        load: Callable[[], LanguageModel],
        follow: Callable[[LanguageModel], str | None] = lambda model: None,
    ) -> None:
        """`follow` puts the model on the adapter that is to serve by now, each time it is asked
        for; what it returns is for the user to know."""
        self.name = name
        self._follow = follow
        self._notices: list[str] = []
        self.context_tokens = context_tokens
        self._load = load
        self._lock = threading.Lock()
        self._model: LanguageModel | None = None
        self._beside: LanguageModel | None = None

    def get(self) -> LanguageModel:
        """The loaded model. Raises AssistantFault when it cannot be had."""
        with self._lock:
            if self._model is None:
                self._model = self._load()
            if notice := self._follow(self._model):
                self._notices.append(notice)
            return self._model

    def loaded(self) -> LanguageModel | None:
        """The model as `get` gives it, if it is loaded already."""
        return None if self._model is None else self.get()

    def take_notices(self) -> list[str]:
        """What the user is to know, once."""
        taken, self._notices = self._notices, []
        return taken

    def background(self, context_tokens: int) -> LanguageModel:
        """The same model for work beside the conversation, whose prefix cache it must not spoil.

        A server keeps caches of its own. Raises AssistantFault when the model cannot be had.
        """
        model = self.get()
        with self._lock:
            if self._beside is None:
                share = getattr(model, "beside", None)
                self._beside = model if share is None else share(context_tokens)
            return self._beside

    def take_over(self, other: ModelSlot) -> None:
        """Be the place of another model from now on, and load it.

        The one before is let go of first, since two may not fit into memory. Raises what loading
        raises; then the one before stays, to be loaded again when it is asked for.
        """
        before = self.name, self.context_tokens, self._load, self._follow
        self.close()
        try:
            self._become(other.name, other.context_tokens, other._load, other._follow)
            self.get()
        except BaseException:
            self.close()
            self._become(*before)
            raise

    def _become(
        self,
        name: str,
        context_tokens: int,
        load: Callable[[], LanguageModel],
        follow: Callable[[LanguageModel], str | None],
    ) -> None:
        with self._lock:
            self.name, self.context_tokens = name, context_tokens
            self._load, self._follow = load, follow

    def close(self) -> None:
        with self._lock:
            if self._beside is not None and self._beside is not self._model:
                self._beside.close()
            self._beside = None
            if self._model is not None:
                self._model.close()
                self._model = None
