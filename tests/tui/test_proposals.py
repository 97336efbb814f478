"""What waits for a yes: one quiet line, the whole of it on request, and a decision."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Static

from assistant.updates import Accepted, Approving, Asking, Decision, Delta, ToolUsed, Working
from tests.tui.conftest import Stage, stage
from tests.tui.fakes import FakeAssistant, answered, question
from tools.approval import Proposal
from tui.screens.proposal import ProposalScreen
from tui.widgets.key_line import KeyLine
from tui.widgets.prompt import Prompt
from tui.widgets.proposal_line import ProposalLine
from tui.widgets.question_line import QuestionLine

NEW = Proposal(Path("/home/ann/Documents/Lifelore/lyon.md"), None, "# Lyon\n\n- [b]map[/b]\n")
CHANGED = Proposal(Path("/home/ann/lyon.md"), "# Lyon\n- map\n", "# Lyon\n- passport\n")


def asking(proposal: Proposal = NEW) -> tuple[FakeAssistant, Approving]:
    """An assistant that wants to do this, and what it waits for."""
    assistant, approving = FakeAssistant(), Approving(proposal, Decision())
    assistant.scripts.append(
        [
            Accepted("u", "s"),
            Working("Waiting for your yes"),
            approving,
            ToolUsed("save_file", {}, "Done, or not.", True),
            Delta("Well."),
            answered("Well."),
        ]
    )
    return assistant, approving


async def proposed(standing: Stage) -> None:
    await standing.say("Save that as lyon.md")
    line = standing.one(ProposalLine)
    await standing.until(lambda: line.display)


def seen(standing: Stage) -> str:
    screen = standing.app.screen
    assert isinstance(screen, ProposalScreen)
    return "\n".join(str(one.render()) for one in screen.query(Static))


def is_made(approving: Approving) -> bool:
    return not approving.decision.make(False)


@pytest.mark.parametrize("key", ["y", "n"])
async def test_it_is_looked_at_and_decided_with_a_key(key: str) -> None:
    assistant, approving = asking()
    async with stage(assistant) as standing:
        await proposed(standing)
        assert "Save lyon.md? (a new file of 3 lines)" in standing.texts("ProposalLine")[0]
        assert standing.status.startswith("Waiting for your yes")
        await standing.pilot.press("ctrl+g")
        assert str(NEW.path) in seen(standing)
        assert "+- [b]map[/b]" in seen(standing)
        await standing.pilot.press(key)
        await standing.rest()
        assert approving.decision.wait(lambda: True) is (key == "y")
        assert not standing.one(ProposalLine).display
        assert standing.one(Prompt).has_focus


async def test_what_would_change_is_shown_as_a_diff() -> None:
    assistant, approving = asking(CHANGED)
    async with stage(assistant) as standing:
        await proposed(standing)
        await standing.pilot.press("ctrl+g")
        assert "it is there: 1 line in, 1 out" in seen(standing)
        for line in (" # Lyon", "-- map", "+- passport"):
            assert line in seen(standing).splitlines()
        await standing.pilot.press("y")
        await standing.rest()
        assert is_made(approving)


async def test_typing_goes_on_while_it_waits_and_decides_nothing() -> None:
    assistant, approving = asking()
    async with stage(assistant) as standing:
        await proposed(standing)
        await standing.type("y yes")
        assert standing.one(Prompt).text == "y yes"
        assert standing.one(ProposalLine).display
        await standing.pilot.press("ctrl+g", "escape")
        assert standing.one(ProposalLine).display, "Esc leaves it open"
        standing.chat.action_decide_proposal(False)
        await standing.rest()
        assert approving.decision.wait(lambda: True) is False
        assert standing.one(Prompt).text == "y yes"


async def test_to_stop_the_answer_is_a_no() -> None:
    assistant, approving = asking()
    async with stage(assistant) as standing:
        await proposed(standing)
        await standing.pilot.press("ctrl+g")
        standing.chat.stop_turn()
        await standing.rest()
        assert is_made(approving)
        assert approving.decision.wait(lambda: True) is False
        await standing.pilot.press("y")
        assert "the turn that wanted it has ended" in standing.status


async def test_a_yes_is_to_what_was_shown_and_to_nothing_else() -> None:
    assistant, first = asking()
    second = Approving(CHANGED, Decision())
    assistant.scripts.append([Accepted("v", "s"), second, answered("Well.")])
    async with stage(assistant) as standing:
        await proposed(standing)
        await standing.pilot.press("ctrl+g")
        standing.chat.stop_turn()
        await standing.until(lambda: standing.chat.outbox.running is None)
        await standing.chat.send_words(standing.chat.conversations.current, "And that as lyon.md")
        await standing.until(lambda: standing.one(ProposalLine).approving is second)
        assert str(NEW.path) in seen(standing)
        await standing.pilot.press("y")
        assert standing.one(ProposalLine).approving is second, "it still waits"
        standing.chat.action_decide_proposal(False)
        await standing.rest()
    assert first.decision.wait(lambda: True) is False
    assert second.decision.wait(lambda: True) is False


async def test_a_question_stays_with_what_is_written_to_it() -> None:
    assistant, _ = asking()
    assistant.scripts.appendleft(
        [Accepted("t", "s"), Asking(question()), answered("Hm.", asked=question())]
    )
    async with stage(assistant) as standing:
        await standing.say("Hello")
        await standing.rest()
        assert standing.one(QuestionLine).display
        await proposed(standing)
        assert standing.one(QuestionLine).display
        standing.chat.action_decide_proposal(False)
        await standing.rest()


async def test_leaving_while_it_waits_is_a_no() -> None:
    assistant, approving = asking()
    async with stage(assistant) as standing:
        await proposed(standing)
        await standing.pilot.press("ctrl+q")
    assert standing.app.in_flight.wait(60), "the turn would wait for ever"
    assert is_made(approving)
    assert approving.decision.wait(lambda: True) is False


@pytest.mark.parametrize("size", [(50, 20), (90, 30), (140, 40)])
async def test_the_keys_stay_in_view_however_long_it_is(size: tuple[int, int]) -> None:
    assistant, _ = asking(Proposal(Path("/home/ann/long.md"), None, "line\n" * 3000))
    async with stage(assistant, size=size) as standing:
        await proposed(standing)
        await standing.pilot.press("ctrl+g")
        assert "and 2,000 more lines" in seen(standing)
        sheet = standing.app.screen.query_one("#proposal")
        keys = sheet.query_one(KeyLine)
        assert keys.region.bottom <= sheet.content_region.bottom
        assert "y save" in str(keys.render())
