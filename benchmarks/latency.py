"""What a turn costs: recall, first token, total, and what the prefix cache saves.

A conversation of ten turns over a home of a few hundred memories, on the configured model. After
each turn bare llama.cpp (its C API) takes in the same new tokens on the same warm
prefix, so that both are measured in one run, a moment apart.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from threading import Event as Flag
from typing import Any

import psutil

from assistant.build import local_model, open_assistant
from assistant.errors import SetupNeeded
from assistant.models.base import ChatMessage, Chunk, Completed, TextDelta, Usage
from assistant.models.llama import LlamaCppModel
from assistant.models.slot import ModelSlot
from assistant.settings import Settings
from assistant.updates import Answered
from benchmarks.report import Report, Row, quantile
from memory.events import Draft, Message, Origin
from memory.ports import Progress

TURNS = 10
ANSWER_TOKENS = 24
_PLACES = ("Ghent", "Lyon", "Porto", "Turku", "Graz", "Bergen", "Leeds", "Vilnius")
_THINGS = ("bicycle", "violin", "garden", "kiln", "boat", "telescope", "loom", "camera")
_DEEDS = (
    "repaired",
    "sold",
    "painted",
    "lent to Anna",
    "found",
    "photographed",
    "broke",
    "cleaned",
)


@dataclass(slots=True)
class Measured:
    """One completion: its prompt, what of it was cached, and when its first token came."""

    prompt: list[int]
    usage: Usage = field(default_factory=Usage)
    first_token_s: float = 0.0


class Watched:
    """A LanguageModel that measures the model it wraps."""

    def __init__(self, model: LlamaCppModel) -> None:
        self._model = model
        self.measured: list[Measured] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def complete(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: dict[str, Any] | None = None,
        cancel: Flag | None = None,
    ) -> Iterator[Chunk]:
        measured = Measured(self._model._prompt(messages))
        self.measured.append(measured)
        started = time.perf_counter()
        for chunk in self._model.complete(
            messages, max_tokens=max_tokens, temperature=temperature, schema=schema, cancel=cancel
        ):
            if isinstance(chunk, TextDelta) and not measured.first_token_s:
                measured.first_token_s = time.perf_counter() - started
            if isinstance(chunk, Completed):
                measured.usage = chunk.usage
            yield chunk


def run(settings: Settings, progress: Progress) -> Report:
    """Measure ten turns. Raises SetupNeeded without a local model."""
    name, path = local_model(settings)
    if path is None:
        raise SetupNeeded("This benchmark needs a local model; run `lifelore setup`.")
    with tempfile.TemporaryDirectory() as home:
        used = settings.model_copy(update={"home": Path(home), "answer_tokens": ANSWER_TOKENS})
        assistant = open_assistant(used)
        threads = settings.threads or psutil.cpu_count(logical=False) or 1
        model = LlamaCppModel(path, settings.context_tokens, threads=threads)
        watched = Watched(model)
        assistant.model = ModelSlot(name, model.context_tokens, lambda: watched)
        bare = Bare(path, model.context_tokens, threads)
        assistant.store.append(list(life()))
        assistant.store.catch_up(progress)
        session = assistant.session()
        answers: list[Answered] = []
        bare_s: list[float] = []
        for turn in range(TURNS):
            progress("turns", turn, TURNS)
            answers += [u for u in session.send(_question(turn)) if isinstance(u, Answered)]
            bare_s.append(bare.seconds(watched.measured[-1]))
        assistant.close()
    report = Report("latency", None)
    report.rows = list(_rows(name, answers, watched.measured, bare_s))
    return report


def life() -> Iterator[Draft]:
    """Four hundred made-up memories."""
    for number in range(400):
        thing = _THINGS[number % 8]
        place = _PLACES[(number // 8) % 8]
        deed = _DEEDS[(number // 3) % 8]
        hours = number % 11
        text = f"On day {number} in {place} I {deed} the {thing}, which took {hours} hours."
        yield Draft(
            payload=Message(text=text), session_id=f"day {number // 10}", origin=Origin.USER
        )


def _question(turn: int) -> str:
    return f"What happened with the {_THINGS[turn % 8]} in {_PLACES[(turn * 3) % 8]}?"


class Bare:
    """llama.cpp's C API with its own defaults and nothing around it."""

    def __init__(self, path: Path, context_tokens: int, threads: int) -> None:
        from llama_cpp import llama_cpp as lib

        self._lib = lib
        lib.llama_backend_init()
        params = lib.llama_model_default_params()
        # As in the product: the re-packed kernels of some CPUs crash on prompts.
        params.use_extra_bufts = b"AMX_INT8 = 1" not in lib.llama_print_system_info()
        self._model = lib.llama_model_load_from_file(os.fsencode(path), params)
        context = lib.llama_context_default_params()
        context.n_ctx, context.n_threads, context.n_threads_batch = context_tokens, threads, threads
        self._context = lib.llama_init_from_model(self._model, context)
        self._sampler = lib.llama_sampler_init_greedy()

    def seconds(self, measured: Measured) -> float:
        """To take in the same new tokens on the same warm prefix, and give the first token."""
        cached = measured.usage.cached_tokens
        self._lib.llama_memory_clear(self._lib.llama_get_memory(self._context), True)
        self._evaluate(measured.prompt[:cached])
        started = time.perf_counter()
        self._evaluate(measured.prompt[cached:])
        self._lib.llama_sampler_sample(self._sampler, self._context, -1)
        return time.perf_counter() - started

    def _evaluate(self, tokens: list[int]) -> None:
        # 512 is llama.cpp's own batch for prompts.
        for start in range(0, len(tokens), 512):
            part = tokens[start : start + 512]
            array = (self._lib.llama_token * len(part))(*part)
            if self._lib.llama_decode(
                self._context, self._lib.llama_batch_get_one(array, len(part))
            ):
                raise RuntimeError("bare llama.cpp could not evaluate the prompt")


