"""What each stage of a training reads, in which order, for how long and by which loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from finetune import batches
from finetune.arguments import Arguments
from finetune.batches import Step
from finetune.dataset import Dataset
from finetune.encode import Encoded, Encoder
from finetune.examples import Example
from finetune.losses import AnswerLoss, Loss, PreferenceLoss, reference_of

_PREFERENCE_TIME = 0.2
"""Share of the time that the preference stage has when there are pairs enough."""
_LOWEST_RATE = 0.1
"""Of the learning rate, at the end of its cosine."""


@dataclass(slots=True)
class Stage:
    """One pass through a kind of examples: what to train on, in which order, by which loss."""

    name: str
    examples: list[Encoded]
    steps: list[Step]
    rate: float
    loss: Loss
    seconds: float
    """Time it may take, as finetune.clock counts; infinite without a budget."""


def fitting(dataset: Dataset, encoder: Encoder, most: int) -> tuple[list[Example], list[Encoded]]:
    """The examples of at most `most` tokens, and what they are as tokens."""
    both = [(e, encoder.encode(e.prompt, e.answer, e.notes)) for e in dataset.examples]
    kept = [(example, encoded) for example, encoded in both if len(encoded) <= most]
    return [example for example, _ in kept], [encoded for _, encoded in kept]


def encoded_pairs(dataset: Dataset, encoder: Encoder, arguments: Arguments) -> list[Encoded]:
    """Chosen and rejected answers in turns; empty where there are too few."""
    found: list[Encoded] = []
    for pair in dataset.preferences:
        both = [
            encoder.encode(pair.prompt, text, pair.notes) for text in (pair.chosen, pair.rejected)
        ]
        if all(len(one) <= arguments.max_tokens for one in both):
            found += both
    enough = len(found) >= 2 * arguments.least_pairs and arguments.preference_epochs > 0
    return found if enough else []


def answers(examples: list[Encoded], pairs_follow: bool, arguments: Arguments) -> Stage:
    """The user's words, for as many epochs as there are or as the time allows."""
    lengths = [len(example) for example in examples]
    steps = [
        step
        for epoch in range(arguments.epochs)
        for step in batches.steps_of_epoch(
            lengths,
            epoch,
            arguments.seed,
            examples_per_step=arguments.examples_per_step,
            tokens_per_batch=arguments.tokens_per_batch,
            pack=arguments.batching == "pack",
        )
    ]
    share = 1 - _PREFERENCE_TIME if pairs_follow else 1.0
    seconds = math.inf if arguments.minutes is None else 60 * arguments.minutes * share
    rate = arguments.learning_rate
    return Stage("answers", examples, steps, rate, AnswerLoss(examples), seconds)


def preferences(
    examples: list[Encoded], model: Any, reference: list[float] | None, arguments: Arguments
) -> Stage:
    """What the user preferred; `examples` has chosen and rejected answers in turns.

    Both answers of a pair stand in one batch; a step has half as many pairs as it has examples in
    the other stage. `reference` is what a resumed run was measured against; None measures the
    model as it is now.
    """
    lengths = [len(examples[i]) + len(examples[i + 1]) for i in range(0, len(examples), 2)]
    by_pair = [
        step
        for epoch in range(arguments.preference_epochs)
        for step in batches.steps_of_epoch(
            lengths,
            epoch,
            arguments.seed,
            examples_per_step=max(1, arguments.examples_per_step // 2),
            tokens_per_batch=max(1, arguments.tokens_per_batch // 2),
        )
    ]
    steps = [
        [[[n] for [pair] in batch for n in (2 * pair, 2 * pair + 1)] for batch in step]
        for step in by_pair
    ]
    if reference is None:
        device = str(next(model.parameters()).device)
        both = [
            batches.tensors([[n], [n + 1]], examples, 0, device) for n in range(0, len(examples), 2)
        ]
        reference = reference_of(model, both, len(examples))
    minutes = arguments.minutes
    seconds = math.inf if minutes is None else 60 * minutes * _PREFERENCE_TIME
    loss = PreferenceLoss(reference, arguments.beta)
    return Stage("preferences", examples, steps, arguments.preference_rate, loss, seconds)


def schedule(share: float, warmup: float) -> float:
    """Factor of the learning rate: a linear rise, then a cosine down to a tenth."""
    if share < warmup:
        return max(share / warmup, 0.02)
    fallen = min(1.0, (share - warmup) / (1 - warmup))
    return _LOWEST_RATE + (1 - _LOWEST_RATE) * 0.5 * (1 + math.cos(math.pi * fallen))
