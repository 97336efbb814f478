"""PrefEval's multiple choice and the gate's, answered by a model that likes words it knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.models.fakes import ScriptedModel
from assistant.reading import NoteLimits
from benchmarks import gate_choice, prefeval_choice
from benchmarks.report import Report
from benchmarks.sampling import Sampling
from memory.errors import RefusedInput
from memory.fakes import HashEmbedder
from memory.ports import no_progress

PREFERENCE = "I dislike noisy hotels and prefer a quiet inn."
QUESTION = "Recommend hotels for a quiet night?"
ENTRY = {"preference": PREFERENCE, "question": QUESTION, "explanation": ""}
OPTIONS = ["A inn prefer noisy.", "The Ritz downtown.", "Some motel nearby.", "Your aunt's sofa."]
TOPICS = {
    "hotels": {
        "explicit": [ENTRY, {**ENTRY, "preference": "I love only tents."}],
        "mcq": [{**ENTRY, "classification_task_options": OPTIONS}],
    }
}
MMLU: list[dict[str, Any]] = [
    {
        "question": f"What is {n} plus {n}?",
        **{f"choice{k}": str(2 * n + k) for k in range(4)},
        "answer": "0",
        "subject": "arithmetic",
    }
    for n in range(1, 7)
]


def write(file: Path, content: Any) -> Path:
    file.write_text(json.dumps(content))
    return file


def values(report: Report, metric: str) -> dict[str, tuple[float, int]]:
    return {
        r.system: (r.value, r.n) for r in report.rows if (r.metric, r.category) == (metric, "all")
    }


class TestPrefEval:
    def run(self, data: Path, model: ScriptedModel) -> Report:
        limits = NoteLimits(8, 0.0)
        sampling = Sampling(questions=5)
        return prefeval_choice.measure(data, model, HashEmbedder(), limits, sampling, no_progress)

    def test_what_was_said_in_passing_decides(self, tmp_path: Path) -> None:
        model = ScriptedModel([])
        report = self.run(write(tmp_path / "p.json", TOPICS), model)
        accuracy = values(report, "accuracy")
        assert accuracy["lifelore"] == (1, 1)
        assert accuracy["no_memory"] == (0, 1)
        assert values(report, "memory_tokens")["lifelore"][0] > 0

    def test_the_right_option_is_not_always_shown_first(self, tmp_path: Path) -> None:
        options = prefeval_choice.options_of(write(tmp_path / "p.json", TOPICS))
        assert options == {(PREFERENCE, QUESTION): tuple(OPTIONS)}
        firsts = set()
        for seed in range(6):
            model = ScriptedModel([])
            sampling = Sampling(questions=1, seed=seed)
            prefeval_choice.measure(
                tmp_path / "p.json",
                model,
                HashEmbedder(),
                NoteLimits(1, 0.0),
                sampling,
                no_progress,
            )
            firsts.add(model.scored[0][1][0])
        assert len(firsts) > 1

    def test_data_without_choices_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(RefusedInput, match="multiple choice"):
            prefeval_choice.options_of(write(tmp_path / "p.json", {"x": {"explicit": []}}))


class TestGate:
    def test_both_prompts_are_one_where_no_line_enters(self, tmp_path: Path) -> None:
        model = ScriptedModel([])
        file = write(tmp_path / "c.json", {"mmlu": MMLU})
        report = gate_choice.measure(
            file, model, HashEmbedder(), Sampling(questions=4), no_progress
        )
        accuracy = values(report, "accuracy")
        assert accuracy["no_profile"] == accuracy["lifelore"]
        assert accuracy["lifelore"][1] == 4
        # A prompt is scored once, and again only where a line of the profile stands in it.
        assert 4 <= len(model.scored) <= 8
        entered = len(model.scored) - 4
        assert values(report, "no_profile_line")["lifelore"][0] <= 1 - entered / 4 + 1e-6

    def test_a_question_stands_above_its_lettered_options(self) -> None:
        assert gate_choice.worded(MMLU[0]).splitlines() == [
            "What is 1 plus 1?",
            *("A. 2", "B. 3", "C. 4", "D. 5"),
        ]

    def test_a_file_without_questions_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(RefusedInput, match="mmlu"):
            gate_choice.entries_of(write(tmp_path / "c.json", {"mmlu": []}))
