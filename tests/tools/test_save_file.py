"""Saving an answer as a file: when it is meant, what is proposed, and what is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.approval import Proposal
from tools.base import ToolFailed
from tools.save_file import SaveFile, SaveFileArguments

ANSWER = "# Lyon\n\n- passport\n- charger\n"


def tool(folder: Path, said: str = "Save it as a file", answer: str | None = ANSWER) -> SaveFile:
    return SaveFile(folder, said, lambda: answer)


def proposed(folder: Path, file: str, said: str = "Save it as a file") -> Proposal:
    return tool(folder, said).propose(SaveFileArguments(file=file))


@pytest.mark.parametrize(
    "text",
    [
        "Save that as lyon.md",
        "save it to a file",
        "Please save this list as packing list.txt",
        "Could you put your answer into a file for me?",
        "Great. Export the plan to plan.md please",
        'Write that down in "trip.md"',
        "save your last answer in the usual text file",
        "Can you save it as a note?",
    ],
)
def test_a_request_to_save_is_seen(tmp_path: Path, text: str) -> None:
    assert tool(tmp_path).may_help(text)


@pytest.mark.parametrize(
    "text",
    [
        "I saved it as lyon.md yesterday",
        "Did you save that as a file?",
        "How do I save a spreadsheet as a PDF?",
        "We must save the planet",
        "Save me some cake",
        "I will put it into a file tomorrow",
        "What is in lyon.md?",
    ],
)
def test_other_words_are_no_request(tmp_path: Path, text: str) -> None:
    assert not tool(tmp_path).may_help(text)


def test_a_new_file_is_proposed_and_nothing_written(tmp_path: Path) -> None:
    found = proposed(tmp_path / "files", "lyon.md")
    assert found == Proposal(tmp_path / "files" / "lyon.md", None, ANSWER)
    assert found.summary == "a new file of 4 lines"
    assert found.diff() == ["+# Lyon", "+", "+- passport", "+- charger"]
    assert list(tmp_path.iterdir()) == []


def test_what_was_proposed_is_written_whole(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    said = tool(folder).carry_out(proposed(folder, "lyon.md"))
    assert said == f"It is saved in {folder / 'lyon.md'}."
    assert (folder / "lyon.md").read_text(encoding="utf-8") == ANSWER
    assert [path.name for path in folder.iterdir()] == ["lyon.md"]


def test_a_file_that_is_there_shows_what_would_change(tmp_path: Path) -> None:
    (tmp_path / "lyon.md").write_text("# Lyon\n\n- map\n- charger\n", encoding="utf-8")
    found = proposed(tmp_path, "lyon.md")
    assert found.summary == "it is there: 1 line in, 1 out"
    assert "-- map" in found.diff()
    assert "+- passport" in found.diff()
    tool(tmp_path).carry_out(found)
    assert (tmp_path / "lyon.md").read_text(encoding="utf-8") == ANSWER


def test_a_file_that_changed_since_is_left_alone(tmp_path: Path) -> None:
    found = proposed(tmp_path, "lyon.md")
    (tmp_path / "lyon.md").write_text("mine", encoding="utf-8")
    with pytest.raises(ToolFailed, match="changed meanwhile"):
        tool(tmp_path).carry_out(found)
    assert (tmp_path / "lyon.md").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Please save this as packing list.txt, thanks", "packing list.txt"),
        ("Save it as a file", "notes.md"),
        ("Save the one in old.md as new.md", "new.md"),
        ("Save that to a file called lyon.md", "lyon.md"),
        ("Save the recipe to the file recipe.md", "recipe.md"),
        ("Put it into a text file named notes.txt", "notes.txt"),
        ("save this in my folder as plan.md", "plan.md"),
        ("Save this list of things to do in Rome as rome.md", "rome.md"),
        ("Save it as list of things to do in Rome.md", "list of things to do in Rome.md"),
        ("Save it to packing list.md", "packing list.md"),
        ('Save it as "as you like it.md", please', "as you like it.md"),
        ("Great. Can you save that as trip.md? Also add bread to the list in food.md", "trip.md"),
    ],
)
def test_the_name_is_the_one_that_the_user_gave(tmp_path: Path, said: str, name: str) -> None:
    assert tool(tmp_path).may_help(said)
    assert proposed(tmp_path, "notes", said).path == tmp_path / name


@pytest.mark.parametrize(
    "said",
    [
        "Write a packing list for Lyon, and save it as list.md",
        "Please draft a letter to Ann. Then save it to a file.",
    ],
)
def test_what_is_not_written_yet_is_not_saved(tmp_path: Path, said: str) -> None:
    with pytest.raises(ToolFailed, match="not written yet"):
        proposed(tmp_path, "list.md", said)


@pytest.mark.parametrize(
    "name",
    ["../up.md", "/etc/x.md", "a/b.md", ".profile", "..", "", "C:\\x.md", "n" * 200],
)
def test_what_leads_elsewhere_is_no_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ToolFailed, match="no name for a file"):
        proposed(tmp_path, name)


def test_what_is_no_plain_text_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "link.md").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "bytes.md").write_bytes(b"\xff\xfe")
    for name, why in (("link", "plain file"), ("folder", "plain file"), ("bytes", "than text")):
        with pytest.raises(ToolFailed, match=why):
            proposed(tmp_path, f"{name}.md")


def test_there_must_be_something_to_save_and_something_to_change(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="no answer"):
        tool(tmp_path, answer=None).propose(SaveFileArguments(file="a.md"))
    for same in (ANSWER, ANSWER.rstrip(), ANSWER.replace("\n", "\r\n")):
        (tmp_path / "a.md").write_bytes(same.encode())
        with pytest.raises(ToolFailed, match="already"):
            proposed(tmp_path, "a.md")


def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("mine", encoding="utf-8")
    path.chmod(0o600)
    tool(tmp_path).carry_out(proposed(tmp_path, "a.md"))
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_written_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ToolFailed, match="could not be written: No space left"):
        tool(tmp_path).carry_out(proposed(tmp_path, "a.md"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ToolFailed, match="cannot be read"):
        proposed(tmp_path / "file", "a.md")
