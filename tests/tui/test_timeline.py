"""Activity by day."""

from __future__ import annotations

from datetime import date

from textual.widgets import OptionList, Static

from tests.tui.conftest import Stage, stage
from tests.tui.fakes import FakeAssistant, full_assistant
from tui.screens.timeline import TimelineScreen


def lived() -> FakeAssistant:
    assistant = full_assistant()
    assistant.days = [(date(2025, 2, 8), 1), (date(2025, 3, 19), 8), (date(2025, 3, 20), 4)]
    return assistant


def lines(standing: Stage, selector: str) -> list[str]:
    listing = standing.app.screen.query_one(selector, OptionList)
    return [str(listing.get_option_at_index(at).prompt) for at in range(listing.option_count)]


async def test_days_are_listed_by_month_newest_first() -> None:
    async with stage(lived()) as standing:
        await standing.pilot.press("ctrl+t")
        await standing.rest()
        assert lines(standing, "#days") == [
            "Mar 2025  " + "·" * 18 + "█▄" + "·" * 11,
            "  Thu 20  ▇▇▇▇▇▇ 4 turns",
            "  Wed 19  ▇▇▇▇▇▇▇▇▇▇▇▇ 8 turns",
            "Feb 2025  " + "·" * 7 + "▁" + "·" * 20,
            "  Sat  8  ▇▇ 1 turn",
        ]
        assert "13 turns on 3 days" in str(standing.app.screen.query_one(".found", Static).render())


async def test_enter_lists_a_day_and_then_opens_a_session() -> None:
    async with stage(lived()) as standing:
        await standing.pilot.press("ctrl+t")
        await standing.rest()
        await standing.pilot.press("enter")
        await standing.pilot.pause()
        # The sessions of the fakes began today; their last words differ.
        assert lines(standing, "#of-day") == ["Cake for Sunday", "Taxes"]
        await standing.pilot.press("escape")
        assert isinstance(standing.app.screen, TimelineScreen)
        await standing.pilot.press("enter", "enter")
        await standing.rest()
        assert standing.chat.conversations.current.session_id == "cake"


async def test_an_empty_life_and_a_day_without_sessions_are_told() -> None:
    assistant = FakeAssistant()
    async with stage(assistant) as standing:
        await standing.pilot.press("ctrl+t")
        await standing.rest()
        assert "Nothing has been said yet" in str(
            standing.app.screen.query_one(".found", Static).render()
        )
        await standing.pilot.press("escape")
        await standing.pilot.pause()
        assert len(standing.app.screen_stack) == 1
