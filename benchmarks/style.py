"""Does a night's adapter take on its writer's manner, and more than examples in the prompt do?

One home a writer, the night's own playback set and split: the newest texts are held out. On the
served model, with and without the writer's adapter and three retrieved texts of theirs in the
prompt, each held-out text is scored, and some of their instructions are answered. Who wrote an
answer is told by classifiers of n-grams, one a writer, trained on the real texts that trained the
adapters. Controls: every other writer's adapter, and one trained with its instructions shuffled.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event as Flag
from typing import Any

import numpy as np

from assistant.build import embedder_for
from assistant.derive import written
from assistant.models.base import ChatMessage
from assistant.night import ScoringModel, ServedModel, open_scoring
from assistant.settings import Settings
from benchmarks import writers
from benchmarks.report import Report, Row, sha256_of
from benchmarks.sampling import Sampling
from finetune.arguments import Arguments
from finetune.dataset import Dataset, Limits
from finetune.examples import Example
from finetune.files import write_whole
from finetune.gate import Rules, gain_of
from finetune.maker import digest_of_model
from finetune.scores import Scores, TextScore
from finetune.style import Classifier, train_classifier
from memory.errors import RefusedInput
from memory.ports import Embedder, Progress, Vectors

LIMITS = Limits(newest=200, general=30, questions=0.25)
ARGUMENTS = Arguments(epochs=4)
_SHOWN = 3
"""Texts of the writer that retrieval puts into the prompt."""
_ANSWER_TOKENS = 100
_SYSTEMS = (
    ("base", False, False),
    ("retrieval", False, True),
    ("adapter", True, False),
    ("adapter and retrieval", True, True),
)
"""Name, whether the writer's adapter serves, whether texts are retrieved."""


@dataclass(frozen=True, slots=True)
class Writer:
    """One writer with what was made for them."""

    name: str
    folder: Path
    dataset: Dataset

    @property
    def held_in(self) -> list[Example]:
        return writers.texts_of(self.dataset.train)

    @property
    def held_out(self) -> list[Example]:
        return writers.texts_of(self.dataset.heldout)


@dataclass(frozen=True, slots=True)
class Measured:
    """One system on one writer's held-out texts, by example."""

    texts: dict[str, list[float]]
    """(log-probability of the text, tokens)"""
    answers: dict[str, str]
    """What it wrote itself to the instructions of some."""

    @property
    def scores(self) -> Scores:
        return Scores(
            texts={k: TextScore(log_prob=p, tokens=int(n)) for k, (p, n) in self.texts.items()}
        )

    @property
    def nll(self) -> float:
        return self.scores.nll or 0.0


def run(data: Path, settings: Settings, sampling: Sampling, progress: Progress) -> Report:
    """Measure each writer of the folder; `sampling` says how many instructions are answered.

    Its cache is a folder of checkpoints, adapters and scores. Raises RefusedInput.
    """
    if sampling.cache is None:
        raise RefusedInput("Say where adapters are kept, so that a run goes on: --cache FOLDER.")
    bench = _Bench(data, settings, sampling, sampling.cache, progress)
    bench.train()
    report = Report("style", sha256_of(sorted(data.glob("*.jsonl"))))
    report.rows += bench.measure()
    return report


