"""The nights and their adapters."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList, Sparkline, Static

from tests.tui.conftest import Stage, stage
from tests.tui.fake_nights import FakeNights
from tests.tui.fakes import FakeAssistant
from tui.screens.nights import NightsScreen


async def open_nights(standing: Stage) -> OptionList:
    await standing.pilot.press("f5")
    await standing.rest()
    assert isinstance(standing.app.screen, NightsScreen)
    return standing.app.screen.query_one(OptionList)


def listed(listing: OptionList) -> list[str]:
    return [str(listing.get_option_at_index(at).prompt) for at in range(listing.option_count)]


def shown(standing: Stage, selector: str = "#night-text") -> str:
    return str(standing.app.screen.query_one(selector, Static).render())


async def test_nights_and_adapters_are_listed_and_the_newest_night_is_told() -> None:
    async with stage(FakeAssistant(), nights=FakeNights()) as standing:
        listing = await open_nights(standing)
        assert listed(listing) == [
            "Adapters",
            "    3  16 Mar 2025  not promoted",
            "●   2  15 Mar 2025  in use",
            "    1  14 Mar 2025  kept",
            "Nights",
            "  16 Mar 2025  adapter 3 not promoted",
            "  15 Mar 2025  adapter 2 promoted",
            "  14 Mar 2025  adapter 1 promoted",
        ]
        assert "Night of 16 Mar 2025" in shown(standing)
        assert "03:02  42 turns read" in shown(standing)
        assert "new          ▮▮▮▮▮▮▮▮▯▯   75%" in shown(standing)
        plot = standing.app.screen.query_one(Sparkline)
        assert plot.data == pytest.approx([0.04, 0.11, 0.2])
        await standing.pilot.press("escape")
        await standing.pilot.pause()
        assert len(standing.app.screen_stack) == 1


async def test_an_adapter_serves_once_that_is_confirmed() -> None:
    nights = FakeNights()
    async with stage(FakeAssistant(), nights=nights) as standing:
        listing = await open_nights(standing)
        await standing.pilot.press("home", "enter")
        await standing.asked()
        await standing.pilot.press("escape")
        await standing.pilot.pause()
        assert nights.told == []
        await standing.pilot.press("enter")
        await standing.asked()
        await standing.pilot.press("y")
        await standing.rest()
        assert nights.told == [("promote", 3)]
        assert shown(standing, "#nights-status") == "Adapter 3 serves from the next answer on."
        assert "●   3  16 Mar 2025  in use" in listed(listing)
        assert "Adapter 3 · in use" in shown(standing)
        await standing.pilot.press("enter")
        await standing.pilot.pause()
        assert shown(standing, "#nights-status") == "Adapter 3 is in use already."


async def test_what_served_before_serves_again() -> None:
    nights = FakeNights()
    async with stage(FakeAssistant(), nights=nights) as standing:
        await open_nights(standing)
        await standing.pilot.press("r")
        await standing.asked()
        await standing.pilot.press("y")
        await standing.rest()
        assert nights.told == [("rollback",)]
        assert shown(standing, "#nights-status") == "Adapter 1 serves again."


async def test_a_refusal_is_told_and_changes_nothing() -> None:
    nights = FakeNights(refused="Adapter 3 has no weights any more.")
    async with stage(FakeAssistant(), nights=nights) as standing:
        listing = await open_nights(standing)
        before = listed(listing)
        await standing.pilot.press("home", "enter")
        await standing.asked()
        await standing.pilot.press("enter")
        await standing.rest()
        assert shown(standing, "#nights-status") == "Adapter 3 has no weights any more."
        assert listed(listing) == before


async def test_a_home_without_nights_says_how_to_have_one() -> None:
    async with stage(FakeAssistant(), nights=FakeNights(empty=True)) as standing:
        await open_nights(standing)
        assert "There was no night yet" in shown(standing)
        await standing.pilot.press("enter", "r")
        await standing.pilot.pause()
        assert "No adapter is in use" in shown(standing, "#nights-status")
        assert isinstance(standing.app.screen, NightsScreen)


async def test_without_nights_there_is_a_hint() -> None:
    async with stage(FakeAssistant()) as standing:
        await standing.say("/nights")
        await standing.pilot.pause()
        assert standing.status == "There are no nights here."
