"""What an adapter costs: instructions that are checked, and two systems compared."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.models.base import ChatMessage
from assistant.models.fakes import ScriptedModel
from assistant.settings import Settings
from benchmarks import damage
from benchmarks.ifeval import CHECKS, follows
from benchmarks.sampling import Sampling
from memory.errors import RefusedInput
from memory.ports import no_progress

ASKED: list[tuple[str, dict[str, Any], str, str]] = [
    ("punctuation:no_comma", {}, "No such thing.", "Well, no."),
    (
        "length_constraints:number_words",
        {"num_words": 3, "relation": "at least"},
        "one two three",
        "one two",
    ),
    (
        "length_constraints:number_words",
        {"num_words": 3, "relation": "less than"},
        "one two",
        "one two three",
    ),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "One.\n***\nTwo.", "One."),
    ("change_case:english_lowercase", {}, "all small", "Not all"),
    ("change_case:english_capital", {}, "ALL LARGE", "NOT all"),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "at least"},
        "OH NO it is",
        "OH no",
    ),
    ("keywords:existence", {"keywords": ["kiln", "loom"]}, "A loom, a Kiln.", "A loom."),
    (
        "keywords:frequency",
        {"keyword": "tea", "frequency": 2, "relation": "at least"},
        "Tea and tea.",
        "Tea and steam.",
    ),
    ("keywords:forbidden_words", {"forbidden_words": ["sad"]}, "It is saddle.", "How sad."),
    (
        "keywords:letter_frequency",
        {"letter": "z", "let_frequency": 2, "let_relation": "at least"},
        "Zigzag",
        "Zoo",
    ),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 2},
        "*one* and *two*",
        "*one* only",
    ),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* a\n* b", "* a\n* b\n* c"),
    ("detectable_format:title", {}, "<<Song>>\nLa.", "Song\nLa."),
    ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', "{a: 1"),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "Section", "num_sections": 2},
        "Section 1\nA\nSection 2\nB",
        "Section 1\nA",
    ),
    ("detectable_content:number_placeholders", {"num_placeholders": 1}, "Dear [name]", "Dear you"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Bye. P.S. Hi.", "Bye."),
    ("startend:quotation", {}, '"All of it."', '"Some" of it'),
    ("startend:end_checker", {"end_phrase": "The end."}, "So. the end.", "The end. Or not."),
    ("combination:two_responses", {}, "One.\n******\nTwo.", "One.\n******\nOne."),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say it."}, "Say it. It.", "It. Say it."),
]


@pytest.mark.parametrize(("kind", "arguments", "good", "bad"), ASKED)
def test_an_instruction_is_checked(
    kind: str, arguments: dict[str, Any], good: str, bad: str
) -> None:
    assert follows(kind, arguments, good)
    assert not follows(kind, arguments, bad)
    assert not follows(kind, arguments, "  "), "no answer follows nothing"


def test_every_check_is_tried() -> None:
    assert {kind for kind, *_ in ASKED} == set(CHECKS)


CONTENT = {
    "mmlu": [
        {
            "question": f"Which letter comes {n}th?",
            **{f"choice{i}": letter for i, letter in enumerate("abcd")},
            "answer": "1",
            "subject": "letters",
        }
        for n in range(4)
    ],
    "gsm8k": [
        {"question": f"What is {n} and one?", "answer": f"It is <<{n}+1={n + 1}>>.\n#### {n + 1}"}
        for n in range(4)
    ],
    "ifeval": [
        {
            "prompt": "Say it without commas.",
            "instruction_id_list": ["punctuation:no_comma"],
            "kwargs": [{}],
        },
        {"prompt": "?", "instruction_id_list": ["language:response_language"], "kwargs": [{}]},
    ],
}


class Worsening(ScriptedModel):
    """Knows its sums and its commas, until it is given an adapter."""

    def __init__(self) -> None:
        super().__init__(self._says)

    def _says(self, messages: Sequence[ChatMessage]) -> str:
        if self.adapter is not None:
            return "Well, no number."
        asked = re.search(r"What is (\d+) and one", messages[-1].content)
        return f"So it is {int(asked[1]) + 1}." if asked else "Done."


def test_what_an_adapter_costs_is_told_with_its_interval(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Worsening()
    base, adapter = tmp_path / "base.gguf", tmp_path / "adapter.gguf"
    base.write_bytes(b"base")
    adapter.write_bytes(b"adapter")
    monkeypatch.setattr(damage, "local_model", lambda settings: ("scripted", base))
    monkeypatch.setattr(damage, "open_scoring", lambda settings, path: model)
    data, cache = tmp_path / "capability.json", tmp_path / "cache.jsonl"
    data.write_text(json.dumps(CONTENT), encoding="utf-8")
    settings = Settings(home=home, adapter=adapter)
    sampling = Sampling(questions=12, cache=cache)
    report = damage.run(data, settings, sampling, no_progress)

    found = {(row.system, row.metric, row.category): row.value for row in report.rows}
    assert found["base", "accuracy", "gsm8k"] == 1.0
    assert found["adapter", "accuracy", "gsm8k"] == 0.0
    assert found["lost", "accuracy", "gsm8k"] == 1.0
    assert found["lost", "accuracy low", "gsm8k"] == found["lost", "accuracy high", "gsm8k"] == 1.0
    assert found["lost", "accuracy", "ifeval"] == 1.0
    assert found["lost", "share_of_right", "mmlu"] == 0.0
    assert {row.n for row in report.rows if row.category == "ifeval"} == {1}

    calls = len(model.calls)
    again = damage.run(data, settings, sampling, no_progress)
    assert (again.rows, len(model.calls)) == (report.rows, calls), "what was measured is kept"
    assert "commas" not in cache.read_text(encoding="utf-8")
    adapter.write_bytes(b"another")
    damage.run(data, settings, sampling, no_progress)
    assert len(model.calls) == calls + calls // 2, "of another adapter nothing is known"


def test_without_an_adapter_there_is_nothing_to_measure(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(damage, "local_model", lambda settings: ("scripted", tmp_path))
    with pytest.raises(RefusedInput, match="LIFELORE_ADAPTER"):
        damage.run(tmp_path, Settings(home=home), Sampling(), no_progress)
