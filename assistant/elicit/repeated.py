"""What the user asks for again and again: weak evidence of tastes that they never stated.

A request says what is wanted this time. The same value in several conversations says something of
the person, less than a statement does. Nothing is stored: it is read from the messages anew, so
forgetting a message forgets this too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant.elicit.observe import Observation, from_lines, named_in, value_likelihood
from assistant.elicit.prior import Prior
from assistant.elicit.request import task_of
from memory.events import Event, Message, Origin
from memory.user.lines import Line
from memory.user.people import PETS, RELATIONS
from memory.user.topics import topic_of

NEWEST = 400
"""Messages of the user's that are looked at."""
OFTEN = 3
"""Conversations in which something is asked for until it counts as a preference."""

_WEIGHT = 0.3
"""Of a request beside an answer; three count nearly as much as one."""
_SURE = 0.5
"""Belief that is never reached: something liked and said once has more."""
_HALF_LIFE_DAYS = 365.0
_FOR_OTHERS = re.compile(
    rf"\b(?:{RELATIONS}|{PETS}|someone|somebody|guests?|gift|present)s?\b", re.IGNORECASE
)
"""Who asks with others in mind does not tell of themselves alone."""


@dataclass(frozen=True, slots=True)
class Wished:
    """A value that a request named."""

    domain: str
    attribute: str
    value: int
    """Its place among the values of the attribute, from 0."""
    session_id: str
    at: datetime
    source: str
    """Id of the message."""


@dataclass(frozen=True, slots=True)
class Often:
    """What the user keeps asking for."""

    domain: str
    attribute: str
    label: str
    belief: float
    """0 to 0.5, lower than that of what is stated; it fades with age and with other wishes."""
    sources: tuple[str, ...]
    """Ids of the messages, one a conversation, oldest first."""
    last_at: datetime


def wished_in(prior: Prior, event: Event) -> list[Wished]:
    """What a message of the user's asks for, for themselves; nothing where it is sensitive."""
    if event.origin is not Origin.USER or not isinstance(event.payload, Message):
        return []
    text = event.payload.text
    if (task := task_of(prior, text)) is None:
        return []
    if topic_of(text) is not None or _FOR_OTHERS.search(text):
        return []
    return [
        Wished(task.domain, named.attribute, named.value, event.session_id, event.at, event.id)
        for named in named_in(prior, task.domain, text)
        if named.wanted
    ]


def observations_of_wishes(prior: Prior, wished: Iterable[Wished]) -> list[Observation]:
    """What the wishes say: the newest of each value, one a conversation, OFTEN at most."""
    found = []
    for (domain, attribute, value), wishes in _by_value(prior, wished).items():
        for shared in prior.sharing(domain, attribute):
            count = len(prior.domains[shared].attributes[attribute].values)
            likely = tuple(value_likelihood(count, value, True) ** _WEIGHT)
            found += [
                Observation(shared, attribute, likely, False, one.at, one.source)
                for one in wishes[-OFTEN:]
            ]
    return found


def often(
    prior: Prior, wished: Sequence[Wished], lines: Iterable[Line], now: datetime
) -> list[Often]:
    """The values named in OFTEN conversations or more, surest first.

    Of attributes that a line of the profile speaks of, the line tells all that is to be told.
    """
    stated = {(one.domain, one.attribute) for one in from_lines(prior, lines)}
    found = []
    by_value = _by_value(prior, wished)
    weights = {key: sum(_weight(one.at, now) for one in of) for key, of in by_value.items()}
    for key, wishes in by_value.items():
        domain, attribute, value = key
        shared = prior.sharing(domain, attribute)
        if len(wishes) < OFTEN or any((each, attribute) in stated for each in shared):
            continue
        all_of = sum(weight for other, weight in weights.items() if other[:2] == key[:2])
        found.append(
            Often(
                domain,
                attribute,
                prior.domains[domain].attributes[attribute].labels[value],
                round(_SURE * weights[key] / (all_of + 1), 3),
                tuple(one.source for one in wishes),
                wishes[-1].at,
            )
        )
    return sorted(found, key=lambda one: (-one.belief, one.label))


_Key = tuple[str, str, int]


def _by_value(prior: Prior, wished: Iterable[Wished]) -> Mapping[_Key, list[Wished]]:
    """The newest wish of each conversation, by value, oldest first; shared attributes are one."""
    newest: dict[_Key, dict[str, Wished]] = defaultdict(dict)
    for one in sorted(wished, key=lambda one: (one.at, one.source)):
        first = prior.sharing(one.domain, one.attribute)[0]
        newest[first, one.attribute, one.value][one.session_id] = one
    return {
        key: sorted(of.values(), key=lambda one: (one.at, one.source)) for key, of in newest.items()
    }


def _weight(at: datetime, now: datetime) -> float:
    days = max((now - at).total_seconds() / 86_400, 0.0)
    return float(0.5 ** (days / _HALF_LIFE_DAYS))
