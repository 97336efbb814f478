"""The ChatGPT importer, on exports in the official shape."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memory.errors import RefusedInput
from memory.events import Draft, Message, Origin, SessionOpened
from memory.importers import ChatGpt, Problem

START = 1_683_554_160.25


def node(
    node_id: str, parent: str | None, role: str, parts: list[Any] | None, **message: Any
) -> dict[str, Any]:
    content: dict[str, Any] = {"content_type": "text", "parts": parts}
    if parts is None:
        content = {"content_type": "code", "language": "python", "text": "print(1)"}
    return {
        "id": node_id,
        "parent": parent,
        "children": [],
        "message": {
            "id": node_id,
            "author": {"role": role, "name": None, "metadata": {}},
            "create_time": START,
            "content": content,
            "metadata": {},
            "recipient": "all",
        }
        | message,
    }


def conversation(conversation_id: str = "c-1", **fields: Any) -> dict[str, Any]:
    nodes = [
        {"id": "root", "parent": None, "children": ["sys"], "message": None},
        node("sys", "root", "system", [""]),
        node("q1-old", "sys", "user", ["first wording"]),
        node("q1", "sys", "user", ["second wording"], create_time=START + 5),
        node("tool", "q1", "tool", ["42"]),
        node("code", "tool", "assistant", None),
        node(
            "a1",
            "code",
            "assistant",
            ["an answer", "in two parts"],
            create_time=START + 9,
            metadata={"model_slug": "gpt-4"},
        ),
        node("a1-other", "code", "assistant", ["a regenerated one"], create_time=START + 99),
        node(
            "hidden",
            "a1",
            "user",
            ["x"],
            create_time=START + 9,
            metadata={"is_visually_hidden_from_conversation": True},
        ),
        node(
            "q2",
            "hidden",
            "user",
            [
                {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"},
                {"content_type": "audio_transcription", "text": "spoken words"},
                "and a picture",
            ],
            create_time=None,
        ),
    ]
    return {
        "title": "Tea",
        "create_time": START,
        "update_time": START + 10,
        "mapping": {each["id"]: each for each in nodes},
        "current_node": "q2",
        "conversation_id": conversation_id,
        "id": conversation_id,
    } | fields


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def read(path: Path) -> tuple[list[Draft], list[Problem]]:
    problems: list[Problem] = []
    return list(ChatGpt().read(path, problems.append)), problems


def said(drafts: list[Draft]) -> list[str]:
    return [each.payload.text for each in drafts if isinstance(each.payload, Message)]


def test_the_visible_branch_with_roles_times_and_model(tmp_path: Path) -> None:
    [opening, q1, a1, q2], problems = read(write(tmp_path / "c.json", [conversation()]))
    assert problems == []
    assert opening.payload == SessionOpened(title="Tea", source="chatgpt")
    assert opening.at == datetime.fromtimestamp(START, UTC)
    assert q1.payload == Message(text="second wording", external_id="q1")
    assert (q1.origin, q1.at) == (Origin.USER, datetime.fromtimestamp(START + 5, UTC))
    assert a1.payload == Message(text="an answer\nin two parts", external_id="a1", model="gpt-4")
    assert a1.origin == Origin.ASSISTANT
    assert isinstance(q2.payload, Message)
    assert q2.payload.text == "spoken words\nand a picture"
    assert q2.at == a1.at, "a message without a time was said right after the one before"


def test_without_current_node_the_latest_leaf_counts(tmp_path: Path) -> None:
    drafts, _ = read(write(tmp_path / "c.json", [conversation(current_node=None)]))
    assert said(drafts) == ["second wording", "a regenerated one"]


def test_a_continued_conversation_keeps_the_earlier_keys(tmp_path: Path) -> None:
    before, _ = read(write(tmp_path / "c.json", [conversation()]))
    longer = conversation(current_node="a2")
    longer["mapping"]["a2"] = node("a2", "q2", "assistant", ["more"], create_time=START + 60)
    after, _ = read(write(tmp_path / "c.json", [conversation("c-0"), longer]))
    assert after[4 : 4 + len(before)] == before
    assert said(after)[-1] == "more"
    assert len({each.import_key for each in after}) == len(after)


@pytest.mark.parametrize(
    "names",
    [
        ["conversations.json"],
        ["My export/conversations.json", "chat.html"],
        ["conversations-000.json", "conversations-001.json"],
    ],
)
def test_the_archive(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for i, name in enumerate(names):
            text = json.dumps([conversation(f"c-{i}")]) if name.endswith("json") else "<html>"
            archive.writestr(name, text)
    drafts, problems = read(path)
    assert problems == []
    count = sum(name.endswith("json") for name in names)
    expected, _ = read(write(tmp_path / "c.json", [conversation(f"c-{i}") for i in range(count)]))
    assert drafts == expected


def test_gzip(tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", [conversation()])
    packed = tmp_path / "c.json.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read(packed) == read(path)


@pytest.mark.parametrize(
    "content",
    ["hello", '{"a": 1}', "[1]", '[{"sample_id": "x"}]', "[{]", "", "[", "PK\x03\x04 not a zip"],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(RefusedInput, match=r"^other.json .* a ChatGPT export"):
        read(path)


def test_an_archive_without_conversations_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photo.jpg", "x")
    with pytest.raises(RefusedInput, match=r"has nothing of the kind .* a ChatGPT export"):
        read(path)


def test_odd_conversations_do_not_stop_the_rest(tmp_path: Path) -> None:
    loop = conversation("loop", current_node="q1")
    loop["mapping"]["sys"]["parent"] = "q1"
    dangling = conversation("dangling")
    dangling["mapping"]["a1"]["parent"] = "gone"
    odd = conversation("odd", mapping={"x": None, "y": {"message": {"author": 3}}})
    timeless = conversation("timeless", create_time=None, current_node="q1")
    for each in timeless["mapping"].values():
        if each["message"]:
            each["message"]["create_time"] = "never"
    bare = conversation("bare", title=None, mapping={}, current_node=None)
    items = [conversation(), 7, loop, dangling, odd, timeless, bare, conversation("z")]
    drafts, problems = read(write(tmp_path / "c.json", items))
    assert [each.place for each in problems] == ["conversation 2", "conversation 6, message q1"]
    assert len(said(drafts)) == 3 + 1 + 2 + 3


def test_damage_after_good_conversations_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps([conversation(), conversation("c-2")])[:-50])
    drafts, problems = read(path)
    assert len(drafts) == 4
    assert len(problems) == 1


def test_a_large_export_is_read_a_conversation_at_a_time(tmp_path: Path) -> None:
    big = conversation("c-@")
    big["mapping"]["q1"]["message"]["content"]["parts"] = ["x" * 50_000]
    text = json.dumps(big)
    path = tmp_path / "c.json"
    with path.open("w") as file:
        file.write("[")
        file.writelines(text.replace("c-@", f"c-{n}") + "," for n in range(600))
        file.write(text + "]")
    assert path.stat().st_size > 30_000_000
    steps: list[int] = []
    tracemalloc.start()
    try:
        drafts = ChatGpt().read(path, progress=lambda what, done, total: steps.append(done))
        count = sum(1 for _ in drafts)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 601 * 4
    assert peak < 5_000_000
    assert len(steps) > 20
    assert steps[-1] == path.stat().st_size
