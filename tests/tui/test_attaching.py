"""Files put into a conversation."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import Paste

from memory.errors import RefusedInput
from memory.events import Origin
from tests.tui.conftest import Stage, stage
from tests.tui.fakes import FakeAssistant, FakeSummary, FakeTurn, full_assistant
from tui.widgets.document_card import DocumentCard
from tui.widgets.prompt import Prompt
from tui.widgets.words import Words


async def attach(standing: Stage, path: str) -> None:
    standing.one(Prompt).insert(f"/attach {path}")
    await standing.pilot.press("enter")
    await standing.rest()


async def test_a_file_is_a_card_in_a_new_conversation() -> None:
    assistant = FakeAssistant()
    async with stage(assistant) as standing:
        await attach(standing, "'/tmp/terms of sale.txt'")
        assert assistant.told == [("attach", "/tmp/terms of sale.txt")]
        card = str(standing.one(DocumentCard).render())
        assert card.startswith("▤ terms of sale.txt")
        assert "Refunds within thirty days." in card
        assert card.endswith("…")
        assert standing.status.startswith("What of it fits goes along")
        await standing.say("Well")
        await standing.rest()
        assert len(assistant.opened) == 1, "the words go into the same conversation"
        assert assistant.sent == [(assistant.opened[0].id, "Well")]


async def test_a_file_that_cannot_be_read_leaves_the_conversation_as_it_was() -> None:
    assistant = full_assistant()
    assistant.refusals["attach"] = RefusedInput("x.png is a picture.")
    async with stage(assistant, session_id="cake") as standing:
        await attach(standing, "x.png")
        assert standing.status == "This was not attached. x.png is a picture."
        assert not standing.chat.query(DocumentCard)
        await standing.say("Well")
        await standing.rest()
        assert assistant.sent == [("cake", "Well")]


async def test_nothing_is_attached_to_a_temporary_conversation() -> None:
    assistant = FakeAssistant()
    async with stage(assistant) as standing:
        await standing.say("/temporary")
        await attach(standing, "a.txt")
        assert "temporary" in standing.status
        assert assistant.told == []


async def test_a_document_of_before_is_shown_as_a_card() -> None:
    assistant = FakeAssistant(summaries=[FakeSummary("s", "Terms")])
    assistant.said["s"] = [
        FakeTurn("d", "Refunds. " * 9, Origin.THIRD_PARTY, speaker="terms.pdf", document=True),
        FakeTurn("t", "What does it say?"),
    ]
    async with stage(assistant, session_id="s") as standing:
        assert len(standing.chat.query(DocumentCard)) == 1
        assert len(standing.chat.query(Words)) == 1


@pytest.mark.parametrize("form", ["{}", "'{}'", "{} ", "file://{}", "escaped"])
async def test_a_file_that_is_dropped_is_attached_by_enter(tmp_path: Path, form: str) -> None:
    file = tmp_path / "terms of sale.txt"
    file.write_text("Refunds.")
    pasted = {
        "escaped": str(file).replace(" ", "\\ "),
        "file://{}": file.as_uri(),
    }.get(form, form.format(file))
    assistant = FakeAssistant()
    async with stage(assistant) as standing:
        standing.one(Prompt).post_message(Paste(pasted))
        await standing.pilot.pause()
        assert standing.one(Prompt).text == f"/attach {file}"
        await standing.pilot.press("enter")
        await standing.rest()
        assert assistant.told == [("attach", str(file))]


async def test_a_path_within_words_or_of_nothing_is_pasted_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("Refunds.")
    async with stage(FakeAssistant()) as standing:
        prompt = standing.one(Prompt)
        prompt.post_message(Paste("/no/such/file"))
        await standing.pilot.pause()
        assert prompt.text == "/no/such/file"
        prompt.clear()
        prompt.insert("see ")
        prompt.post_message(Paste(str(file)))
        await standing.pilot.pause()
        assert prompt.text == f"see {file}"


@pytest.mark.parametrize(
    "words",
    [
        "~5 minutes ago we met",
        "/" + "x" * 300,
        "{file} has a problem",
        "'it is so",
        "/a\nb",
    ],
)
async def test_words_that_begin_like_a_path_are_kept(tmp_path: Path, words: str) -> None:
    file = tmp_path / "hosts"
    file.write_text("x")
    pasted = words.format(file=file)
    async with stage(FakeAssistant()) as standing:
        standing.one(Prompt).post_message(Paste(pasted))
        await standing.pilot.pause()
        assert standing.one(Prompt).text == pasted
