"""The PersonaMem importer, on sessions in the benchmark's own shape."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory.errors import RefusedInput
from memory.events import Draft, Message, Origin
from memory.importers import PersonaMem, Problem

SYSTEM = "[SYSTEM] Current user persona: Name: Ada\n\nAda is a pilot.\n\n"
FIRST = (
    SYSTEM + "[USER] User: I fly gliders.\n\nAnd kites.\n\n[ASSISTANT] Assistant: Lovely!\n\n"
    "[USER] [Original_Sentence]: It is fine.\n\n[ASSISTANT] User: is a label only in front."
)
DATA: dict[str, Any] = {
    "documents": [
        {"id": "a_0", "user_id": "a", "timestamp": None, "content": FIRST},
        {"id": "b_0", "user_id": "b", "timestamp": None, "content": "[USER] User: I row."},
        {"id": "a_1", "user_id": "a", "timestamp": None, "content": SYSTEM + "[USER] Hello."},
    ],
    "queries": [{"id": "q"}],
}


def read(path: Path, content: Any) -> tuple[list[Draft], list[Problem]]:
    path.write_text(json.dumps(content))
    problems: list[Problem] = []
    return list(PersonaMem().read(path, problems.append)), problems


def said(drafts: list[Draft]) -> list[tuple[Origin, str]]:
    return [(d.origin, d.payload.text) for d in drafts if isinstance(d.payload, Message)]


def test_what_both_said_comes_in_order_and_the_persona_never(tmp_path: Path) -> None:
    drafts, problems = read(tmp_path / "data.json", DATA)
    assert said(drafts) == [
        (Origin.USER, "I fly gliders.\n\nAnd kites."),
        (Origin.ASSISTANT, "Lovely!"),
        (Origin.USER, "[Original_Sentence]: It is fine."),
        (Origin.ASSISTANT, "is a label only in front."),
        (Origin.USER, "I row."),
        (Origin.USER, "Hello."),
    ]
    assert not problems
    assert "pilot" not in repr(drafts)


def test_sessions_of_a_context_lie_a_day_apart_and_turns_are_numbered(tmp_path: Path) -> None:
    drafts, _ = read(tmp_path / "data.json", DATA)
    at = {
        draft.payload.external_id: draft.at
        for draft in drafts
        if isinstance(draft.payload, Message)
    }
    assert list(at) == ["a_0:1", "a_0:2", "a_0:3", "a_0:4", "b_0:1", "a_1:1"]
    assert at["a_0:1"] == at["b_0:1"]
    assert at["a_0:1"] is not None
    assert at["a_1:1"] == at["a_0:1"] + timedelta(days=1)
    assert len({draft.session_id for draft in drafts}) == 3


def test_a_session_without_words_is_a_problem(tmp_path: Path) -> None:
    broken = {"documents": [*DATA["documents"], {"id": "c", "content": "[USER] x"}, 3]}
    broken["documents"].append({"id": "d_0", "user_id": "d", "content": SYSTEM})
    drafts, problems = read(tmp_path / "data.json", broken)
    assert len(said(drafts)) == 6
    assert [problem.place for problem in problems] == ["document 4", "document 5", "document 6"]


@pytest.mark.parametrize("content", [{}, [], {"documents": []}, {"dialogues": [1]}])
def test_another_file_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(RefusedInput, match="PersonaMem"):
        read(tmp_path / "data.json", content)
