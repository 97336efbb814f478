"""Does the gate say no to what it should, for the right reason, and yes to a good adapter?

Real adapters on the real served model, of one writer: a good one; one trained on noise; one at
thirty times the learning rate; one that after some of the training prefers the opposite of the
held-out preferences; one from ten texts; one that was shown a few texts until it knew them by
heart. Preferences are the text that belongs to an instruction over another held-out one, about as
long: both are in the writer's manner, so that learning it moves neither.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event as Flag
from typing import Any

from pydantic import BaseModel

from assistant.night import ServedModel, open_scoring
from assistant.settings import Settings
from benchmarks import writers
from benchmarks.report import Report, Row, sha256_of
from benchmarks.sampling import Sampling
from finetune.arguments import Arguments
from finetune.dataset import Dataset, Limits
from finetune.errors import LossNotFinite
from finetune.evaluate import Comparison
from finetune.examples import Example, Pair, Said, identity
from finetune.files import write_whole
from finetune.gate import decide
from finetune.scores import Measured
from finetune.strength import strongest
from memory.errors import RefusedInput
from memory.ports import Example as Shown
from memory.ports import Progress

LIMITS = Limits(newest=80, general=30, questions=0.2, heldout_most=16)
GOOD = Arguments(epochs=3)
_PAIRS = 12
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Case:
    """How an adapter is made, and the verdict's code: None for a promotion."""

    name: str
    expected: frozenset[str] | None
    dataset: Callable[[Dataset], Dataset]
    arguments: Arguments


def _same(dataset: Dataset) -> Dataset:
    return dataset


def _noise(dataset: Dataset) -> Dataset:
    """Every answer replaced by as many words of random letters."""
    chance = random.Random(0)

    def noise(text: str) -> str:
        return " ".join("".join(chance.choices(_LETTERS, k=len(word))) for word in text.split())

    return replace(
        dataset,
        train=tuple(
            e.model_copy(update={"answer": noise(e.answer)}) if isinstance(e, Example) else e
            for e in dataset.train
        ),
    )


def _opposite(dataset: Dataset) -> Dataset:
    """The held-out preferences turned round, trained after some of the writer's texts."""
    turned = [
        e.model_copy(update={"chosen": e.rejected, "rejected": e.chosen})
        for e in dataset.heldout
        if isinstance(e, Pair)
    ]
    return replace(dataset, train=(*_few(dataset).train, *turned))


def _ten(dataset: Dataset) -> Dataset:
    return replace(dataset, train=tuple(writers.texts_of(dataset.train)[:10]))


def _few(dataset: Dataset) -> Dataset:
    return replace(dataset, train=tuple(writers.texts_of(dataset.train)[:24]))


CASES = (
    Case("good", None, _same, GOOD),
    Case(
        "by heart",
        frozenset({"leak"}),
        _few,
        GOOD.model_copy(update={"epochs": 24, "learning_rate": 3 * GOOD.learning_rate}),
    ),
    Case("ten examples", frozenset({"too_little_trained"}), _ten, GOOD),
    Case("noise", frozenset({"no_gain"}), _noise, GOOD.model_copy(update={"token_weights": False})),
    Case(
        "learning rate x30",
        frozenset({"no_gain", "capability", "diverged"}),
        _same,
        GOOD.model_copy(update={"learning_rate": 30 * GOOD.learning_rate}),
    ),
    Case(
        "opposite preferences",
        frozenset({"preferences"}),
        _opposite,
        GOOD.model_copy(update={"preference_epochs": 8, "preference_rate": 2e-4}),
    ),
)


class OnceForBase:
    """A served model that is asked the same about the base once for all cases."""

    def __init__(self, served: ServedModel) -> None:
        self._served = served
        self._known: dict[Any, Any] = {}
        self._base = True

    @property
    def identity(self) -> str:
        return self._served.identity

    def use(self, adapter: Path | None) -> None:
        self._base = adapter is None
        self._served.use(adapter)

    def logprobs(self, prompt: Sequence[Said], answer: str) -> list[float]:
        made: list[float] = self._once(
            ("logprobs", tuple(prompt), answer), lambda: self._served.logprobs(prompt, answer)
        )
        return made

    def pieces(self, answer: str) -> list[str]:
        return self._served.pieces(answer)

    def answer(self, prompt: Sequence[Said], max_tokens: int) -> str:
        made: str = self._once(
            ("answer", tuple(prompt), max_tokens), lambda: self._served.answer(prompt, max_tokens)
        )
        return made

    def extract(
        self,
        instruction: str,
        examples: Sequence[Shown],
        text: str,
        schema: dict[str, Any],
        max_tokens: int,
    ) -> str:
        made: str = self._once(
            ("extract", instruction, text, max_tokens),
            lambda: self._served.extract(instruction, examples, text, schema, max_tokens),
        )
        return made

    def _once(self, key: Any, ask: Callable[[], Any]) -> Any:
        if not self._base:
            return ask()
        if key not in self._known:
            self._known[key] = ask()
        return self._known[key]


