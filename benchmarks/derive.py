"""What deriving in the background costs a conversation, and what it gives recall.

Cost: one conversation whose turns take place by pairs, one with deriving let loose for some
seconds before the user sends, one with deriving held back for as long. Both have the same home,
session, model and warm prefix, a moment apart; which of the two comes first alternates.

Gain (with data): one LoCoMo conversation derived by the configured model, then every question
asked of recall, of the facts alone, and of both joined by a plain sum.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from assistant.build import local_model, model_slot, open_assistant, open_store
from assistant.derive import Consolidation, ModelExtractor, consolidate
from assistant.errors import SetupNeeded
from assistant.settings import Settings
from assistant.updates import Answered, Delta, Update
from benchmarks.locomo import questions_of
from benchmarks.report import Report, Row, quantile, sha256_of
from benchmarks.retrieval import Question, load_json
from memory.events import Draft, Message, Origin
from memory.importers import importer_for
from memory.ingest import ingest
from memory.ports import Progress
from memory.store import MemoryStore
from memory.text import content_words

PAIRS = 8
THINKING_SECONDS = 15.0
"""Between two turns; deriving begins after the first second of it."""
_QUIET_SECONDS = 1.0
_ANSWER_TOKENS = 16
_CONVERSATION = "1"
_DEPTHS = (5, 10, 25)
_CANDIDATES = 100
_ROUTE_WEIGHT = 0.25
_THINGS = ("bicycle", "violin", "garden", "kiln", "boat", "telescope", "loom", "camera")
_PLACES = ("Ghent", "Lyon", "Porto", "Turku", "Graz", "Bergen", "Leeds", "Vilnius")


def run(data: Path | None, settings: Settings, progress: Progress) -> Report:
    """Measure the cost, and with data the gain. Raises SetupNeeded without a local model."""
    name, path = local_model(settings)
    if path is None:
        raise SetupNeeded("This benchmark needs a local model; run `lifelore setup`.")
    report = Report("derive", sha256_of([data]) if data is not None else None)
    report.rows += _cost(name, settings, progress)
    if data is not None:
        report.rows += _gain(name, data, settings, progress)
    return report


def _cost(name: str, settings: Settings, progress: Progress) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as home:
        used = settings.model_copy(
            update={"home": Path(home), "answer_tokens": _ANSWER_TOKENS, "derive": False}
        )
        assistant = open_assistant(used)
        consolidation = Consolidation(
            assistant.store, ModelExtractor(assistant.model), _QUIET_SECONDS
        )
        assistant._consolidation = consolidation
        assistant.store.append(list(_life()))
        assistant.store.catch_up(progress)
        list(assistant.warm_up())
        session = assistant.session()
        taken: dict[bool, list[_Taken]] = {True: [], False: []}
        for number in range(-1, 2 * PAIRS):
            deriving = (number % 2 == 0) != (number // 2 % 2 == 1)
            progress("turns", number, 2 * PAIRS)
            with nullcontext() if deriving else consolidation.standing_aside():
                time.sleep(THINKING_SECONDS)
            turn = _taken(session.send(_question(number)))
            if number >= 0:  # the first one loads and warms
                taken[deriving].append(turn)
        done = assistant.store.underived().turns
        assistant.close()
    for deriving, system in ((True, "deriving"), (False, "not deriving")):
        turns = taken[deriving]
        firsts = quantile([turn.first_token_ms for turn in turns], 0.5)
        cached = quantile([turn.cached_share for turn in turns], 0.5)
        yield Row(system, "first_token_ms", name, None, round(firsts, 1), len(turns))
        yield Row(system, "prefix_cached_share", name, None, round(cached, 4), len(turns))
    ratios = [
        with_it.first_token_ms / without.first_token_ms
        for with_it, without in zip(taken[True], taken[False], strict=True)
    ]
    ratio = round(quantile(ratios, 0.5), 3)
    yield Row("deriving/not deriving", "first_token_ratio", name, None, ratio, len(ratios))
    yield Row("deriving", "turns_read", name, None, done, 1)


@dataclass(frozen=True, slots=True)
class _Taken:
    first_token_ms: float
    """From sending to the first word, recall and all."""
    cached_share: float


def _taken(updates: Iterable[Update]) -> _Taken:
    started = time.perf_counter()
    first, share = 0.0, 0.0
    for update in updates:
        if isinstance(update, Delta) and not first:
            first = (time.perf_counter() - started) * 1000
        elif isinstance(update, Answered):
            share = update.usage.cached_tokens / max(update.usage.prompt_tokens, 1)
    return _Taken(first, share)


def _life() -> Iterator[Draft]:
    for number in range(400):
        thing, place = _THINGS[number % 8], _PLACES[(number // 8) % 8]
        text = f"On day {number} in {place} I repaired my {thing}, which took {number % 11} hours."
        yield Draft(payload=Message(text=text), session_id=f"d{number // 10}", origin=Origin.USER)


def _question(number: int) -> str:
    return f"What happened with the {_THINGS[number % 8]} in {_PLACES[(number * 3) % 8]}?"


def _gain(name: str, data: Path, settings: Settings, progress: Progress) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as home:
        used = settings.model_copy(update={"home": Path(home)})
        store = open_store(used)
        ingest(store, importer_for("locomo", _CONVERSATION).read(data), [], progress)
        slot = model_slot(used)
        started = time.perf_counter()
        consolidate(store, ModelExtractor(slot), progress)
        minutes = (time.perf_counter() - started) / 60
        slot.close()
        questions = list(questions_of(load_json(data)[int(_CONVERSATION) - 1]))
        yield from routes_rows(store, questions)
        left, kept = store.underived(), len(store.facts.all(history=True))
        yield Row(name, "minutes", "all", None, round(minutes, 1), left.turns)
        yield Row(name, "facts_kept", "all", None, kept, left.turns)
        for reason, count in sorted(store.facts.dropped().items()):
            yield Row(name, "facts_dropped", reason, None, count, left.turns)
        store.close()


def routes_rows(store: MemoryStore, questions: Sequence[Question]) -> Iterator[Row]:
    """The share of the turns with the answer among the first k of each way, and of both joined."""
    shares: dict[tuple[str, str, int], list[float]] = {}
    for question in questions:
        if not question.turns or not question.answerable:
            continue
        for system, seqs in _ways(store, question.text).items():
            found = [m.external_id for m in store.memories_at(seqs[: max(_DEPTHS)])]
            for k in _DEPTHS:
                share = len({*found[:k]} & question.turns) / len(question.turns)
                for category in ("all", question.category):
                    shares.setdefault((system, category, k), []).append(share)
    for (system, category, k), values in sorted(shares.items()):
        mean = round(sum(values) / len(values), 4)
        yield Row(system, "turn_recall", category, k, mean, len(values))


def _ways(store: MemoryStore, query: str) -> dict[str, list[int]]:
    routes = store.facts.routes(content_words(query), store._embedder().embed([query]), _CANDIDATES)
    recalled = {memory.seq: memory.score for memory in store.recall(query, _CANDIDATES).memories}
    lexical, dense = _scaled(routes.lexical), _scaled(routes.dense)
    best = max(recalled.values(), default=1.0)
    joined = {
        seq: recalled.get(seq, 0.0) / best
        + _ROUTE_WEIGHT * (lexical.get(seq, 0.0) + dense.get(seq, 0.0))
        for seq in {*recalled, *lexical, *dense}
    }
    return {
        "facts, words": [seq for seq, _ in routes.lexical],
        "facts, vectors": [seq for seq, _ in routes.dense],
        "recall": list(recalled),
        "recall and facts": sorted(joined, key=lambda seq: (-joined[seq], seq)),
    }


def _scaled(hits: Sequence[tuple[int, float]]) -> dict[int, float]:
    """Scores stretched to 0..1 over the hits."""
    low = min((score for _, score in hits), default=0.0)
    high = max((score for _, score in hits), default=1.0)
    return {seq: (score - low) / ((high - low) or 1.0) for seq, score in hits}
