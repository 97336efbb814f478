"""Tastes as bars, and people."""

from __future__ import annotations

from textual.widgets import Input, OptionList, Static

from tests.tui.conftest import Stage, stage
from tests.tui.fake_portrait import pictured
from tests.tui.fakes import FakeAssistant, full_assistant
from tui.screens.portrait import PortraitScreen
from tui.screens.search import SearchScreen


async def open_portrait(standing: Stage) -> OptionList:
    await standing.pilot.press("f8")
    await standing.rest()
    assert isinstance(standing.app.screen, PortraitScreen)
    return standing.app.screen.query_one(OptionList)


def shown(standing: Stage) -> str:
    return str(standing.app.screen.query_one("#portrait-text", Static).render())


def known() -> FakeAssistant:
    assistant = full_assistant()
    assistant.pictured = pictured()
    return assistant


async def test_tastes_are_bars_and_people_stand_by_role() -> None:
    async with stage(known()) as standing:
        listing = await open_portrait(standing)
        rows = [str(listing.get_option_at_index(at).prompt) for at in range(listing.option_count)]
        assert rows == [
            "Tastes",
            "  ▮▮▮▮▮ I love cardamom buns.",
            "  ▮▮▮▯▯ I can't stand walnuts.",
            "  ▮▮▯▯▯ You often ask for: short answers (4 times)",
            "Family",
            "  Anna  14×, Today",
            "  My aunt lives in Ghent.  1×, 18 Mar 2025",
            "Pet",
            "  Rex  3×, 18 Feb 2025",
        ]
        await standing.until(lambda: "My sister is allergic to walnuts, badly." in shown(standing))
        assert "92% sure" in shown(standing)
        assert "Said 3 times, last 11 Mar 2025. Holds: at breakfast." in shown(standing)
        await standing.pilot.press("down")
        await standing.until(lambda: "I can't stand walnuts." in shown(standing))
        assert "badly" not in shown(standing), "sources of the one before"


async def test_a_person_is_told_of_and_looked_for() -> None:
    async with stage(known()) as standing:
        await open_portrait(standing)
        await standing.pilot.press("down", "down", "down")
        await standing.until(lambda: "Spoken of in 14 turns" in shown(standing))
        assert "Anna bakes on Sundays." in shown(standing)
        await standing.pilot.press("enter")
        await standing.until(lambda: isinstance(standing.app.screen, SearchScreen))
        await standing.until(lambda: bool(standing.app.screen.query(Input)))
        assert standing.app.screen.query_one(Input).value == "Anna"


async def test_someone_without_a_name_cannot_be_looked_for() -> None:
    async with stage(known()) as standing:
        await open_portrait(standing)
        await standing.pilot.press("down", "down", "down", "down")
        await standing.until(lambda: "Family. Spoken of in one turn" in shown(standing))
        await standing.pilot.press("enter")
        await standing.pilot.pause()
        assert isinstance(standing.app.screen, PortraitScreen)
        await standing.pilot.press("escape")
        await standing.pilot.pause()
        assert len(standing.app.screen_stack) == 1


async def test_of_a_stranger_it_is_said_what_will_stand_here() -> None:
    async with stage(FakeAssistant()) as standing:
        await open_portrait(standing)
        await standing.until(lambda: "Nothing is known yet" in shown(standing))
        await standing.pilot.press("enter", "escape")
        await standing.pilot.pause()
        assert len(standing.app.screen_stack) == 1
