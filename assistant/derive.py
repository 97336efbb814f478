"""Deriving with the assistant's model: in the background beside a conversation, or on demand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event as Flag
from typing import Any

from filelock import Timeout

from assistant.errors import AssistantFault
from assistant.models.base import ChatMessage, Completed, LanguageModel, TextDelta
from assistant.models.slot import ModelSlot
from memory.errors import ExtractorUnavailable, Interrupted
from memory.ports import Example
from memory.store import MemoryStore

CONTEXT_TOKENS = 1536
"""Prompts of about 700 tokens and answers of up to 300, with room for other tokenizers."""
QUIET_SECONDS = 5.0
"""After a turn, before deriving goes on: what the user asks next should find a free machine."""

WAIT_SECONDS = 60.0
"""For a piece that another process has under way."""


class ModelExtractor:
    """memory's Extractor on a language model. Setting `stop` breaks off the answer under way."""

    def __init__(self, slot: ModelSlot, stop: Flag | None = None) -> None:
        self._slot = slot
        self.stop = stop or Flag()

    @property
    def identity(self) -> str:
        return self._slot.name

    def extract(
        self,
        instruction: str,
        examples: Sequence[Example],
        text: str,
        schema: dict[str, Any],
        max_tokens: int,
    ) -> str:
        """A JSON document; see memory.ports.Extractor.

        What never changes stands first, so that the prefix cache holds it from call to call.
        """
        try:
            model = self._slot.background(CONTEXT_TOKENS)
            return written(
                model, shown(instruction, examples, text), max_tokens, self.stop, schema=schema
            )
        except AssistantFault as fault:
            raise ExtractorUnavailable(str(fault)) from fault


def shown(instruction: str, examples: Sequence[Example], text: str) -> list[ChatMessage]:
    """The chat that asks for a document."""
    messages = [ChatMessage("system", instruction)]
    for example in examples:
        messages.append(ChatMessage("user", example.text))
        messages.append(ChatMessage("assistant", example.answer))
    return [*messages, ChatMessage("user", text)]


def written(
    model: LanguageModel,
    messages: Sequence[ChatMessage],
    max_tokens: int,
    stop: Flag,
    *,
    schema: dict[str, Any] | None = None,
) -> str:
    """All that the model says to this. Raises Interrupted when it was told to stop."""
    said: list[str] = []
    for chunk in model.complete(messages, max_tokens=max_tokens, schema=schema, cancel=stop):
        if isinstance(chunk, TextDelta):
            said.append(chunk.text)
        elif isinstance(chunk, Completed) and chunk.finish == "cancelled":
            raise Interrupted("Deriving made room for something else; it goes on later.")
    return "".join(said)


class Consolidation:
    """Derives piece by piece on a thread of its own, and stands aside while a turn is under way."""

    def __init__(
        self, store: MemoryStore, extractor: ModelExtractor, quiet_seconds: float = QUIET_SECONDS
    ) -> None:
        self._store = store
        self._extractor = extractor
        self._quiet = quiet_seconds
        self._change = threading.Condition()
        self._turns = 0
        self._wanted = False
        self._closing = False
        self._free_since = time.monotonic()
        self._thread: threading.Thread | None = None
        self.problem: str | None = None
        """Why it stopped before all was done; it is tried again after the next turn."""

    def wake(self) -> None:
        """There may be something to derive."""
        with self._change:
            if self._closing:
                return
            if self._thread is None:
                name = "lifelore-consolidation"
                self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
                self._thread.start()
            self._wanted = True
            self._change.notify_all()

    @contextmanager
    def standing_aside(self) -> Iterator[None]:
        """Nothing is derived within; what was under way is broken off."""
        with self._change:
            self._turns += 1
            self._extractor.stop.set()
        try:
            yield
        finally:
            with self._change:
                self._turns -= 1
                self._free_since = time.monotonic()
                self._change.notify_all()

    def close(self) -> None:
        """Break off what is under way; it is done again at another time."""
        with self._change:
            self._closing = True
            self._extractor.stop.set()
            self._change.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _loop(self) -> None:
        while self._waited():
            try:
                with self._store.deriving().acquire(blocking=False):
                    more = self._store.derive(self._extractor)
                self.problem = None
            except Interrupted:
                continue
            except Timeout:
                self.problem, more = "Another Lifelore derives facts and summaries.", False
            except Exception as fault:  # noqa: BLE001
                # The boundary of the thread: it must live, and must not write over a screen.
                self.problem, more = str(fault), False
            with self._change:
                self._wanted = self._wanted and more

    def _waited(self) -> bool:
        """Wait until there is something to do and nobody to disturb; False when closing."""
        with self._change:
            while not self._closing:
                rest = self._free_since + self._quiet - time.monotonic()
                if self._turns or not self._wanted:
                    self._change.wait()
                elif rest > 0:
                    self._change.wait(rest)
                else:
                    self._extractor.stop.clear()
                    return True
            return False


def consolidate(
    store: MemoryStore,
    extractor: ModelExtractor,
    progress: Callable[[str, int, int], None],
) -> None:
    """Derive all there is to derive, now, conversations under way included.

    Raises ExtractorUnavailable, and Interrupted when the extractor was told to stop; what was done
    until then is kept and the next call goes on from there.
    """
    store.catch_up(progress)
    try:
        with store.deriving().acquire(timeout=WAIT_SECONDS):
            more = True
            while more:
                left = store.underived()
                progress("facts, turns read", left.turns, left.turns_in_all)
                if left.turns == left.turns_in_all:
                    progress("summaries", left.summaries, left.summaries_in_all)
                more = store.derive(extractor, settle=True)
    except Timeout as busy:
        raise ExtractorUnavailable(
            "Another Lifelore is deriving facts and summaries of this home; let it finish."
        ) from busy
