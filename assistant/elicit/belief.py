"""The belief over what the user wants, given what they said: exact Bayes by enumeration.

Naive Bayes in each domain, given the persona: P(persona) · prod over attributes P(state | persona).
An answer on one attribute moves the others by what it says of the persona. The belief is a function
of the observations alone and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from assistant.elicit.observe import Observation
from assistant.elicit.prior import Array, Prior

HALF_LIFE_DAYS = 730.0
"""After so long a statement counts half: people change."""
OUTDONE = 0.4
"""A statement counts so much for each later statement on the same attribute."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """The belief in one domain. K personas, A attributes, S states (0: "does not matter")."""

    persona: Array
    """(K,): how likely each persona is."""
    state: Array
    """(K, A, S): how likely each state is, given the persona and what was said of the attribute."""
    marginal: Array
    """(A, S): how likely each state is."""
    weight: Array
    """(A,): what a miss costs."""


@dataclass(frozen=True, slots=True)
class BeliefRow:
    """One line of what is believed, for display."""

    attribute: str
    value: str
    probability: float
    """That the user wants this value; the rest is other values and "does not matter"."""
    matters: float
    """That the attribute matters to them at all."""
    sources: tuple[str, ...]
    """Events and lines that speak of the attribute; empty where it is only guessed."""


def posterior_of(
    prior: Prior, domain: str, observations: Sequence[Observation], now: datetime
) -> Posterior:
    """The belief in one domain, given all that was said. Raises KeyError for an unknown domain."""
    tables = prior.tables[domain]
    likelihood = _likelihood(prior, domain, observations, now)
    joint = tables.state * likelihood
    evidence = joint.sum(axis=2)
    persona = tables.persona * evidence.prod(axis=1)
    persona = persona / persona.sum()
    state = joint / evidence[:, :, None]
    return Posterior(persona, state, np.einsum("k,kas->as", persona, state), tables.weight)


def rows_of(
    prior: Prior, domain: str, posterior: Posterior, observations: Sequence[Observation]
) -> list[BeliefRow]:
    """The likeliest value of each attribute, surest first."""
    marginal = posterior.marginal
    rows = []
    for a, (name, attribute) in enumerate(prior.domains[domain].attributes.items()):
        best = int(marginal[a, 1:].argmax())
        sources = (
            one.source
            for one in observations
            if one.domain == domain and one.attribute == name and one.stated
        )
        rows.append(
            BeliefRow(
                name,
                attribute.values[best].label,
                float(marginal[a, 1 + best]),
                float(1 - marginal[a, 0]),
                tuple(dict.fromkeys(sources)),
            )
        )
    return sorted(rows, key=lambda row: -row.probability)


def _likelihood(
    prior: Prior, domain: str, observations: Sequence[Observation], now: datetime
) -> Array:
    """(A, S): the product of all likelihoods, older ones flattened."""
    names = list(prior.domains[domain].attributes)
    table = np.ones(prior.tables[domain].state.shape[1:])
    later = dict.fromkeys(names, 0)
    for one in sorted(observations, key=lambda one: one.at, reverse=True):
        if one.domain != domain:
            continue
        days = max(0.0, (now - one.at).total_seconds() / 86_400)
        trust = 0.5 ** (days / HALF_LIFE_DAYS) * OUTDONE ** later[one.attribute]
        row = np.array(one.likelihood) ** trust
        table[names.index(one.attribute), : len(row)] *= row
        later[one.attribute] += one.stated
    return table
