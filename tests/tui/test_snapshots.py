"""How the chat looks. Accept a wanted change with `pytest tests/tui --snapshot-update`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import Stage
from tests.tui.fakes import CLOCK, FakeAssistant, Gate, full_assistant, memory, script
from tui.app import LifeloreApp

Compare = Callable[..., bool]
SIZES = [(50, 20), (90, 30), (140, 40)]


def app_over(assistant: FakeAssistant, theme: str, session_id: str | None = "cake") -> LifeloreApp:
    return LifeloreApp(lambda: assistant, session_id, clock=CLOCK, theme=f"lifelore-{theme}")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_chat(snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    assistant = full_assistant()
    used = (memory(1, "My sister is allergic to walnuts, badly.", days=373),)
    assistant.scripts.append(script("Yes: **180 °C** suits `bake` well.", used))
    app = app_over(assistant, theme)

    async def ask(pilot: Pilot[None]) -> None:
        standing = Stage(app, pilot, assistant)
        await standing.rest()
        await standing.say("And the oven")
        await standing.rest()

    assert snap_compare(app, terminal_size=size, run_before=ask)


def test_queued(snap_compare: Compare) -> None:
    assistant, gate = full_assistant(), Gate()
    assistant.scripts.append(script("Yes, it does suit", (), gate))
    app = app_over(assistant, "dark")

    async def ask(pilot: Pilot[None]) -> None:
        standing = Stage(app, pilot, assistant)
        await standing.rest()
        await standing.say("And the oven")
        await standing.reach(gate)
        await standing.say("And the tin")
        # Leaving ends the turn, which opens the gate.

    assert snap_compare(app, terminal_size=(90, 30), run_before=ask)


@pytest.mark.parametrize("key", ["ctrl+b", "ctrl+o", "f1"])
def test_overlays(snap_compare: Compare, key: str) -> None:
    assistant = full_assistant()
    app = app_over(assistant, "dark")

    async def open_overlay(pilot: Pilot[None]) -> None:
        standing = Stage(app, pilot, assistant)
        await standing.rest()
        await pilot.press(key)

    assert snap_compare(app, terminal_size=(90, 30), run_before=open_overlay)


def test_new_session(snap_compare: Compare) -> None:
    assistant = full_assistant()
    app = app_over(assistant, "light", None)

    async def rest(pilot: Pilot[None]) -> None:
        await Stage(app, pilot, assistant).rest()

    assert snap_compare(app, terminal_size=(140, 40), run_before=rest)
