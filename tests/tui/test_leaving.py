"""However the screen goes away, what was accepted is on disk, and the next start goes on there."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from memory.events import Draft, Message, Origin
from memory.fakes import HashEmbedder
from memory.store import MemoryStore
from tests.assistant.builders import open_scripted
from tests.tui.conftest import Stage, stage
from tests.tui.fakes import FakeAssistant, FakeSummary, FakeTurn, Gate, script
from tests.tui.scripted_program import BOOKMARK
from tests.tui.terminal import Terminal
from tui.bookmark import Bookmark, Place
from tui.widgets.prompt import Prompt


@contextmanager
def program(home: Path, how: str) -> Iterator[Terminal]:
    store = MemoryStore(home, HashEmbedder())  # where something was said, there is no welcome
    said_before = Message(text="Good morning.")
    store.append([Draft(payload=said_before, session_id="before", origin=Origin.USER)])
    store.close()
    with Terminal("-m", "tests.tui.scripted_program", str(home), how) as terminal:
        terminal.wait_to_see(b"Say anything")  # before that, Enter would be another key
        yield terminal


def said(home: Path) -> list[tuple[Origin, str, str]]:
    """Whose words, the words, and how they ended, in the conversation of this test."""
    store = MemoryStore(home, HashEmbedder())
    assert store.verify().ok
    events = store.log.read_after(0, 1000)
    store.close()
    messages = [(one.origin, one.payload) for one in events if one.session_id != "before"]
    return [(who, m.text, m.status) for who, m in messages if isinstance(m, Message)]


@asynccontextmanager
async def again(home: Path) -> AsyncIterator[Stage]:
    """The next start over the same home."""
    bookmark = Bookmark(home / BOOKMARK)
    async with stage(
        FakeAssistant(), opener=lambda: open_scripted(home), bookmark=bookmark
    ) as standing:
        yield standing
    standing.app.close_assistant()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
async def test_a_signal_in_mid_answer_loses_nothing(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    with program(home, "talks") as terminal:
        terminal.type(b"first\r")
        terminal.wait_for("speaking")
        terminal.type(b"second\rand a draft")
        terminal.wait_to_see(b"and a draft")
        if name == "SIGHUP":
            terminal.close_window()
        terminal.process.send_signal(getattr(signal, name))
        code, _ = terminal.end()
        assert code == 0
        assert b"Traceback" not in terminal.screen

    (who, words, _), (_, answer, status) = said(home)
    assert (who, words, status) == (Origin.USER, "first", "cancelled")
    assert answer.startswith("one word")
    async with again(home) as standing:
        assert standing.one(Prompt).text == "second\nand a draft"
        assert standing.texts("Words")[0].endswith("first")
        assert standing.texts("Answer .notes") == ["stopped"]


async def test_resizes_and_a_megabyte_of_paste_in_mid_answer(tmp_path: Path) -> None:
    home, pasted = tmp_path / "home", "a line of words\n" * 65_536
    with program(home, "talks") as terminal:
        terminal.type(b"first\r")
        terminal.wait_for("speaking")
        for step in range(150):
            terminal.resize(40 + 7 * step % 120, 12 + 5 * step % 40)
        terminal.resize(99, 30)  # wide enough for what is waited for to stand in one line
        terminal.type(b"\x1b[200~" + pasted.encode() + b"\x1b[201~")
        terminal.wait_to_see(b"[pasted 1:")
        terminal.type(b"\r")
        terminal.wait_to_see(b"lines in all")
        terminal.type(b"\x1b")  # stops the answer, so that the next words are sent
        terminal.wait_to_see(b"7,680")  # tokens that the model reads at once, fewer than these
        terminal.process.send_signal(signal.SIGTERM)
        code, _ = terminal.end()
        assert code == 0
        assert b"Traceback" not in terminal.screen
    assert [words for who, words, _ in said(home) if who is Origin.USER] == ["first", pasted]


async def test_a_crash_in_mid_answer_comes_back_where_it_was(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with program(home, "dies") as terminal:
        terminal.type(b"first\r")
        code, _ = terminal.end()
        assert code == -signal.SIGKILL
    async with again(home) as standing:
        assert standing.texts("Words")[0].endswith("first")
        assert "interrupted" in standing.texts("Answer .notes")[0]
        assert standing.one(Prompt).text == ""
    assert said(home)[0][:2] == (Origin.USER, "first")


# The bookmark.


async def test_an_ordinary_quit_leaves_no_place_unless_words_are_unsent(tmp_path: Path) -> None:
    path = tmp_path / BOOKMARK
    assistant = FakeAssistant(
        summaries=[FakeSummary("s", "Cake")], said={"s": [FakeTurn("u", "hello")]}
    )
    async with stage(assistant, session_id="s", bookmark=Bookmark(path)) as standing:
        await standing.say("more")
        await standing.rest()
        assert json.loads(path.read_text())["session"] == "s"
        await standing.pilot.press("ctrl+q")
    assert not path.exists()

    async with stage(assistant, session_id="s", bookmark=Bookmark(path)) as standing:
        await standing.type("half a")
        await standing.pilot.press("ctrl+q")
    assert path.stat().st_mode & 0o777 == 0o600
    async with stage(assistant, bookmark=Bookmark(path)) as standing:
        assert standing.chat.conversations.current.session_id == "s"
        assert standing.one(Prompt).text == "half a"


async def test_nothing_of_a_temporary_conversation_is_kept(tmp_path: Path) -> None:
    path, gate = tmp_path / BOOKMARK, Gate()
    assistant = FakeAssistant()
    assistant.scripts.append(script("Long", (), gate))
    async with stage(assistant, bookmark=Bookmark(path)) as standing:
        await standing.chat.action_temporary_session()
        await standing.say("secret")
        await standing.reach(gate)
        await standing.say("queued secret")
        await standing.type("secret draft")
        standing.chat.keep_place(always=True)
        gate.open()
        await standing.rest()
    assert not path.exists()


def test_a_place_is_not_taken_from_a_run_that_goes_on_or_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / BOOKMARK
    assert Bookmark(path).take() is None
    Bookmark(path).keep(Place("s", "draft"))
    assert Bookmark(path).take() == Place("s", "draft")
    other = {"pid": os.getppid(), "session": "s", "draft": ""}
    path.write_text(json.dumps(other))
    bookmark = Bookmark(path)
    assert bookmark.take() is None
    bookmark.clear()
    assert path.exists(), "it is the other run's"
    path.write_text("{")
    assert Bookmark(path).take() is None
    Bookmark(tmp_path / "no folder" / BOOKMARK).keep(Place("s"))
