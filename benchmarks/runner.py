"""From a benchmark's name to its run."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

from assistant.build import embedder_for, stay_local
from assistant.settings import Settings
from benchmarks.report import Report
from benchmarks.sampling import Sampling
from memory.errors import RefusedInput
from memory.ports import Progress

RECALL = ("locomo", "beam", "realmem", "prefeval")
"""The benchmarks of recall: a module each, with a `run` over official data."""
CHOICES = ("personamem", "prefeval_choice", "gate_choice", "damage")
"""A language model answers a sample of questions: a module each, with a `run`."""
TRAINED = ("style", "gate_rejects", "nights", "unlearning")
"""Adapters are trained and measured, in a folder by which a run goes on: a module each."""
KEPT = ("screen",)
"""What they cache is too large to lie beside the results."""
NAMES = (
    *("latency", "type_ahead", "updates", "voice", "screen"),
    *("scale", "derive", "packing", "gate", "elicitation", "proactivity"),
    *(*RECALL, *CHOICES, *TRAINED),
)


def run(
    name: str,
    data: Path | None,
    settings: Settings,
    progress: Progress,
    turns: Sequence[int] = (),
    sampling: Sampling | None = None,
) -> Report:
    """Run one benchmark. Raises RefusedInput for an unknown name or missing data."""
    stay_local()
    if name == "latency":
        from benchmarks import latency

        return latency.run(settings, progress)
    if name == "voice":
        from benchmarks import voice

        return voice.run(settings, progress)
    if name == "type_ahead":
        from benchmarks import type_ahead

        return type_ahead.run(settings, progress)
    if name == "updates":
        from benchmarks import updates

        return updates.run(settings, progress)
    if name == "screen":
        from benchmarks import screen

        return screen.run(sampling.cache if sampling else None, progress)
    if name == "elicitation":
        from benchmarks import elicitation

        return elicitation.run(progress)
    if name == "proactivity":
        from benchmarks import proactivity

        return proactivity.run(progress)
    if name == "derive":
        from benchmarks import derive

        return derive.run(data, settings, progress)
    if name == "scale":
        from benchmarks import scale

        return scale.run(settings, progress, turns or scale.DEFAULT_TURNS)
    if name not in NAMES:
        raise RefusedInput(f"There is no benchmark {name!r}; choose one of {', '.join(NAMES)}.")
    if data is None or not data.exists():
        raise RefusedInput(f"Say where the data of {name} is: lifelore bench {name} --data PATH.")
    if name == "packing":
        from benchmarks import packing

        return packing.run(data, settings, progress)
    module = importlib.import_module(f"benchmarks.{name}")
    report: Report
    if name in (*CHOICES, *TRAINED):
        report = module.run(data, settings, sampling or Sampling(), progress)
    else:
        report = module.run(data, embedder_for(settings, settings.embedder), progress)
    return report
