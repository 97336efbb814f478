"""What finetune needs of models and of its caller, as Protocols; adapters are passed in.

Documents by JSON schema come through `memory.ports.Extractor`, which the local model has already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from finetune.examples import Said


class StopFlag(Protocol):
    """Set by somebody else when the user is back; `threading.Event` is one."""

    def is_set(self) -> bool: ...


class NeverStop:
    """The StopFlag that nobody sets."""

    def is_set(self) -> bool:
        return False


class Framing(Protocol):
    """How a request is put before the model that serves.

    What is trained, what the gate measures and what general answers are made of go through the
    same one, so that an adapter is judged and used on prompts like those it learnt from.
    """

    def __call__(self, prompt: Sequence[Said], notes: Sequence[str] = ()) -> tuple[Said, ...]:
        """The messages; the request is the last of `prompt`, and `notes` are the lines that recall
        puts beside it, best first."""


def unframed(prompt: Sequence[Said], notes: Sequence[str] = ()) -> tuple[Said, ...]:
    """The Framing of a product that has none: notes stand before the request."""
    if not notes:
        return tuple(prompt)
    *before, last = prompt
    text = "\n".join(["Notes:", *(f"- {line}" for line in notes), "", last.text])
    return (*before, Said(role=last.role, text=text))


class Answerer(Protocol):
    """The base model, answering in plain text without any adapter."""

    @property
    def identity(self) -> str:
        """Name of the model; it stands beside everything it wrote."""

    def answer(self, prompt: Sequence[Said], max_tokens: int) -> str:
        """Its answer to these messages, empty when it has none.

        Raises memory.errors.ExtractorUnavailable and Interrupted.
        """


class LogLikelihood(Protocol):
    """A served model that tells how likely a text is to it."""

    def logprobs(self, prompt: Sequence[Said], answer: str) -> list[float]:
        """Natural-log probability of each token of the answer after the chat prompt, without the
        token that ends the turn; empty where they do not fit the model's context together."""

    def pieces(self, answer: str) -> list[str]:
        """The answer cut into those tokens; joined they are the answer."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training is. `seconds_left` is None until a step was timed."""

    stage: str
    step: int
    steps: int
    loss: float | None
    tokens_per_second: float | None
    seconds_left: float | None


OnProgress = Callable[[Progress], None]


def no_progress(progress: Progress) -> None:
    """The OnProgress that shows nothing."""
