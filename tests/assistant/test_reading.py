"""How much of memory a model is given to read."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from assistant.models.fakes import ScriptedModel
from assistant.reading import (
    LEAST_TOKENS,
    MOST_TOKENS,
    UNMEASURED,
    Reading,
    Speeds,
    measure,
    note_limits,
)


@pytest.fixture
def speeds(tmp_path: Path) -> Speeds:
    return Speeds(tmp_path / "models" / "speeds.json")


def test_a_speed_is_there_for_the_next_process(tmp_path: Path) -> None:
    file = tmp_path / "models" / "speeds.json"
    assert Speeds(file).of("tiny") is None
    Speeds(file).note("tiny", 500, 2.0)
    assert Speeds(file).of("tiny") == 250.0
    assert Speeds(file).of("other") is None


def test_one_slow_turn_changes_nothing(speeds: Speeds) -> None:
    for _ in range(3):
        speeds.note("tiny", 400, 2.0)
    speeds.note("tiny", 400, 80.0)
    assert speeds.of("tiny") == 200.0


def test_a_machine_that_became_slower_is_noticed(speeds: Speeds) -> None:
    for seconds in [2.0] * 20 + [8.0] * 5:
        speeds.note("tiny", 400, seconds)
    assert speeds.of("tiny") == 50.0


def test_a_few_tokens_say_nothing(speeds: Speeds) -> None:
    speeds.note("tiny", 12, 1.0)
    assert speeds.of("tiny") is None


@pytest.mark.parametrize("content", ["", "[1]", '{"tiny on x": "fast"}', "\ufffd{", "[" * 5000])
def test_a_damaged_file_is_measured_anew(tmp_path: Path, content: str) -> None:
    file = tmp_path / "speeds.json"
    file.write_text(content)
    assert Speeds(file).of("tiny") is None
    Speeds(file).note("tiny", 400, 2.0)
    assert Speeds(file).of("tiny") == 200.0


def test_a_folder_that_cannot_be_written_costs_only_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    speeds = Speeds(tmp_path / "models" / "speeds.json")
    speeds.note("tiny", 400, 2.0)
    assert speeds.of("tiny") == 200.0


def test_threads_that_write_at_once_leave_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "speeds.json"
    speeds = Speeds(file)
    threads = [
        threading.Thread(target=lambda n=n: speeds.note(f"model {n}", 400, 2.0)) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [Speeds(file).of(f"model {n}") for n in range(8)] == [200.0] * 8
    assert list(tmp_path.iterdir()) == [file]


def reading(speeds: Speeds, speed: float, seconds: float = 3.0) -> Reading:
    speeds.replace("tiny", speed)
    return Reading(first_token_seconds=seconds, model="tiny", speeds=speeds)


def test_memories_get_what_can_be_read_in_time(speeds: Speeds) -> None:
    assert reading(speeds, 400).memory_tokens(200, 0.5) == 400 * 2.5 - 200
    assert reading(speeds, 400, seconds=5.0).memory_tokens(200, 0.5) == 400 * 4.5 - 200


def test_the_room_has_a_least_and_a_most(speeds: Speeds) -> None:
    assert reading(speeds, 20).memory_tokens(200, 0.5) == LEAST_TOKENS
    assert reading(speeds, 50_000).memory_tokens(200, 0.5) == MOST_TOKENS


def test_loading_a_model_is_not_paid_for_with_memories(speeds: Speeds) -> None:
    assert reading(speeds, 400).memory_tokens(0, 60.0) == 400 * 2.25


def test_a_set_number_of_tokens_stands() -> None:
    assert Reading(fixed=99).memory_tokens(5000, 10.0) == 99
    assert "fixes memories at 99" in Reading(fixed=99).describe()


def test_what_is_not_measured_is_said() -> None:
    assert f"{UNMEASURED:.0f} tokens a second are assumed" in Reading().describe()


def test_the_user_is_told_speed_and_room(speeds: Speeds) -> None:
    said = reading(speeds, 400).describe()
    assert said.startswith("tiny reads 400 tokens a second here: about 980 tokens")
    assert said.endswith("within 3 s")
    slow = reading(speeds, 20).describe()
    assert "the least there is" in slow
    assert "about 19 s" in slow


def test_larger_models_are_given_more_notes_and_weaker_ones() -> None:
    sizes = [400_000_000, 1_100_000_000, 2_500_000_000, None]
    limits = [note_limits(size) for size in sizes]
    assert [each.memories for each in limits] == sorted(each.memories for each in limits)
    assert [each.relevance for each in limits] == sorted(
        (each.relevance for each in limits), reverse=True
    )
    assert limits[0].memories == 8


def test_a_model_that_does_not_say_how_far_it_is_cannot_be_measured() -> None:
    assert measure(ScriptedModel(["x"])) is None
