"""The two objectives: the user's words, and what they preferred."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from finetune.batches import Step, Tensors
from finetune.encode import Encoded
from finetune.likelihood import summed_by_example


class Loss(Protocol):
    def weight(self, step: Step) -> float:
        """What the summed losses of the step's batches are divided by."""

    def __call__(self, logprobs: Tensor, batch: Tensors) -> Tensor:
        """The summed loss of one batch from the log-probabilities of its answer tokens."""


class AnswerLoss:
    """Weighted cross-entropy of answer tokens; prompts are read, never learnt."""

    def __init__(self, examples: list[Encoded]) -> None:
        self._weights = [sum(e.weights) if e.weights else float(len(e.answer)) for e in examples]

    def weight(self, step: Step) -> float:
        return sum(self._weights[n] for batch in step for row in batch for n in row)

    def __call__(self, logprobs: Tensor, batch: Tensors) -> Tensor:
        return torch.as_tensor(-(batch.weights * logprobs).sum())


class PreferenceLoss:
    """Direct preference optimisation (Rafailov et al., 2023), against the model as it was when
    the stage began. Example 2i is the preferred answer of pair i, 2i + 1 the other."""

    def __init__(self, reference: list[float], beta: float) -> None:
        """`reference` has the log-probability of each answer before the stage."""
        self.reference = reference
        self._reference = torch.tensor(reference)
        self._beta = beta

    def weight(self, step: Step) -> float:
        return sum(len(row) for batch in step for row in batch) / 2

    def __call__(self, logprobs: Tensor, batch: Tensors) -> Tensor:
        now = summed_by_example(logprobs, batch, len(self._reference))
        moved = (now - self._reference.to(now.device)).view(-1, 2)
        margins = self._beta * (moved[:, 0] - moved[:, 1])
        pairs = batch.owner.unique()[::2] // 2
        return torch.as_tensor(-logsigmoid(margins[pairs]).sum())


def reference_of(model: Any, batches: list[Tensors], count: int) -> list[float]:
    """The log-probability of each of `count` answers under the model as it is."""
    from finetune.likelihood import token_logprobs

    total = torch.zeros(count)
    with torch.no_grad():
        for batch in batches:
            total += summed_by_example(token_logprobs(model, batch), batch, count).cpu()
    return [float(value) for value in total]
