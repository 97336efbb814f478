"""Exactly what was sent."""

from __future__ import annotations

from textual.widgets import Static

from assistant.models.base import ChatMessage
from assistant.updates import Accepted, Delta, Sent
from tests.tui.conftest import Stage, stage
from tests.tui.fakes import FakeAssistant, Step, answered, full_assistant, memory, plan
from tui.screens.sent import SentScreen

_GIVEN = (
    ChatMessage("system", "Be brief."),
    ChatMessage("user", "Notes:\n- Mira is allergic to walnuts.\n\nQuestion: [b]which[/b] cake?"),
)


def script() -> list[Step]:
    return [Accepted("u", "s"), Sent(_GIVEN), Delta("Apple."), answered("Apple.")]


def shown(standing: Stage) -> list[str]:
    assert isinstance(standing.app.screen, SentScreen)
    return [str(one.render()) for one in standing.app.screen.query(Static)]


async def test_what_the_model_was_given_is_shown_word_for_word() -> None:
    assistant = FakeAssistant()
    assistant.scripts.append(script())
    async with stage(assistant) as standing:
        await standing.say("which cake?")
        await standing.rest()
        await standing.say("/sent")
        await standing.pilot.pause()
        texts = shown(standing)
        assert [message.content for message in _GIVEN] == [texts[1], texts[3]]
        assert "2.1k tokens" in str(standing.app.screen.query_one("#sent").border_subtitle)
        await standing.pilot.press("escape")
        assert not isinstance(standing.app.screen, SentScreen)


async def test_of_an_earlier_run_it_is_said_that_it_is_not_known() -> None:
    async with stage(full_assistant(), session_id="cake") as standing:
        await standing.say("/sent")
        await standing.pilot.pause()
        assert standing.status.startswith("What was sent is known of the latest")


async def test_what_is_forgotten_is_not_shown_there_either() -> None:
    assistant = FakeAssistant(remembered={"m": memory(1, "Mira is allergic to walnuts.")})
    assistant.scripts.append(script())
    assistant.plans["u"] = plan("which cake?")
    async with stage(assistant) as standing:
        await standing.say("which cake?")
        await standing.rest()
        transcript = standing.chat.conversations.current
        assert transcript.selected is not None
        await transcript.forget({"m"})
        assert transcript.selected.sent == ()
