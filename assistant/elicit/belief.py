"""The belief over what the user wants, given what they said: exact Bayes by enumeration.

Naive Bayes in each domain given the persona, personas tied by the traits of the person:

    P(traits) · prod over domains P(persona | traits) · prod over attributes P(state | persona)

Everything is summed out exactly; there are a dozen levels of traits and a handful of personas. The
belief is a function of the observations alone and keeps nothing.
"""

from __future__ import annotations

from collections import defaultdict
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
    weight: Array
    """(A,): what a miss costs."""

    @property
    def marginal(self) -> Array:
        """(A, S): how likely each state is."""
        summed: Array = np.einsum("k,kas->as", self.persona, self.state)
        return summed


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
    """The belief in one domain, given what was said in all of them. Raises KeyError for no domain."""
    likelihoods = _likelihoods(prior, observations, now)
    traits = prior.trait_shares
    for name, given in likelihoods.items():
        if name != domain:
            tables = prior.tables[name]
            traits = traits * (tables.persona @ _fit(tables.state, given))
            traits = traits / traits.sum()
    tables = prior.tables[domain]
    persona, state = traits @ tables.persona, tables.state
    if domain in likelihoods:
        persona = persona * _fit(state, likelihoods[domain])
        state = state * likelihoods[domain]
        state = state / state.sum(axis=2, keepdims=True)
    return Posterior(persona / persona.sum(), state, tables.weight)


def _fit(state: Array, likelihood: Array) -> Array:
    """(K,): how well each persona explains what was said of the attributes."""
    fit: Array = np.einsum("kas,as->ka", state, likelihood).prod(axis=1)
    return fit


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


def _likelihoods(
    prior: Prior, observations: Sequence[Observation], now: datetime
) -> dict[str, Array]:
    """(A, S) for each domain that was spoken of: products of likelihoods, older ones flattened."""
    by_attribute: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for one in sorted(observations, key=lambda one: one.at):
        by_attribute[one.domain, one.attribute].append(one)
    found: dict[str, Array] = {}
    for (domain, attribute), said in by_attribute.items():
        a = list(prior.domains[domain].attributes).index(attribute)
        table = found.setdefault(domain, np.ones(prior.tables[domain].state.shape[1:]))
        later = 0
        for one in reversed(said):
            days = max(0.0, (now - one.at).total_seconds() / 86_400)
            trust = 0.5 ** (days / HALF_LIFE_DAYS) * OUTDONE**later
            table[a, : len(one.likelihood)] *= np.array(one.likelihood) ** trust
            later += one.stated
    return found
