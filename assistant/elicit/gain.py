"""What an answer is worth: the expected gain of the recommendation, computed from the belief.

Expected value of sample information (Raiffa and Schlaifer, 1961; for preferences Chajewska, Koller
and Parr, 2000; Boutilier, 2002). The recommendation takes the likeliest value of each attribute;
its alignment is the weight of the attributes that matter and are met, as a share of the weight of
those that matter. A myopic value is zero for answers that only move the belief, so a little of the
expected information (mutual information with the attributes that count, in nats) is added.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assistant.elicit.belief import Posterior
from assistant.elicit.observe import (
    NOISE,
    Noise,
    no_matter_likelihood,
    unnamed_likelihood,
    value_likelihood,
    yes_no_likelihood,
)
from assistant.elicit.prior import Array


@dataclass(frozen=True, slots=True)
class Worth:
    """What the answer to a question is expected to bring, for a task."""

    alignment: float
    """Gain in expected alignment, as a share of all that matters in the task."""
    information: float
    """Nats learnt of the task's attributes, averaged by their part in the task."""


def expected_alignment(posterior: Posterior, relevance: Array) -> float:
    """The weight that a recommendation is expected to meet, of 1 that matters."""
    part = _parts(posterior, relevance)
    return float(part @ posterior.marginal[:, 1:].max(axis=1))


def worth_of_choice(posterior: Posterior, relevance: Array, a: int, count: int) -> Worth:
    """Of asking which of its `count` values somebody wants in attribute `a`."""
    rows = [value_likelihood(count, value, True) for value in range(count)]
    return _worth(posterior, relevance, a, np.array([no_matter_likelihood(count), *rows]))


def worth_of_yes_no(
    posterior: Posterior, relevance: Array, a: int, count: int, value: int
) -> Worth:
    """Of asking whether one value of attribute `a` is wanted."""
    rows = [yes_no_likelihood(count, value, yes) for yes in (True, False)]
    return _worth(posterior, relevance, a, np.array(rows))


def worth_of_open(
    posterior: Posterior, relevance: Array, counts: tuple[int, ...], noise: Noise = NOISE
) -> Worth:
    """Of asking what matters most, openly.

    Each attribute is taken to be named or left out on its own, and only what that says of itself
    counts: a lower bound, and no sum over all that somebody could say.
    """
    part = _parts(posterior, relevance)
    marginal = posterior.marginal
    alignment = information = 0.0
    for a, count in enumerate(counts):
        named = np.array([value_likelihood(count, value, True) for value in range(count)])
        named[:, 0] = noise.idle_named / count
        named[:, 1:] *= noise.named
        likely = np.vstack([unnamed_likelihood(count), named])
        joint = likely * marginal[a, : 1 + count]
        alignment += part[a] * (joint[:, 1:].max(axis=1).sum() - marginal[a, 1:].max())
        information += part[a] * _information(joint)
    return Worth(float(alignment), float(information) / max(1e-9, float(part.sum())))


def _parts(posterior: Posterior, relevance: Array) -> Array:
    """(A,): weight in the task, such that the weight expected to matter sums to 1."""
    weight = posterior.weight * relevance
    matters = float(weight @ (1 - posterior.marginal[:, 0]))
    scaled: Array = weight / max(matters, 1e-9)
    return scaled


def _worth(posterior: Posterior, relevance: Array, a: int, likely: Array) -> Worth:
    """`likely` is (Y, 1 + count): the chance of each answer in each state of attribute `a`."""
    states = likely.shape[1]
    likely = likely / likely.sum(axis=0)
    # (Y, K): answers with personas; (Y, B, S): answers with the states of every attribute.
    by_persona = np.einsum("ys,ks->yk", likely, posterior.state[:, a, :states]) * posterior.persona
    joint = np.einsum("yk,kbs->ybs", by_persona, posterior.state)
    joint[:, a, :] = 0.0
    joint[:, a, :states] = likely * posterior.marginal[a, :states]
    part = _parts(posterior, relevance)
    before = posterior.marginal
    gain = joint[:, :, 1:].max(axis=2).sum(axis=0) - before[:, 1:].max(axis=1)
    chance = joint.sum(axis=2, keepdims=True)
    ratio = joint / np.maximum(chance * before, 1e-300)
    nats = np.where(joint > 0, joint * np.log(np.maximum(ratio, 1e-300)), 0.0).sum(axis=(0, 2))
    return Worth(float(part @ gain), float(part @ nats) / max(1e-9, float(part.sum())))


def _information(joint: Array) -> float:
    """Mutual information in nats of a joint distribution (Y, S)."""
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    mass = joint > 0
    return float((joint[mass] * np.log(joint[mass] / independent[mass])).sum())
