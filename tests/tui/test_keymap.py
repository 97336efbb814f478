"""Keys that a user changed, plain mode, and the order of Tab."""

from __future__ import annotations

import pytest
from textual.widgets._footer import FooterKey

from tests.tui.conftest import stage
from tests.tui.fakes import FakeAssistant, full_assistant
from tui.actions import ACTIONS, remapped, shown_key, unknown
from tui.screens.help import HelpScreen
from tui.screens.search import SearchScreen
from tui.widgets.memory_panel import MemoryPanel
from tui.widgets.prompt import Prompt
from tui.widgets.session_list import SessionList
from tui.widgets.transcript import Transcript


@pytest.mark.parametrize(
    ("key", "shown"),
    [("ctrl+n", "^n"), ("f3", "F3"), ("ctrl+up", "^↑"), ("escape", "Esc"), ("plus", "+"), ("", "")],
)
def test_keys_are_written_for_people(key: str, shown: str) -> None:
    assert shown_key(key) == shown


def test_no_key_stands_for_two_actions_of_one_place() -> None:
    for place in ("screen", "answer", "memory"):
        keys = [key for one in ACTIONS if one.place == place for key in one.keys.split(",") if key]
        assert len(keys) == len(set(keys))


def test_a_keymap_changes_what_it_names_and_nothing_else() -> None:
    changed = {one.name: one.keys for one in remapped({"search": "ctrl+k", "zzz": "x"})}
    assert changed["search"] == "ctrl+k"
    assert changed["help"] == "f1,question_mark"
    assert unknown({"search": "ctrl+k", "zzz": "x"}) == ["zzz"]


async def test_changed_keys_work_everywhere_and_are_shown() -> None:
    keymap = {"search": "ctrl+k", "rate_good": "g", "quit": "f10", "zzz": "f9"}
    assistant = full_assistant()
    async with stage(assistant, session_id="cake", keymap=keymap) as standing:
        assert [key.key_display for key in standing.chat.query(FooterKey)].count("^k") == 1
        titles = [one.title for one in standing.app.get_system_commands(standing.chat)]
        assert "Search everything  ^k" in titles

        await standing.pilot.press("ctrl+f")
        await standing.pilot.pause()
        assert len(standing.app.screen_stack) == 1, "the old key still works"
        await standing.pilot.press("ctrl+k")
        await standing.pilot.pause()
        assert isinstance(standing.app.screen, SearchScreen)
        await standing.pilot.press("escape")

        standing.one(Transcript).focus()
        await standing.pilot.press("plus", "g")
        await standing.rest()
        assert assistant.told == [("rate", "t2", 4)]
        assert "g good" in standing.texts(".acts")[0], "the line shows the old key"

        await standing.pilot.press("f1")
        await standing.pilot.pause()
        assert isinstance(standing.app.screen, HelpScreen)
        text = "\n".join(str(row.render()) for row in standing.app.screen.query("#help Static"))
        assert "^k /search" in text
        await standing.pilot.press("escape", "ctrl+q")
        await standing.pilot.pause()
        assert standing.app.return_code is None
        await standing.pilot.press("f10")
        await standing.pilot.pause()
        assert standing.app.return_code == 0


async def test_a_name_in_the_keymap_that_is_no_action_is_told() -> None:
    async with stage(FakeAssistant(), keymap={"zzz": "f9"}) as standing:
        assert standing.status == "No action is called zzz; its keys are ignored."


async def test_plain_mode_draws_no_lines() -> None:
    async with stage(full_assistant(), session_id="cake", plain=True) as standing:
        screenshot = standing.app.export_screenshot()
        assert not set("│─╭╮╰╯┃━") & set(screenshot)
        assert "What&#160;should&#160;I&#160;bake" in screenshot


async def test_tab_goes_around_the_parts_of_the_screen() -> None:
    async with stage(full_assistant(), session_id="cake") as standing:
        seen = []
        for _ in range(4):
            await standing.pilot.press("tab")
            seen.append(type(standing.app.focused))
        assert seen == [MemoryPanel, SessionList, Transcript, Prompt]
