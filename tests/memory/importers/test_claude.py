"""The Claude importer, on exports in the official shape."""

from __future__ import annotations

import gzip
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memory.errors import RefusedInput
from memory.events import Draft, Message, Origin, SessionOpened
from memory.importers import Claude, Problem

START = "2024-06-03T10:02:00.123456Z"


def message(uuid: str, sender: str, words: str, **fields: Any) -> dict[str, Any]:
    content = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": words}]
    return {
        "uuid": uuid,
        "sender": sender,
        "text": f"{words} (flat)",
        "content": content,
        "created_at": "2024-06-03T10:03:00Z",
        "attachments": [],
    } | fields


def conversation(uuid: str = "c-1", **fields: Any) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "name": "Tea",
        "created_at": START,
        "chat_messages": [
            message(f"{uuid}-q", "human", "Which tea?"),
            message(f"{uuid}-a", "assistant", "Green.", content=[], text="Green.", created_at=None),
        ],
    } | fields


def read(path: Path) -> tuple[list[Draft], list[Problem]]:
    problems: list[Problem] = []
    return list(Claude().read(path, problems.append)), problems


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_roles_times_words_and_title(tmp_path: Path) -> None:
    [opening, asked, answered], problems = read(write(tmp_path / "c.json", [conversation()]))
    assert problems == []
    assert opening.payload == SessionOpened(title="Tea", source="claude")
    assert opening.at == datetime(2024, 6, 3, 10, 2, 0, 123456, tzinfo=UTC)
    assert asked.payload == Message(text="Which tea?", external_id="c-1-q")
    assert (asked.origin, asked.at) == (Origin.USER, datetime(2024, 6, 3, 10, 3, tzinfo=UTC))
    assert answered.payload == Message(text="Green.", external_id="c-1-a")
    assert (answered.origin, answered.at) == (Origin.ASSISTANT, asked.at)


def test_archive_and_gzip_read_alike_and_again_the_same(tmp_path: Path) -> None:
    plain = write(tmp_path / "c.json", [conversation(), conversation("c-2")])
    packed = tmp_path / "c.json.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    with zipfile.ZipFile(tmp_path / "c.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("users.json", "[]")
        archive.write(plain, "conversations.json")
    expected = read(plain)
    assert read(packed) == read(tmp_path / "c.zip") == read(plain) == expected
    assert len({each.import_key for each in expected[0]}) == 6


@pytest.mark.parametrize(
    "content", ["hello", "{}", "[1]", '[{"mapping": {}}]', "[", "", "PK\x03\x04 no zip"]
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(RefusedInput, match=r"^other\.json .* a Claude export"):
        read(path)


def test_odd_parts_are_told_by_place_and_the_rest_goes_on(tmp_path: Path) -> None:
    odd = conversation(
        "odd",
        name=7,
        created_at="never",
        chat_messages=[
            7,
            message("x", "human", "early", created_at=[]),
            message("y", "system", "secret"),
            message("z", "human", "\ud800 tea", content="no list", text="\ud800 tea"),
        ],
    )
    drafts, problems = read(write(tmp_path / "c.json", [conversation(), 3, odd]))
    assert [str(each) for each in problems] == [
        "conversation 2: no chat_messages",
        "conversation 3, message 1: not an object",
        "conversation 3, message 2: no created_at",
    ]
    last = drafts[-1].payload
    assert isinstance(last, Message)
    # What half a character becomes is the JSON parser's affair; it must be text.
    assert last.text.endswith(" tea")
    assert last.text.encode()
