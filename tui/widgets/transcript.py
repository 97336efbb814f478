"""One conversation, as far back as it has been asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui.widgets.answer import Answer
from tui.widgets.earlier import Earlier
from tui.widgets.notice import NoticeLine
from tui.widgets.words import State, Words

if TYPE_CHECKING:
    from assistant.updates import Answered
    from tui.clock import Clock
    from tui.ports import SessionLike, TurnLike

PAGE = 100
"""Turns shown at first, and more of them at each request. Ten thousand would take minutes."""

_CHUNK = 10
"""Turns mounted between two frames: the last words are there at once, and keys stay quick."""

_SPEAKERS = {"user": "You", "tool": "Tool", "third_party": "Someone else"}
"""By the value of the origin: its enum would bring pydantic in before the first paint."""


class Transcript(VerticalScroll):
    """The turns of one session. It lives on while hidden, so an answer streams on unseen."""

    @dataclass
    class EarlierWanted(Message):
        transcript: Transcript

    def __init__(self, clock: Clock, session_id: str | None = None) -> None:
        super().__init__()
        self._clock = clock
        self._earlier: list[TurnLike] = []
        self._wanted = 0
        self.session: SessionLike | None = None
        self.session_id = session_id
        self.ready = session_id is None
        """Whether words can be sent: a session that was chosen must be loaded first."""
        self.selected: Answer | None = None
        self.answered: Answered | None = None
        """The last answer of this run, for the meter."""

    @property
    def blank(self) -> bool:
        """Nothing has been said in it: a new conversation that waits for its first words."""
        return self.session_id is None and not self.query(".turn")

    def compose(self) -> ComposeResult:
        # At least as high as what is visible, so that a short conversation stands at the bottom.
        with Vertical(classes="turns"):
            if self.session_id is None:
                yield Static(
                    Content.assemble(
                        ("Lifelore", "bold $primary"),
                        "\n",
                        ("Say anything. It is remembered here, on this machine.", "$quiet"),
                    ),
                    classes="welcome",
                )

    def on_mount(self) -> None:
        self.anchor()

    @property
    def _column(self) -> Vertical:
        return self.query_one(".turns", Vertical)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._earlier and round(new_value) == 0 < round(old_value) and not self.growing:
            self.post_message(self.EarlierWanted(self))

    async def fill(self, session: SessionLike, turns: Sequence[TurnLike]) -> None:
        """Show a loaded session, the last page of it."""
        self.session, self.session_id, self.ready = session, session.id, True
        self._earlier = list(turns)
        self._wanted = PAGE
        await self._grow()
        answers = list(self.query(Answer))
        if answers:
            self.select(answers[-1])
        self.anchor()

    @property
    def growing(self) -> bool:
        """Whether older turns are still being put above."""
        return self._wanted > 0

    async def load_earlier(self) -> None:
        """Put one page more above, without moving what is being read."""
        if self._earlier and not self.growing:
            self._wanted = PAGE
            await self._grow()

    async def _grow(self) -> None:
        """Mount one chunk above what is there, and go on after the next frame."""
        reading_back = not self.is_vertical_scroll_end
        below = self.max_scroll_y - self.scroll_y
        chunk, self._earlier = self._earlier[-_CHUNK:], self._earlier[:-_CHUNK]
        self._wanted = self._wanted - len(chunk) if self._earlier else 0
        with self.app.batch_update():
            await self.query(Earlier).remove()
            first = next(iter(self._column.children), None)
            top = [Earlier(len(self._earlier))] if self._earlier and not self.growing else []
            widgets = [*top, *(self._widget(turn) for turn in chunk)]
            await self._column.mount_all(widgets, before=first)
        self.call_after_refresh(self._grown, below if reading_back else None)

    async def _grown(self, below: float | None) -> None:
        if below is not None:
            self.release_anchor()
            y = self.max_scroll_y - below
            self.scroll_to(y=y, animate=False, immediate=True, force=True)
        if self.growing and self.is_attached:
            await self._grow()

    async def say(self, text: str, state: State) -> Words:
        """Show words the user has just typed, and follow the conversation again."""
        await self.query(".welcome").remove()
        words = Words("You", self._clock.time(self._clock.now()), text, state)
        await self._column.mount(words)
        self.anchor()
        return words

    async def begin_answer(self, words: Words) -> Answer:
        """Mount an empty answer below the words it answers, above those that still wait."""
        answer = Answer(self._clock.time(self._clock.now()))
        answer.memories = None
        await self._column.mount(answer, after=words)
        self.select(answer)
        return answer

    async def notice(self, text: str, *, after: Widget | None = None) -> None:
        await self.query(".welcome").remove()
        await self._column.mount(NoticeLine(text, problem=True), after=after)

    def select(self, answer: Answer) -> None:
        """Mark the answer whose memories are shown."""
        if self.selected is not None:
            self.selected.remove_class("-selected")
        self.selected = answer
        answer.add_class("-selected")

    def neighbour(self, step: int) -> Answer | None:
        """The answer `step` places from the selected one, if there is one."""
        answers = list(self.query(Answer))
        if self.selected not in answers:
            return answers[-1] if answers else None
        place = answers.index(self.selected) + step
        return answers[place] if 0 <= place < len(answers) else None

    def _widget(self, turn: TurnLike) -> Widget:
        when = self._clock.moment(turn.at)
        if turn.origin.value == "assistant":
            return Answer(when, turn.text, turn.status, turn.memories)
        return Words(turn.speaker or _SPEAKERS[turn.origin.value], when, turn.text)
