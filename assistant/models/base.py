"""What the assistant needs of a language model: the Protocol and its values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one completion. `cached_tokens` of the prompt came from the prefix cache."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class PromptProgress:
    """Prompt tokens evaluated so far, cached ones included."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class Completed:
    """Always the last chunk. `finish` says why the model stopped."""

    usage: Usage
    finish: Literal["stop", "length", "cancelled"]


Chunk = PromptProgress | TextDelta | Completed


class LanguageModel(Protocol):
    """A chat model. One completion at a time; implementations serialise callers with a lock."""

    @property
    def name(self) -> str: ...

    @property
    def context_tokens(self) -> int:
        """Tokens that prompt and completion may hold together."""

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Exact number of prompt tokens of these messages, chat template included.

        A remote server that cannot count answers with a safe over-estimate.
        """

    def cached_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Of the tokens of this prompt, those that need not be read again; 0 if not known."""

    def complete(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: dict[str, Any] | None = None,
        cancel: Flag | None = None,
    ) -> Iterator[Chunk]:
        """Stream a completion; with a JSON schema the text is a document that obeys it.

        Raises ContextOverflow before any work when prompt and max_tokens do not fit.
        """

    def use_adapter(self, path: Path | None, scale: float = 1.0) -> None:
        """Serve with this GGUF LoRA from the next completion on, or with none; no reload."""

    def close(self) -> None: ...


class ReadsAhead(Protocol):
    """A model that reads a prompt before it is asked to complete it."""

    def read_ahead(self, messages: Sequence[ChatMessage], cancel: Flag) -> bool:
        """Put all of this prompt into the prefix cache; False when cancelled, with a part in it.

        Looks at `cancel` often, since what is read ahead has to make room at once.
        """


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How likely a text is as the answer to a prompt: the log-probability of each of its tokens.

    Natural logarithms, each given the prompt and the tokens before; the end of the answer is not
    among them.
    """

    log_probs: tuple[float, ...]

    @property
    def tokens(self) -> int:
        return len(self.log_probs)

    @property
    def total(self) -> float:
        """The log-probability of the whole text."""
        return sum(self.log_probs)

    @property
    def per_token(self) -> float:
        """The mean over the tokens: minus the negative log-likelihood (NLL); 0 for no text."""
        return self.total / self.tokens if self.log_probs else 0.0


class Scores(Protocol):
    """A model that says how likely given answers are, beside writing its own."""

    def log_likelihoods(
        self,
        messages: Sequence[ChatMessage],
        texts: Sequence[str],
        *,
        cancel: Flag | None = None,
    ) -> list[Likelihood]:
        """The likelihood of each text as the assistant's answer to the messages, in order.

        What texts share at their beginning, and prompts with the one before, is read once.
        Raises ContextOverflow before any work when the prompt and a text do not fit together,
        and Interrupted when cancelled; what was read stays in the prefix cache.
        """

    def pieces(self, text: str) -> list[str]:
        """The text cut into the tokens whose likelihoods are told; joined they are the text.

        A letter that takes several tokens stands whole in the last of them.
        """
