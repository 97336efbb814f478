"""A language model that answers from a script, for tests and demonstrations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Lock
from typing import Any

from assistant.errors import ContextOverflow
from assistant.models.base import (
    ChatMessage,
    Chunk,
    Completed,
    Likelihood,
    PromptProgress,
    TextDelta,
    Usage,
)
from memory.errors import Interrupted


@dataclass(frozen=True, slots=True)
class Failing:
    """An answer that breaks off: `text` is streamed, then `error` is raised."""

    text: str
    error: Exception


Answer = str | dict[str, Any] | list[Any] | Failing
"""What to say. A dict or list is said as JSON."""

Script = Sequence[Answer] | Callable[[Sequence[ChatMessage]], Answer]


@dataclass(frozen=True, slots=True)
class Call:
    """One completion that was asked for."""

    messages: tuple[ChatMessage, ...]
    max_tokens: int
    temperature: float
    schema: dict[str, Any] | None


@dataclass
class ScriptedModel:
    """LanguageModel that says the answers of `script` in turn, or what a function makes of a chat.

    A token is a word with the white space before it; a message costs two tokens more, and the
    place for the answer one. `calls` lists what was asked, `adapter` what is attached, and with
    `delay_seconds` each token takes that long unless it is cancelled meanwhile.
    """

    script: Script
    name: str = "scripted"
    context_tokens: int = 8192
    delay_seconds: float = 0.0
    calls: list[Call] = field(default_factory=list)
    scored: list[tuple[tuple[ChatMessage, ...], tuple[str, ...]]] = field(default_factory=list)
    """Prompts and texts whose likelihood was asked for."""
    ahead: list[tuple[ChatMessage, ...]] = field(default_factory=list)
    """Prompts that were read ahead."""
    adapter: tuple[Path, float] | None = None
    closed: bool = False
    _said: int = 0
    _cached: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return len(_prompt(messages))

    def cached_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return _shared(self._cached, _prompt(messages)[:-1])

    def complete(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: dict[str, Any] | None = None,
        cancel: Flag | None = None,
    ) -> Iterator[Chunk]:
        prompt = _prompt(messages)
        if len(prompt) + max_tokens > self.context_tokens:
            raise ContextOverflow(
                f"A prompt of {len(prompt):,} tokens and an answer of {max_tokens:,} do not fit "
                f"the {self.context_tokens:,} tokens that {self.name} can hold."
            )
        call = Call(tuple(messages), max_tokens, temperature, schema)
        return self._stream(prompt, call, cancel or Flag())

    def read_ahead(self, messages: Sequence[ChatMessage], cancel: Flag) -> bool:
        with self._lock:
            if cancel.is_set():
                return False
            self.ahead.append(tuple(messages))
            self._cached = _prompt(messages)[:-1]
            return True

    def log_likelihoods(
        self,
        messages: Sequence[ChatMessage],
        texts: Sequence[str],
        *,
        cancel: Flag | None = None,
    ) -> list[Likelihood]:
        """A word of the chat has the log-probability -1, any other -4 (see Scores)."""
        prompt = _prompt(messages)
        longest = max((len(_tokens(text)) for text in texts), default=0)
        if len(prompt) + longest > self.context_tokens:
            raise ContextOverflow(
                f"A prompt of {len(prompt):,} tokens and an answer of {longest:,} do not fit "
                f"the {self.context_tokens:,} tokens that {self.name} can hold."
            )
        if cancel is not None and cancel.is_set():
            raise Interrupted("Scoring was cancelled; what was read need not be read again.")
        self.scored.append((tuple(messages), tuple(texts)))
        said = set(prompt)
        return [
            Likelihood(tuple(-1.0 if word.strip() in said else -4.0 for word in _tokens(text)))
            for text in texts
        ]

    def pieces(self, text: str) -> list[str]:
        return _tokens(text)

    def use_adapter(self, path: Path | None, scale: float = 1.0) -> None:
        with self._lock:
            self.adapter = None if path is None else (path, scale)
            self._cached.clear()

    def close(self) -> None:
        self.closed = True

    def _stream(self, prompt: list[str], call: Call, cancel: Flag) -> Iterator[Chunk]:
        with self._lock:
            self.calls.append(call)
            answer = self._next(call.messages)
            cached = _shared(self._cached, prompt[:-1])
            self._cached = list(prompt)
            yield PromptProgress(cached, len(prompt))
            yield PromptProgress(len(prompt), len(prompt))
            tokens = _tokens(_text(answer))
            for count, token in enumerate(tokens):
                if cancel.wait(self.delay_seconds) if self.delay_seconds else cancel.is_set():
                    yield Completed(Usage(len(prompt), cached, count), "cancelled")
                    return
                if count == call.max_tokens:
                    yield Completed(Usage(len(prompt), cached, count), "length")
                    return
                yield TextDelta(token)
                self._cached.append(token.strip())
            if isinstance(answer, Failing):
                raise answer.error
            yield Completed(Usage(len(prompt), cached, len(tokens)), "stop")

    def _next(self, messages: Sequence[ChatMessage]) -> Answer:
        if callable(self.script):
            return self.script(messages)
        if self._said >= len(self.script):
            raise LookupError(f"{self.name} was asked more often than it has answers")
        self._said += 1
        return self.script[self._said - 1]


def _prompt(messages: Sequence[ChatMessage]) -> list[str]:
    """The words of a chat as this model sees it, ending where the answer begins."""
    words: list[str] = []
    for message in messages:
        words += [f"<{message.role}>", *message.content.split(), "</>"]
    return [*words, "<assistant>"]


def _text(answer: Answer) -> str:
    if isinstance(answer, Failing):
        return answer.text
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


def _tokens(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+$", text)


def _shared(held: Sequence[str], wanted: Sequence[str]) -> int:
    """Length of the common prefix."""
    count = 0
    for one, other in zip(held, wanted, strict=False):
        if one != other:
            break
        count += 1
    return count
