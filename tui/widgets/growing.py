"""Markdown that is drawn while it comes in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from tui.pace import Pace

if TYPE_CHECKING:
    from textual.widgets import Markdown

_PATIENCE = 1.0
"""Seconds to wait for a drawing: what is hidden may not be drawn at all."""


class Growing:
    """Gathers what comes, and appends it when the pace allows; like Textual's MarkdownStream,
    which draws as fast as it can.
    """

    def __init__(self, markdown: Markdown, pace: Pace, drawn: Callable[[], object]) -> None:
        """`drawn` is called after each drawing."""
        self._markdown = markdown
        self._pace = pace
        self._drawn = drawn
        self._pieces: list[str] = []
        self._more = asyncio.Event()
        self._appending = asyncio.Lock()
        self._task = asyncio.create_task(self._run())

    def write(self, text: str) -> None:
        self._pieces.append(text)
        self._more.set()

    async def stop(self) -> None:
        """Append what is left, and end. Raises what the drawing raised."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._append()

    async def _run(self) -> None:
        while await self._more.wait():
            await self._pace.wait()
            self._more.clear()
            started = monotonic()
            # A cancellation must not tear apart what is being mounted.
            await asyncio.shield(self._append())
            await self._refreshed()
            self._pace.drew(monotonic() - started)
            self._drawn()

    async def _append(self) -> None:
        async with self._appending:  # Markdown reads on from where the last one left it
            text = "".join(self._pieces)
            self._pieces.clear()
            if text:
                await self._markdown.append(text)

    async def _refreshed(self) -> None:
        done = asyncio.Event()
        self._markdown.call_after_refresh(done.set)
        try:
            async with asyncio.timeout(_PATIENCE):
                await done.wait()
        except TimeoutError:
            pass
