"""Keys that a user changed, plain mode, and the order of Tab."""

from __future__ import annotations

import re

import pytest
from textual.widgets._footer import FooterKey

from assistant.errors import SettingsInvalid
from tests.tui.conftest import stage
from tests.tui.fakes import FakeAssistant, full_assistant
from tui.actions import ACTIONS, remapped, shown_key
from tui.app import run
from tui.keymap import mistake
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
    changed = {one.name: one.keys for one in remapped({"search": "ctrl+k"})}
    assert changed["search"] == "ctrl+k"
    assert changed["help"] == "f1,question_mark"


@pytest.mark.parametrize(
    "keys", ["ctrl+k", "f12,ctrl+shift+left", "g", "é", "exclamation_mark", "alt+plus"]
)
def test_keys_that_can_be_used(keys: str) -> None:
    assert mistake({"search": keys}) == ""
    assert mistake({one.name: one.keys for one in ACTIONS if one.keys}) == ""


@pytest.mark.parametrize(
    ("keymap", "told"),
    [
        ({"serach": "ctrl+k"}, "No action is called 'serach'; there are new_session, "),
        ({"search": ""}, "'' for search is no key"),
        ({"search": "^k"}, "'^k' for search is no key"),
        ({"search": "f5, f6"}, "' f6' for search is no key"),
        ({"search": "strg+k"}, "'strg+k' for search is no key"),
        ({"search": "ctrl+n"}, "The key ctrl+n would stand for both new_session and search."),
    ],
)
def test_a_keymap_that_cannot_be_used_is_refused_before_anything_is_drawn(
    keymap: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingsInvalid, match=re.escape(told)):
        run(FakeAssistant, keymap=keymap)


async def test_keys_may_be_swapped() -> None:
    keymap = {"search": "ctrl+n", "new_session": "ctrl+f"}
    assert mistake(keymap) == ""
    async with stage(full_assistant(), session_id="cake", keymap=keymap) as standing:
        await standing.pilot.press("ctrl+n")
        await standing.pilot.pause()
        assert isinstance(standing.app.screen, SearchScreen)
        await standing.pilot.press("escape", "ctrl+f")
        await standing.rest()
        assert standing.texts("#title") == ["New session"]


async def test_changed_keys_work_everywhere_and_are_shown() -> None:
    keymap = {"search": "ctrl+k", "rate_good": "g", "quit": "f10"}
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


async def test_plain_mode_draws_no_lines() -> None:
    async with stage(full_assistant(), session_id="cake", plain=True) as standing:
        screenshot = standing.app.export_screenshot()
        assert not set("│─╭╮╰╯┃━") & set(screenshot)
        assert "What&#160;should&#160;I&#160;bake" in screenshot


@pytest.mark.parametrize("without", [True, False])
async def test_without_colour_there_are_shades_of_grey_alone(
    without: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if without:
        monkeypatch.setenv("NO_COLOR", "1")
    async with stage(full_assistant(), session_id="cake") as standing:
        styles = re.findall(r"-r\d+ { fill: #(..)(..)(..)", standing.app.export_screenshot())
    frame = ("c5", "c8", "c6")  # of the picture's own title
    assert all(red == green == blue for red, green, blue in {*styles} - {frame}) is without


async def test_tab_goes_around_the_parts_of_the_screen() -> None:
    async with stage(full_assistant(), session_id="cake") as standing:
        seen = []
        for _ in range(4):
            await standing.pilot.press("tab")
            seen.append(type(standing.app.focused))
        assert seen == [MemoryPanel, SessionList, Transcript, Prompt]
