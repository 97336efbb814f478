"""The conversations that are open, one of them visible."""

from __future__ import annotations

from collections.abc import Callable

from textual.containers import Container
from textual.css.query import NoMatches
from textual.widget import Widget

from tui.widgets.transcript import Transcript

_KEPT = 6


class Conversations(Container):
    """Holds transcripts, so that going back to one is instant and finds it where it was left."""

    @property
    def current(self) -> Transcript:
        """The visible one; NoMatches when there is none, which is so only while leaving."""
        shown = (one for one in self.all() if one.display)
        if (found := next(shown, None)) is None:
            raise NoMatches("no conversation is shown")
        return found

    def of_session(self, session_id: str) -> Transcript | None:
        return next((one for one in self.all() if one.session_id == session_id), None)

    async def open(self, transcript: Transcript, busy: Callable[[Transcript], bool]) -> None:
        """Make a transcript the visible one; close the oldest idle ones beyond a handful."""
        if transcript.parent is None:
            await self.mount(transcript)
        else:
            self.move_child(transcript, after=-1)
        for one in self.all():
            one.display = one is transcript
        idle = [one for one in self.all() if one is not transcript and not busy(one)]
        for one in idle[:-_KEPT]:
            await one.remove()

    def all(self) -> list[Transcript]:
        children: list[Widget] = list(self.children)
        return [child for child in children if isinstance(child, Transcript)]