def _rows(
    name: str, answers: Sequence[Answered], measured: Sequence[Measured], bare_s: Sequence[float]
) -> Iterator[Row]:
    n = len(answers)
    for metric, values in (
        ("recall_ms", [a.ms.recall for a in answers]),
        ("first_token_ms", [a.ms.first_token for a in answers]),
        ("total_ms", [a.ms.total for a in answers]),
        ("prompt_tokens", [float(a.usage.prompt_tokens) for a in answers]),
    ):
        yield Row("lifelore", metric, name, None, round(quantile(values, 0.5), 1), n)
    shares = [
        now.usage.cached_tokens / max(_shared(before.prompt, now.prompt), 1)
        for before, now in pairwise(measured)
    ]
    yield Row("lifelore", "prefix_cached_share", f"turn {n}", None, round(shares[-1], 4), 1)
    yield Row("lifelore", "prefix_cached_share", "lowest", None, round(min(shares), 4), n - 1)
    ratios = [m.first_token_s / b for m, b in zip(measured, bare_s, strict=True)]
    yield Row(
        "lifelore/bare", "model_first_token_ratio", f"turn {n}", None, round(ratios[-1], 3), 1
    )
    yield Row(
        "lifelore/bare",
        "model_first_token_ratio",
        "median",
        None,
        round(quantile(ratios, 0.5), 3),
        n,
    )
    whole = [a.ms.first_token / 1000 / b for a, b in zip(answers, bare_s, strict=True)]
    yield Row("lifelore/bare", "turn_first_token_ratio", f"turn {n}", None, round(whole[-1], 3), 1)
    yield Row(
        "lifelore/bare",
        "turn_first_token_ratio",
        "median",
        None,
        round(quantile(whole[1:], 0.5), 3),
        n - 1,
    )


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
