"""Calls to the assistant that block: made in a thread, their result handled on the event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable
from typing import TypeVar

from textual.dom import DOMNode
from textual.message import Message
from textual.screen import Screen

from tui.background import explain
from tui.in_flight import InFlight
from tui.messages import Hinted

T = TypeVar("T")
Step = Awaitable[object] | object


@dataclass
class Done(Message):
    """A call has ended; `follow` is what comes of it, of use only while its owner is shown."""

    owner: DOMNode
    follow: Callable[[], Step]

    async def carry_on(self) -> None:
        if self.owner.is_attached:
            waiting = self.follow()
            if isawaitable(waiting):
                await waiting


class Errands:
    """Runs calls for a screen and for those that lie over it."""

    def __init__(self, screen: Screen[None], in_flight: InFlight) -> None:
        self._screen = screen
        self._in_flight = in_flight

    def run(
        self,
        owner: DOMNode,
        work: Callable[[], T],
        then: Callable[[T], Step],
        failed: Callable[[str], Step] | None = None,
    ) -> None:
        """Call `work` in a thread, then `then` with its result, or `failed` with one sentence.

        Without `failed`, the sentence is hinted at in the status line.
        """

        def call() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - reported
                sentence = explain(error)
                self._tell(Done(owner, partial(failed or self._hint, sentence)))
            else:
                self._tell(Done(owner, partial(then, result)))

        self._screen.run_worker(self._in_flight.track(call), thread=True, group="errand")

    def _tell(self, message: Message) -> None:
        if self._screen.is_attached:
            self._screen.post_message(message)

    def _hint(self, sentence: str) -> None:
        self._tell(Hinted(sentence))
