"""The shipped prior: domains, what people may care about in them, and which tastes go together.

People's preferences are sparse (most attributes do not matter to most people) and depend on one
another. Both are said by naive Bayes given a latent type: a person has one persona in each domain,
and given the persona each attribute is in one of its states on its own: "does not matter", or one
of its values. So one categorical table holds both whether somebody cares and what they then want.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from assistant.elicit.cues import phrases_of

Array = NDArray[np.float64]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Phrases = Annotated[tuple[str, ...], BeforeValidator(phrases_of)]


class Value(_Frozen):
    """One thing that somebody may want of an attribute."""

    label: str = Field(min_length=1)
    popularity: float = Field(gt=0)
    words: Phrases

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Everything that says this value, its label included."""
        return (*phrases_of(self.label), *self.words)


def _value(row: Any) -> Any:
    return dict(zip(("label", "popularity", "words"), row, strict=True))


class Attribute(_Frozen):
    """Something in which tastes differ. The comments in prior.toml say what each field means."""

    ask: str
    care: float = Field(gt=0, lt=1)
    weight: float = Field(default=1.0, gt=0)
    subjects: Phrases = Field(default=(), alias="for")
    values: tuple[Annotated[Value, BeforeValidator(_value)], ...] = Field(min_length=2)

    @cached_property
    def places(self) -> dict[str, int]:
        """For each phrase the place, from 0, of the value that it says."""
        found: dict[str, int] = {}
        for place, value in enumerate(self.values):
            for phrase in value.phrases:
                found.setdefault(phrase, place)
        return found

    @cached_property
    def labels(self) -> tuple[str, ...]:
        return tuple(value.label for value in self.values)


class Persona(_Frozen):
    """A kind of person, in one domain."""

    share: float = Field(gt=0)
    leans: dict[str, str]
    minds_not: tuple[str, ...] = ()


class Domain(_Frozen):
    """An area in which people ask for things and have tastes."""

    about: str
    frequency: float = Field(gt=0)
    words: Phrases
    attributes: dict[str, Attribute] = Field(min_length=1)
    personas: dict[str, Persona] = Field(min_length=1)

    @model_validator(mode="after")
    def _personas_speak_of_what_there_is(self) -> Domain:
        for name, persona in self.personas.items():
            for attribute in (*persona.leans, *persona.minds_not):
                if attribute not in self.attributes:
                    raise ValueError(f"persona {name!r} speaks of an unknown {attribute!r}")
            for attribute, label in persona.leans.items():
                if label not in self.attributes[attribute].labels:
                    raise ValueError(f"persona {name!r} leans to an unknown {attribute}={label!r}")
        return self


class Strengths(_Frozen):
    """How strongly personas speak; the comments in prior.toml say how."""

    lean_popularity: float = Field(ge=1)
    lean_care: float = Field(ge=1)
    minds_not_care: float = Field(gt=0, le=1)


@dataclass(frozen=True, slots=True)
class Tables:
    """A domain in numbers: K personas, A attributes, S states."""

    persona: Array
    """(K,): how common each persona is; sums to 1."""
    state: Array
    """(K, A, S): how likely each state is, given the persona; state 0 is "does not matter".

    Attributes with fewer values than S - 1 are padded with zeros.
    """
    weight: Array
    """(A,): what a miss costs."""


class Prior(_Frozen):
    """All that is believed before anything is known of the user."""

    model: Strengths
    domains: dict[str, Domain]

    @cached_property
    def tables(self) -> dict[str, Tables]:
        """The numbers of each domain."""
        return {name: self._tables_of(domain) for name, domain in self.domains.items()}

    @cached_property
    def shared(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """For each domain and attribute all domains that have this very attribute.

        It is the same where it is asked alike and has the same values: a diet is one everywhere.
        """
        having: dict[tuple[str, str, tuple[str, ...]], list[str]] = defaultdict(list)
        for domain, its in self.domains.items():
            for name, attribute in its.attributes.items():
                having[name, attribute.ask, attribute.labels].append(domain)
        return {
            (domain, name): tuple(domains)
            for (name, _, _), domains in having.items()
            for domain in domains
        }

    def sharing(self, domain: str, attribute: str) -> tuple[str, ...]:
        """The domains that have this very attribute; `domain` alone for an open question."""
        return self.shared.get((domain, attribute), (domain,))

    def knows(self, domain: str, attribute: str, options: Collection[str]) -> bool:
        """Whether a question about these values can still be read; the prior may have changed."""
        if domain not in self.domains:
            return False
        own = self.domains[domain].attributes.get(attribute)
        return not options if own is None else set(options) <= set(own.labels)

    def _tables_of(self, domain: Domain) -> Tables:
        personas = tuple(domain.personas.values())
        persona = np.array([one.share for one in personas])
        state_count = 1 + max(len(one.values) for one in domain.attributes.values())
        state = np.zeros((len(personas), len(domain.attributes), state_count))
        for k, one in enumerate(personas):
            for a, (name, attribute) in enumerate(domain.attributes.items()):
                row = self._states(attribute, one.leans.get(name), name in one.minds_not)
                state[k, a, : len(row)] = row
        weight = np.array([one.weight for one in domain.attributes.values()])
        return Tables(persona / persona.sum(), state, weight)

    def _states(self, attribute: Attribute, lean: str | None, minds_not: bool) -> Array:
        """(1 + values,): the chance of each state of an attribute, for one persona."""
        odds = attribute.care / (1 - attribute.care)
        if lean is not None:
            odds *= self.model.lean_care
        if minds_not:
            odds *= self.model.minds_not_care
        care = odds / (1 + odds)
        popularity = np.array(
            [
                value.popularity * (self.model.lean_popularity if value.label == lean else 1)
                for value in attribute.values
            ]
        )
        return np.concatenate([[1 - care], care * popularity / popularity.sum()])


def parse_prior(text: str) -> Prior:
    """A prior from TOML. Raises pydantic's ValidationError for one that does not hold together."""
    data = tomllib.loads(text)
    return Prior(model=data.pop("model"), domains=data)


@cache
def load_prior() -> Prior:
    """The prior that ships with Lifelore."""
    return parse_prior(
        resources.files(__package__ or "assistant.elicit").joinpath("prior.toml").read_text("utf-8")
    )
