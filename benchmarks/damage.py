"""What an adapter costs: GSM8K, MMLU and IFEval with it and without, question by question.

The adapter is the one that the settings name, or that serves in their home. Besides right and
wrong, of which a small model has little to lose, the share of probability of the right option
(MMLU) and the likelihood of the worked solution (GSM8K) are compared, which show small losses.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import Any

import numpy as np

from assistant.build import local_model
from assistant.errors import SetupNeeded
from assistant.night import ScoringModel, ServedModel, open_scoring
from assistant.settings import Settings
from benchmarks.ifeval import CHECKS, follows
from benchmarks.report import Report, Row, sha256_of
from benchmarks.retrieval import load_json
from benchmarks.sampling import Sampling, stratified
from finetune.adapters import Adapters
from finetune.capability import share_of_right
from finetune.examples import Said
from memory.errors import RefusedInput
from memory.ports import Progress

_LETTERS = "ABCD"
_SUM_TOKENS = 224
_ANSWER_TOKENS = 256
_RESAMPLES = 5000
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")

Measures = dict[str, float]


@dataclass(frozen=True, slots=True)
class _Item:
    """One question, and how a model's answer to it is measured; 1 is best."""

    id: str
    measure: Callable[[ServedModel], Measures]


def run(data: Path, settings: Settings, sampling: Sampling, progress: Progress) -> Report:
    """Measure on a file `{gsm8k, mmlu, ifeval}`; a third of the questions each.

    The cache is a file. Raises RefusedInput where there is no adapter, and SetupNeeded.
    """
    _, path = local_model(settings)
    if path is None:
        raise SetupNeeded("This benchmark needs a local model; run `lifelore setup`.")
    serving = Adapters(settings.home).serving
    adapter = settings.adapter or (
        Adapters(settings.home).weights(serving.number) if serving else None
    )
    if adapter is None:
        raise RefusedInput("There is no adapter to measure; set LIFELORE_ADAPTER to a GGUF LoRA.")
    items = list(_items(load_json(data), sampling))
    model: ScoringModel = open_scoring(settings, path)
    served = ServedModel(model, Flag())
    kept = _Kept(sampling.cache)
    try:
        for system, weights in (("base", None), ("adapter", adapter)):
            served.use(weights)
            for done, item in enumerate(items):
                progress(system, done, len(items))
                kept.measure(system, item, served)
    finally:
        model.close()
    return Report("damage", sha256_of([data]), list(_rows(items, kept)))


def _items(content: Any, sampling: Sampling) -> Iterator[_Item]:
    chance, most = random.Random(sampling.seed), max(sampling.questions // 3, 1)
    for number, entry in _sampled(content["mmlu"], most, lambda e: str(e["subject"]), chance):
        yield _Item(f"mmlu {number}", _choice(entry))
    for number, entry in _sampled(content["gsm8k"], most, lambda e: "", chance):
        yield _Item(f"gsm8k {number}", _sum(entry))
    known = [one for one in content["ifeval"] if CHECKS.keys() >= set(one["instruction_id_list"])]
    for number, entry in _sampled(known, most, lambda e: "", chance):
        yield _Item(f"ifeval {number}", _instruction(entry))


def _sampled(
    entries: Sequence[Any], most: int, kind: Callable[[Any], str], chance: random.Random
) -> Iterator[tuple[int, Any]]:
    numbered = list(enumerate(entries))
    yield from stratified(numbered, most, lambda pair: kind(pair[1]), chance)


def _choice(entry: Any) -> Callable[[ServedModel], Measures]:
    options = [f"{letter}. {entry[f'choice{n}']}" for n, letter in enumerate(_LETTERS)]
    asked = "\n".join([entry["question"].strip(), *options, "", "Answer with one letter."])
    right = int(entry["answer"])

    def measure(served: ServedModel) -> Measures:
        found = [sum(served.logprobs(_said(asked), letter)) for letter in _LETTERS]
        likeliest = found.index(max(found)) == right
        share = share_of_right([found[right], *found[:right], *found[right + 1 :]])
        return {"accuracy": float(likeliest), "share_of_right": share}

    return measure


def _sum(entry: Any) -> Callable[[ServedModel], Measures]:
    asked = f"{entry['question'].strip()}\n\nThink step by step, and end with the number."
    worked, _, wanted = entry["answer"].rpartition("####")
    worked = re.sub(r"<<.*?>>", "", worked).strip()

    def measure(served: ServedModel) -> Measures:
        numbers = _NUMBER.findall(served.answer(_said(asked), _SUM_TOKENS))
        right = bool(numbers) and _value(numbers[-1]) == _value(wanted)
        likely = served.logprobs(_said(asked), worked)
        return {"accuracy": float(right), "log_likelihood": sum(likely) / max(len(likely), 1)}

    return measure


def _value(number: str) -> float:
    return float(number.strip().replace(",", ""))


def _instruction(entry: Any) -> Callable[[ServedModel], Measures]:
    asked = list(zip(entry["instruction_id_list"], entry["kwargs"], strict=True))

    def measure(served: ServedModel) -> Measures:
        answer = served.answer(_said(entry["prompt"]), _ANSWER_TOKENS)
        done = [follows(kind, given, answer) for kind, given in asked]
        return {"accuracy": float(all(done)), "instructions_followed": sum(done) / len(done)}

    return measure


def _said(text: str) -> list[Said]:
    return [Said(role="user", text=text)]


class _Kept:
    """What was measured, each written to the file at once, so that a stopped run goes on."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.of: dict[tuple[str, str], Measures] = {}
        if file is not None and file.is_file():
            for line in file.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                self.of[entry["system"], entry["item"]] = entry["measures"]

    def measure(self, system: str, item: _Item, served: ServedModel) -> None:
        if (system, item.id) in self.of:
            return
        measures = self.of[system, item.id] = item.measure(served)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                entry = {"system": system, "item": item.id, "measures": measures}
                file.write(json.dumps(entry) + "\n")


def _rows(items: Sequence[_Item], kept: _Kept) -> Iterator[Row]:
    for test in ("mmlu", "gsm8k", "ifeval"):
        asked = [item.id for item in items if item.id.startswith(test)]
        if not asked:
            continue
        for metric in kept.of["base", asked[0]]:
            base, adapter = (
                np.array([kept.of[system, item][metric] for item in asked])
                for system in ("base", "adapter")
            )
            yield Row("base", metric, test, None, round(float(base.mean()), 4), len(asked))
            yield Row("adapter", metric, test, None, round(float(adapter.mean()), 4), len(asked))
            lost = base - adapter
            drawn = np.random.default_rng(0).integers(len(lost), size=(_RESAMPLES, len(lost)))
            low, high = np.quantile(lost[drawn].mean(axis=1), [0.025, 0.975])
            for name, value in (("", lost.mean()), (" low", low), (" high", high)):
                yield Row("lost", f"{metric}{name}", test, None, round(float(value), 4), len(asked))
