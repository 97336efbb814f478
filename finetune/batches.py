"""From encoded examples to tensors: which go together, in which order, with how little padding.

Everything is a function of the lengths and the seed, so that a resumed run sees the same data in
the same order. Bucketing puts examples of like length side by side: their right padding is short,
and a causal model needs no mask for it, which lets attention run its fastest kernel. Packing puts
several in one row with positions that start anew, by which attention is kept apart.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from finetune.encode import Encoded

Row = list[int]
"""Numbers of the examples that stand in one row."""
MicroBatch = list[Row]
Step = list[MicroBatch]

_WINDOW = 8
"""Steps whose examples are sorted by length together; the more, the less padding and chance."""


@dataclass(frozen=True, slots=True)
class Tensors:
    """One micro-batch. `at` are flat places in (rows x length) whose output predicts `targets`."""

    ids: Any
    """(rows, length)"""
    positions: Any | None
    """(rows, length) where rows hold several examples, else None"""
    at: Any
    """(answer tokens,)"""
    targets: Any
    """(answer tokens,)"""
    weights: Any
    """(answer tokens,), float32"""
    owner: Any
    """(answer tokens,): number of the example that each belongs to"""


def steps_of_epoch(
    lengths: Sequence[int],
    epoch: int,
    seed: int,
    *,
    examples_per_step: int,
    tokens_per_batch: int,
    pack: bool = False,
) -> list[Step]:
    """Every example once, in steps of `examples_per_step`, each in batches of at most
    `tokens_per_batch` tokens, padding included (one long example may exceed it)."""
    chance = random.Random(f"{seed}:{epoch}")
    order = list(range(len(lengths)))
    chance.shuffle(order)
    steps: list[list[int]] = []
    for window in _cut(order, examples_per_step * _WINDOW):
        window.sort(key=lambda i: -lengths[i])
        steps += _cut(window, examples_per_step)
    chance.shuffle(steps)
    arrange = _packed if pack else _bucketed
    return [arrange(step, lengths, tokens_per_batch) for step in steps]


def _cut(items: list[int], size: int) -> list[list[int]]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def _bucketed(step: list[int], lengths: Sequence[int], room: int) -> Step:
    """One example a row, longest first; `step` is sorted."""
    batches: Step = []
    longest = 0
    for number in step:
        if not batches or (len(batches[-1]) + 1) * longest > room:
            batches.append([])
            longest = lengths[number]
        batches[-1].append([number])
    return batches


def _packed(step: list[int], lengths: Sequence[int], room: int) -> Step:
    """Several examples a row, first-fit decreasing; one row a batch."""
    rows: list[Row] = []
    left: list[int] = []
    for number in step:
        for index, free in enumerate(left):
            if lengths[number] <= free:
                rows[index].append(number)
                left[index] -= lengths[number]
                break
        else:
            rows.append([number])
            left.append(room - lengths[number])
    return [[row] for row in rows]


def tensors(batch: MicroBatch, examples: Sequence[Encoded], pad: int, device: str) -> Tensors:
    """The micro-batch on the device."""
    import torch

    width = max(sum(len(examples[n]) for n in row) for row in batch)
    several = any(len(row) > 1 for row in batch)
    ids = torch.full((len(batch), width), pad, dtype=torch.long)
    positions = torch.arange(width).repeat(len(batch), 1)
    at: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    owner: list[int] = []
    for line, row in enumerate(batch):
        column = 0
        for number in row:
            example = examples[number]
            end = column + len(example)
            ids[line, column:end] = torch.tensor(example.ids)
            positions[line, column:end] = torch.arange(len(example))
            first = line * width + column + example.start - 1
            at += range(first, first + len(example.answer))
            targets += example.answer
            weights += example.weights or (1.0,) * len(example.answer)
            owner += [number] * len(example.answer)
            column = end
    return Tensors(
        ids=ids.to(device),
        positions=positions.to(device) if several else None,
        at=torch.tensor(at, device=device),
        targets=torch.tensor(targets, device=device),
        weights=torch.tensor(weights, dtype=torch.float32, device=device),
        owner=torch.tensor(owner, device=device),
    )


def padding(steps: Sequence[Step], lengths: Sequence[int]) -> float:
    """Share of the tokens that go through the model which are padding."""
    used = computed = 0
    for batch in _each(steps):
        sizes = [sum(lengths[n] for n in row) for row in batch]
        used, computed = used + sum(sizes), computed + len(sizes) * max(sizes)
    return 1 - used / computed if computed else 0.0


def _each(steps: Sequence[Step]) -> Iterator[MicroBatch]:
    return (batch for step in steps for batch in step)
