"""The first minute."""

from __future__ import annotations

from textual.events import Key
from textual.widgets import OptionList, Static

from memory.errors import HomeUnusable
from tests.tui.conftest import Stage, stage
from tests.tui.fakes import FakeAssistant, question
from tui.screens.welcome import WelcomeScreen
from tui.widgets.prompt import Prompt


def new_home() -> FakeAssistant:
    assistant = FakeAssistant()
    assistant.welcome.due = True
    assistant.welcome.questions = [question(), question("yes_no", ("Yes", "No"))]
    return assistant


def page(standing: Stage, selector: str = "#welcome-text") -> str:
    return str(standing.app.screen.query_one(selector, Static).render())


async def begun(standing: Stage) -> None:
    await standing.until(lambda: isinstance(standing.app.screen, WelcomeScreen))
    await standing.rest()


async def test_a_name_and_enter_that_come_at_once_are_taken_in_their_order() -> None:
    assistant = new_home()
    async with stage(assistant) as standing:
        await begun(standing)
        driver = standing.app._driver
        assert driver is not None
        for key in ("A", "d", "a", "enter"):
            driver.send_message(Key(key, key if len(key) == 1 else "\r"))
        await standing.until(lambda: "may it stay in your profile" in page(standing))
        await standing.pilot.press("enter")
        await standing.rest()
        assert assistant.welcome.introduced == [("Ada", [])]


async def test_a_name_consents_and_questions_in_turn() -> None:
    assistant = new_home()
    async with stage(assistant) as standing:
        await begun(standing)
        assert "What may I call you?" in page(standing)
        await standing.type("Ada")
        await standing.pilot.press("enter")
        await standing.rest()
        assert "may it stay in your profile" in page(standing)
        await standing.pilot.press("space", "down", "space", "up", "space")
        topics = standing.app.screen.query_one(OptionList)
        rows = [str(topics.get_option_at_index(at).prompt) for at in range(topics.option_count)]
        assert rows == ["[ ] health", "[x] religion", "[ ] finances"]
        await standing.pilot.press("enter")
        await standing.rest()
        assert assistant.welcome.introduced == [("Ada", ["religion"])]
        assert "Five questions" in page(standing)
        await standing.pilot.press("enter")
        await standing.rest()
        assert page(standing) == "How long may it bake?"
        await standing.pilot.press("down", "enter")
        await standing.rest()
        assert page(standing, "#welcome-status") == "Noted: Any."
        await standing.pilot.press("end", "enter")
        await standing.rest()
        assert assistant.told == [
            ("answer_question", "q1", "Any"),
            ("answer_question", "q1", None),
        ]
        assert len(standing.app.screen_stack) == 1, "there was no third question"
        assert standing.status == "Good to meet you, Ada."
        assert standing.one(Prompt).has_focus


async def test_it_can_be_left_at_once_and_is_not_shown_again() -> None:
    assistant = new_home()
    async with stage(assistant) as standing:
        await begun(standing)
        await standing.pilot.press("escape")
        await standing.rest()
        assert len(standing.app.screen_stack) == 1
        assert assistant.welcome.introduced == []
        assert standing.status == "Good to meet you."
    async with stage(assistant) as standing:
        assert len(standing.app.screen_stack) == 1


async def test_what_cannot_be_kept_is_said_and_tried_again() -> None:
    assistant = new_home()
    assistant.welcome.refused = HomeUnusable("The disk is full.")
    async with stage(assistant) as standing:
        await begun(standing)
        await standing.pilot.press("enter", "enter")
        await standing.rest()
        assert page(standing, "#welcome-status") == "The disk is full."
        assistant.welcome.refused = None
        await standing.pilot.press("enter")
        await standing.rest()
        assert assistant.welcome.introduced == [("", [])]
