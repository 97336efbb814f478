"""What an answer is worth: the expected gain of the recommendation, computed from the belief.

Expected value of sample information (Raiffa and Schlaifer, 1961; for preferences Chajewska, Koller
and Parr, 2000; Boutilier, 2002). The recommendation takes the likeliest value of each attribute;
its alignment is the weight of the attributes that matter and are met, as a share of the weight of
those that matter. A myopic value is zero for answers that only move the belief, so a little of the
expected information (mutual information with the attributes that count, in nats) is added.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from assistant.elicit.belief import Posterior
from assistant.elicit.observe import (
    NOISE,
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
    return _worth(posterior, relevance, a, _choice_answers(count))


def worth_of_yes_no(
    posterior: Posterior, relevance: Array, a: int, count: int, value: int
) -> Worth:
    """Of asking whether one value of attribute `a` is wanted."""
    return _worth(posterior, relevance, a, _yes_no_answers(count, value))


def worth_of_open(posterior: Posterior, relevance: Array, counts: tuple[int, ...]) -> Worth:
    """Of asking what matters most, openly.

    Each attribute is taken to be named or left out on its own, and only what that says of itself
    counts: a lower bound, and no sum over all that somebody could say.
    """
    part = _parts(posterior, relevance)
    marginal = posterior.marginal
    alignment = information = 0.0
    for a, count in enumerate(counts):
        joint = _open_answers(count) * marginal[a, : 1 + count]
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


@cache
def _choice_answers(count: int) -> Array:
    """(1 + count, 1 + count): "it doesn't matter" and each value, in each state."""
    rows = [value_likelihood(count, value, True) for value in range(count)]
    table = np.array([no_matter_likelihood(count), *rows])
    return _columns_of_one(table)


@cache
def _yes_no_answers(count: int, value: int) -> Array:
    """(2, 1 + count): yes and no, in each state."""
    return _columns_of_one(
        np.array([yes_no_likelihood(count, value, yes) for yes in (True, False)])
    )


@cache
def _open_answers(count: int) -> Array:
    """(1 + count, 1 + count): left out, and each value named, in each state."""
    named = np.array([value_likelihood(count, value, True) for value in range(count)])
    named[:, 0] = NOISE.idle_named / count
    named[:, 1:] *= NOISE.named
    return _columns_of_one(np.vstack([unnamed_likelihood(count), named]))


def _columns_of_one(table: Array) -> Array:
    shares: Array = table / table.sum(axis=0)
    shares.flags.writeable = False
    return shares


def _information(joint: Array) -> float:
    """Mutual information in nats of a joint distribution (Y, S)."""
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    mass = joint > 0
    return float((joint[mass] * np.log(joint[mass] / independent[mass])).sum())
