"""Base, adapter in use and candidate, compared on the very model file that is served.

All are measured on the same examples in the same order: texts of the held-out split, held-out
preferences, and probes of our own. Nothing is decided here; that is the gate's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from finetune.capability import ITEMS, share_of_right
from finetune.dataset import Dataset
from finetune.errors import Stopped
from finetune.examples import OWN, Example, Pair, Said
from finetune.ports import Answerer, Framing, LogLikelihood, NeverStop, StopFlag, unframed
from finetune.probes import (
    DOCUMENTS,
    UNRELATED,
    Habits,
    affairs_of,
    brings_up,
    is_valid,
    recites,
)
from finetune.replay import reservoir
from finetune.scores import Measured, Scores, TextScore
from finetune.style import distance, train_classifier
from memory.ports import Extractor, Progress, no_progress

CANARIES = 40
"""Training texts that are looked at for recitation; a uniform sample."""
STYLED = 10
"""Held-out prompts that are answered to judge the manner."""
_STYLE_TOKENS = 80
_PROBE_TOKENS = 64


class Served(LogLikelihood, Answerer, Extractor, Protocol):
    """The model that serves, with the adapter that it is told to use."""

    def use(self, adapter: Path | None) -> None:
        """From the next call on, this GGUF LoRA, or none."""


@dataclass(slots=True)
class _Said:
    """What a system said and how sure it was, as far as others are compared with it."""

    canaries: dict[str, list[float]] = field(default_factory=dict)
    unrelated: dict[str, str] = field(default_factory=dict)


class Comparison:
    """Candidates beside the base and the adapter in use, which are measured once, before the first
    of them; minutes on a CPU.

    `seen` are the sources of the adapter in use: what it was trained on would flatter it, so it
    is left out for all. `frame` puts every request as it is put where the adapter serves.
    """

    def __init__(
        self,
        served: Served,
        dataset: Dataset,
        *,
        current: Path | None = None,
        in_use: int | None = None,
        seen: Collection[str] = (),
        frame: Framing = unframed,
        stop: StopFlag | None = None,
        progress: Progress = no_progress,
    ) -> None:
        self._served, self._dataset = served, dataset
        self._current, self._in_use = current, in_use
        self._examiner = _Examiner(served, dataset, set(seen), frame, stop or NeverStop(), progress)
        self._known: tuple[Scores, _Said, Scores | None] | None = None

    def of(self, candidate: Path) -> Measured:
        """Measure this one. Leaves the base alone in use, also on an error.

        Raises Stopped, ExtractorUnavailable and Interrupted.
        """
        examine = self._examiner.examine
        try:
            if self._known is None:
                base, of_base = examine("base", None, None)
                current = self._current
                serving = examine("adapter in use", current, of_base)[0] if current else None
                self._known = base, of_base, serving
            base, of_base, serving = self._known
            scores, _ = examine("candidate", candidate, of_base)
        finally:
            self._served.use(None)
        return Measured(
            trained_on=trained_on(self._dataset),
            base=base,
            candidate=scores,
            current=serving,
            in_use=self._in_use if self._current else None,
        )


def trained_on(dataset: Dataset) -> int:
    """Texts and choices of the user to train on."""
    return sum(example.kind in OWN for example in dataset.train)


def heldout_texts(dataset: Dataset, seen: Collection[str] = ()) -> list[Example]:
    """The held-out texts whose likelihood is measured."""
    return [
        e
        for e in dataset.heldout
        if isinstance(e, Example) and not set(e.sources).intersection(seen)
    ]


class _Examiner:
    """Asks each system the same."""

    def __init__(
        self,
        served: Served,
        dataset: Dataset,
        seen: set[str],
        frame: Framing,
        stop: StopFlag,
        progress: Progress,
    ) -> None:
        self._served, self._frame = served, frame
        self._stop, self._progress = stop, progress
        self._texts = heldout_texts(dataset, seen)
        self._pairs = [
            e for e in dataset.heldout if isinstance(e, Pair) and not seen.intersection(e.sources)
        ]
        own = [e for e in dataset.examples if e.kind in ("text", "approved")]
        self._canaries = reservoir(own, CANARIES, seed=1)
        self._own = [e.answer for e in own if e.kind == "text"]
        self._habits = Habits([e.answer for e in own])
        self._affairs = affairs_of([text for e in own for text in e.texts])
        general = [e.answer for e in dataset.examples if e.kind == "general"]
        self._classifier = train_classifier(self._own, general)
        self._name, self._asked = "", 0
        self._in_all = (
            len(self._texts)
            + 2 * len(self._pairs)
            + sum(len(item.options) for item in ITEMS)
            + len(DOCUMENTS)
            + len(self._styled())
            + len(self._canaries)
            + len(UNRELATED)
        )

    def examine(
        self, name: str, adapter: Path | None, of_base: _Said | None
    ) -> tuple[Scores, _Said]:
        """All scores of one system, and what others need to be compared with it."""
        self._served.use(adapter)
        self._name, self._asked = name, 0
        said = _Said()
        texts = self._likelihoods()
        pairs = self._margins()
        capability = {item.question: self._item(item.question, item.options) for item in ITEMS}
        documents = {probe.id: is_valid(probe, self._document(probe.id)) for probe in DOCUMENTS}
        style_distance, attributed = self._style()
        said.canaries = {e.id: self._logprobs(e, e.answer) for e in self._canaries}
        said.unrelated = {
            asked: self._answer(self._frame([Said(role="user", text=asked)]), _PROBE_TOKENS)
            for asked in UNRELATED
        }
        return (
            Scores(
                texts=texts,
                pairs=pairs,
                capability=capability,
                documents=documents,
                style_distance=style_distance,
                attributed=attributed,
                leaks=None if of_base is None else self._leaks(of_base, said),
                contaminated=None if of_base is None else self._contaminated(of_base, said),
            ),
            said,
        )

    def _likelihoods(self) -> dict[str, TextScore]:
        found: dict[str, TextScore] = {}
        for example in self._texts:
            if values := self._logprobs(example, example.answer):
                found[example.id] = TextScore(log_prob=sum(values), tokens=len(values))
        return found

    def _margins(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for pair in self._pairs:
            chosen = self._logprobs(pair, pair.chosen)
            rejected = self._logprobs(pair, pair.rejected)
            if chosen and rejected:
                found[pair.id] = sum(chosen) - sum(rejected)
        return found

    def _item(self, question: str, options: Sequence[str]) -> float:
        prompt = self._frame([Said(role="user", text=question)])
        return share_of_right([sum(self._score(prompt, option)) for option in options])

    def _document(self, probe_id: str) -> str:
        self._ask_next()
        [probe] = [probe for probe in DOCUMENTS if probe.id == probe_id]
        return self._served.extract(
            probe.instruction, (), probe.text, probe.schema, probe.max_tokens
        )

    def _styled(self) -> list[Example]:
        return [e for e in self._texts if e.kind == "text"][:STYLED] if self._own else []

    def _style(self) -> tuple[float | None, float | None]:
        """(distance to the user's held-in texts, mean probability that the user wrote it)."""
        asked = self._styled()
        if not asked:
            return None, None
        written = [self._answer(self._frame(e.prompt, e.notes), _STYLE_TOKENS) for e in asked]
        if self._classifier is None:
            return distance(written, self._own), None
        own = [self._classifier.probability(text) for text in written]
        return distance(written, self._own), sum(own) / len(own)

    def _leaks(self, of_base: _Said, said: _Said) -> tuple[str, ...]:
        return tuple(
            e.id
            for e in self._canaries
            if recites(of_base.canaries[e.id], said.canaries[e.id], self._habitual(e.answer))
        )

    def _habitual(self, text: str) -> list[bool]:
        return self._habits.of(self._served.pieces(text))

    def _contaminated(self, of_base: _Said, said: _Said) -> tuple[str, ...]:
        return tuple(
            asked
            for asked, answer in said.unrelated.items()
            if brings_up(self._affairs, asked, answer, of_base.unrelated[asked])
        )

    def _logprobs(self, example: Example | Pair, answer: str) -> list[float]:
        return self._score(self._frame(example.prompt, example.notes), answer)

    def _score(self, prompt: Sequence[Said], answer: str) -> list[float]:
        self._ask_next()
        return self._served.logprobs(prompt, answer)

    def _answer(self, prompt: Sequence[Said], max_tokens: int) -> str:
        self._ask_next()
        return self._served.answer(prompt, max_tokens)

    def _ask_next(self) -> None:
        """Show how far it is. Raises Stopped."""
        if self._stop.is_set():
            raise Stopped("Measuring made room; it is done again at the next night.")
        self._progress(f"measuring the {self._name}", self._asked, self._in_all)
        self._asked += 1


def figures(measured: Measured) -> Mapping[str, Mapping[str, float | None]]:
    """The scores a person compares, system by system; shares are 0 to 1, NLL is in nats."""
    systems = {
        "base": measured.base,
        "current": measured.current,
        "candidate": measured.candidate,
    }
    return {
        name: {
            "nll": scores.nll,
            "preference_accuracy": scores.preference_accuracy,
            "capability": scores.capability_share,
            "valid_documents": scores.valid_share,
            "style_distance": scores.style_distance,
            "attributed_to_user": scores.attributed,
        }
        for name, scores in systems.items()
        if scores is not None
    }