def run(data: Path, settings: Settings, sampling: Sampling, progress: Progress) -> Report:
    """Every case on the writer with most mails. The cache is a folder. Raises RefusedInput."""
    if sampling.cache is None:
        raise RefusedInput("Say where adapters are kept, so that a run goes on: --cache FOLDER.")
    folder = sampling.cache / "gate"
    folder.mkdir(parents=True, exist_ok=True)
    mails = max(writers.writers_of(data).values(), key=len)
    model = open_scoring(settings, writers.base_of(settings))
    served = OnceForBase(ServedModel(model, Flag()))
    rows: list[Row] = []
    try:
        replay = writers.general_of(served, LIMITS.general, folder / "general.jsonl", progress)
        dataset = _with_pairs(writers.dataset_of(folder / "data", mails, LIMITS, replay))
        for case in CASES:
            rows += _rows(case, _judged(case, dataset, served, settings, folder, progress))
    finally:
        model.close()
    return Report("gate_rejects", sha256_of(sorted(data.glob("*.jsonl"))), rows)


def _with_pairs(dataset: Dataset) -> Dataset:
    """With held-out preferences beside the held-out texts."""
    held = writers.texts_of(dataset.heldout)
    pairs = [
        Pair(
            id=identity("pair", text.sources),
            prompt=text.prompt,
            chosen=text.answer,
            rejected=min(
                (other.answer for other in held if other is not text),
                key=lambda answer: abs(len(answer) - len(text.answer)),
            ),
            sources=text.sources,
            seq=text.seq,
        )
        for text in held[:_PAIRS]
    ]
    return replace(dataset, heldout=(*dataset.heldout, *pairs))


class _Kept(BaseModel):
    """What a case came to."""

    strength: float
    measured: Measured


def _judged(
    case: Case,
    dataset: Dataset,
    served: OnceForBase,
    settings: Settings,
    folder: Path,
    progress: Progress,
) -> _Kept | None:
    """What the verdict rests on; None where training itself refused."""
    place = folder / case.name.replace(" ", "-")
    file = place / "judged.json"
    if not file.exists():
        learnt = case.dataset(dataset)
        arguments = case.arguments.model_copy(update={"threads": settings.threads})
        try:
            adapter = writers.trained(settings, learnt, place, arguments, progress)
        except LossNotFinite:
            return None
        tried = strongest(adapter, Comparison(served, learnt, progress=progress).of)
        kept = _Kept(strength=tried.strength, measured=tried.measured)
        write_whole(file, kept.model_dump_json())
    return _Kept.model_validate_json(file.read_text(encoding="utf-8"))


def _rows(case: Case, kept: _Kept | None) -> list[Row]:
    codes = {"diverged"}
    decision = decide(kept.measured) if kept is not None else None
    if decision is not None:
        codes = {reason.code for reason in decision.reasons}
    right = not codes if case.expected is None else bool(codes & case.expected)
    rows = [Row(case.name, "right_verdict", ", ".join(sorted(codes)) or "promoted", None, right, 1)]
    if decision is None or kept is None:
        return rows
    measured = kept.measured
    assert measured.base is not None
    assert measured.candidate is not None
    values = {
        "strength": kept.strength,
        "gain": decision.gain,
        "gain_low": decision.low,
        "base_nll": measured.base.nll,
        "nll": measured.candidate.nll,
        "base_capability": measured.base.capability_share,
        "capability": measured.candidate.capability_share,
        "valid_documents": measured.candidate.valid_share,
        "preference_accuracy": measured.candidate.preference_accuracy,
        "base_preference_accuracy": measured.base.preference_accuracy,
        "leaks": float(len(measured.candidate.leaks or ())),
        "contaminated": float(len(measured.candidate.contaminated or ())),
        "attributed_to_user": measured.candidate.attributed,
    }
    return rows + [
        Row(case.name, metric, "all", None, round(value, 4), len(measured.base.texts))
        for metric, value in values.items()
        if value is not None
    ]
