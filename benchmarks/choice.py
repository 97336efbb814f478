"""Multiple choice by likelihood: the option that the model finds likeliest as its answer.

Which of several long answers a model would give is not told by their likelihood alone: some texts
are likely whatever was asked, short ones among them. What counts is how much likelier the prompt
makes an option than a prompt that says nothing does: the domain-conditional pointwise mutual
information of Holtzman et al., "Surface Form Competition: Why the Highest Probability Answer Isn't
Always Right", 2021. It needs no letters, whose order small models heed more than their texts
(Zheng et al., "Large Language Models Are Not Robust Multiple Choice Selectors", 2024).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import Protocol

from assistant import prompts
from assistant.build import local_model
from assistant.errors import SetupNeeded
from assistant.models.base import ChatMessage, LanguageModel, Likelihood, Scores
from assistant.settings import Settings
from benchmarks.report import Row
from memory.errors import RefusedInput

_DIGITS = 4


_NEUTRAL = (
    ChatMessage("system", prompts.SYSTEM),
    ChatMessage("user", "Reply to the user."),
)
"""A prompt that says nothing but that a reply is to come."""


class ScoringModel(LanguageModel, Scores, Protocol):
    """A language model that says how likely answers are."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What one system made of one question."""

    system: str
    categories: tuple[str, ...]
    right: bool
    right_by_mean: bool | None = None
    """Whether the option likeliest by token is right, where both are told."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which option a model would give, by two measures; the first of equals."""

    by_gain: int
    """What the prompt makes likelier, by the most."""
    by_mean: int
    """Likeliest by token, the length-normalised accuracy of lm-evaluation-harness."""


def open_model(settings: Settings, context_tokens: int) -> ScoringModel:
    """The configured local model. Raises RefusedInput for a server, which tells no likelihoods."""
    if settings.server_url is not None:
        raise RefusedInput("This benchmark needs a local model; unset server_url.")
    _, path = local_model(settings)
    if path is None:
        raise SetupNeeded("No language model is here yet; run `lifelore setup`.")
    from assistant.models.llama import LlamaCppModel

    return LlamaCppModel(path, context_tokens, threads=settings.threads)


def choose(scores: Scores, messages: Sequence[ChatMessage], options: Sequence[str]) -> Choice:
    """Which option the messages make likely.

    The neutral prompt is asked first: its scores are kept, and a long prompt stays in the cache.
    """
    alone = scores.log_likelihoods(_NEUTRAL, options)
    given = scores.log_likelihoods(messages, options)
    gains = [one.total - other.total for one, other in zip(given, alone, strict=True)]
    means = [each.total / max(each.tokens, 1) for each in given]
    best = range(len(options))
    return Choice(max(best, key=gains.__getitem__), max(best, key=means.__getitem__))


def accuracy_rows(answered: Sequence[Answered]) -> list[Row]:
    """The share of right answers of each system: of all, and of each category."""
    rows = []
    for system in dict.fromkeys(each.system for each in answered):
        own = [each for each in answered if each.system == system]
        for category in ["all", *sorted({name for each in own for name in each.categories})]:
            asked = [each for each in own if category in ("all", *each.categories)]
            by_mean = [each.right_by_mean for each in asked if each.right_by_mean is not None]
            rows.append(_share(system, "accuracy", category, [each.right for each in asked]))
            if by_mean:
                rows.append(_share(system, "accuracy_by_mean", category, by_mean))
    return rows


def _share(system: str, metric: str, category: str, right: Sequence[bool]) -> Row:
    return Row(system, metric, category, None, round(sum(right) / len(right), 4), len(right))


class KeptScores:
    """Scores of which each is written to a file at once, so that a run goes on where it stopped.

    A score is found again by a digest of model, prompt and text, none of which stands in the file.
    """

    def __init__(self, model: ScoringModel, file: Path | None = None) -> None:
        self._model = model
        self._file = file
        self._kept: dict[str, Likelihood] = {}
        if file is not None and file.is_file():
            for line in file.read_text(encoding="utf-8").splitlines():
                self._kept.update(_entry(line))

    def log_likelihoods(
        self,
        messages: Sequence[ChatMessage],
        texts: Sequence[str],
        *,
        cancel: Flag | None = None,
    ) -> list[Likelihood]:
        """The model's, asked for what the file does not hold (see Scores)."""
        keys = [_key(self._model.name, messages, text) for text in texts]
        new = [n for n, key in enumerate(keys) if key not in self._kept]
        if new:
            asked = [texts[n] for n in new]
            for n, found in zip(
                new, self._model.log_likelihoods(messages, asked, cancel=cancel), strict=True
            ):
                self._keep(keys[n], found)
        return [self._kept[key] for key in keys]

    def pieces(self, text: str) -> list[str]:
        return self._model.pieces(text)

    def _keep(self, key: str, found: Likelihood) -> None:
        rounded = Likelihood(tuple(round(each, _DIGITS) for each in found.log_probs))
        self._kept[key] = rounded
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "log_probs": rounded.log_probs}) + "\n")


def _entry(line: str) -> dict[str, Likelihood]:
    try:
        entry = json.loads(line)
        return {str(entry["key"]): Likelihood(tuple(map(float, entry["log_probs"])))}
    except (ValueError, KeyError, TypeError):
        return {}  # The last line of a run that was stopped while it wrote.


def _key(name: str, messages: Sequence[ChatMessage], text: str) -> str:
    asked = [name, [[each.role, each.content] for each in messages], text]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()
