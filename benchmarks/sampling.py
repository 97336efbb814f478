"""Samples for benchmarks whose questions each take a language model many seconds."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sampling:
    """How much of a benchmark to run; a sample is the same for the same seed and data."""

    questions: int = 80
    seed: int = 0
    contexts: int = 4
    """Whole contexts that a model is given to read; 0 leaves that baseline out."""
    cache: Path | None = None
    """A file that keeps each score as it is made, so that a stopped run goes on."""


def stratified(items: Sequence[T], n: int, kind: Callable[[T], str], rng: random.Random) -> list[T]:
    """Of n items, or all, as many of each kind as its share; in the order they came.

    The largest remainders decide who gets what rounding leaves over.
    """
    if n >= len(items):
        return list(items)
    kinds: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        kinds.setdefault(kind(item), []).append(place)
    due = {name: n * len(places) / len(items) for name, places in kinds.items()}
    taken = {name: int(share) for name, share in due.items()}
    by_remainder = sorted(due, key=lambda name: (taken[name] - due[name], name))
    for name in by_remainder[: n - sum(taken.values())]:
        taken[name] += 1
    chosen = [place for name in sorted(kinds) for place in rng.sample(kinds[name], taken[name])]
    return [items[place] for place in sorted(chosen)]
