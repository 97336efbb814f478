"""What answers and statements say of tastes: likelihoods over the states of an attribute.

People err, contradict themselves, pick something though it is all the same to them, and do not name
everything when asked openly; `Noise` says how often. Set by hand, as the prior is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from assistant.elicit.cues import find, normalised
from assistant.elicit.prior import Array, Prior
from memory.user.lines import Line

WHOLE = "*"
"""The attribute of a question about a domain as a whole: "What matters most to you in a trip?"."""
MORE = "*more"
"""The attribute of the question after it: "What else matters to you?"."""
OPEN = (WHOLE, MORE)


@dataclass(frozen=True, slots=True)
class Noise:
    """How answers stray from tastes, as shares of people."""

    error: float = 0.08
    """Say something else than they want."""
    idle_choice: float = 0.15
    """Pick a value, or say yes, though it does not matter to them."""
    named: float = 0.55
    """Asked openly, name a given thing that matters to them."""
    idle_named: float = 0.03
    """Asked openly, name a given thing that does not."""
    skip_caring: float = 0.15
    skip_idle: float = 0.35
    """Skip a question about what matters to them, and about what does not."""


NOISE = Noise()
_OPENLY = 3
"""Statements on a domain that tell as much as answers to the open questions."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one source says of one attribute."""

    domain: str
    attribute: str
    likelihood: tuple[float, ...]
    """Chance of having heard this in each state: "does not matter", then each value."""
    stated: bool
    """The user spoke of the attribute; older statements count less beside it."""
    at: datetime
    source: str
    """Id of the event or line it was taken from."""

    @property
    def settles(self) -> bool:
        """It tells one state from all others, so that there is nothing left to ask."""
        return self.stated and sum(chance > 0.5 for chance in self.likelihood) == 1


@dataclass(frozen=True, slots=True)
class Named:
    """A value that a text speaks of."""

    attribute: str
    value: int
    """Its place among the values of the attribute, from 0."""
    wanted: bool
    """False where it is spoken of to rule it out."""


def named_in(prior: Prior, domain: str, text: str) -> list[Named]:
    """The values of a domain that a text speaks of; what it both wants and rules out is dropped.

    Where phrases of several values of an attribute lie within one another, the longest counts.
    """
    plain = normalised(text)
    found: list[Named] = []
    for name, attribute in prior.domains[domain].attributes.items():
        wanted: dict[int, bool] = {}
        for hit in find(plain, attribute.places):
            at = attribute.places[plain[hit.start : hit.end]]
            if wanted.setdefault(at, not hit.negated) is hit.negated:
                wanted.pop(at)
        found += [Named(name, at, yes) for at, yes in wanted.items()]
    return found


def value_likelihood(count: int, value: int, wanted: bool, noise: Noise = NOISE) -> Array:
    """(1 + count,): the chance that somebody names, picks or rules out a value, in each state."""
    likely = np.full(1 + count, noise.error / max(1, count - 1))
    likely[0] = noise.idle_choice / count
    likely[1 + value] = 1 - noise.error
    if not wanted:
        likely[1:] = np.where(np.arange(count) == value, noise.error, 1 - noise.error)
        likely[0] = noise.idle_choice
    return likely


def no_matter_likelihood(count: int, noise: Noise = NOISE) -> Array:
    """(1 + count,): the chance of "it doesn't matter", in each state."""
    likely = np.full(1 + count, noise.error)
    likely[0] = 1 - noise.idle_choice
    return likely


def yes_no_likelihood(count: int, value: int, yes: bool, noise: Noise = NOISE) -> Array:
    """(1 + count,): the chance of yes or no to one value, in each state."""
    likely = np.full(1 + count, noise.error)
    likely[0] = noise.idle_choice
    likely[1 + value] = 1 - noise.error
    return likely if yes else 1 - likely


def skip_likelihood(count: int, noise: Noise = NOISE) -> Array:
    """(1 + count,): the chance that a question is skipped; a little likelier where it is idle."""
    likely = np.full(1 + count, noise.skip_caring)
    likely[0] = noise.skip_idle
    return likely


def unnamed_likelihood(count: int, noise: Noise = NOISE) -> Array:
    """(1 + count,): the chance that an open answer leaves the attribute out."""
    likely = np.full(1 + count, 1 - noise.named)
    likely[0] = 1 - noise.idle_named
    return likely


def from_words(
    prior: Prior, domain: str, text: str, at: datetime, source: str, likes: bool = True
) -> list[Observation]:
    """What a text of the user says of the attributes of a domain.

    `likes` is False for a text that is known to speak of what is disliked.
    """
    attributes = prior.domains[domain].attributes
    return [
        Observation(
            domain,
            named.attribute,
            tuple(
                value_likelihood(
                    len(attributes[named.attribute].values), named.value, named.wanted and likes
                )
            ),
            True,
            at,
            source,
        )
        for named in named_in(prior, domain, text)
    ]


def from_lines(
    prior: Prior, lines: Iterable[Line], held: dict[Line, list[Observation]] | None = None
) -> list[Observation]:
    """What the lines of the profile say; ended ones and sensitive ones without a yes say nothing.

    A line counts in every domain that it names or speaks of by a word of the domain; one that does
    neither is about the user at large and counts wherever its words fit. `held` keeps what was
    read before; lines that are gone leave it.
    """
    if held is None:
        held = {}
    read = {line: held[line] if line in held else _from_line(prior, line) for line in lines}
    held.clear()
    held.update(read)
    return [one for found in read.values() for one in found]


def _from_line(prior: Prior, line: Line) -> list[Observation]:
    found: list[Observation] = []
    if line.until is None and (line.topic is None or line.consent is True):
        spoken = f"{line.text} {line.context} {line.attribute}"
        for domain in _domains_meant(prior, spoken):
            # Polarity is that of the whole line, where its words alone leave it open.
            negated = line.polarity < 0 and not any(
                not named.wanted for named in named_in(prior, domain, line.text)
            )
            found += from_words(prior, domain, line.text, line.last_at, line.id, not negated)
    return found


def told_openly(observations: Iterable[Observation], domain: str) -> bool:
    """Whether the user has said so much of a domain that open questions are as good as answered."""
    said = {one.attribute for one in observations if one.domain == domain and one.settles}
    return len(said) >= _OPENLY


def left_out(prior: Prior, stated: Sequence[Observation]) -> list[Observation]:
    """What it says that statements leave attributes out, where they say much of a domain.

    People speak first of what matters most to them, as in answer to the open questions.
    """
    found: list[Observation] = []
    for domain in dict.fromkeys(one.domain for one in stated):
        if not told_openly(stated, domain):
            continue
        spoken = {one.attribute for one in stated if one.domain == domain}
        at = max(one.at for one in stated if one.domain == domain)
        found += [
            Observation(
                domain,
                name,
                tuple(unnamed_likelihood(len(attribute.values)) ** len(OPEN)),
                False,
                at,
                "",
            )
            for name, attribute in prior.domains[domain].attributes.items()
            if name not in spoken
        ]
    return found


def _domains_meant(prior: Prior, text: str) -> Sequence[str]:
    plain = normalised(text)
    meant = [name for name, domain in prior.domains.items() if find(plain, (*domain.words, name))]
    return meant or tuple(prior.domains)
