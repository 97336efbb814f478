"""How the chat looks. Accept a wanted change with `pytest tests/tui --snapshot-update`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from assistant.models.base import ChatMessage
from assistant.updates import Accepted, Approving, Decision, Delta, Sent, Working
from memory.events import Origin
from memory.user.lines import Section
from tests.tui.conftest import Stage
from tests.tui.fake_models import FakeModels
from tests.tui.fake_nights import FakeNights
from tests.tui.fake_portrait import pictured
from tests.tui.fakes import (
    CLOCK,
    NOW,
    FakeAssistant,
    Gate,
    answered,
    full_assistant,
    line,
    memory,
    plan,
    question,
    script,
)
from tools.approval import Proposal
from tui.app import LifeloreApp
from tui.widgets.document_card import DocumentCard
from tui.widgets.key_line import KeyLine
from tui.widgets.prompt import Prompt
from tui.widgets.proposal_line import ProposalLine

Compare = Callable[..., bool]
SIZES = [(50, 20), (90, 30), (140, 40)]


def app_over(assistant: FakeAssistant, theme: str, session_id: str | None = "cake") -> LifeloreApp:
    return LifeloreApp(
        lambda: assistant,
        session_id,
        clock=CLOCK,
        theme=f"lifelore-{theme}",
        nights=FakeNights,
        models=FakeModels,
    )


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


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_what_was_sent(snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    assistant = full_assistant()
    given = (
        ChatMessage("system", "You are Lifelore. Be brief and plain."),
        ChatMessage("user", "Notes:\n- My sister is allergic to walnuts.\n\nQuestion: Which cake?"),
    )
    assistant.scripts.append([Accepted("u", "s"), Sent(given), Delta("Apple."), answered("Apple.")])
    app = app_over(assistant, theme)

    async def ask(pilot: Pilot[None]) -> None:
        standing = Stage(app, pilot, assistant)
        await standing.rest()
        await standing.say("Which cake?")
        await standing.rest()
        await standing.say("/sent")
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=ask)


@pytest.mark.parametrize("looked_at", [False, True], ids=["line", "whole"])
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_what_waits_for_a_yes(
    snap_compare: Compare, size: tuple[int, int], theme: str, looked_at: bool
) -> None:
    assistant = full_assistant()
    before = "# Lyon\n\n- map\n- charger\n"
    proposal = Proposal(Path("/home/ann/Documents/Lifelore/lyon.md"), before, before + "- tent\n")
    approving = Approving(proposal, Decision())
    assistant.scripts.append(
        [Accepted("u", "s"), Working("Waiting for your yes"), approving, answered("Saved.")]
    )
    app = app_over(assistant, theme)

    async def ask(pilot: Pilot[None]) -> None:
        standing = Stage(app, pilot, assistant)
        await standing.rest()
        await standing.say("Save that as lyon.md")
        await standing.until(lambda: standing.one(ProposalLine).display)
        if looked_at:
            await pilot.press("ctrl+g")
            await standing.until(lambda: app.screen.query(KeyLine))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=ask)


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


PAGE = """# About me

## Identity
- My name is Ada [2024-03-12 said] ^abcdefgh

## May I keep this?
- [ ] I'm allergic to shellfish [2024-03-12 said] ^bbbbbbbb
"""


def rich_assistant() -> FakeAssistant:
    """One with something to show on every screen."""
    assistant = full_assistant()
    assistant.page = PAGE
    assistant.pictured = pictured()
    assistant.days = [(NOW.date() - timedelta(days=n * n % 170), 3 + n * 7 % 23) for n in range(40)]
    assistant.found["bake"] = [
        memory(1, "What should I bake for my sister?"),
        memory(3, "The bakery on the corner closes at six.", Origin.THIRD_PARTY, "Marc", days=200),
    ]
    assistant.plans["t1"] = plan("What should I bake?", with_it=("An apple cake would suit.",))
    used = tuple(assistant.remembered.values())
    lines = (line("Bakes on Sundays.", Section.HABITS, confirmed=True), line("Avoids walnuts."))
    assistant.scripts.append(
        [Accepted("u", "s"), answered("180 °C [1].", used, lines=lines, asked=question())]
    )
    return assistant


async def _question(standing: Stage) -> None:
    await standing.say("And the oven")
    await standing.rest()
    await standing.pilot.press("ctrl+g", "w")


async def _search(standing: Stage) -> None:
    await standing.say("/search bake")
    standing.app.screen.query_one(Input).cursor_blink = False
    listing = standing.app.screen.query_one(OptionList)
    await standing.until(lambda: listing.option_count == 2)


async def _profile(standing: Stage) -> None:
    await standing.pilot.press("ctrl+u")
    await standing.rest()
    await standing.pilot.press("down", "down", "down")
    sources = standing.app.screen.query_one("#sources Static", Static)
    await standing.until(lambda: "badly" in str(sources.render()))


async def _timeline(standing: Stage) -> None:
    await standing.pilot.press("ctrl+t")


async def _forget(standing: Stage) -> None:
    await standing.say("/forget")


async def _temporary(standing: Stage) -> None:
    await standing.say("/temporary")
    await standing.type("/e")


async def _nights(standing: Stage) -> None:
    await standing.say("/nights")


async def _models(standing: Stage) -> None:
    await standing.say("/models")


async def _people(standing: Stage) -> None:
    await standing.say("/people")
    page = standing.app.screen.query_one("#portrait-text", Static)
    await standing.until(lambda: "badly" in str(page.render()))


async def _attached(standing: Stage) -> None:
    standing.one(Prompt).insert("/attach terms.txt")
    await standing.pilot.press("enter")
    await standing.until(lambda: standing.chat.query(DocumentCard))
    shown = standing.chat.conversations.current
    bar = shown.vertical_scrollbar

    def settled() -> bool:
        at_end = bar.position == shown.max_scroll_y == shown.scroll_y
        return "recalled" in standing.status and at_end and bar.window_size == shown.size.height

    await standing.until(settled)


SCENES = [
    _question,
    _search,
    _profile,
    _timeline,
    _forget,
    _temporary,
    _nights,
    _models,
    _people,
    _attached,
]


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [(60, 24), (120, 34)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__.strip("_"))
def test_scenes(
    snap_compare: Compare,
    scene: Callable[[Stage], Awaitable[None]],
    size: tuple[int, int],
    theme: str,
) -> None:
    assistant = rich_assistant()
    app = app_over(assistant, theme)

    async def play(pilot: Pilot[None]) -> None:
        standing = Stage(app, pilot, assistant)
        await standing.rest()
        await scene(standing)
        await standing.rest()

    assert snap_compare(app, terminal_size=size, run_before=play)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [(60, 24), (120, 34)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("page", [0, 1, 3])
def test_welcome(snap_compare: Compare, page: int, size: tuple[int, int], theme: str) -> None:
    assistant = FakeAssistant()
    assistant.welcome.due = True
    assistant.welcome.questions = [question()]
    app = app_over(assistant, theme, None)

    async def play(pilot: Pilot[None]) -> None:
        standing = Stage(app, pilot, assistant)
        await standing.until(lambda: app.screen.query("#welcome-text"))
        for _ in range(page):
            await pilot.press("enter")
            await standing.rest()

    assert snap_compare(app, terminal_size=size, run_before=play)
