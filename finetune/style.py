"""How near a text comes to a writer's: distance of n-grams, and a small authorship classifier.

Character and word n-grams carry authorship better than topic-bound features do (Stamatatos 2009).
Both measures compare what a model writes with texts that the adapter may have seen: they say
whether the manner was taken on, not whether it was copied, for which the leak probe looks.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from memory.text import words

Vector = npt.NDArray[np.float64]

_BUCKETS = 4096
_CHARACTERS = (2, 3, 4)
_STEPS = 300
_RATE = 0.5
_DECAY = 1e-3


def profile(texts: Sequence[str]) -> Vector:
    """(buckets,), unit length: how often n-grams of characters and of words stand in the texts.

    Counts are damped by their square root, so that a few frequent ones do not decide alone.
    """
    counts = np.zeros(_BUCKETS)
    for text in texts:
        for gram in _grams(text):
            counts[zlib.crc32(gram.encode("utf-8", "replace")) % _BUCKETS] += 1
    damped = np.sqrt(counts)
    length = float(np.linalg.norm(damped))
    return damped / length if length else damped


def distance(texts: Sequence[str], reference: Sequence[str]) -> float | None:
    """1 less the cosine of the two profiles; None where one side has no text."""
    one, other = profile(texts), profile(reference)
    if not one.any() or not other.any():
        return None
    return float(1 - one @ other)


def _grams(text: str) -> list[str]:
    line = f" {' '.join(text.split())} "
    said = words(text)
    characters = [line[i : i + n] for n in _CHARACTERS for i in range(len(line) - n + 1)]
    singles = [f"1 {word}" for word in said]
    return [*characters, *singles, *(f"2 {a} {b}" for a, b in pairwise(said))]


@dataclass(frozen=True, slots=True)
class Classifier:
    """Logistic regression on profiles: the writer against others."""

    weights: Vector
    bias: float

    def probability(self, text: str) -> float:
        """That the writer wrote it, 0 to 1."""
        return float(1 / (1 + np.exp(-(profile([text]) @ self.weights + self.bias))))


def train_classifier(own: Sequence[str], others: Sequence[str]) -> Classifier | None:
    """Fit by gradient descent; both sides weigh the same. None with fewer than four on a side."""
    if min(len(own), len(others)) < 4:
        return None
    rows = np.stack([profile([text]) for text in (*own, *others)])
    wanted = np.array([1.0] * len(own) + [0.0] * len(others))
    importance = np.where(wanted == 1, 0.5 / len(own), 0.5 / len(others))
    weights, bias = np.zeros(_BUCKETS), 0.0
    for _ in range(_STEPS):
        error = importance * (1 / (1 + np.exp(-(rows @ weights + bias))) - wanted)
        # Rows are of unit length and errors sum to at most one, so a step this long is stable.
        weights -= _RATE * 20 * (rows.T @ error + _DECAY * weights)
        bias -= _RATE * float(error.sum())
    return Classifier(weights, bias)