class _Bench:
    def __init__(
        self, data: Path, settings: Settings, sampling: Sampling, cache: Path, progress: Progress
    ) -> None:
        self._settings, self._sampling, self._progress = settings, sampling, progress
        base = writers.base_of(settings)
        # Another base, data or setting is another folder.
        digest = digest_of_model(base, cache)[:8]
        folder = cache / f"{base.stem}-{digest}-{sha256_of(sorted(data.glob('*.jsonl')))[:8]}"
        self._base, self._folder = base, folder
        folder.mkdir(parents=True, exist_ok=True)
        model = open_scoring(settings, base)
        try:
            replay = writers.general_of(
                ServedModel(model, Flag()), LIMITS.general, folder / "general.jsonl", progress
            )
        finally:
            model.close()
        self._writers = [
            Writer(name, folder / name, writers.dataset_of(folder / name, mails, LIMITS, replay))
            for name, mails in writers.writers_of(data).items()
        ]

    def train(self) -> None:
        """An adapter a writer, and for the first one more on shuffled instructions."""
        for writer in self._writers:
            self._train(writer.dataset, writer.folder / "own")
        first = self._writers[0]
        shuffled = _shuffled(first.dataset, self._sampling.seed)
        self._train(shuffled, first.folder / "shuffled")

    def _train(self, dataset: Dataset, folder: Path) -> None:
        arguments = ARGUMENTS.model_copy(update={"threads": self._settings.threads})
        writers.trained(self._settings, dataset, folder, arguments, self._progress)

    def measure(self) -> list[Row]:
        """All systems on the served model, then the figures."""
        classifiers = _classifiers(self._writers)
        rows = [_accuracy(self._writers, classifiers)]
        model = open_scoring(self._settings, self._base)
        embedder = embedder_for(self._settings, self._settings.embedder)
        try:
            for writer in self._writers:
                measured = self._measured(writer, model, embedder)
                rows += _rows(writer, measured, classifiers)
                seconds = round(writers.seconds_of(writer.folder / "own"), 1)
                count = len(writer.dataset.train)
                rows.append(Row("adapter", "training_seconds", writer.name, None, seconds, count))
        finally:
            model.close()
        return [*rows, *_means(rows)]

    def _measured(
        self, writer: Writer, model: ScoringModel, embedder: Embedder
    ) -> dict[str, Measured]:
        """Every system and control by name."""
        held = writer.held_out
        chosen = random.Random(self._sampling.seed).sample(
            held, min(len(held), self._sampling.questions)
        )
        shown = _retrieved(writer, embedder)
        own = writer.folder / "own"
        found = {}
        for name, adapted, retrieves in _SYSTEMS:
            prompts = {e.id: _prompt(e, shown[e.id] if retrieves else ()) for e in held}
            place = writers.adapter_in(own) if adapted else None
            found[name] = self._system(writer, name, model, place, prompts, chosen)
        plain = {e.id: _prompt(e, ()) for e in held}
        for other in self._writers:
            if other is not writer:
                name = f"adapter of {other.name}"
                place = writers.adapter_in(other.folder / "own")
                found[name] = self._system(writer, name, model, place, plain, ())
        shuffled = writers.adapter_in(writer.folder / "shuffled")
        if shuffled.exists():
            name = "adapter of shuffled instructions"
            found[name] = self._system(writer, name, model, shuffled, plain, ())
        return found

    def _system(
        self,
        writer: Writer,
        name: str,
        model: ScoringModel,
        adapter: Path | None,
        prompts: dict[str, list[ChatMessage]],
        answered: Sequence[Example],
    ) -> Measured:
        """Measured now, or what an earlier run kept."""
        kept = writer.folder / f"{name}.json"
        if kept.exists():
            return Measured(**json.loads(kept.read_text(encoding="utf-8")))
        model.use_adapter(adapter)
        wanted = {e.id for e in answered}
        texts: dict[str, list[float]] = {}
        answers: dict[str, str] = {}
        for done, example in enumerate(writer.held_out):
            self._progress(f"{writer.name}: {name}", done, len(writer.held_out))
            prompt = prompts[example.id]
            [found] = model.log_likelihoods(prompt, [example.answer])
            texts[example.id] = [found.total, float(found.tokens)]
            if example.id in wanted:  # the prompt is in the cache now
                answers[example.id] = written(model, prompt, _ANSWER_TOKENS, Flag())
        measured = Measured(texts, answers)
        write_whole(kept, json.dumps(asdict(measured), ensure_ascii=False))
        return measured


# -- prompts


def _prompt(example: Example, shown: Sequence[Example]) -> list[ChatMessage]:
    """The instruction, after other texts of the writer as if they had been answers to theirs."""
    before = [
        message
        for each in shown
        for message in (
            ChatMessage("user", each.prompt[-1].text),
            ChatMessage("assistant", each.answer),
        )
    ]
    return [*before, ChatMessage("user", example.prompt[-1].text)]


