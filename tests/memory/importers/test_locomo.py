"""The LoCoMo importer, on conversations in the benchmark's own shape."""

from __future__ import annotations

import gzip
import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from memory.errors import RefusedInput
from memory.events import Draft, Message, Origin, SessionOpened
from memory.importers import Locomo, Problem, importer_for
from memory.importers.locomo import parse_time

CONVERSATION: dict[str, Any] = {
    "qa": [{"question": "When?", "answer": 2022, "evidence": ["D1:1"], "category": 2}],
    "sample_id": "conv-26",
    "conversation": {
        "speaker_a": "Caroline",
        "speaker_b": "Melanie",
        "session_10_date_time": "12:09 am on 13 September, 2023",
        "session_10": [{"speaker": "Melanie", "dia_id": "D10:1", "text": "Night!"}],
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Caroline", "dia_id": "D1:1", "text": "Hey Mel!"},
            {
                "speaker": "Melanie",
                "dia_id": "D1:2",
                "text": "Look!",
                "img_url": ["https://example.org/dog.jpg"],
                "blip_caption": "a photo of a dog",
                "query": "dog",
                "re-download": True,
            },
        ],
        "session_2_date_time": "1:14 pm on 25 May, 2023",
        "session_2": [{"speaker": "Caroline", "dia_id": "D2:1", "text": "Back again"}],
        "session_3_date_time": "2:00 pm on 26 May, 2023",
    },
    "event_summary": {},
}


def another(sample_id: str) -> dict[str, Any]:
    return deepcopy(CONVERSATION) | {"sample_id": sample_id}


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def read(path: Path, importer: Locomo | None = None) -> tuple[list[Draft], list[Problem]]:
    problems: list[Problem] = []
    return list((importer or Locomo()).read(path, problems.append)), problems


def test_sessions_turns_and_times_in_order(tmp_path: Path) -> None:
    drafts, problems = read(write(tmp_path / "l.json", [CONVERSATION]))
    assert problems == []
    titles = [each.payload.title for each in drafts if isinstance(each.payload, SessionOpened)]
    assert titles == [f"Session {n}: Caroline and Melanie" for n in (1, 2, 10)]
    turns = [(each, each.payload) for each in drafts if isinstance(each.payload, Message)]
    assert [said.external_id for _, said in turns] == ["D1:1", "D1:2", "D2:1", "D10:1"]
    start = datetime(2023, 5, 8, 13, 56, tzinfo=UTC)
    assert [each.at for each, _ in turns[:2]] == [start, start + timedelta(seconds=1)]
    assert turns[3][0].at == datetime(2023, 9, 13, 0, 9, tzinfo=UTC)
    assert [each.origin for each, _ in turns[:2]] == [Origin.USER, Origin.THIRD_PARTY]
    assert [said.speaker for _, said in turns[:2]] == ["Caroline", "Melanie"]
    assert turns[1][1].text == "Look! [shares a photo: a photo of a dog]"
    assert len({each.session_id for each in drafts}) == 3
    assert len({each.import_key for each in drafts}) == len(drafts)
    assert all((each.at is not None and each.import_key) for each in drafts)


def test_one_conversation_without_a_list_and_compressed(tmp_path: Path) -> None:
    listed = read(write(tmp_path / "l.json", [CONVERSATION]))
    assert read(write(tmp_path / "one.json", CONVERSATION)) == listed
    packed = tmp_path / "l.json.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf \n" + json.dumps([CONVERSATION]).encode()))
    assert read(packed) == listed


def test_a_folder_of_files(tmp_path: Path) -> None:
    listed = read(write(tmp_path / "l.json", [CONVERSATION, another("conv-30")]))
    folder = tmp_path / "folder"
    folder.mkdir()
    write(folder / "a.json", [CONVERSATION])
    (folder / "b.json.gz").write_bytes(gzip.compress(json.dumps(another("conv-30")).encode()))
    assert read(folder) == listed


def test_the_same_turns_of_two_conversations_are_different_lines(tmp_path: Path) -> None:
    drafts, _ = read(write(tmp_path / "l.json", [CONVERSATION, another("conv-30")]))
    assert len({each.import_key for each in drafts}) == len(drafts) == 14
    assert len({each.session_id for each in drafts}) == 6


