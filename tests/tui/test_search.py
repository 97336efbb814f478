"""Search across everything ever said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Input, OptionList, Static

from memory.errors import IndexBroken
from tests.tui.conftest import Stage, stage
from tests.tui.fakes import FakeAssistant, Gate, full_assistant, memory, plan
from tui.screens.forget import ForgetScreen
from tui.screens.search import SearchScreen
from tui.text import around
from tui.widgets.words import Words


def searchable() -> FakeAssistant:
    assistant = full_assistant()
    first = replace(memory(1, "What should I bake for my sister?"), id="t1", session_id="cake")
    assistant.found["bake"] = [first, memory(2, "word " * 200 + "we bake on [b]Sundays[/b]")]
    return assistant


def lines(standing: Stage) -> list[str]:
    listing = standing.app.screen.query_one(OptionList)
    return [str(listing.get_option_at_index(at).prompt) for at in range(listing.option_count)]


def says(standing: Stage) -> str:
    return str(standing.app.screen.query_one(".found", Static).render())


async def search(standing: Stage, text: str, count: int) -> None:
    await standing.pilot.press("ctrl+f")
    await standing.pilot.pause()
    await standing.type(text)
    await standing.until(lambda: len(lines(standing)) == count)


async def test_typing_searches_once_and_enter_goes_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.screens.search.PAUSE", 1.0)  # no machine types slower
    assistant = searchable()
    async with stage(assistant) as standing:
        await search(standing, "bake", 2)
        assert assistant.told == [("search", "bake")], "each letter asked"
        shown = lines(standing)
        assert shown[0] == "12 Mar 2025 · You\nWhat should I bake for my sister?"
        assert shown[1].split("\n")[1].startswith("…")
        assert "we bake on [b]Sundays[/b]" in shown[1]
        assert says(standing) == "2 found"
        await standing.pilot.press("enter")
        await standing.rest()
        assert len(standing.app.screen_stack) == 1
        current = standing.chat.conversations.current
        assert current.session_id == "cake"
        assert "What should I bake" in current.query_one(".-found", Words).said


async def test_what_comes_for_older_words_is_dropped() -> None:
    assistant = searchable()
    slow = assistant.gates["ba"] = Gate()
    assistant.found["ba"] = [memory(3, "stale")]
    async with stage(assistant) as standing:
        await standing.pilot.press("ctrl+f")
        await standing.pilot.pause()
        await standing.type("ba")
        await standing.reach(slow)
        await standing.type("ke")
        await standing.until(lambda: len(lines(standing)) == 2)
        slow.open()
        await standing.rest()
        assert "stale" not in "".join(lines(standing))
        assert says(standing) == "2 found"


async def test_enter_waits_for_the_results_of_what_is_written() -> None:
    assistant = searchable()
    async with stage(assistant) as standing:
        await search(standing, "bake", 2)
        standing.app.screen.query_one(Input).value = "bak"
        await standing.pilot.press("enter")
        assert isinstance(standing.app.screen, SearchScreen), "it went to what was listed before"


async def test_a_result_is_copied_or_forgotten_from_the_list() -> None:
    assistant = searchable()
    assistant.plans["t1"] = plan("What should I bake")
    async with stage(assistant) as standing:
        await search(standing, "bake", 2)
        await standing.pilot.press("down", "c")
        assert standing.app.clipboard == "What should I bake for my sister?"
        await standing.pilot.press("x")
        await standing.rest()
        assert ("plan_forgetting", "t1") in assistant.told
        assert isinstance(standing.app.screen, ForgetScreen)


async def test_nothing_found_and_failures_are_told() -> None:
    assistant = searchable()
    async with stage(assistant) as standing:
        await search(standing, "zebra", 0)
        await standing.until(lambda: says(standing) == "Nothing was found.")
        await standing.pilot.press("enter")
        assert isinstance(standing.app.screen, SearchScreen)

        def broken(text: str, limit: int = 50) -> list[object]:
            raise IndexBroken("The index is being rebuilt.")

        assistant.search = broken  # type: ignore[assignment,method-assign]
        await standing.type("s")
        await standing.until(lambda: says(standing) == "The index is being rebuilt.")
        await standing.pilot.press("escape")
        await standing.pilot.pause()
        assert len(standing.app.screen_stack) == 1


def test_an_excerpt_begins_shortly_before_the_words() -> None:
    text = "a " * 500 + "needle" + " b" * 500
    assert "needle" in around(text, ["needle"], 100)
    assert len(around(text, ["needle"], 100)) <= 100
    assert around("It began with long words before it.", ["before"], 40) == "…words before it."
    assert around("short", ["x"], 100) == "short"
    assert around("İ" * 300 + "x", ["x"], 50).startswith("İ"), "where case changes lengths"
