"""What is done with an answer and the message it answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Markdown

from assistant.updates import Accepted
from memory.errors import HomeUnusable, NotFound
from tests.tui.conftest import Stage, stage
from tests.tui.fakes import FakeAssistant, FakeTurn, Gate, full_assistant, memory, script
from tui.screens.replies import write_new
from tui.widgets.answer import Answer
from tui.widgets.prompt import Prompt
from tui.widgets.transcript import Transcript
from tui.widgets.words import Words


def current(standing: Stage) -> Transcript:
    return standing.chat.conversations.current


async def to_conversation(standing: Stage, *keys: str) -> None:
    """Press keys as one would after Shift-Tab, with the conversation in focus."""
    current(standing).focus()
    await standing.pilot.press(*keys)
    await standing.rest()


def two_turns() -> FakeAssistant:
    from memory.events import Origin

    assistant = full_assistant()
    assistant.said["cake"] += [
        FakeTurn("t3", "And without apples?"),
        FakeTurn("t4", "Pears, then.", Origin.ASSISTANT),
    ]
    return assistant


@pytest.mark.parametrize(
    ("key", "rating", "word"), [("plus", 4, "rated good"), ("minus", 1, "rated bad")]
)
async def test_a_key_rates_the_chosen_answer(key: str, rating: int, word: str) -> None:
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        await to_conversation(standing, key)
        assert assistant.told == [("rate", "t2", rating)]
        assert word in standing.texts(".foot")[0]


async def test_a_rating_that_cannot_be_kept_is_taken_back() -> None:
    assistant = full_assistant()
    assistant.refusals["rate"] = HomeUnusable("The disk is full.")
    async with stage(assistant, session_id="cake") as standing:
        await to_conversation(standing, "plus")
        assert "rated" not in standing.texts(".foot")[0]
        assert "The disk is full." in standing.status


async def test_a_live_answer_can_be_rated_once_it_is_there() -> None:
    gate = Gate()
    assistant = FakeAssistant()
    assistant.scripts.append(script("Long", (), gate))
    async with stage(assistant) as standing:
        await standing.say("go")
        await standing.reach(gate)
        current(standing).focus()
        await standing.pilot.press("plus")
        await standing.pilot.pause()
        assert "still being written" in standing.status
        gate.open()
        await standing.rest()
        await to_conversation(standing, "plus")
        assert assistant.told == [("rate", "a", 4)]


async def test_the_keys_under_the_chosen_answer_can_be_clicked() -> None:
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        line = standing.texts(".acts")[0]
        await standing.pilot.click(".acts", offset=(line.index("good"), 0))
        await standing.rest()
        assert assistant.told == [("rate", "t2", 4)]


async def test_another_answer_takes_the_place_of_the_one_before() -> None:
    assistant = full_assistant()
    assistant.scripts.append(script("Try pears.", (memory(1, "pears"),)))
    async with stage(assistant, session_id="cake") as standing:
        await to_conversation(standing, "r")
        assert assistant.regenerated == [("cake", "t1")]
        assert assistant.sent == []
        assert [one.text for one in standing.chat.query(Answer)] == ["Try pears."]
        assert len(standing.chat.query(Words)) == 1
        assert "pears" in standing.texts("MemoryCard")[0]


async def test_another_answer_that_cannot_be_begun_leaves_the_one_before() -> None:
    assistant = full_assistant()
    assistant.scripts.append([NotFound("There is no message t1.")])
    async with stage(assistant, session_id="cake") as standing:
        await to_conversation(standing, "r")
        assert "apple-and-cardamom" in standing.one(Answer).text
        assert standing.texts("NoticeLine") == ["There is no message t1."]
        assert standing.one(Prompt).text == ""


async def test_one_answer_at_a_time() -> None:
    gate = Gate()
    assistant = full_assistant()
    assistant.scripts.append(script("Long", (), gate))
    async with stage(assistant, session_id="cake") as standing:
        await standing.say("go")
        await standing.reach(gate)
        await standing.pilot.press("ctrl+up")
        current(standing).focus()
        await standing.pilot.press("r")
        await standing.pilot.pause()
        assert "One answer at a time" in standing.status
        gate.open()
        await standing.rest()
        assert assistant.regenerated == []


async def test_an_edited_message_is_sent_into_a_fork() -> None:
    assistant = two_turns()
    async with stage(assistant, session_id="cake") as standing:
        await standing.type("draft")
        await to_conversation(standing, "e")
        prompt = standing.one(Prompt)
        assert prompt.text == "And without apples?"
        assert prompt.has_focus
        assert "fork" in str(prompt.border_title)
        await standing.say(" And nuts")
        await standing.rest()
        assert assistant.sent == [("cake-fork", "And without apples? And nuts")]
        assert assistant.edits == ["t3"]
        assert current(standing).session_id == "cake-fork"
        shown = [one.said for one in current(standing).query(Words)]
        assert shown == ["What should I bake for my sister?", "And without apples? And nuts"]
        assert prompt.text == "draft", "the draft is lost"
        assert not prompt.border_title


async def test_an_answer_is_corrected_in_the_prompt() -> None:
    assistant = two_turns()
    async with stage(assistant, session_id="cake") as standing:
        await standing.type("draft")
        await to_conversation(standing, "w")
        prompt = standing.one(Prompt)
        assert prompt.text == "Pears, then."
        assert "Correcting" in str(prompt.border_title)
        await standing.say(" Or plums.")
        await standing.rest()
        assert assistant.told == [("correct", "t4", "Pears, then. Or plums.")]
        assert assistant.sent == []
        answer = current(standing).selected
        assert answer is not None
        assert answer.text == "Pears, then. Or plums."
        assert "corrected by you" in standing.texts(".foot")[-1]
        assert prompt.text == "draft", "the draft is lost"


async def test_the_first_words_of_a_corrected_answer_can_be_seen() -> None:
    assistant = two_turns()
    said = assistant.said["cake"]
    said[-1] = replace(said[-1], text="Pears.", first="Apples, then.")
    async with stage(assistant, session_id="cake") as standing:
        answer = current(standing).selected
        assert answer is not None
        seen = []
        for _ in range(3):
            seen.append((answer.query_one(Markdown).source, standing.texts(".foot")[-1]))
            await to_conversation(standing, "v")
        assert seen == [
            ("Pears.", "corrected by you"),
            ("Apples, then.", "as it was at first"),
            ("Pears.", "corrected by you"),
        ]
        await standing.pilot.press("ctrl+up")
        await to_conversation(standing, "v")
        assert "not corrected" in standing.status


async def test_a_correction_that_cannot_be_kept_is_not_lost() -> None:
    assistant = two_turns()
    assistant.refusals["correct"] = HomeUnusable("The disk is full.")
    async with stage(assistant, session_id="cake") as standing:
        await to_conversation(standing, "w")
        await standing.say(" Or plums.")
        await standing.rest()
        assert "The disk is full." in "".join(standing.texts("NoticeLine"))
        assert standing.one(Prompt).text == "Pears, then. Or plums."
        answer = current(standing).selected
        assert answer is not None
        assert answer.text == "Pears, then."


async def test_escape_gives_up_an_edit_and_brings_the_draft_back() -> None:
    assistant = two_turns()
    async with stage(assistant, session_id="cake") as standing:
        await standing.type("draft")
        await to_conversation(standing, "e")
        await standing.pilot.press("escape")
        await standing.pilot.pause()
        assert standing.one(Prompt).text == "draft"
        await standing.say(" on")
        await standing.rest()
        assert assistant.sent == [("cake", "draft on")]


@pytest.mark.parametrize(
    ("more", "left"), [("", "draft"), (" Hm", "And without apples? Hm\ndraft")]
)
async def test_leaving_gives_up_an_edit_and_loses_no_words(more: str, left: str) -> None:
    async with stage(two_turns(), session_id="cake") as standing:
        await standing.type("draft")
        await to_conversation(standing, "e")
        await standing.type(more)
        await standing.pilot.press("ctrl+n")
        await standing.rest()
        assert standing.one(Prompt).text == left
        assert not standing.one(Prompt).border_title
        assert all(one.editing is None for one in standing.chat.conversations.all())


async def test_a_fork_goes_on_after_the_chosen_answer() -> None:
    assistant = two_turns()
    async with stage(assistant, session_id="cake") as standing:
        await to_conversation(standing, "f")
        assert "Nothing comes after" in standing.status
        assert "^↑" in standing.status
        await to_conversation(standing, "ctrl+up", "f")
        assert current(standing).session_id == "cake-fork"
        assert len(current(standing).query(".turn")) == 2
        await standing.say("on")
        await standing.rest()
        assert (assistant.sent, assistant.edits) == ([("cake-fork", "on")], [None])


async def test_copy_takes_the_markdown_of_the_answer() -> None:
    async with stage(full_assistant(), session_id="cake") as standing:
        await to_conversation(standing, "c")
        assert standing.app.clipboard.startswith("An **apple-and-cardamom cake**")
        assert standing.status == "Copied."


async def test_the_chosen_message_and_its_answer_are_forgotten() -> None:
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        await to_conversation(standing, "x")
        assert assistant.told == [("plan_forgetting", "t1")]


async def test_without_an_answer_each_key_says_so() -> None:
    assistant = FakeAssistant()
    async with stage(assistant) as standing:
        for key in ("plus", "r", "e", "f", "c", "x"):
            standing.chat.status.hint("")
            current(standing).focus()
            await standing.pilot.press(key)
            await standing.pilot.pause()
            assert standing.status, f"{key} says nothing"
        assert assistant.told == []


async def test_export_writes_a_file_and_tells_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        for name in ("cake-for-sunday.md", "cake-for-sunday-2.md"):
            standing.chat.action_export()
            await standing.rest()
            assert (tmp_path / name).read_text() == "# cake\n"
            assert standing.status == f"Written to {tmp_path / name}"


def test_a_folder_that_cannot_be_written_to_gives_way_to_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr(Path, "cwd", classmethod(lambda cls: gone))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert write_new("x", "A / B: ../c") == tmp_path / "a-b-c.md"
    monkeypatch.setenv("HOME", str(gone))
    with pytest.raises(OSError, match="gone"):
        write_new("x", "")


# Temporary sessions.


async def test_a_temporary_session_is_marked_sent_to_and_closed_on_leaving() -> None:
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        await standing.chat.action_temporary_session()
        await standing.rest()
        assert standing.texts("TitleBar #title") == ["Temporary · nothing is kept"]
        assert standing.one(Prompt).border_title == "Temporary"
        assert "gone when you leave" in standing.texts(".welcome")[-1]
        await standing.say("secret")
        await standing.rest()
        session = assistant.opened[-1]
        assert assistant.sent == [(session.id, "secret")]
        assert session.temporary
        assert not session.closed
        await to_conversation(standing, "plus")
        assert assistant.told == [], "a rating would have nothing to stand beside"
        await standing.pilot.press("ctrl+n")
        await standing.rest()
        assert session.closed
        assert "nothing of it is kept" in standing.status
        assert standing.texts("TitleBar #title") == ["New session"]
        assert not standing.one(Prompt).border_title
        assert "secret" not in "".join(standing.texts("Words"))


async def test_leaving_a_temporary_session_ends_its_turn_before_it_is_closed() -> None:
    gate = Gate()
    assistant = FakeAssistant()
    assistant.scripts.append([Accepted("u", "s"), gate, *script("Long")])
    async with stage(assistant) as standing:
        await standing.chat.action_temporary_session()
        await standing.say("go")
        await standing.reach(gate)
        await standing.pilot.press("ctrl+n")
        await standing.rest()
        [session] = assistant.opened
        assert session.cancels >= 1
        assert session.closed


async def test_an_edit_in_a_temporary_session_stays_temporary() -> None:
    assistant = FakeAssistant()
    async with stage(assistant) as standing:
        await standing.chat.action_temporary_session()
        await standing.say("one")
        await standing.rest()
        first = assistant.opened[0]
        assistant.said[first.id] = [FakeTurn("u", "one")]
        await to_conversation(standing, "e")
        await standing.say(" more")
        await standing.rest()
        assert assistant.sent[-1] == (f"{first.id}-fork", "one more")
        assert current(standing).temporary
        assert not first.closed, "the fork reads from what the first one holds"
        await standing.pilot.press("ctrl+n")
        await standing.rest()
        assert assistant.opened[-1].closed
