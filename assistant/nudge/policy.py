"""Whether, which and when: a contextual bandit within a daily budget and outside quiet hours.

Thompson sampling with a linear payoff (Agrawal and Goyal, 2013): what an offer is worth is linear
in a few features of it and its moment, with a Gaussian belief over the weights, which is a
function of the offers and answers so far and is never stored. Something is offered when its
sampled worth is above what an interruption costs. Weights are drawn once
a day, so that asking often does not turn a no into a yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from assistant.nudge.candidates import KINDS, Candidate
from assistant.nudge.topics import TOPICS

Vector = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to before `end`, local time, across midnight where end is earlier.

    Equal times mean that there are none.
    """

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """From "21:00-08:00". Raises ValueError for anything else."""
        start, _, end = text.partition("-")
        return cls(time.fromisoformat(start), time.fromisoformat(end))

    def holds(self, at: time) -> bool:
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier offer, in local time, and what became of it."""

    item: str
    topic: str
    at: datetime
    outcome: str | None = None
    rating: int | None = None
    until: datetime | None = None

    @property
    def kind(self) -> str:
        return self.item.partition(":")[0]

    @property
    def last_day(self) -> bool:
        return self.item.rpartition(":")[2] == self.at.date().isoformat()


class Chooser(Protocol):
    def choose(
        self, now: datetime, due: Sequence[Candidate], past: Sequence[Past]
    ) -> list[Candidate]:
        """Those to offer at this local time, best first; `past` is oldest first."""


# -- what offers are worth -------------------------------------------------------------------

_IGNORED_AFTER = timedelta(hours=24)
"""An offer that got no answer within this time counts as ignored."""
_WORTH = {"accepted": 0.6, "dismissed": -0.7, "snoozed": -0.1, "ignored": -0.35}
"""Of outcomes without a rating; a rating of 1 to 4 is worth -1 to 1."""
_HALF_LIFE = timedelta(days=90)
"""After which an answer counts half: tastes change."""
_NOISE = 0.35
"""Variance of the worth of the same offer in the same moment."""
_COST = 0.2
"""What an offer must be worth to be made, for it interrupts: about a rating of 2.8."""
_EXPLORATION = 0.35
"""How wide weights are drawn, as a share of the belief's own width; below 1 since a wrong offer
costs more here than in the analysis of the method."""

_HOURS = (time(11), time(14), time(18))
"""Where parts of the day begin: morning, midday, afternoon and evening."""
_PARTS = len(_HOURS) + 1
_MOST_COUNTED = 6
"""Offers of a day that are told apart."""
# (features, mean, standard deviation) of the belief before any answer.
_PRIOR = (
    (1, 0.4, 0.5),  # an offer as such is welcome
    (len(TOPICS), 0.0, 0.6),
    (len(KINDS), 0.0, 0.4),
    (_PARTS, 0.0, 0.4),
    (1, 0.0, 0.3),  # at a weekend
    (_MOST_COUNTED, -0.1, 0.3),  # each further one of a day a little less so
    (1, 0.1, 0.2),  # on its last day
)
_MEAN: Vector = np.repeat([m for _, m, _ in _PRIOR], [n for n, _, _ in _PRIOR])
_PRECISION: Vector = np.repeat([s**-2 for _, _, s in _PRIOR], [n for n, _, _ in _PRIOR])


def features(each: Past, today: int) -> Vector:
    """An offer and its moment, shape (features,); `today` counts those made earlier that day."""
    topic, kind, at = each.topic, each.kind, each.at
    parts = [np.zeros(n) for n, _, _ in _PRIOR]
    parts[0][0] = 1.0
    parts[1][TOPICS.index(topic) if topic in TOPICS else -1] = 1.0
    if kind in KINDS:
        parts[2][KINDS.index(kind)] = 1.0
    parts[3][part_of_day(at.time())] = 1.0
    parts[4][0] = float(at.weekday() >= 5)
    # One for each offer before it, so that what is learnt of the third holds for the fourth.
    parts[5][:today] = 1.0
    parts[6][0] = float(each.last_day)
    return np.concatenate(parts)


def part_of_day(at: time) -> int:
    return sum(at >= begins for begins in _HOURS)


def worth_of(past: Past, now: datetime) -> float | None:
    """-1 to 1; None while there is nothing to learn from it."""
    if past.rating is not None:
        return (past.rating - 2.5) / 1.5
    if past.outcome is not None:
        return _WORTH[past.outcome]
    return _WORTH["ignored"] if now - past.at >= _IGNORED_AFTER else None


# -- choosing --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Belief:
    """A Gaussian over the weights: mean, and the Cholesky factor of its precision."""

    mean: Vector
    factor: Vector

    def drawn(self, noise: Vector) -> Vector:
        return self.mean + _EXPLORATION * np.linalg.solve(self.factor.T, noise)


def belief(past: Sequence[Past], now: datetime) -> Belief:
    """What the answers so far say of the weights; reminders were asked for and say nothing."""
    counts: dict[date, int] = {}
    rows: list[Vector] = [np.zeros(len(_MEAN))]
    worths, weights = [0.0], [0.0]
    for each in past:
        if each.kind == "reminder":
            continue
        today = counts.get(each.at.date(), 0)
        counts[each.at.date()] = today + 1
        worth = worth_of(each, now)
        if worth is not None:
            rows.append(features(each, today))
            worths.append(worth)
            weights.append(0.5 ** ((now - each.at) / _HALF_LIFE) / _NOISE)
    x = np.stack(rows)
    weighted = x.T * np.array(weights)
    precision = np.diag(_PRECISION) + weighted @ x
    mean = np.linalg.solve(precision, _PRECISION * _MEAN + weighted @ np.array(worths))
    return Belief(mean, np.linalg.cholesky(precision))


class Policy:
    """The Chooser of the product."""

    def __init__(self, daily: int, quiet: QuietHours, *, seed: int = 0) -> None:
        """`daily` bounds the offers of a day; reminders are none of them."""
        self._daily = daily
        self._quiet = quiet
        self._seed = seed

    def choose(
        self, now: datetime, due: Sequence[Candidate], past: Sequence[Past]
    ) -> list[Candidate]:
        if self._quiet.holds(now.time()):
            return []
        new = unoffered(due, past, now)
        asked = [each for each in new if was_asked_for(each)]
        left = self._daily - offers_of_day(past, now)
        others = [each for each in new if not was_asked_for(each)]
        if left <= 0 or not others:
            return asked
        return [*asked, *self._best(now, others, past, left)]

    def _best(
        self, now: datetime, due: Sequence[Candidate], past: Sequence[Past], most: int
    ) -> list[Candidate]:
        random = np.random.default_rng([self._seed, now.date().toordinal()])
        weights = belief(past, now).drawn(random.standard_normal(len(_MEAN)))
        made, left, chosen = offers_of_day(past, now), list(due), list[Candidate]()
        while left and len(chosen) < most:
            scored = [(_worth(each, now, made, weights), each) for each in left]
            worth, best = max(scored, key=lambda pair: pair[0])
            if worth <= _COST:
                break
            left.remove(best)
            if not self._is_better_later(best, now, made, weights, worth):
                chosen.append(best)
                made += 1
        return chosen

    def _is_better_later(
        self, each: Candidate, now: datetime, made: int, weights: Vector, worth: float
    ) -> bool:
        """Whether it would be worth more in a later part of today, and is still due then."""
        later = [datetime.combine(now.date(), begins) for begins in _HOURS]
        return any(
            now < at < each.closes
            and not self._quiet.holds(at.time())
            and _worth(each, at, made, weights) > worth
            for at in later
        )


def _worth(each: Candidate, at: datetime, made: int, weights: Vector) -> float:
    return float(features(Past(each.item, each.topic, at), made) @ weights)


def was_asked_for(each: Candidate) -> bool:
    """Reminders, and what was snoozed until now, are delivered whatever was learnt."""
    return each.kind == "reminder" or each.again


def offers_of_day(past: Sequence[Past], now: datetime) -> int:
    return sum(each.at.date() == now.date() and each.kind != "reminder" for each in past)


def unoffered(due: Sequence[Candidate], past: Sequence[Past], now: datetime) -> list[Candidate]:
    """Those never offered, and those whose snooze is over."""
    latest = {each.item: each for each in past}
    found = []
    for each in due:
        before = latest.get(each.item)
        if before is None:
            found.append(each)
        elif before.outcome == "snoozed" and before.until is not None and before.until <= now:
            found.append(replace(each, again=True))
    return found