def _retrieved(writer: Writer, embedder: Embedder) -> dict[str, list[Example]]:
    """For each held-out text the held-in ones whose instructions are nearest, nearest last."""
    held_in, held_out = writer.held_in, writer.held_out
    known: Vectors = embedder.embed([e.prompt[-1].text for e in held_in])
    asked: Vectors = embedder.embed([e.prompt[-1].text for e in held_out])
    nearest = np.argsort(asked @ known.T, axis=1)[:, -_SHOWN:]
    return {
        e.id: [held_in[n] for n in row] for e, row in zip(held_out, nearest.tolist(), strict=True)
    }


def _shuffled(dataset: Dataset, seed: int) -> Dataset:
    """The same texts, each after the instruction of another."""
    texts = writers.texts_of(dataset.train)
    prompts = [e.prompt for e in texts]
    random.Random(seed).shuffle(prompts)
    changed = {
        e.id: e.model_copy(update={"prompt": prompt})
        for e, prompt in zip(texts, prompts, strict=True)
    }
    return Dataset(
        train=tuple(changed.get(e.id, e) for e in dataset.train),
        heldout=dataset.heldout,
        head=dataset.head,
        boundary=dataset.boundary,
    )


# -- figures


def _classifiers(of: Sequence[Writer]) -> dict[str, Classifier]:
    found: dict[str, Classifier] = {}
    for writer in of:
        others = [e.answer for other in of if other is not writer for e in other.held_in]
        classifier = train_classifier([e.answer for e in writer.held_in], others)
        if classifier is None:
            raise RefusedInput("There must be several writers, each with some texts.")
        found[writer.name] = classifier
    return found


def _attributed(text: str, classifiers: dict[str, Classifier]) -> str:
    return max(classifiers, key=lambda name: classifiers[name].probability(text))


def _accuracy(of: Sequence[Writer], classifiers: dict[str, Classifier]) -> Row:
    """On real held-out texts, which is as good as attribution of written ones can get."""
    right = [
        _attributed(e.answer, classifiers) == writer.name for writer in of for e in writer.held_out
    ]
    return Row("real texts", "attributed", "all", None, _share(right), len(right))


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0


def _rows(
    writer: Writer, measured: dict[str, Measured], classifiers: dict[str, Classifier]
) -> list[Row]:
    real = {e.id: e.answer for e in writer.held_out}
    base = measured["base"]
    rows = []
    for name, found in measured.items():
        values: dict[str, float] = {"nll": found.nll}
        if name != "base":
            gain = gain_of(base.scores, found.scores, Rules())
            values["nll_gain"] = 1 - found.nll / base.nll
            values["nll_gain_low"] = gain.low / base.nll
            values["nll_gain_high"] = gain.high / base.nll
        rows += [
            Row(name, metric, writer.name, None, round(value, 4), len(found.texts))
            for metric, value in values.items()
        ]
        if found.answers:
            said = list(found.answers.values())
            true = [real[key] for key in found.answers]
            rows += [
                Row(name, metric, writer.name, None, round(value, 4), len(said))
                for metric, value in _of_answers(writer.name, said, true, classifiers).items()
            ]
    return rows


def _of_answers(
    name: str, said: Sequence[str], true: Sequence[str], classifiers: dict[str, Classifier]
) -> dict[str, float]:
    import sacrebleu
    from rouge_score.rouge_scorer import RougeScorer

    scorer: Any = RougeScorer(["rouge1", "rougeL"])
    rouge = [scorer.score(real, text) for real, text in zip(true, said, strict=True)]
    return {
        "attributed": _share([_attributed(text, classifiers) == name for text in said]),
        "bleu": float(sacrebleu.corpus_bleu(list(said), [list(true)]).score) / 100,
        "rouge_1": sum(each["rouge1"].fmeasure for each in rouge) / len(rouge),
        "rouge_l": sum(each["rougeL"].fmeasure for each in rouge) / len(rouge),
    }


def _means(rows: Sequence[Row]) -> list[Row]:
    """Of each system over the writers, each counting the same."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        name = "adapter of another" if row.system.startswith("adapter of ") else row.system
        if row.category != "all" and "shuffled" not in row.system:
            grouped.setdefault((name, row.metric), []).append(row)
    return [
        Row(name, metric, "all", None, round(sum(r.value for r in of) / len(of), 4), len(of))
        for (name, metric), of in grouped.items()
        if metric not in ("nll_gain_low", "nll_gain_high")
    ]
