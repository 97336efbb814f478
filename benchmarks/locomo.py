"""LoCoMo: which share of a question's evidence is recalled (Maharana et al., 2024).

The official data is `data/locomo10.json` of the project snap-research/LoCoMo. For each question
with evidence: the share of its evidence turns, and of the sessions these stand in, among the
first k recalled. Adversarial questions have no answer in memory: `abstention_auc` says how well
the confidence of recall tells them from the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import Report, sha256_of
from benchmarks.retrieval import (
    Case,
    Metric,
    Question,
    QuestionCache,
    ask,
    empty_home,
    fill,
    load_json,
    rows_of,
    session_of,
)
from memory.importers import importer_for
from memory.importers.base import data_files
from memory.ports import Embedder, Progress

CATEGORIES = {1: "multi_hop", 2: "temporal", 3: "open_domain", 4: "single_hop", 5: "adversarial"}
METRICS = (
    Metric("turn_recall", "turns", (5, 10, 25)),
    Metric("session_recall", "sessions", (5, 10, 25)),
)


def run(data: Path, embedder: Embedder, progress: Progress) -> Report:
    """Measure on one file of conversations, plain or gzip, or a folder of them."""
    files = data_files(data)
    cache = QuestionCache(embedder)
    results = ask(cases(files, cache, progress), cache, progress)
    return Report("locomo", sha256_of(files), list(rows_of(results, METRICS)))


def cases(files: Sequence[Path], embedder: Embedder, progress: Progress) -> Iterator[Case]:
    """A home for each conversation, and what is asked of it."""
    for file in files:
        content = load_json(file)
        conversations = content if isinstance(content, list) else [content]
        for number, conversation in enumerate(conversations, 1):
            with empty_home(embedder) as store:
                fill(store, importer_for("locomo", str(number)).read(file), progress)
                questions = list(questions_of(conversation))
                yield Case(f"{file.name}, {number}", store, questions, len(questions))


def questions_of(conversation: dict[str, Any]) -> Iterator[Question]:
    """The questions of a conversation, malformed evidence ids taken apart."""
    for entry in conversation["qa"]:
        ids = (part for item in entry.get("evidence", []) for part in re.split(r"[;,\s]+", item))
        turns = frozenset(part for part in ids if part)
        category = CATEGORIES[entry["category"]]
        yield Question(
            entry["question"],
            category,
            turns=turns,
            sessions=frozenset(session_of(turn) for turn in turns),
            answerable=category != "adversarial",
        )
