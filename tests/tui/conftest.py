"""Apps over the scripted assistant, and the way to wait until they are at rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import pytest
from textual._context import active_app
from textual.app import App
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from tests.tui.fakes import CLOCK, FakeAssistant, Gate
from tui.app import LifeloreApp
from tui.bookmark import Bookmark
from tui.ports import AssistantLike, ModelsLike, NightsLike
from tui.screens.chat import ChatScreen
from tui.screens.confirm import ConfirmScreen
from tui.widgets.key_line import KeyLine
from tui.widgets.transcript import Transcript

W = TypeVar("W", bound=Widget)


@pytest.fixture(autouse=True)
def _colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of whoever runs the tests must not change what they see."""
    for name in ("NO_COLOR", "TEXTUAL", "TEXTUAL_THEME", "TEXTUAL_ANIMATIONS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a key, Textual's pilot waits a second or two unless the process is all but idle.

    On a loaded machine it never is. The pilot waits for the widgets' messages anyway, and what a
    timer or a thread brings about is waited for by name.
    """

    async def step(*_: float) -> None:
        app = active_app.get()
        quiet = 0
        async with asyncio.timeout(60):
            while quiet < 3:
                await asyncio.sleep(0.001)
                quiet = 0 if any(map(_has_messages, _pumps(app))) else quiet + 1

    monkeypatch.setattr("textual.app.wait_for_idle", step)
    monkeypatch.setattr("textual.pilot.wait_for_idle", step)


def _pumps(app: App[object]) -> Iterator[MessagePump]:
    yield app
    for screen in app.screen_stack:
        yield from screen.walk_children(with_self=True)


def _has_messages(pump: MessagePump) -> bool:
    return pump.message_queue_size > 0 or bool(pump._next_callbacks)


@dataclass
class Stage:
    """A running app, its pilot, and the assistant behind it."""

    app: LifeloreApp
    pilot: Pilot[None]
    assistant: FakeAssistant

    @property
    def status(self) -> str:
        return self.texts("StatusLine #doing")[0]

    @property
    def chat(self) -> ChatScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, ChatScreen)
        return screen

    def one(self, kind: type[W]) -> W:
        return self.chat.query_one(kind)

    def texts(self, selector: str) -> list[str]:
        """The plain text of these widgets, top to bottom."""
        return [str(widget.render()) for widget in self.chat.query(selector).results(Static)]

    async def rest(self) -> None:
        """Wait until no worker runs, nothing is queued, and the screen is drawn."""
        async with asyncio.timeout(60):
            while True:
                await self.app.workers.wait_for_complete()
                await self.pilot.pause()
                growing = any(one.growing for one in self.chat.query(Transcript))
                if not self.chat.in_flight and self.chat.outbox.running is None and not growing:
                    break
        await self.pilot.pause()

    async def until(self, true: Callable[[], object]) -> None:
        """Wait for what a timer or a thread brings about."""
        async with asyncio.timeout(60):
            while not true():
                await self.pilot.pause(0.02)

    async def asked(self) -> None:
        """Wait until it is asked whether something is to be done."""

        def asking() -> bool:
            screen = self.app.screen
            return isinstance(screen, ConfirmScreen) and bool(screen.query(KeyLine))

        await self.until(asking)
        await self.pilot.pause()

    async def reach(self, gate: Gate) -> None:
        """Wait until a script stands at this gate and the screen shows what came before."""
        assert await asyncio.to_thread(gate.reached.wait, 60)
        await self.pilot.pause()

    async def say(self, text: str) -> None:
        await self.type(text)
        await self.pilot.press("enter")
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        for character in text:
            await self.pilot.press("space" if character == " " else character)


@asynccontextmanager
async def stage(
    assistant: FakeAssistant,
    size: tuple[int, int] = (140, 40),
    session_id: str | None = None,
    opener: Callable[[], AssistantLike] | None = None,
    *,
    rest: bool = True,
    keymap: Mapping[str, str] | None = None,
    plain: bool = False,
    nights: NightsLike | None = None,
    models: ModelsLike | None = None,
    bookmark: Bookmark | None = None,
) -> AsyncIterator[Stage]:
    app = LifeloreApp(
        opener or (lambda: assistant),
        session_id,
        clock=CLOCK,
        keymap=keymap,
        plain=plain,
        nights=None if nights is None else lambda: nights,
        models=None if models is None else lambda: models,
        bookmark=bookmark,
    )
    async with app.run_test(size=size) as pilot:
        standing = Stage(app, pilot, assistant)
        await pilot.pause()
        if rest:
            await standing.rest()
        yield standing
