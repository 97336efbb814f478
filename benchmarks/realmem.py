"""RealMem: which share of the sessions that an answer needs is recalled ("RealMem: Benchmarking
LLMs in Real-World Memory-Driven Interaction", 2026).

The official data is the folder `dataset` of the project zhiyuan5986/RealMemBench, a file a
person. A person's sessions come one after the other; a query is asked when all the sessions
before its own are in memory and nothing after, as it was in life. Sessions are ranked by their
first turn in the ranking. The gold are the sessions that the answer to the query names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.report import Report, Row, sha256_of
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
)
from memory.events import Draft
from memory.importers import RealMem
from memory.importers.base import data_files, session_id, stem
from memory.ports import Embedder, Progress, no_progress
from memory.store import MemoryStore
from memory.views.vectors import split

METRICS = (Metric("session_recall", "sessions", (5, 10, 20)),)


@dataclass(frozen=True, slots=True)
class Asked:
    """The queries of one session, whose gold stands in sessions before it."""

    name: str
    questions: tuple[Question, ...]
    asked_as: tuple[str, ...]
    """The external id of each query's turn."""
    skipped: int
    """Queries left out because no session before theirs is gold."""


@dataclass(frozen=True, slots=True)
class Person:
    """One file: its sessions as drafts, and the queries of each session."""

    name: str
    drafts: Sequence[Draft]
    sessions: Sequence[Asked]

    @property
    def total(self) -> int:
        return sum(len(session.questions) for session in self.sessions)

    @property
    def skipped(self) -> int:
        return sum(session.skipped for session in self.sessions)


def run(data: Path, embedder: Embedder, progress: Progress) -> Report:
    """Measure on one person's file, plain or gzip, or a folder of them."""
    files = data_files(data)
    people = people_of(files)
    cache = QuestionCache(embedder)
    results = ask(cases(people, cache, progress), cache, progress)
    report = Report("realmem", sha256_of(files), list(rows_of(results, METRICS)))
    skipped = sum(person.skipped for person in people)
    n = skipped + sum(person.total for person in people)
    report.rows.append(Row("data", "questions_skipped", "all", None, skipped, n))
    return report


def people_of(files: Sequence[Path]) -> list[Person]:
    return [
        Person(stem(file), list(RealMem().read(file)), list(sessions_of(load_json(file))))
        for file in files
    ]


def cases(people: Sequence[Person], cache: QuestionCache, progress: Progress) -> Iterator[Case]:
    """A home for each person, filled as its questions are read, and what is asked of it."""
    for person in people:
        _prepare(cache, person.drafts, progress)
        with empty_home(cache) as store:
            yield Case(person.name, store, _as_they_come(store, person), person.total)


def _prepare(cache: QuestionCache, drafts: Sequence[Draft], progress: Progress) -> None:
    """Embed a person's sessions in large batches, since they come into the home one by one."""
    texts = [getattr(draft.payload, "text", "") for draft in drafts]
    parts = [part for text in texts for part in split(text)]
    for start in range(0, len(parts), 256):
        cache.prepare(parts[start : start + 256])
        progress("vectors", min(start + 256, len(parts)), len(parts))


def _as_they_come(store: MemoryStore, person: Person) -> Iterator[Question]:
    """The queries in order, each yielded when all that was said before it is in the home."""
    drafts = {name: list(each) for name, each in groupby(person.drafts, lambda d: d.session_id)}
    for session in person.sessions:
        asked = dict(zip(session.asked_as, session.questions, strict=True))
        number = session_id(RealMem().name, "", session.name)
        said: list[Draft] = []
        for draft in drafts.get(number, []):
            question = asked.get(getattr(draft.payload, "external_id", None) or "")
            if question is not None:
                fill(store, said, no_progress)
                said = []
                yield replace(question, conversation=tuple(store.log.session(number)))
            said.append(draft)
        fill(store, said, no_progress)


def sessions_of(person: dict[str, Any]) -> Iterator[Asked]:
    """A person's sessions in order, with the queries of each."""
    earlier: set[str] = set()
    for session in person["dialogues"]:
        turns = session["dialogue_turns"]
        questions, asked_as = [], []
        skipped = 0
        for number, (turn, answer) in enumerate(zip(turns, [*turns[1:], {}], strict=True), 1):
            if not turn.get("is_query"):
                continue
            gold = earlier.intersection(answer.get("memory_session_uuids") or [])
            if gold:
                category = turn.get("category_name") or "uncategorised"
                questions.append(Question(turn["content"], category, sessions=frozenset(gold)))
                asked_as.append(f"{session['session_uuid']}:{number}")
            else:
                skipped += 1
        yield Asked(session["session_uuid"], tuple(questions), tuple(asked_as), skipped)
        earlier.add(session["session_uuid"])
