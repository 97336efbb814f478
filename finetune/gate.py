"""The gate: whether a trained adapter may serve, as a pure function of what was measured.

The candidate must make the user's held-out words more likely than what serves now, and than the
base, beyond chance: the lower end of a paired bootstrap interval over texts (Efron 1979; Koehn
2004) lies above zero. It may lose at most one point of capability, must not turn the user's
preferences round, break JSON, recite training texts or bring the user up unasked. What is
missing, too little or not a number means no.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from finetune.scores import Measured, Scores, TextScore

Code = Literal[
    "missing",
    "not_finite",
    "too_little_heldout",
    "too_little_trained",
    "no_gain",
    "preferences",
    "capability",
    "validity",
    "leak",
    "contamination",
]


class Rules(BaseModel):
    """What a candidate has to reach."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    least_heldout: int = 8
    """Held-out texts of the user."""
    least_trained: int = 20
    """Examples of the user's to train on; fewer would be learnt by heart."""
    least_capability: int = 24
    """Items of the capability set."""
    least_pairs: int = 4
    """Held-out preferences from which on they count."""
    most_capability_lost: float = 0.01
    most_validity_lost: float = 0.1
    confidence: float = 0.95
    resamples: int = 2000
    seed: int = 0


class Reason(BaseModel):
    """Why not, for programs and in words."""

    model_config = ConfigDict(frozen=True)

    code: Code
    text: str


