"""Speaking instead of typing: what is said between two presses of a key goes into the prompt."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event as Flag
from typing import TYPE_CHECKING

from tui import background
from tui.hears import hears
from tui.messages import Listening, ListeningEnded, Understood
from tui.screens.turns import Turns
from tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from tui.ports import DictationLike


class Dictating(Turns):
    """The part of the chat screen that listens. Nothing that is heard is sent by itself."""

    open_dictation: Callable[[], DictationLike] | None = None
    """Called in a worker thread, at each press; may raise an AssistantFault."""

    def __init__(self) -> None:
        super().__init__()
        self._listening: Flag | None = None

    def action_dictate(self) -> None:
        if self.open_dictation is None:
            self.status.hint("There is no microphone here.")
        elif not self.stop_dictating():
            self._listening = Flag()
            self.status.work("Loading what listens")
            work = partial(background.dictate, self.open_dictation, self._listening, self.tell)
            self.run_worker(self.in_flight.track(work), thread=True, group="dictation")

    def hang_up(self) -> None:
        """The screen goes: nobody waits for the words any more."""
        if self._listening is not None:
            self._listening.set()

    def stop_dictating(self) -> bool:
        """End listening; False where nothing listens."""
        if self._listening is None:
            return False
        self._listening.set()
        self.status.work("Understanding")
        return True

    @hears(Listening)
    def _listening_begun(self, event: Listening) -> None:
        self.status.work(f"Listening · {self.key_of('dictate')} ends it")

    @hears(Understood)
    def _understood(self, event: Understood) -> None:
        if not event.final:
            self.status.work(event.text)
            return
        prompt = self.query_one(Prompt)
        row, column = prompt.cursor_location
        before = prompt.document.get_line(row)[:column]
        prompt.insert(event.text if not before or before[-1].isspace() else f" {event.text}")
        prompt.focus()

    @hears(ListeningEnded)
    def _listening_ended(self, event: ListeningEnded) -> None:
        self._listening = None
        self.status.rest()
        if event.problem is not None:
            self.status.hint(event.problem)
