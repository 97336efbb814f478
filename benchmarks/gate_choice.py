"""Whether questions with an answer of their own are answered alike with and without a profile.

Questions of MMLU (Hendrycks et al., 2021) are put to the local model without a profile, and with
what the gate lets in of a rich one that pulls the other way (`benchmarks/gate.py`). The answer is
the likeliest letter. Where the gate lets nothing in, the prompts are one and the same.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant import prompts
from assistant.build import embedder_for
from assistant.gate import gate
from assistant.models.base import ChatMessage, Scores
from assistant.person import told
from assistant.prompts import Brief
from assistant.settings import Settings
from benchmarks.choice import Answered, KeptScores, ScoringModel, accuracy_rows, open_model
from benchmarks.gate import NAMES, PROFILE
from benchmarks.report import Report, Row, sha256_of
from benchmarks.retrieval import QuestionCache, empty_home, fill, load_json
from benchmarks.sampling import Sampling, stratified
from memory.errors import RefusedInput
from memory.events import Draft, Message, Origin
from memory.ports import Embedder, Progress, SystemClock, no_progress
from memory.user.relevance import Prototypes

_WINDOW = 4096
_LETTERS = "ABCD"


def run(data: Path, settings: Settings, sampling: Sampling, progress: Progress) -> Report:
    """Measure on a file `{mmlu: […]}`, plain or gzip, with the local model."""
    model = open_model(settings, _WINDOW)
    try:
        embedder = embedder_for(settings, settings.embedder)
        return measure(data, model, embedder, sampling, progress)
    finally:
        model.close()


def measure(
    data: Path, model: ScoringModel, embedder: Embedder, sampling: Sampling, progress: Progress
) -> Report:
    """Measure with this model, on a sample that is spread evenly over the subjects."""
    chance = random.Random(sampling.seed)
    entries = stratified(entries_of(data), sampling.questions, lambda e: str(e["subject"]), chance)
    scores, cache = KeptScores(model, sampling.cache), QuestionCache(embedder)
    prototypes = Prototypes.of(cache)
    now = SystemClock().now()
    answered: list[Answered] = []
    entered = 0
    with empty_home(cache) as store:
        for number, said in enumerate(PROFILE):
            payload = Message(text=said.format(name=NAMES[0]))
            draft = Draft(payload=payload, session_id=f"p{number}", origin=Origin.USER, at=now)
            fill(store, [draft], no_progress)
        lines = store.profile.lines(now)
        vectors = store.profile.vectors(lines, cache)
        for done, entry in enumerate(entries, start=1):
            text = worded(entry)
            chosen = gate(text, cache.embed([text])[0], lines, vectors, prototypes)
            without = Brief(text, (), now)
            brief = replace(
                without,
                about=[told(each.line) for each in chosen.lines],
                manner=[each.line.text for each in chosen.manner],
            )
            entered += bool(chosen.lines)
            for system, each in (("no_profile", without), ("lifelore", brief)):
                right = _letter(scores, each) == _LETTERS[int(entry["answer"])]
                answered.append(Answered(system, (), right))
            progress("questions", done, len(entries))
    report = Report("gate_choice", sha256_of([data]), accuracy_rows(answered))
    n = len(entries)
    report.rows.append(
        Row("lifelore", "no_profile_line", "all", None, round(1 - entered / n, 4), n)
    )
    report.rows.append(Row("sample", "seed", "all", None, sampling.seed, n))
    return report


def entries_of(data: Path) -> list[dict[str, Any]]:
    """The questions of MMLU in the file. Raises RefusedInput where there are none."""
    content = load_json(data)
    entries = content.get("mmlu") if isinstance(content, dict) else None
    if not entries:
        raise RefusedInput(f"{data} holds no questions of mmlu.")
    return list(entries)


def worded(entry: dict[str, Any]) -> str:
    """The question with its four options."""
    options = [f"{letter}. {entry[f'choice{n}']}" for n, letter in enumerate(_LETTERS)]
    return "\n".join([entry["question"].strip(), *options])


def _letter(scores: Scores, brief: Brief) -> str:
    final = f"{prompts.question(brief)}\n\nAnswer with one letter."
    messages = [ChatMessage("system", prompts.SYSTEM), ChatMessage("user", final)]
    found = scores.log_likelihoods(messages, _LETTERS)
    return max(zip(_LETTERS, found, strict=True), key=lambda pair: pair[1].total)[0]
