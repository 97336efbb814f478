"""What an adapter costs: GSM8K, MMLU and IFEval with it and without, question by question.

The adapter is the one that the settings name, or that serves in their home. Besides right and
wrong, of which a small model has little to lose, the share of probability of the right option
(MMLU) and the likelihood of the worked solution (GSM8K) are compared, which show small losses. The
prompts are those of a turn without memories. Answers that are not whole by the last token that they
are given count as they are; `cut` says how many they are.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import Any

import numpy as np

from assistant.build import local_model
from assistant.errors import SetupNeeded
from assistant.framing import framed
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
_SUM_TOKENS = 320
_ANSWER_TOKENS = 512
_RESAMPLES = 5000
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")

Measures = dict[str, float]


@dataclass(frozen=True, slots=True)
class _Item:
    """One question, and how a model's answer to it is measured; 1 is best."""

    test: str
    asked: str
    """All of the question, by which its measures are kept."""
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
        measured: dict[str, list[Measures]] = {}
        for system, weights in (("base", None), ("adapter", adapter)):
            served.use(weights)
            answering = sha256_of([path] if weights is None else [path, weights])
            for done, item in enumerate(items):
                progress(system, done, len(items))
                found = kept.measure(answering, item, served)
                measured.setdefault(system, []).append(found)
    finally:
        model.close()
    tests = [item.test for item in items]
    return Report("damage", sha256_of([data]), list(_rows(tests, measured)))


def _items(content: Any, sampling: Sampling) -> Iterator[_Item]:
    chance, most = random.Random(sampling.seed), max(sampling.questions // 3, 1)
    known = [one for one in content["ifeval"] if CHECKS.keys() >= set(one["instruction_id_list"])]
    tests = {
        "mmlu": (content["mmlu"], _choice),
        "gsm8k": (content["gsm8k"], _sum),
        "ifeval": (known, _instruction),
    }
    for test, (entries, made) in tests.items():
        for entry in stratified(entries, most, lambda e: str(e.get("subject")), chance):
            yield _Item(test, json.dumps(entry, sort_keys=True), made(entry))


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
        answer = served.answer(_said(asked), _SUM_TOKENS)
        numbers = _NUMBER.findall(answer)
        right = bool(numbers) and _value(numbers[-1]) == _value(wanted)
        likely = served.logprobs(_said(asked), worked)
        return {
            "accuracy": float(right),
            "log_likelihood": sum(likely) / max(len(likely), 1),
            "cut": _cut(served, answer, _SUM_TOKENS),
        }

    return measure


def _value(number: str) -> float:
    return float(number.strip().replace(",", ""))


def _instruction(entry: Any) -> Callable[[ServedModel], Measures]:
    asked = list(zip(entry["instruction_id_list"], entry["kwargs"], strict=True))

    def measure(served: ServedModel) -> Measures:
        answer = served.answer(_said(entry["prompt"]), _ANSWER_TOKENS)
        done = [follows(kind, given, answer) for kind, given in asked]
        return {
            "accuracy": float(all(done)),
            "instructions_followed": sum(done) / len(done),
            "cut": _cut(served, answer, _ANSWER_TOKENS),
        }

    return measure


def _cut(served: ServedModel, answer: str, most: int) -> float:
    # What was written is read again in as many tokens, or a few more or less.
    return float(len(served.pieces(answer)) > 0.97 * most)


def _said(text: str) -> tuple[Said, ...]:
    return framed([Said(role="user", text=text)])


class _Kept:
    """What was measured, each written to the file at once, so that a stopped run goes on.

    It is found again by a digest of model, adapter, question and limits.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known: dict[str, Measures] = {}
        if file is not None and file.is_file():
            for line in file.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                self._known[entry["key"]] = entry["measures"]

    def measure(self, answering: str, item: _Item, served: ServedModel) -> Measures:
        """What this model, by its digest, makes of the question."""
        asked = (answering, item.test, item.asked, _SUM_TOKENS, _ANSWER_TOKENS)
        key = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
        if key not in self._known:
            self._known[key] = item.measure(served)
            if self._file is not None:
                with self._file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"key": key, "measures": self._known[key]}) + "\n")
        return self._known[key]


def _rows(tests: Sequence[str], measured: Mapping[str, Sequence[Measures]]) -> Iterator[Row]:
    for test in dict.fromkeys(tests):
        places = [n for n, one in enumerate(tests) if one == test]
        for metric in measured["base"][places[0]]:
            base, adapter = (
                np.array([measured[system][n][metric] for n in places])
                for system in ("base", "adapter")
            )
            yield Row("base", metric, test, None, round(float(base.mean()), 4), len(places))
            yield Row("adapter", metric, test, None, round(float(adapter.mean()), 4), len(places))
            lost = base - adapter
            drawn = np.random.default_rng(0).integers(len(lost), size=(_RESAMPLES, len(lost)))
            low, high = np.quantile(lost[drawn].mean(axis=1), [0.025, 0.975])
            for end, value in (("", lost.mean()), (" low", low), (" high", high)):
                figure = round(float(value), 4)
                yield Row("lost", f"{metric}{end}", test, None, figure, len(places))
