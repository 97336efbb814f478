"""Panels, widths, help, palette and themes."""

from __future__ import annotations

import pytest
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from tests.tui.conftest import Stage, stage
from tests.tui.fakes import FakeAssistant, full_assistant
from tui.actions import ACTIONS
from tui.app import LifeloreApp
from tui.screens.chat import ChatScreen
from tui.screens.help import HelpScreen
from tui.widgets.memory_panel import MemoryPanel
from tui.widgets.prompt import Prompt
from tui.widgets.session_list import SessionList
from tui.widgets.transcript import Transcript

PANELS = [("ctrl+b", SessionList), ("f2", SessionList), ("ctrl+o", MemoryPanel)]


def width_of_chat(standing: Stage) -> int:
    return standing.one(Transcript).region.width


@pytest.mark.parametrize(("key", "kind"), PANELS)
async def test_wide_panels_stand_beside_the_chat_and_toggle(
    key: str, kind: type[SessionList] | type[MemoryPanel]
) -> None:
    async with stage(full_assistant(), (140, 40)) as standing:
        panel = standing.chat.query_one(kind)
        before = width_of_chat(standing)
        assert panel.display
        await standing.pilot.press(key)
        await standing.pilot.pause()
        assert not panel.display
        assert width_of_chat(standing) > before
        assert standing.one(Prompt).has_focus
        await standing.pilot.press(key)
        await standing.pilot.pause()
        assert panel.display
        assert panel.has_focus


@pytest.mark.parametrize(("key", "kind"), PANELS)
@pytest.mark.parametrize("width", [60, 99])
async def test_narrow_panels_lie_over_the_chat(
    key: str, kind: type[SessionList] | type[MemoryPanel], width: int
) -> None:
    async with stage(full_assistant(), (width, 30)) as standing:
        panel = standing.chat.query_one(kind)
        assert not panel.display
        assert width_of_chat(standing) == width
        await standing.pilot.press(key)
        await standing.pilot.pause()
        assert panel.display
        assert panel.has_focus
        assert width_of_chat(standing) == width, "an overlay takes no room"
        await standing.pilot.press("escape")
        await standing.pilot.pause()
        assert not panel.display
        assert standing.one(Prompt).has_focus


async def test_one_overlay_at_a_time() -> None:
    async with stage(full_assistant(), (90, 30)) as standing:
        await standing.pilot.press("ctrl+b", "ctrl+o")
        await standing.pilot.pause()
        assert not standing.one(SessionList).display
        assert standing.one(MemoryPanel).display


async def test_choosing_a_session_closes_the_overlay() -> None:
    async with stage(full_assistant(), (90, 30)) as standing:
        await standing.pilot.press("ctrl+b", "home", "enter")
        await standing.rest()
        assert not standing.one(SessionList).display
        assert standing.one(Prompt).has_focus
        assert standing.chat.conversations.current.session_id == "cake"


@pytest.mark.parametrize("key", ["ctrl+b", "f2", "ctrl+o"])
async def test_below_sixty_columns_there_is_the_chat_alone(key: str) -> None:
    async with stage(full_assistant(), (59, 20)) as standing:
        await standing.pilot.press(key)
        await standing.pilot.pause()
        assert not standing.one(SessionList).display
        assert not standing.one(MemoryPanel).display
        assert standing.one(Prompt).has_focus


async def test_a_terminal_that_grows_gets_its_panels_back() -> None:
    async with stage(full_assistant(), (59, 30)) as standing:
        await standing.pilot.resize_terminal(140, 40)
        await standing.pilot.pause()
        assert standing.one(SessionList).display
        assert standing.one(MemoryPanel).display


@pytest.mark.parametrize("size", [(140, 40), (90, 30), (60, 24), (50, 20)])
async def test_the_footer_has_at_most_six_keys_and_they_fit(size: tuple[int, int]) -> None:
    async with stage(FakeAssistant(), size) as standing:
        keys = list(standing.one(Footer).query(FooterKey))
        assert 1 <= len(keys) <= 6
        assert max(key.region.right for key in keys) <= size[0]


@pytest.mark.parametrize("close", ["escape", "f1", "q"])
async def test_help_lists_every_key_and_closes(close: str) -> None:
    async with stage(FakeAssistant()) as standing:
        await standing.pilot.press("f1")
        await standing.pilot.pause()
        assert isinstance(standing.app.screen, HelpScreen)
        text = "\n".join(str(row.render()) for row in standing.app.screen.query("#help Static"))
        for action in ACTIONS:
            assert action.help in text
            assert action.all_shown in text
        await standing.pilot.press(close)
        await standing.pilot.pause()
        assert len(standing.app.screen_stack) == 1


async def test_a_question_mark_is_a_character_in_the_prompt_and_help_elsewhere() -> None:
    async with stage(FakeAssistant()) as standing:
        await standing.pilot.press("question_mark")
        assert standing.one(Prompt).text == "?"
        standing.one(Transcript).focus()
        await standing.pilot.press("question_mark")
        await standing.pilot.pause()
        assert isinstance(standing.app.screen, HelpScreen)


async def test_the_palette_has_every_action() -> None:
    async with stage(FakeAssistant()) as standing:
        commands = list(standing.app.get_system_commands(standing.chat))
        assert [command.title for command in commands] == [
            f"{action.title}  {action.shown}".rstrip() for action in ACTIONS if action.alone
        ]
        await standing.pilot.press("ctrl+p")
        await standing.type("light")
        await standing.rest()
        await standing.pilot.press("enter")
        await standing.rest()
        assert standing.app.theme == "lifelore-light"


@pytest.mark.parametrize("name", [action.name for action in ACTIONS])
def test_the_table_and_the_methods_name_the_same_actions(name: str) -> None:
    owner = LifeloreApp if name == "quit" else ChatScreen
    assert hasattr(owner, f"action_{name}")


async def test_f3_changes_between_light_and_dark() -> None:
    async with stage(FakeAssistant()) as standing:
        assert standing.app.theme == "lifelore-dark"
        await standing.pilot.press("f3")
        assert standing.app.theme == "lifelore-light"
        await standing.pilot.press("f3")
        assert standing.app.theme == "lifelore-dark"


async def test_page_keys_scroll_the_conversation_from_the_prompt() -> None:
    from tests.tui.fakes import FakeSummary, FakeTurn

    turns = [FakeTurn(f"t{n}", f"turn {n}") for n in range(60)]
    assistant = FakeAssistant(summaries=[FakeSummary("s", "S")], said={"s": turns})
    async with stage(assistant, session_id="s") as standing:
        transcript = standing.one(Transcript)
        bottom = transcript.scroll_y
        assert bottom > 0
        await standing.pilot.press("pageup")
        await standing.pilot.pause()
        assert transcript.scroll_y < bottom
        await standing.pilot.press("pagedown")
        await standing.pilot.pause()
        assert transcript.scroll_y == bottom


async def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage(full_assistant(), session_id="cake") as standing:
        assert standing.app.no_color
        assert "What should I bake" in standing.texts("Words")[0]


async def test_ctrl_q_quits() -> None:
    async with stage(FakeAssistant()) as standing:
        await standing.pilot.press("ctrl+q")
        await standing.pilot.pause()
        assert standing.app.return_code == 0


async def test_a_long_hint_is_shown_whole() -> None:
    async with stage(FakeAssistant(), (60, 24)) as standing:
        standing.chat.status.hint("word " * 25 + "end")
        await standing.pilot.pause()
        assert standing.chat.status.region.height > 1
        standing.chat.status.hint("")
        await standing.pilot.pause()
        assert standing.chat.status.region.height == 1
