"""An adapter that did too much is tried weaker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader

from finetune.export import _write
from finetune.gate import Code, Decision, Reason
from finetune.scores import Measured
from finetune.strength import STRENGTHS, strongest, weakened


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "adapter.gguf"
    tensors = {"blk.0.attn_q.weight.lora_a": np.arange(6, dtype=np.float32).reshape(2, 3)}
    _write(path, "llama", 16.0, tensors)
    return path


def alpha_of(path: Path) -> float:
    return float(GGUFReader(path).fields["adapter.lora.alpha"].contents())


def test_only_the_scale_of_a_weakened_adapter_differs(weights: Path) -> None:
    whole = weights.read_bytes()
    half = weakened(weights, 0.5)
    assert alpha_of(half) == 8.0
    assert weights.read_bytes() == whole
    assert weakened(weights, 1.0) == weights
    before, after = (GGUFReader(path).tensors[0].data for path in (weights, half))
    assert np.array_equal(before, after)
    assert half.stat().st_size == weights.stat().st_size
    assert {path.name for path in weights.parent.iterdir()} == {weights.name, half.name}


def judged(monkeypatch: pytest.MonkeyPatch, *verdicts: tuple[Code, ...]) -> list[Decision]:
    """Have the gate say this, one after the other."""
    decisions = [
        Decision(promote=not codes, reasons=tuple(Reason(code=code, text="x") for code in codes))
        for codes in verdicts
    ]
    left = iter(decisions)
    monkeypatch.setattr("finetune.strength.decide", lambda *_: next(left))
    return decisions


@pytest.mark.parametrize(
    ("verdicts", "strength"),
    [
        ([()], 1.0),
        ([("validity",), ()], STRENGTHS[1]),
        ([("validity", "capability"), ("capability",), ()], STRENGTHS[2]),
        ([("capability",), ("capability",), ("capability",)], STRENGTHS[2]),
        ([("capability", "no_gain")], 1.0),
        ([("capability", "leak")], 1.0),
        ([("contamination",)], 1.0),
        ([("too_little_trained",)], 1.0),
        ([("preferences",)], 1.0),
        ([("capability",), ("no_gain",)], STRENGTHS[1]),
    ],
)
def test_it_is_weakened_only_where_lost_skill_alone_spoke_against_it(
    weights: Path,
    monkeypatch: pytest.MonkeyPatch,
    verdicts: list[tuple[Code, ...]],
    strength: float,
) -> None:
    decisions = judged(monkeypatch, *verdicts)
    measured: list[float] = []

    def measure(path: Path) -> Measured:
        measured.append(alpha_of(path) / 16)
        return Measured(trained_on=1)

    tried = strongest(weights, measure)
    assert tried.strength == strength
    assert tried.decision == decisions[-1]
    assert measured == pytest.approx(STRENGTHS[: len(verdicts)])
    assert alpha_of(tried.weights) == pytest.approx(16 * strength)