class Decision(BaseModel):
    """The verdict; `gain` is None where nothing could be compared."""

    model_config = ConfigDict(frozen=True)

    promote: bool
    reasons: tuple[Reason, ...]
    """Why not; empty for a promotion."""
    gain: float | None = None
    """Nats a token by which the user's words became more likely than with what serves now."""
    low: float | None = None
    high: float | None = None

    @property
    def text(self) -> str:
        """The verdict as a sentence or a few."""
        if self.promote:
            return (
                f"Promoted: your held-out words are {self.gain:.3f} nats a token more likely "
                f"({self.low:.3f} to {self.high:.3f}), and nothing else got worse."
            )
        return "Rejected: " + " ".join(reason.text for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its bootstrap interval."""

    mean: float
    low: float
    high: float


def decide(measured: Measured, rules: Rules | None = None) -> Decision:
    """Whether the candidate may serve. The same measurements always give the same answer."""
    rules = rules or Rules()
    if reasons := [*_incomplete(measured, rules)]:
        return Decision(promote=False, reasons=tuple(reasons))
    base, candidate = measured.base, measured.candidate
    assert base is not None  # _incomplete looked
    assert candidate is not None
    serving = measured.current or base
    gain = gain_of(serving, candidate, rules)
    reasons = [
        *_likelihood(measured, base, candidate, gain, rules),
        *_preferences(serving, candidate, rules),
        *_capability(base, candidate, rules),
        *_conduct(base, candidate, rules),
    ]
    return Decision(
        promote=not reasons,
        reasons=tuple(reasons),
        gain=gain.mean,
        low=gain.low,
        high=gain.high,
    )


def gain_of(reference: Scores, candidate: Scores, rules: Rules) -> Interval:
    """Nats a token by which the texts are more likely to the candidate, resampled by text."""
    before, tokens = _columns(reference.texts)
    after, _ = _columns({key: candidate.texts[key] for key in reference.texts})
    drawn = _resamples(len(tokens), rules)
    means = (after - before)[drawn].sum(axis=1) / tokens[drawn].sum(axis=1)
    return _interval(float((after - before).sum() / tokens.sum()), means, rules)


def mean_of(differences: npt.NDArray[np.float64], rules: Rules) -> Interval:
    """The mean of paired differences, resampled."""
    means = differences[_resamples(len(differences), rules)].mean(axis=1)
    return _interval(float(differences.mean()), means, rules)


def _incomplete(measured: Measured, rules: Rules) -> Iterator[Reason]:
    """What keeps the candidate from being judged at all."""
    if measured.trained_on < rules.least_trained:
        yield Reason(
            code="too_little_trained",
            text=f"It learnt from {measured.trained_on} of your texts; "
            f"at least {rules.least_trained} are needed, or it would learn them by heart.",
        )
    compared = {"base": measured.base, "candidate": measured.candidate}
    if measured.in_use is not None:
        compared["adapter in use"] = measured.current
    for name, scores in compared.items():
        if scores is None:
            yield Reason(code="missing", text=f"The {name} was not measured.")
            return
    known = [scores for scores in compared.values() if scores is not None]
    first = known[0]
    if len(first.texts) < rules.least_heldout:
        yield Reason(
            code="too_little_heldout",
            text=f"{len(first.texts)} held-out texts of yours are too few to tell; "
            f"at least {rules.least_heldout} are needed.",
        )
    if len(first.capability) < rules.least_capability:
        yield Reason(
            code="missing",
            text=f"{len(first.capability)} capability items were measured instead of "
            f"{rules.least_capability} or more.",
        )
    if not first.documents:
        yield Reason(code="missing", text="Whether it still writes valid JSON was not measured.")
    candidate = measured.candidate
    if candidate is not None and candidate.leaks is None:
        yield Reason(code="missing", text="Whether it recites training texts was not looked at.")
    if candidate is not None and candidate.contaminated is None:
        yield Reason(code="missing", text="Whether it brings you up unasked was not looked at.")
    if any(_keys(scores) != _keys(first) for scores in known):
        yield Reason(code="missing", text="The systems were not measured on the same examples.")
    if not all(map(_finite, known)):
        yield Reason(code="not_finite", text="A score is not a number; the adapter is broken.")


def _likelihood(
    measured: Measured, base: Scores, candidate: Scores, gain: Interval, rules: Rules
) -> Iterator[Reason]:
    against = {f"adapter {measured.in_use}, which is in use" if measured.current else "base": gain}
    if measured.current is not None:
        against["base"] = gain_of(base, candidate, rules)
    for name, interval in against.items():
        if interval.low <= 0:
            how = "less likely" if interval.high < 0 else "not surely more likely"
            yield Reason(
                code="no_gain",
                text=f"Your held-out words became {how} than with the {name}: "
                f"{interval.mean:+.3f} nats a token ({interval.low:+.3f} to {interval.high:+.3f}).",
            )


def _preferences(serving: Scores, candidate: Scores, rules: Rules) -> Iterator[Reason]:
    """Margins must not surely fall while fewer, or fewer than half, of the pairs are right."""
    if len(serving.pairs) < rules.least_pairs:
        return
    before, after = serving.preference_accuracy or 0.0, candidate.preference_accuracy or 0.0
    changes = [candidate.pairs[key] - margin for key, margin in serving.pairs.items()]
    change = mean_of(np.array(changes), rules)
    if change.high < 0 and (after < before or after < 0.5):
        yield Reason(
            code="preferences",
            text="It prefers what you rejected: it agrees with "
            f"{after:.0%} of your held-out choices, {before:.0%} before.",
        )


def _capability(base: Scores, candidate: Scores, rules: Rules) -> Iterator[Reason]:
    differences = np.array(
        [value - candidate.capability[k] for k, value in base.capability.items()]
    )
    lost = mean_of(differences, rules)
    if lost.mean > rules.most_capability_lost:
        yield Reason(
            code="capability",
            text=f"It lost {100 * lost.mean:.1f} points of general skill "
            f"({100 * lost.low:.1f} to {100 * lost.high:.1f}); "
            f"at most {100 * rules.most_capability_lost:g} is allowed.",
        )


def _conduct(base: Scores, candidate: Scores, rules: Rules) -> Iterator[Reason]:
    before, after = base.valid_share or 0.0, candidate.valid_share or 0.0
    if before - after > rules.most_validity_lost:
        yield Reason(
            code="validity",
            text=f"Of its JSON and tool calls {after:.0%} are valid, {before:.0%} without it.",
        )
    if candidate.leaks:
        yield Reason(
            code="leak", text=f"It recites {len(candidate.leaks)} of the texts it learnt from."
        )
    if candidate.contaminated:
        yield Reason(
            code="contamination",
            text=f"It brings up your affairs when asked about something else "
            f"({len(candidate.contaminated)} times).",
        )


def _keys(scores: Scores) -> tuple[set[str], ...]:
    return (set(scores.texts), set(scores.pairs), set(scores.capability), set(scores.documents))


def _finite(scores: Scores) -> bool:
    values = [
        *(text.log_prob for text in scores.texts.values()),
        *scores.pairs.values(),
        *scores.capability.values(),
    ]
    return all(map(math.isfinite, values))


def _columns(
    texts: Mapping[str, TextScore],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(log-probabilities, token counts), one row a text, in the mapping's order."""
    log_probs = [text.log_prob for text in texts.values()]
    return np.array(log_probs), np.array([float(text.tokens) for text in texts.values()])


def _resamples(count: int, rules: Rules) -> npt.NDArray[np.int64]:
    """(resamples, count): places drawn with replacement."""
    return np.random.default_rng(rules.seed).integers(0, count, (rules.resamples, count))


def _interval(mean: float, resampled: npt.NDArray[np.float64], rules: Rules) -> Interval:
    tail = (1 - rules.confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Interval(mean, float(low), float(high))
