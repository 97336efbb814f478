"""Fourteen nights on a growing log: does the manner stay learnt, and the night stay bounded?

One writer's mails come in by and by; after each few days the real night derives, trains, measures
and decides, on the adapter that serves by then. Besides what each gate measured on that night's
own held-out texts, each night's serving adapter is measured on mails that come after all nights.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from assistant.models.base import ChatMessage
from assistant.night import ScoringModel, open_scoring
from assistant.settings import Settings
from benchmarks import writers
from benchmarks.report import Report, Row, sha256_of
from benchmarks.sampling import Sampling
from finetune.adapters import Adapters
from finetune.arguments import Arguments
from finetune.dataset import Limits
from finetune.examples import Example
from finetune.files import write_whole
from memory.errors import RefusedInput
from memory.log import Log
from memory.ports import Progress

NIGHTS = 14
LIMITS = Limits(newest=32, replayed=32, general=12, questions=0.1, heldout_most=16)
ARGUMENTS = Arguments(epochs=2, token_weights=False)
_FIRST = 48
"""Mails before the first night; the rest is spread over the others."""
_LAST = 16
"""Mails after the last night, on which every adapter is measured."""
_RECORDS = "nights.json"


def run(data: Path, settings: Settings, sampling: Sampling, progress: Progress) -> Report:
    """Fourteen nights of the writer with most mails. The cache is the folder of their home.

    Raises RefusedInput.
    """
    if sampling.cache is None:
        raise RefusedInput("Say where the home of the nights is kept: --cache FOLDER.")
    home = sampling.cache / "nights"
    home.mkdir(parents=True, exist_ok=True)
    mails = max(writers.writers_of(data).values(), key=len)
    kept = home / _RECORDS
    records: list[dict[str, Any]] = json.loads(kept.read_text()) if kept.exists() else []
    settings = settings.model_copy(update={"home": home})
    log = Log(home / writers.LOG_FILE)
    later = _later(mails[-_LAST:], sampling.cache / "later")
    try:
        for number in range(len(records), NIGHTS):
            progress("nights", number, NIGHTS)
            known = _FIRST + (len(mails) - _LAST - _FIRST) * number // (NIGHTS - 1)
            writers.write(log, mails[log.head() : known])
            records.append(_night(settings, log, later, progress))
            write_whole(kept, json.dumps(records, indent=1))
    finally:
        log.close()
    report = Report("nights", sha256_of(sorted(data.glob("*.jsonl"))))
    for number, record in enumerate(records, 1):
        texts = int(record.pop("heldout"))
        report.rows += [
            Row("night", metric, f"{number:02}", None, round(value, 4), texts)
            for metric, value in record.items()
            if value is not None
        ]
    return report


def _later(mails: list[writers.Mail], folder: Path) -> list[Example]:
    """The mails after all nights as texts with their instructions."""
    dataset = writers.dataset_of(folder, mails, Limits(questions=0), [])
    return writers.texts_of([*dataset.train, *dataset.heldout])


def _night(
    settings: Settings, log: Log, later: list[Example], progress: Progress
) -> dict[str, Any]:
    """One night, and what it left; figures of what serves after it."""
    started = time.monotonic()
    night = writers.sleeper(settings, settings.home, log, LIMITS, ARGUMENTS, progress)
    outcome = night.run()
    seconds = time.monotonic() - started
    adapters = Adapters(settings.home)
    made = adapters.get(outcome.adapter) if outcome.adapter else None
    serving = adapters.serving
    weights = adapters.weights(serving.number) if serving else None
    scores = made.measured.candidate if made else None
    base = made.measured.base if made else None
    return {
        "heldout": len(scores.texts) if scores else 0,
        "promoted": float(outcome.decision.promote) if outcome.decision else 0.0,
        "seconds": seconds,
        "trained_on": made.measured.trained_on if made else 0,
        "adapter_mb": weights.stat().st_size / 1e6 if weights else None,
        "home_mb": sum(p.stat().st_size for p in settings.home.rglob("*") if p.is_file()) / 1e6,
        "candidate_nll": scores.nll if scores else None,
        "base_nll": base.nll if base else None,
        "candidate_capability": scores.capability_share if scores else None,
        "base_capability": base.capability_share if base else None,
        "later_nll": _nll(settings, weights, later),
    }


def _nll(settings: Settings, adapter: Path | None, texts: list[Example]) -> float:
    """Nats a token of these texts with what serves."""
    model: ScoringModel = open_scoring(settings, writers.base_of(settings))
    try:
        model.use_adapter(adapter)
        found = [
            model.log_likelihoods([ChatMessage("user", e.prompt[-1].text)], [e.answer])[0]
            for e in texts
        ]
    finally:
        model.close()
    return -sum(one.total for one in found) / sum(one.tokens for one in found)
