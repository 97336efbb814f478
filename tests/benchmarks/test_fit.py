"""Fitting the weights of recall, on made-up evidence."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.fit import Asked, calibrated, figures, fit, report
from memory.evidence import FEATURES, Weights

MEANING, WORDS = FEATURES.index("meaning"), FEATURES.index("words")


@pytest.fixture
def asked() -> list[Asked]:
    """Forty questions whose gold is chosen by twice the meaning and the words, with some noise."""
    random = np.random.default_rng(7)
    made = []
    for number in range(40):
        values = np.zeros((30, len(FEATURES)))
        values[:, [MEANING, WORDS]] = random.random((30, 2))
        score = 12 * values[:, MEANING] + 6 * values[:, WORDS] + random.gumbel(size=30)
        gold = np.zeros(30, dtype=bool)
        gold[int(np.argmax(score))] = True
        names = [f"D1:{row}" for row in range(30)]
        wanted = frozenset(name for name, is_gold in zip(names, gold, strict=True) if is_gold)
        made.append(Asked("locomo", f"c{number % 4}", values, gold, names, wanted, np.arange(30)))
    return made


def test_the_fit_finds_what_the_gold_was_chosen_by(asked: list[Asked]) -> None:
    meaning, words = fit(asked, [MEANING, WORDS])

    assert meaning > words > 0
    assert 1.3 < meaning / words < 3


def test_the_scale_gives_the_share_of_gold(asked: list[Asked]) -> None:
    weights = fit(asked, [MEANING, WORDS])
    slope, bias = calibrated(asked, [MEANING, WORDS], weights)

    best, gold = [], []
    for one in asked:
        scores = one.values[:, [MEANING, WORDS]] @ weights
        for row in np.argsort(-scores)[:10]:
            best.append(1 / (1 + np.exp(-slope * scores[row] - bias)))
            gold.append(one.gold[row])
    assert slope > 0
    assert np.mean(best) == pytest.approx(np.mean(gold), abs=0.01)


def test_the_report_leaves_each_conversation_out(
    asked: list[Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    report("MADE_UP", asked, asked, Weights(meaning=1, words=0.5), ())

    printed = capsys.readouterr().out
    assert [label in printed for label in ("in use", "in-sample", "left out")] == [True] * 3
    perfect = figures(asked, lambda one: one.gold.astype(float))
    assert perfect == "@5 100.0  @10 100.0  @25 100.0"
