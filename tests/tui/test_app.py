"""Opening, closing, and what is imported before the first paint."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from assistant.errors import SetupNeeded
from memory.errors import HomeUnusable
from tests.tui.conftest import stage
from tests.tui.fakes import FakeAssistant, FakeSession, Gate, script
from tests.tui.terminal import ROOT, Terminal
from tui.ports import AssistantLike, SessionLike, SummaryLike, TurnLike
from tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from assistant.session import Assistant

HEAVY = (
    "torch",
    "chromadb",
    "llama_cpp",
    "transformers",
    "langgraph",
    "pydantic",
    "assistant.build",
)


def test_importing_the_app_imports_nothing_heavy() -> None:
    code = f"import sys, tui.app; print([n for n in {HEAVY!r} if n in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (SetupNeeded("No model yet; run `lifelore setup`."), "No model yet; run `lifelore setup`."),
        (HomeUnusable("The home is read-only."), "The home is read-only."),
        (ImportError("no [module]"), "Something unexpected happened: ImportError: no [module]."),
    ],
)
async def test_a_failure_to_open_is_one_sentence(error: Exception, sentence: str) -> None:
    def fail() -> AssistantLike:
        raise error

    async with stage(FakeAssistant(), opener=fail) as standing:
        assert standing.texts("NoticeLine") == [sentence]
        await standing.say("hello")
        assert standing.one(Prompt).text == "hello", "what cannot be sent stays in the prompt"
        assert "could not open" in standing.texts("StatusLine #doing")[0]
        await standing.pilot.press("ctrl+b", "ctrl+n", "f1", "escape", "ctrl+q")
        await standing.pilot.pause()
        assert standing.app.failed


async def test_words_queued_before_a_failure_to_open_are_marked() -> None:
    gate = Gate()

    def fail() -> AssistantLike:
        gate.pass_through()
        raise SetupNeeded("No model.")

    async with stage(FakeAssistant(), opener=fail, rest=False) as standing:
        await standing.reach(gate)
        await standing.say("hello")
        assert "queued" in standing.texts("Words")[0]
        gate.open()
        await standing.rest()
        assert "not sent" in standing.texts("Words")[0]


async def test_the_screen_is_there_before_the_assistant_is_opened() -> None:
    gate = Gate()

    def slow() -> AssistantLike:
        gate.pass_through()
        return FakeAssistant()

    async with stage(FakeAssistant(), opener=slow, rest=False) as standing:
        await standing.reach(gate)
        assert "Lifelore" in standing.app.export_screenshot()
        assert standing.texts("StatusLine #doing") == ["Waking up"]
        gate.open()
        await standing.rest()


async def test_leaving_cancels_the_running_turn() -> None:
    gate = Gate()
    assistant = FakeAssistant()
    assistant.scripts.append(script("Long", (), gate))
    async with stage(assistant) as standing:
        await standing.say("go")
        await standing.reach(gate)
    assert assistant.opened[0].cancels


def _the_assistant_satisfies_the_protocol(assistant: Assistant) -> AssistantLike:
    """Never called: mypy is the test."""
    return assistant


def test_the_fakes_satisfy_the_protocols() -> None:
    """Checked by mypy; the names are used so that the imports are too."""
    assistant = FakeAssistant()
    as_assistant: AssistantLike = assistant
    as_session: SessionLike = FakeSession(assistant, "s")
    summaries: list[SummaryLike] = list(assistant.sessions())
    turns: list[TurnLike] = list(as_session.turns())
    assert (as_assistant.model_name, summaries, turns) == ("qwen3-4b", [], [])


_PROGRAM = """
import os, sys
from tests.tui.fakes import FakeAssistant
from memory.errors import HomeUnusable
from tui.app import run

def tell(*words):
    os.write(int(sys.argv[2]), " ".join(map(str, (*words, ""))).encode())

class Told(FakeAssistant):
    def warm_up(self):
        tell("warm")
        return iter(())
    def close(self):
        tell("closed")
    def sessions(self):
        if self.sent:
            tell("answered", *(repr(text) for _, text in self.sent))
        return super().sessions()

def fail():
    tell("failing")
    raise HomeUnusable("No home.")

code = run(fail if sys.argv[1] == "fail" else Told)
tell("left", code)
sys.exit(code)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_an_ending_signal_closes_everything(name: str) -> None:
    with Terminal("-c", _PROGRAM, "well") as terminal:
        terminal.wait_for("warm")
        if name == "SIGHUP":
            terminal.close_window()  # and with it goes every place to write to
        terminal.process.send_signal(getattr(signal, name))
        code, told = terminal.end()
        assert "closed left 0" in told
        assert b"Traceback" not in terminal.screen
        assert code == 0


@pytest.mark.parametrize(("how", "word", "code"), [("well", "warm", 0), ("fail", "failing", 1)])
def test_run_returns_the_exit_code(how: str, word: str, code: int) -> None:
    with Terminal("-c", _PROGRAM, how) as terminal:
        terminal.wait_for(word)
        os.write(terminal.master, b"\x11")  # Ctrl-Q
        returned, told = terminal.end()
        assert f"left {code}" in told
        assert ("closed" in told) == (how == "well")
        assert b"Traceback" not in terminal.screen
        assert returned == code


def test_keys_that_come_at_once_are_taken_in_their_order() -> None:
    with Terminal("-c", _PROGRAM, "well") as terminal:
        terminal.wait_for("warm")
        os.write(terminal.master, b"one\x0atwo\x0dthree\x0d")
        terminal.wait_for("answered 'one\\ntwo' 'three'")
        os.write(terminal.master, b"\x11")
        code, _ = terminal.end()
        assert code == 0
