"""The gate's benchmark and the talk that preferences are hidden in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import gate
from benchmarks.small_talk import everything, small_talk
from memory.errors import RefusedInput
from memory.fakes import HashEmbedder
from memory.ports import no_progress
from memory.user.statements import statements

QUESTIONS = {
    "gsm8k": [{"question": "A box holds 3 nuts. How many nuts do 4 boxes hold?", "answer": "12"}],
    "mmlu": [
        {"question": "Which of the following is a metal?", "choice0": "iron", "choice1": "air"}
    ],
}


def test_facts_get_no_line_and_names_decide_nothing(tmp_path: Path) -> None:
    file = tmp_path / "capability.json"
    file.write_text(json.dumps(QUESTIONS))
    report = gate.run(file, HashEmbedder(512), no_progress)
    rows = {row.metric: (row.value, row.n) for row in report.rows}
    assert rows["no_profile_line"] == (1.0, 2)
    assert rows["same_for_every_name"] == (1.0, 1000)
    assert rows["some_profile_line"][0] > 0.5


def test_options_stand_with_their_question(tmp_path: Path) -> None:
    file = tmp_path / "capability.json"
    file.write_text(json.dumps(QUESTIONS))
    assert gate.questions_of(file)[1].endswith("metal?\nA. iron\nB. air")


def test_other_data_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("[1]")
    with pytest.raises(RefusedInput):
        gate.questions_of(file)


def test_small_talk_is_the_same_for_a_user_and_differs_between_users() -> None:
    first = list(small_talk(0, 300))
    assert first == list(small_talk(0, 300))
    assert first != list(small_talk(1, 300))
    assert [own for own, _ in first[:4]] == [True, False, True, False]
    assert {text for _, text in first} <= set(everything())
    assert len({text for own, text in first if own}) > 100


def test_small_talk_holds_statements_to_be_told_apart() -> None:
    said = [each for own, text in small_talk(0, 300) if own for each in statements(text)]
    assert len({each.section for each in said}) >= 4
    assert not any("says I love" in each.text for each in said)
