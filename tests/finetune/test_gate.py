"""The gate: what may serve, what may not, and why in words."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from finetune.gate import Rules, decide, gain_of, mean_of
from finetune.scores import Measured, Scores, TextScore
from tests.finetune.measured import GOOD, better, measured, scores


def codes(given: Measured) -> list[str]:
    decision = decide(given)
    assert decision.promote == (not decision.reasons)
    return [reason.code for reason in decision.reasons]


def test_a_good_adapter_is_promoted_with_its_figures() -> None:
    decision = decide(measured(GOOD))
    assert decision.promote
    assert decision.gain == pytest.approx(0.3, abs=0.05)
    assert decision.low is not None
    assert decision.high is not None
    assert 0 < decision.low < 0.3 < decision.high
    assert decision.text.startswith("Promoted: your held-out words are 0.")


def test_an_adapter_trained_on_noise_gains_nothing() -> None:
    assert codes(measured(scores(gained=better(0.0)))) == ["no_gain"]
    assert codes(measured(scores(gained=better(-0.4)))) == ["no_gain"]
    text = decide(measured(scores(gained=better(-0.4)))).text
    assert "less likely than with the base" in text


def test_a_learning_rate_far_too_high_costs_likelihood_and_skill() -> None:
    broken = scores(gained=better(-2.0), skill=lambda chance: chance.uniform(-0.3, 0), valid=0.4)
    assert codes(measured(broken)) == ["no_gain", "capability", "validity"]


def test_one_that_diverged_is_not_judged() -> None:
    assert codes(measured(scores(gained=lambda chance: math.nan))) == ["not_finite"]
    assert codes(measured(scores(gained=lambda chance: -math.inf))) == ["not_finite"]


def test_opposite_preferences_are_rejected_although_the_words_gained() -> None:
    opposite = scores(gained=better(0.3), margin=lambda chance: chance.gauss(-2, 1))
    decision = decide(measured(opposite))
    assert [reason.code for reason in decision.reasons] == ["preferences"]
    assert "prefers what you rejected" in decision.text


def test_margins_that_shrink_without_a_change_of_mind_do_no_harm() -> None:
    def system(margin: float, **more: object) -> Scores:
        return GOOD.model_copy(update={"pairs": {f"p{i}": margin + i for i in range(9)}, **more})

    base = scores(leaks=None, contaminated=None).model_copy(
        update={"pairs": system(3.0).pairs},
    )
    given = measured(system(1.0)).model_copy(update={"base": base})
    assert codes(given) == []


def test_ten_examples_are_too_few_to_learn_from() -> None:
    few = measured(GOOD).model_copy(update={"trained_on": 10})
    assert codes(few) == ["too_little_trained"]
    assert "from 10 of your texts; at least 20" in decide(few).text


def test_too_few_held_out_texts_are_refused_by_number() -> None:
    given = Measured(
        trained_on=100,
        base=scores(texts=7),
        candidate=scores(texts=7, gained=better(1.0)),
    )
    assert codes(given) == ["too_little_heldout"]
    assert "7 held-out texts" in decide(given).text
    assert "at least 8" in decide(given).text


@pytest.mark.parametrize(
    ("lost", "promoted"), [(0.0, True), (0.009, True), (0.011, False), (0.2, False)]
)
def test_one_point_of_skill_may_be_lost_and_no_more(lost: float, promoted: bool) -> None:
    candidate = scores(gained=better(0.3), skill=lambda chance: -lost)
    assert codes(measured(candidate)) == ([] if promoted else ["capability"])


def test_broken_documents_leaks_and_contamination_each_reject() -> None:
    assert codes(measured(scores(gained=better(0.3), valid=0.8))) == ["validity"]
    assert codes(measured(scores(gained=better(0.3), leaks=("x",)))) == ["leak"]
    assert codes(measured(scores(gained=better(0.3), contaminated=("y",)))) == ["contamination"]


def test_it_must_beat_the_adapter_in_use_and_the_base() -> None:
    assert codes(measured(GOOD, current=scores(gained=better(0.1)))) == []
    decision = decide(measured(GOOD, current=scores(gained=better(0.6))))
    assert [reason.code for reason in decision.reasons] == ["no_gain"]
    assert "adapter 7, which is in use" in decision.text
    worse_than_base = scores(gained=better(-0.2))
    against_worse = measured(worse_than_base, current=scores(gained=better(-1.0)))
    assert codes(against_worse) == ["no_gain"]
    assert "with the base" in decide(against_worse).text


@pytest.mark.parametrize("missing", ["base", "candidate"])
def test_what_was_not_measured_is_rejected(missing: str) -> None:
    assert codes(measured(GOOD).model_copy(update={missing: None})) == ["missing"]


def test_an_adapter_in_use_must_be_measured() -> None:
    given = measured(GOOD).model_copy(update={"in_use": 7})
    assert codes(given) == ["missing"]
    assert "The adapter in use was not measured." in decide(given).text


@pytest.mark.parametrize(
    "gap",
    [
        {"leaks": None},
        {"contaminated": None},
        {"texts": dict(list(GOOD.texts.items())[1:])},
        {"pairs": {}},
        {"capability": {}},
        {"documents": {}},
    ],
)
def test_a_gap_in_the_candidates_scores_is_rejected(gap: dict[str, object]) -> None:
    assert "missing" in codes(measured(GOOD.model_copy(update=gap)))


def test_nothing_at_all_is_rejected() -> None:
    assert not decide(Measured(trained_on=0)).promote
    empty = Scores()
    assert not decide(Measured(trained_on=50, base=empty, candidate=empty)).promote


def test_the_bootstrap_covers_the_truth_about_as_often_as_it_says() -> None:
    rules, chance = Rules(resamples=300), random.Random(5)
    covered = 0
    for _ in range(200):
        drawn = np.array([chance.gauss(0.2, 1.0) for _ in range(40)])
        interval = mean_of(drawn, rules)
        covered += interval.low <= 0.2 <= interval.high
    assert 0.88 <= covered / 200 <= 0.99


def test_long_texts_weigh_by_their_tokens() -> None:
    def system(short: float, long: float) -> Scores:
        held = {"s": TextScore(log_prob=short, tokens=1), "l": TextScore(log_prob=long, tokens=99)}
        return Scores(texts=held)

    gain = gain_of(system(-3, -297), system(-1, -297), Rules())
    assert gain.mean == pytest.approx(0.02)
