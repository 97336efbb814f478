"""The elicitation benchmark, at a small size."""

from __future__ import annotations

from statistics import fmean

import pytest

from assistant.elicit.prior import load_prior
from assistant.elicit.request import needs_asking
from benchmarks.elicitation import questions_to
from benchmarks.elicitation_sim import (
    CATEGORIES,
    RANDOM,
    STEPS,
    Curve,
    Session,
    made_sessions,
    simulate,
    systems_of,
)
from benchmarks.made_users import PLAIN, REQUESTS, World

PRIOR = load_prior()


def some(category: str) -> list[Session]:
    found = [one for one in made_sessions(PRIOR, 1, 7) if one.category == category]
    return [one for one in found if one.wanted_at()][::4]


def test_people_are_sparse_dependent_and_the_same_each_time() -> None:
    assert World(PRIOR, "near", 3).person() == World(PRIOR, "near", 3).person()
    attributes = sum(len(one.attributes) for one in PRIOR.domains.values())
    for kind in ("near", "far"):
        world = World(PRIOR, kind, 3)
        cared = fmean(len(world.person()) for _ in range(60)) / attributes
        assert 0.25 < cared < 0.55


def test_requests_cover_the_domains_and_name_attributes_that_there_are() -> None:
    assert {one.domain for one in REQUESTS} == set(PRIOR.domains)
    for one in REQUESTS:
        assert set(one.beside) < set(PRIOR.domains[one.domain].attributes)
    assert sum(needs_asking(PRIOR, text) for text in PLAIN) == 0


@pytest.mark.parametrize("category", list(CATEGORIES))
def test_asking_helps_and_the_judgement_beats_chance(category: str) -> None:
    systems = systems_of(PRIOR)
    sessions = some(category)
    own = [simulate(one, systems["lifelore"]) for one in sessions]
    ordered = [simulate(one, systems[RANDOM]) for one in sessions]
    assert all(len(one.alignment) == STEPS + 1 for one in own + ordered)
    assert fmean(c.alignment[2] for c in own) > fmean(c.alignment[2] for c in ordered)
    assert fmean(c.alignment[5] for c in own) > fmean(c.alignment[0] for c in own) + 0.1
    assert fmean(c.asked[5] for c in own) <= 5


def test_questions_are_counted_between_whole_ones() -> None:
    steps = tuple(range(STEPS + 1))
    curve = Curve(tuple(min(1.0, 0.2 * k) for k in steps), steps)
    assert questions_to(0.5, [curve]) == pytest.approx(2.5)
    assert questions_to(0.0, [curve]) == 0.0
    assert questions_to(2.0, [curve]) == STEPS
