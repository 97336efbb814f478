"""BEAM: which share of the turns that an answer rests on is recalled (Tavakoli et al., 2025).

The official data is the folder `chats` of the project mohammadtavakoli78/BEAM, or one chat of it;
a file `{chat, questions}` a chat is read as well. Every turn of user and assistant may be found.
Questions of the kind "abstention" have no answer in the chat.
"""

from __future__ import annotations

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
)
from memory.importers import Beam
from memory.importers.beam import chat_name, chats_in
from memory.ports import Embedder, Progress

METRICS = (Metric("turn_recall", "turns", (5, 10, 25)),)


def run(data: Path, embedder: Embedder, progress: Progress) -> Report:
    """Measure on one chat or a folder of chats."""
    chats = chats_in(data)
    files = sorted({*chats, *map(_questions_file, chats)})
    cache = QuestionCache(embedder)
    results = ask(cases(chats, cache, progress), cache, progress)
    return Report("beam", sha256_of(files), list(rows_of(results, METRICS)))


def cases(chats: Sequence[Path], embedder: Embedder, progress: Progress) -> Iterator[Case]:
    """A home for each conversation, and what is asked of it."""
    for chat in chats:
        content = load_json(_questions_file(chat))
        with empty_home(embedder) as store:
            fill(store, Beam().read(chat), progress)
            questions = list(questions_of(content.get("questions", content)))
            yield Case(f"chat {chat_name(chat)}", store, questions, len(questions))


def _questions_file(chat: Path) -> Path:
    """Where a chat's questions are: in a folder beside it, or in its own file."""
    official = chat.parent / "probing_questions" / "probing_questions.json"
    return official if official.exists() else chat


def questions_of(kinds: dict[str, Any]) -> Iterator[Question]:
    """The questions of every kind, with the ids of the turns that their answers rest on."""
    for kind, entries in kinds.items():
        for entry in entries:
            ids = frozenset(map(str, _numbers(entry.get("source_chat_ids"))))
            yield Question(entry["question"], kind, turns=ids, answerable=kind != "abstention")


def _numbers(value: Any) -> Iterator[int]:
    """The numbers in lists and objects of them, however nested; some kinds name each source."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, int):
        yield value
