"""What is measured of a served model, as values that a manifest can hold; they hold no text."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


class TextScore(_Value):
    """How likely one held-out text is: natural-log probability of all its tokens together."""

    log_prob: float
    tokens: int = Field(ge=1)


class Scores(_Value):
    """What one system scored: the base, the adapter in use or the candidate. Ids are examples'."""

    texts: dict[str, TextScore] = {}
    """Held-out texts of the user."""
    pairs: dict[str, float] = {}
    """Held-out preferences: log-probability of the chosen answer less that of the rejected."""
    capability: dict[str, float] = {}
    """Item -> share of probability on the right one of its options, 0 to 1."""
    documents: dict[str, bool] = {}
    """JSON and tool probes -> whether the document was valid."""
    style_distance: float | None = None
    """Of what it writes to the user's held-in texts, 0 (the same n-grams) to 1 (none shared)."""
    attributed: float | None = None
    """Mean probability that the user wrote what it writes, by a small authorship classifier."""
    leaks: tuple[str, ...] | None = None
    """Training texts of which it completes a rare stretch that the base does not; None: not
    looked for, as in the base."""
    contaminated: tuple[str, ...] | None = None
    """Unrelated prompts to which it answers with the user's affairs; None: not looked for."""

    @property
    def nll(self) -> float | None:
        """Negative log-likelihood of a token of the user's texts, in nats."""
        tokens = sum(score.tokens for score in self.texts.values())
        return -sum(s.log_prob for s in self.texts.values()) / tokens if tokens else None

    @property
    def preference_accuracy(self) -> float | None:
        """Share of the held-out preferences that it shares."""
        return share([margin > 0 for margin in self.pairs.values()])

    @property
    def capability_share(self) -> float | None:
        """Expected share of the capability items that it gets right."""
        return share(list(self.capability.values()))

    @property
    def valid_share(self) -> float | None:
        return share(list(self.documents.values()))


class Measured(_Value):
    """All that the gate decides on."""

    trained_on: int
    """Texts and choices of the user that the candidate was trained on."""
    base: Scores | None = None
    candidate: Scores | None = None
    current: Scores | None = None
    """Of the adapter in use; None when there is none."""
    in_use: int | None = None
    """Number of the adapter in use; where it is given, `current` must be measured."""


def share(values: list[bool] | list[float]) -> float | None:
    """The mean, or None of nothing."""
    return sum(values) / len(values) if values else None
