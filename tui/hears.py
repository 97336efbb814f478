"""Handlers of what arrives at any moment, also while the screen is being taken down."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import isawaitable
from typing import TypeVar

from textual import on
from textual.css.query import NoMatches
from textual.message import Message
from textual.screen import Screen
from textual.widget import MountError

S = TypeVar("S", bound=Screen[None])
M = TypeVar("M", bound=Message)
Handler = Callable[[S, M], Awaitable[None] | None]


def hears(kind: type[M]) -> Callable[[Handler[S, M]], Callable[[S, M], Awaitable[None]]]:
    """`on`, for handlers that change what is shown.

    A thread may report, or a last key arrive, while the app leaves and its widgets are gone.
    """

    def decorate(handler: Handler[S, M]) -> Callable[[S, M], Awaitable[None]]:
        @on(kind)
        @wraps(handler)
        async def guarded(self: S, event: M) -> None:
            if not self.is_attached:  # also so once the app has been told to exit
                return
            try:
                waiting = handler(self, event)
                if isawaitable(waiting):
                    await waiting
            except (NoMatches, MountError):
                if self.is_attached:
                    raise

        return guarded

    return decorate
