"""Reading ahead of what is typed: when it begins, and that every key ends it."""

from __future__ import annotations

import pytest

from tests.tui.conftest import stage
from tests.tui.fakes import FakeAssistant, Gate, full_assistant, script
from tui.screens import writing
from tui.widgets.prompt import Prompt

DRAFT = "And the oven"


@pytest.fixture(autouse=True)
def _short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PAUSE", 0.1)


async def test_a_draft_that_has_settled_is_read_ahead_once() -> None:
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        standing.one(Prompt).insert(DRAFT)
        await standing.until(lambda: assistant.anticipated)
        assert assistant.anticipated == [(DRAFT, "cake")]
        before = assistant.unsettled
        await standing.pilot.press("s")
        await standing.until(lambda: len(assistant.anticipated) == 2)
        assert assistant.unsettled == before + 1
        assert assistant.anticipated[-1] == (f"{DRAFT}s", "cake")


async def test_typing_alone_reads_nothing_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PAUSE", 60.0)
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        await standing.say(DRAFT)
        await standing.rest()
        assert assistant.anticipated == []
        assert assistant.sent == [("cake", DRAFT)]
        assert standing.chat._settling is None, "Enter left the pause running"


async def test_a_new_conversation_is_foreseen_and_leaves_no_trace() -> None:
    assistant = FakeAssistant()
    async with stage(assistant) as standing:
        standing.one(Prompt).insert(DRAFT)
        await standing.until(lambda: assistant.anticipated)
        assert assistant.anticipated == [(DRAFT, None)]
        assert assistant.opened == []


async def test_what_was_pasted_is_foreseen_as_it_will_be_sent() -> None:
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        pasted = "a long letter\n" * 200
        prompt = standing.one(Prompt)
        prompt.insert(prompt._fold(pasted))
        await standing.until(lambda: assistant.anticipated)
        assert assistant.anticipated == [(pasted, "cake")]


@pytest.mark.parametrize("draft", ["/search oven", "   ", "/temporary\nand"])
async def test_commands_and_blanks_are_not_foreseen(draft: str) -> None:
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        standing.one(Prompt).insert(draft)
        await standing.pilot.pause()
        assert standing.chat._settling is None
        assert assistant.anticipated == []


async def test_a_draft_beside_an_answer_is_foreseen_once_that_is_written() -> None:
    assistant, gate = full_assistant(), Gate()
    assistant.scripts.append(script("Yes, it does suit", (), gate))
    async with stage(assistant, session_id="cake") as standing:
        prompt = standing.one(Prompt)
        prompt.insert("Does it suit")
        prompt.action_submit()
        await standing.reach(gate)
        prompt.insert(DRAFT)
        await standing.until(lambda: standing.chat._settling is not None)
        standing.chat._settled()
        assert assistant.anticipated == []
        gate.open()
        await standing.until(lambda: assistant.anticipated)
        assert assistant.anticipated == [(DRAFT, "cake")]


async def test_what_goes_wrong_is_one_quiet_line() -> None:
    assistant = full_assistant()
    assistant.refusals["anticipate"] = RuntimeError("no luck")
    async with stage(assistant, session_id="cake") as standing:
        standing.one(Prompt).insert(DRAFT)
        await standing.until(lambda: "could not be read ahead" in standing.status)
