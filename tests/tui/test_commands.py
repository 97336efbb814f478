"""Slash commands."""

from __future__ import annotations

import pytest

from tests.tui.conftest import stage
from tests.tui.fakes import FakeAssistant, full_assistant
from tui.actions import ACTIONS
from tui.app import LifeloreApp
from tui.commands import completed, hint, mistake, parse
from tui.screens.chat import ChatScreen
from tui.screens.help import HelpScreen
from tui.screens.profile import ProfileScreen
from tui.screens.search import SearchScreen
from tui.screens.timeline import TimelineScreen
from tui.widgets.prompt import Prompt


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("/new", ("new", "")),
        ("/rate good ", ("rate", "good")),
        ("/search two words", ("search", "two words")),
        ("/nonsense", ("nonsense", "")),
        ("/home/ada is full", None),
        ("/new\nline", None),
        (" /new", None),
        ("/", None),
        ("1/2", None),
    ],
)
def test_what_is_a_command(text: str, meaning: tuple[str, str] | None) -> None:
    assert parse(text) == meaning


@pytest.mark.parametrize(
    ("text", "whole"),
    [("/ne", "/new"), ("/r", "/rate "), ("/t", None), ("/te", "/temporary"), ("/new", None)],
)
def test_completion(text: str, whole: str | None) -> None:
    assert completed(text) == whole


def test_hints_name_what_a_line_may_become() -> None:
    assert hint("/ne") == "/new: begin a new conversation"
    assert hint("/e") == "/edit  /export"
    assert hint("/rate go") == "/rate good|bad: rate the chosen answer"
    assert "There is no /zzz" in hint("/zzz")
    assert "takes nothing" in hint("/new x")
    assert hint("/home/ada") == ""


def test_mistakes_are_explained() -> None:
    assert "There is no /zzz" in mistake("zzz", "")
    assert "takes nothing" in mistake("new", "x")
    assert mistake("rate", "") == "Write /rate good|bad."
    assert mistake("search", "") == mistake("search", "x") == ""


@pytest.mark.parametrize("action", [one for one in ACTIONS if one.command], ids=lambda a: a.name)
def test_every_command_has_its_method(action: object) -> None:
    name = getattr(action, "name", "")
    assert hasattr(LifeloreApp if name == "quit" else ChatScreen, f"action_{name}")


@pytest.mark.parametrize(
    ("command", "screen"),
    [
        ("/help", HelpScreen),
        ("/profile", ProfileScreen),
        ("/search walnuts", SearchScreen),
        ("/forget walnuts", SearchScreen),
        ("/timeline", TimelineScreen),
    ],
)
async def test_commands_open_screens(command: str, screen: type[object]) -> None:
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        await standing.say(command)
        await standing.rest()
        assert isinstance(standing.app.screen, screen)
        assert assistant.sent == []
        await standing.pilot.press("escape")
        await standing.pilot.pause()
        assert standing.one(Prompt).text == ""


async def test_commands_act_on_the_chosen_answer_and_the_conversation() -> None:
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        await standing.say("/rate bad")
        await standing.rest()
        assert assistant.told == [("rate", "t2", 1)]
        await standing.say("/rate so-so")
        await standing.pilot.pause()
        assert "good or bad" in standing.status
        await standing.say("/edit")
        await standing.rest()
        assert standing.one(Prompt).text == "What should I bake for my sister?"
        await standing.pilot.press("escape")
        await standing.say("/temporary")
        await standing.rest()
        assert standing.chat.conversations.current.temporary
        await standing.say("/new")
        await standing.rest()
        assert not standing.chat.conversations.current.temporary
        await standing.say("/quit")
        await standing.pilot.pause()
        assert standing.app.return_code == 0


async def test_an_unknown_command_is_explained_and_can_be_sent_with_a_space() -> None:
    assistant = FakeAssistant()
    async with stage(assistant) as standing:
        await standing.say("/brew tea")
        await standing.pilot.pause()
        assert "There is no /brew" in standing.status
        assert standing.one(Prompt).text == "/brew tea"
        await standing.pilot.press("home", "space", "end", "enter")
        await standing.rest()
        assert [text for _, text in assistant.sent] == [" /brew tea"]


async def test_tab_completes_a_command_and_moves_on_otherwise() -> None:
    async with stage(FakeAssistant()) as standing:
        prompt = standing.one(Prompt)
        await standing.type("/te")
        await standing.pilot.pause()
        assert standing.status.startswith("/temporary: ")
        await standing.pilot.press("tab")
        assert prompt.text == "/temporary"
        assert prompt.has_focus
        await standing.pilot.press("tab")
        assert not prompt.has_focus


async def test_commands_work_while_nothing_could_be_opened() -> None:
    from assistant.errors import SetupNeeded
    from tui.ports import AssistantLike

    def fail() -> AssistantLike:
        raise SetupNeeded("No model.")

    async with stage(FakeAssistant(), opener=fail) as standing:
        for command in ("/search x", "/profile", "/timeline", "/export", "/edit", "/copy"):
            await standing.say(command)
            await standing.pilot.pause()
            assert standing.status, f"{command} says nothing"
            assert standing.one(Prompt).text == ""
            assert len(standing.app.screen_stack) == 1
        await standing.say("/help")
        await standing.pilot.pause()
        assert isinstance(standing.app.screen, HelpScreen)
