"""The jsonl importer: keys, times, bad lines, compressed and large files."""

from __future__ import annotations

import gzip
import hashlib
import json
import tracemalloc
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from memory.errors import RefusedInput
from memory.events import Draft, Message, Note, Origin, SessionOpened
from memory.importers import Jsonl, Problem


def line(**fields: Any) -> dict[str, Any]:
    return {
        "at": "2023-05-08T13:56:00Z",
        "session": "s1",
        "origin": "user",
        "text": "I like tea",
    } | fields


def write(path: Path, *lines: dict[str, Any] | str) -> Path:
    texts = (each if isinstance(each, str) else json.dumps(each) for each in lines)
    path.write_text("".join(f"{each}\n" for each in texts), encoding="utf-8")
    return path


def read(path: Path) -> tuple[list[Draft], list[Problem]]:
    problems: list[Problem] = []
    return list(Jsonl().read(path, problems.append)), problems


def messages(drafts: list[Draft]) -> list[Message]:
    return [each.payload for each in drafts if isinstance(each.payload, Message)]


def keys(path: Path) -> list[str]:
    found = [each.import_key for each in read(path)[0]]
    assert all(found)
    return [key for key in found if key]


def test_a_line_keeps_its_time_words_and_speaker(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", line(speaker="Ann", external_id="D1:3", text=" tea \n"))
    [opening, draft], problems = read(path)
    assert problems == []
    assert opening.payload == SessionOpened(title="s1", source="jsonl")
    assert (opening.origin, opening.at) == (Origin.TOOL, datetime(2023, 5, 8, 13, 56, tzinfo=UTC))
    assert draft.payload == Message(text=" tea \n", speaker="Ann", external_id="D1:3")
    assert (draft.origin, draft.at) == (Origin.USER, opening.at)
    assert draft.session_id == opening.session_id
    assert draft.session_id.startswith("imp_")
    assert len(draft.session_id) == 30
    assert len(draft.import_key or "") == 64


def test_times_become_utc_and_naive_ones_are_taken_as_utc(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.jsonl",
        line(at="2023-05-08T13:56:00"),
        line(at="2023-05-08T13:56:00+02:00"),
    )
    times = [each.at for each in read(path)[0][1:]]
    assert times == [
        datetime(2023, 5, 8, 13, 56, tzinfo=UTC),
        datetime(2023, 5, 8, 11, 56, tzinfo=UTC),
    ]
    assert all(at is not None and at.tzinfo is UTC for at in times)


def test_notes_numbers_as_ids_and_unknown_fields(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", line(session=7, external_id=12, kind="note", colour="red"))
    [opening, draft], problems = read(path)
    assert problems == []
    assert isinstance(opening.payload, SessionOpened)
    assert opening.payload.title == "7"
    assert draft.payload == Note(text="I like tea")


def test_bad_lines_are_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    secret = "the pin is 1234"
    path = write(
        tmp_path / "x.jsonl",
        line(text="first"),
        '{"at": "2023',
        "",
        line(at="teatime", text=secret),
        line(origin="stranger", text=secret),
        line(kind="tool_call"),
        line(text="   "),
        line(session=""),
        '{"session": "s1"}',
        "[1, 2]",
        '{"at":"2023-05-08T13:56:00Z","session":"s1","origin":"user","text":"\\ud83d"}',
        line(at="0001-01-01T00:00:00+14:00"),
        "[" * 50_000,
        line(text="last"),
    )
    drafts, problems = read(path)
    assert [each.text for each in messages(drafts)] == ["first", "last"]
    assert [each.place for each in problems] == [f"line {n}" for n in (2, *range(4, 14))]
    reasons = {each.place: each.reason for each in problems}
    assert "JSON" in reasons["line 2"]
    assert reasons["line 4"].startswith("at:")
    assert "third_party" in reasons["line 5"]
    assert reasons["line 7"] == "text is empty"
    assert {"at:", "origin:", "text:"} <= set(reasons["line 9"].split())
    assert not any(secret in str(each) for each in problems)


def test_invalid_utf8_spoils_its_own_line_only(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    good = json.dumps(line(text="Grüße", speaker="Ö"), ensure_ascii=False).encode() + b"\r\n"
    path.write_bytes(b"\xef\xbb\xbf" + good + good.replace(b"\xc3\xbc", b"\xfc") + good)
    drafts, problems = read(path)
    assert [each.text for each in messages(drafts)] == ["Grüße", "Grüße"]
    assert [each.place for each in problems] == ["line 2"]


@pytest.mark.parametrize(
    "content",
    [
        b"From: me@example.org\nDear all,\n",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
        b'{"conversation": {}}\n',
        b'[{"sample_id": "x"}]',
        json.dumps(line()).encode("utf-16"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.txt"
    path.write_bytes(content)
    with pytest.raises(RefusedInput, match=r"^other.txt holds no JSON lines such as .*line 1: "):
        list(Jsonl().read(path))


def test_a_large_file_of_another_kind_is_given_up_early(tmp_path: Path) -> None:
    path = tmp_path / "other.txt"
    path.write_text("not json\n" * 100_000)
    problems: list[Problem] = []
    with pytest.raises(RefusedInput):
        list(Jsonl().read(path, problems.append))
    assert len(problems) == 1000


def test_a_file_with_nothing_in_it_has_no_drafts(tmp_path: Path) -> None:
    assert read(write(tmp_path / "x.jsonl", "", " ")) == ([], [])


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match="Cannot read"):
        list(Jsonl().read(tmp_path / "missing.jsonl"))
    with pytest.raises(RefusedInput, match="Cannot read"):
        list(Jsonl().read(tmp_path))


def test_keys_are_the_same_at_every_import_from_any_place(tmp_path: Path) -> None:
    lines = [line(), line(text="another"), line(session="s2"), line(external_id="a")]
    first = keys(write(tmp_path / "x.jsonl", *lines))
    assert len(set(first)) == 6
    assert keys(write(tmp_path / "copy.jsonl", *lines)) == first


def test_an_appended_file_keeps_the_earlier_keys(tmp_path: Path) -> None:
    lines = [line(), line(), line(session="s2"), line()]
    before = keys(write(tmp_path / "x.jsonl", *lines))
    after = keys(write(tmp_path / "x.jsonl", *lines, line(), line(session="s3")))
    assert after[: len(before)] == before
    assert len(after) == len(before) + 3
    assert len(set(after)) == len(after)


def test_a_later_part_of_a_session_does_not_open_it_again(tmp_path: Path) -> None:
    first = keys(write(tmp_path / "x.jsonl", line()))
    second = keys(write(tmp_path / "y.jsonl", line(at="2024-01-01T00:00:00Z")))
    assert first[0] == second[0]
    assert first[1] != second[1]


def test_interleaved_sessions_open_once_each(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", line(), line(session="s2"), line(), line(session="s2"))
    kinds = [each.payload.kind for each in read(path)[0]]
    assert kinds == ["session", "message", "session", "message", "message", "message"]


def test_keys_hold_nothing_of_the_text(tmp_path: Path) -> None:
    one = keys(write(tmp_path / "x.jsonl", line(text="1234")))
    assert keys(write(tmp_path / "x.jsonl", line(text="something else"))) == one


def test_keys_tell_apart_what_plain_joining_would_not(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.jsonl",
        line(speaker="a", external_id="b"),
        line(speaker="a,b", external_id=""),
        line(speaker=None, external_id="b"),
        line(speaker="None", external_id="b"),
    )
    assert len(set(keys(path))) == 5


def test_a_repeated_external_id_is_reported_not_silently_dropped(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.jsonl", line(external_id="a"), line(external_id="a", text="other words")
    )
    drafts, problems = read(path)
    assert [each.text for each in messages(drafts)] == ["I like tea"]
    assert [each.place for each in problems] == ["line 2"]
    assert "external_id" in problems[0].reason


def test_gzip_is_read_as_the_file_within(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", line(), line())
    packed = tmp_path / "x.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read(packed) == read(path)


def test_a_cut_gzip_keeps_what_came_before(tmp_path: Path) -> None:
    words = (hashlib.sha256(str(n).encode()).hexdigest() for n in range(20_000))
    path = write(tmp_path / "x.jsonl", *(line(text=each) for each in words))
    whole = gzip.compress(path.read_bytes())
    packed = tmp_path / "x.gz"
    packed.write_bytes(whole[: len(whole) // 2])
    drafts, problems = read(packed)
    assert 1000 < len(drafts) < 20_000
    assert "damaged or cut short" in problems[-1].reason

    packed.write_bytes(whole[:15])
    with pytest.raises(RefusedInput, match=r"^x.gz cannot be read as JSON lines"):
        read(packed)


def test_a_line_too_long_to_hold_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memory.importers.jsonl._LONGEST_LINE", 1000)
    path = write(tmp_path / "x.jsonl", line(), line(text="x" * 5000), line(text="after"))
    drafts, problems = read(path)
    assert [each.text for each in messages(drafts)] == ["I like tea", "after"]
    assert [each.place for each in problems] == ["line 2"]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.jsonl"
    template = json.dumps(line(text="x" * 3000, external_id="@@"))
    with path.open("w") as file:
        file.writelines(template.replace("@@", str(n)) + "\n" for n in range(10_000))
    assert path.stat().st_size > 30_000_000
    return path


def test_a_large_file_is_never_held_whole(large: Path) -> None:
    steps: list[tuple[int, int]] = []
    tracemalloc.start()
    try:
        drafts = Jsonl().read(large, progress=lambda what, done, total: steps.append((done, total)))
        count = sum(1 for _ in drafts)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 10_001
    assert peak < 5_000_000
    size = large.stat().st_size
    assert len(steps) > 50
    assert steps == sorted(steps)
    assert steps[-1] == (size, size)


def test_reading_stops_where_the_caller_does(large: Path) -> None:
    steps: list[int] = []
    drafts = Jsonl().read(large, progress=lambda what, done, total: steps.append(done))
    assert len(list(islice(drafts, 5))) == 5
    assert steps == []
