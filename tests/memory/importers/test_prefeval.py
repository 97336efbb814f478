"""The PrefEval importer, on preferences in the benchmark's own shape."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from memory.errors import RefusedInput
from memory.events import Draft, Message, Origin
from memory.importers import PrefEval, Problem
from memory.ingest import ingest
from memory.store import MemoryStore

TOPICS: dict[str, Any] = {
    "pets": {
        "explicit": [
            {"preference": "I dislike dogs.", "question": "A pet?", "explanation": "No dog."},
            {"preference": "I love cats.", "question": "A gift?", "explanation": "A cat."},
        ],
        "mcq": [{"preference": "I really dislike dogs.", "question": "A pet?"}],
    },
    "food": {"explicit": [{"preference": "No nuts.", "question": "A snack?"}]},
}


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def read(path: Path) -> tuple[list[Draft], list[Problem]]:
    problems: list[Problem] = []
    return list(PrefEval().read(path, problems.append)), problems


def said(drafts: list[Draft]) -> list[tuple[str | None, str]]:
    turns = [each.payload for each in drafts if isinstance(each.payload, Message)]
    return [(turn.external_id, turn.text) for turn in turns]


def test_each_preference_is_a_session_of_its_own(tmp_path: Path) -> None:
    drafts, problems = read(write(tmp_path / "p.json", TOPICS))
    assert problems == []
    assert said(drafts) == [
        ("pets:1", "I dislike dogs."),
        ("pets:2", "I love cats."),
        ("food:1", "No nuts."),
    ]
    turns = [each for each in drafts if isinstance(each.payload, Message)]
    assert {each.origin for each in turns} == {Origin.USER}
    assert len({each.session_id for each in turns}) == 3
    assert len({each.import_key for each in drafts}) == len(drafts) == 6


def test_the_official_files_of_one_topic_each(tmp_path: Path) -> None:
    for topic, kinds in TOPICS.items():
        packed = gzip.compress(json.dumps(kinds["explicit"]).encode())
        (tmp_path / f"{topic}.json.gz").write_bytes(packed)
    drafts, _ = read(tmp_path)
    together, _ = read(write(tmp_path.parent / "together.json", TOPICS))
    assert {each.import_key for each in drafts} == {each.import_key for each in together}


def test_importing_again_adds_nothing(tmp_path: Path, store: MemoryStore) -> None:
    path = write(tmp_path / "p.json", TOPICS)
    first = ingest(store, PrefEval().read(path), [])
    again = ingest(store, PrefEval().read(path), [])
    assert (first.added, again.added, again.known) == (3, 0, 3)


def test_an_entry_without_a_preference_is_reported(tmp_path: Path) -> None:
    drafts, problems = read(
        write(tmp_path / "pets.json", [{"preference": " "}, {"preference": "a"}])
    )
    assert said(drafts) == [("pets:2", "a")]
    assert [each.place for each in problems] == ["pets, preference 1"]


@pytest.mark.parametrize("content", ["hello", "[1, 2]", '{"a": 1}', "[{]", "[]", ""])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(RefusedInput, match=r"^other.json .* PrefEval preferences"):
        read(path)