@pytest.mark.parametrize("wanted", [2, "2", "conv-30"])
def test_picking_one_conversation(tmp_path: Path, wanted: int | str) -> None:
    path = write(tmp_path / "l.json", [CONVERSATION, another("conv-30"), another("conv-41")])
    picked, _ = read(path, Locomo(conversation=wanted))
    assert picked == read(path)[0][7:14]
    chosen = importer_for("locomo", wanted)
    assert list(chosen.read(path)) == picked


def test_picking_a_conversation_that_is_not_there(tmp_path: Path) -> None:
    path = write(tmp_path / "l.json", [CONVERSATION, another("conv-30")])
    with pytest.raises(RefusedInput, match="no conversation conv-7; it has conv-26, conv-30"):
        read(path, Locomo(conversation="conv-7"))


@pytest.mark.parametrize(
    "content",
    ["hello", '"a string"', '{"a": 1}', "[1, 2]", '[{"mapping": {}}]', "[{]", '[{"a":', "", "\0"],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(RefusedInput, match=r"^other.json .* LoCoMo conversations"):
        read(path)


def test_an_empty_list_has_nothing_to_import(tmp_path: Path) -> None:
    assert read(write(tmp_path / "l.json", [])) == ([], [])


def test_bad_parts_are_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad = another("bad")
    talk = bad["conversation"]
    talk["session_1"][0] = {"speaker": "Caroline", "dia_id": "D1:1", "text": "  "}
    talk["session_1"].append({"text": "who says this?"})
    talk["session_1"].append({"speaker": "Melanie", "dia_id": "D1:4", "blip_caption": "a cat"})
    talk["session_2_date_time"] = "yesterday"
    talk["session_10"] = "missing"
    drafts, problems = read(write(tmp_path / "l.json", [bad, {"sample_id": "x"}, CONVERSATION]))
    said = [each.payload.text for each in drafts if isinstance(each.payload, Message)]
    shown = ["Look! [shares a photo: a photo of a dog]", "[shares a photo: a cat]"]
    assert said[:2] == shown
    assert len(said) == 2 + 4
    assert [each.place for each in problems] == [
        "bad, session_1, turn 1",
        "bad, session_1, turn 3",
        "bad, session_2",
        "bad, session_10",
        "x",
    ]


def test_a_left_out_turn_does_not_move_the_others(tmp_path: Path) -> None:
    whole, _ = read(write(tmp_path / "l.json", CONVERSATION))
    emptied = deepcopy(CONVERSATION)
    emptied["conversation"]["session_1"][0]["text"] = ""
    drafts, _ = read(write(tmp_path / "l.json", emptied))
    assert drafts == [whole[0], *whole[2:]]


def test_turns_without_ids_get_keys_of_their_own(tmp_path: Path) -> None:
    bare = deepcopy(CONVERSATION)
    for turn in bare["conversation"]["session_1"]:
        del turn["dia_id"]
    drafts, problems = read(write(tmp_path / "l.json", bare))
    assert problems == []
    assert len({each.import_key for each in drafts}) == len(drafts) == 7


def test_a_cut_file_keeps_the_conversations_before(tmp_path: Path) -> None:
    whole = json.dumps([CONVERSATION, another("conv-30")])
    path = tmp_path / "l.json"
    path.write_text(whole[:-200])
    drafts, problems = read(path)
    assert len(drafts) == 7
    assert [each.reason for each in problems] == [
        "the file is damaged or cut short here; what came before was read"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1:56 pm on 8 May, 2023", (2023, 5, 8, 13, 56)),
        ("12:00 am on 29 February, 2024", (2024, 2, 29, 0, 0)),
        ("12:30 pm on 1 January, 2023", (2023, 1, 1, 12, 30)),
        ("12:00 am on 29 February, 2023", None),
        ("25:61 pm on 1 May, 2023", None),
        ("1:56 pm on 8 Mai, 2023", None),
        ("2023-05-08", None),
    ],
)
def test_session_times(text: str, expected: tuple[int, int, int, int, int] | None) -> None:
    assert parse_time(text) == (expected and datetime(*expected, tzinfo=UTC))


def test_importer_for_refuses_what_it_does_not_know() -> None:
    with pytest.raises(RefusedInput, match="choose one of mbox, chatgpt, claude, jsonl, locomo"):
        importer_for("whatsapp")
    with pytest.raises(RefusedInput, match="locomo only"):
        importer_for("jsonl", "2")
