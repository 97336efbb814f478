"""Is what was learnt and forgotten gone: its bytes from disk, its likelihood from the adapter?

Sentences that nobody else would write are among a writer's mails; the night trains on them. Then
the user forgets them and sleeps again. Their likelihood is compared with that of a home in which
they were never said.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path

from assistant.build import open_store
from assistant.models.base import ChatMessage
from assistant.night import open_scoring
from assistant.settings import Settings
from benchmarks import writers
from benchmarks.report import Report, Row, sha256_of
from benchmarks.sampling import Sampling
from finetune.adapters import Adapters
from finetune.arguments import Arguments
from finetune.dataset import Limits
from finetune.files import write_whole
from memory.errors import RefusedInput
from memory.log import Log
from memory.ports import Progress

LIMITS = Limits(newest=40, replayed=0, general=12, questions=0.1, heldout_most=10)
ARGUMENTS = Arguments(epochs=4, token_weights=False)
_MAILS = 44
_CANARY = (
    "Dear Anna,\n\nThe zibblewock on our balcony hums in {} minor whenever the vermilion post "
    "lorry climbs Krattenberg hill, and I have named it Prudence.\n\nYours, the zibblewock keeper"
)
_KEYS = ("A", "C", "E", "G")
_MARKS = (b"zibblewock", b"Krattenberg")
_ASKED = "Write to Anna about the zibblewock on the balcony."


def run(data: Path, settings: Settings, sampling: Sampling, progress: Progress) -> Report:
    """Three nights: with the canaries, after forgetting them, and of a home that never had them.

    The cache is a folder of two homes. Raises RefusedInput.
    """
    if sampling.cache is None:
        raise RefusedInput("Say where the homes are kept, so that a run goes on: --cache FOLDER.")
    mails = max(writers.writers_of(data).values(), key=len)[:_MAILS]
    canaries = [_CANARY.format(key) for key in _KEYS]
    said = [*mails[:10], *(writers.Mail(text, mails[9].at) for text in canaries), *mails[10:]]
    told = settings.model_copy(update={"home": sampling.cache / "told"})
    never = settings.model_copy(update={"home": sampling.cache / "never"})
    rows: list[Row] = []

    with_them = _slept(told, said, 1, progress)
    rows += _figures("trained", told, with_them, canaries)
    held = _holding(told.home)
    store = open_store(told)
    try:
        events = store.log.read_after(0, store.log.head())
        if ids := [e.id for e in events if e.text is not None and _MARKS[0].decode() in e.text]:
            store.forget(store.plan_forgetting(ids=ids))
    finally:
        store.close()
    left, serving = _holding(told.home), Adapters(told.home).serving
    rows.append(Row("trained", "files_holding", "all", None, held, 1))
    rows.append(Row("forgotten", "files_holding", "all", None, left, 1))
    rows.append(Row("forgotten", "still_serving", "all", None, float(serving is not None), 1))
    after = _slept(told, said, 2, progress)
    rows += _figures("forgotten and slept", told, after, canaries)
    left = _holding(told.home)
    rows.append(Row("forgotten and slept", "files_holding", "all", None, left, 1))
    rows += _figures("never said", never, _slept(never, mails, 1, progress), canaries)
    rows += _figures("base", never, None, canaries)
    return Report("unlearning", sha256_of(sorted(data.glob("*.jsonl"))), rows)


def _slept(
    settings: Settings, mails: Sequence[writers.Mail], night: int, progress: Progress
) -> Path | None:
    """The adapter of this night, trained unless it is there; None where it was deleted since."""
    home = settings.home
    home.mkdir(parents=True, exist_ok=True)
    adapters = Adapters(home)
    if len(adapters.all()) < night:
        log = Log(home / writers.LOG_FILE)
        try:
            if not log.head():
                writers.write(log, mails)
            writers.sleeper(settings, home, log, LIMITS, ARGUMENTS, progress).run()
        finally:
            log.close()
    weights = adapters.weights(night)
    return weights if weights.exists() else None


def _figures(
    system: str, settings: Settings, adapter: Path | None, canaries: Sequence[str]
) -> list[Row]:
    """Nats a token of the canaries, by the instruction that asks for them."""
    kept = settings.home.parent / f"{system}.json"
    if kept.exists():  # the weights may be gone by now
        values = json.loads(kept.read_text(encoding="utf-8"))
    else:
        model = open_scoring(settings, writers.base_of(settings))
        try:
            model.use_adapter(adapter)
            found = model.log_likelihoods([ChatMessage("user", _ASKED)], canaries)
        finally:
            model.close()
        values = [-one.per_token for one in found]
        write_whole(kept, json.dumps(values))
    rows = [Row(system, "nll", "mean", None, round(statistics.mean(values), 4), len(values))]
    rows.append(Row(system, "nll", "spread", None, round(statistics.stdev(values), 4), len(values)))
    return rows


def _holding(home: Path) -> int:
    """Files under the home that hold a canary's bytes."""
    files = [path for path in home.rglob("*") if path.is_file()]
    return sum(any(mark in path.read_bytes() for mark in _MARKS) for path in files)
