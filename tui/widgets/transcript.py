"""One conversation, as far back as it has been asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui.actions import bindings
from tui.widgets.answer import Answer
from tui.widgets.document_card import DocumentCard
from tui.widgets.earlier import Earlier
from tui.widgets.folds import Folds
from tui.widgets.later import Later
from tui.widgets.notice import NoticeLine
from tui.widgets.words import State, Words

if TYPE_CHECKING:
    from assistant.updates import Answered, Question
    from tui.clock import Clock
    from tui.ports import SessionLike, TurnLike

PAGE = 30
"""Turns shown at first, and more of them at each request: each costs at every drawing."""

_MOST = 4 * PAGE
"""Turns shown at once while the end is; older ones are taken away again."""

_CHUNK = 10
"""Turns mounted between two frames: the last words are there at once, and keys stay quick."""

_AROUND = 30
"""Turns shown after the one that was jumped to."""

_SPEAKERS = {"user": "You", "tool": "Tool", "third_party": "Someone else"}
"""By the value of the origin: its enum would bring pydantic in before the first paint."""


_KEPT = "Say anything. It is remembered here, on this machine."
_FORGOTTEN = "Say anything. Nothing of it is kept, and it is gone when you leave."


@dataclass(frozen=True, slots=True)
class _Removed:
    """A turn of this run that was taken off the screen."""

    id: str
    again: Callable[[], Widget]


class Transcript(VerticalScroll):
    """The turns of one session. It lives on while hidden, so an answer streams on unseen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("answer"),
        *(Binding(f"{n}", f"screen.show_memory({n})", show=False) for n in range(1, 10)),
    ]

    @dataclass
    class EarlierWanted(Message):
        transcript: Transcript

    @dataclass
    class LaterWanted(Message):
        transcript: Transcript

    def __init__(
        self, clock: Clock, session_id: str | None = None, *, temporary: bool = False
    ) -> None:
        super().__init__()
        self._clock = clock
        self._turns: Sequence[TurnLike] = ()
        self._earlier: list[TurnLike | _Removed] = []
        self._later: list[TurnLike] = []
        self._wanted = 0
        self._place: str | None = None
        self._folds = Folds(self)
        self._forgotten: set[str] = set()
        self._mounting = asyncio.Lock()
        self.temporary = temporary
        """Nothing of it is kept, and it is closed when it is left."""
        self.left = False
        """It was closed; what still runs in it ends unseen."""
        self.question: Question | None = None
        """What was asked of the user here, and not answered yet."""
        self.editing: Words | Answer | None = None
        """The words, or the answer, that the next ones are written in place of."""
        self.session: SessionLike | None = None
        self.session_id = session_id
        self.ready = session_id is None
        """Whether words can be sent: a session that was chosen must be loaded first."""
        self.selected: Answer | None = None
        self.answered: Answered | None = None
        """The last answer of this run, for the meter."""

    @property
    def to_edit(self) -> str:
        """The words that are being edited, as they stand."""
        editing = self.editing
        return editing.text if isinstance(editing, Answer) else editing.said if editing else ""

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
                        (_FORGOTTEN if self.temporary else _KEPT, "$quiet"),
                    ),
                    classes="welcome",
                )

    def on_mount(self) -> None:
        self.anchor()
        # An anchored view moves without its scroll being watched, as when an answer goes.
        self.watch(self, "virtual_size", self._laid_out, init=False)

    def _laid_out(self) -> None:
        self.call_after_refresh(self._folds.unfold)

    @property
    def _column(self) -> Vertical:
        return self.query_one(".turns", Vertical)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._folds.unfold()
        if self._earlier and round(new_value) == 0 < round(old_value) and not self.growing:
            self.post_message(self.EarlierWanted(self))
        end = round(new_value) >= self.max_scroll_y
        if self._later and round(old_value) < round(new_value) and end and not self.growing:
            self.post_message(self.LaterWanted(self))

    async def fill(
        self, session: SessionLike, turns: Sequence[TurnLike], place: int | None = None
    ) -> None:
        """Show a loaded session: the last page of it, or the one around the turn at `place`."""
        self.session, self.session_id, self.ready = session, session.id, True
        self._turns = turns
        end = len(turns) if place is None else min(len(turns), place + _AROUND)
        self._earlier, self._later = list(turns[:end]), list(turns[end:])
        self._place = None if place is None else turns[place].id
        self._wanted = PAGE
        await self._column.remove_children()
        if self._later:
            await self._column.mount(Later(len(self._later)))
        await self._grow()
        answers = list(self.query(Answer))
        if answers:
            self.select(answers[-1])
        if place is None:
            self.anchor()

    async def complete(self, turns: Sequence[TurnLike]) -> None:
        """Everything that was said, once the end of it is shown."""
        if self._turns:
            first = self._turns[0]
            same = (n for n, turn in enumerate(turns) if turn.id == first.id)
            older = sum(turn.at < first.at for turn in turns)  # where it was forgotten meanwhile
            self._earlier[:0] = turns[: next(same, older)]
        self._turns = turns
        async with self._mounting:
            if self._earlier and not self.growing:
                with self.app.batch_update():
                    await self.query(Earlier).remove()
                    await self._column.mount(Earlier(len(self._earlier)), before=0)

    async def load_later(self) -> None:
        """Put some turns more below."""
        chunk, self._later = self._later[:_AROUND], self._later[_AROUND:]
        with self.app.batch_update():
            await self.query(Later).remove()
            rest = [Later(len(self._later))] if self._later else []
            await self._column.mount_all([*map(self._widget, chunk), *rest])

    def turn(self, message_id: str) -> Words | Answer | None:
        """The widget of a turn, if it is shown."""
        shown = (one for one in self.query(".turn") if isinstance(one, Words | Answer))
        return next((one for one in shown if one.message_id == message_id), None)

    def reveal(self, turn: Words | Answer) -> None:
        """Bring a turn into view, and mark it."""
        self.query(".-found").remove_class("-found")
        turn.add_class("-found")
        if isinstance(turn, Answer):
            self.select(turn)
        self.release_anchor()
        self.scroll_to_widget(turn, animate=False, center=True, force=True, immediate=True)

    async def forget(self, gone: Collection[str]) -> None:
        """Take out turns that were erased, and what answers were given of them."""
        self._forgotten.update(gone)
        for answer in self.query(Answer):
            answer.forget(gone)
        self._turns = [turn for turn in self._turns if turn.id not in gone]
        self._earlier = [turn for turn in self._earlier if turn.id not in gone]
        self._later = [turn for turn in self._later if turn.id not in gone]
        with self.app.batch_update():
            for message_id in gone:
                if (turn := self.turn(message_id)) is not None:
                    await turn.remove()
            for card in self.query(DocumentCard):
                if card.message_id in gone:
                    await card.remove()
        if self.selected is not None and not self.selected.is_attached:
            self.selected = None
            if (last := self.neighbour(-1)) is not None:
                self.select(last)

    def question_of(self, answer: Answer) -> Words | None:
        """The words that an answer answers: the last ones of a person above it."""
        above = list(self._column.children)
        before = above[: above.index(answer)] if answer in above else []
        return next((one for one in reversed(before) if isinstance(one, Words)), None)

    def after(self, answer: Answer) -> str | None:
        """The id of the words that follow an answer; None at the end of the conversation."""
        children = list(self._column.children)
        later = children[children.index(answer) + 1 :] if answer in children else []
        shown = (one.message_id for one in later if isinstance(one, Words | Answer))
        return next((one for one in shown if one), self._later[0].id if self._later else None)

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
        async with self._mounting:
            with self.app.batch_update():
                await self.query(Earlier).remove()
                first = next(iter(self._column.children), None)
                top = [Earlier(len(self._earlier))] if self._earlier and not self.growing else []
                widgets = [*top, *(self._widget(turn) for turn in chunk)]
                await self._column.mount_all(widgets, before=first)
        self.call_after_refresh(self._grown, below if reading_back else None)

    async def _grown(self, below: float | None) -> None:
        self._folds.update(self._column.children)
        if below is not None:
            self.release_anchor()
            y = self.max_scroll_y - below
            self.scroll_to(y=y, animate=False, immediate=True, force=True)
        if self.growing and self.is_attached:
            await self._grow()
        elif self._place is not None:
            place, self._place = self.turn(self._place), None
            if place is not None:
                self.reveal(place)

    async def say(self, text: str, state: State, *, at_rest: bool = False) -> Words:
        """Show words the user has just typed, and follow the conversation again.

        `at_rest` says that nothing else is under way in it, so that old turns may go.
        """
        await self.query(".welcome").remove()
        if self._later and self.session is not None:
            await self.fill(self.session, self._turns)
        words = Words("You", self._clock.time(self._clock.now()), text, state)
        if at_rest:
            await self._shed()
        await self._column.mount(words)
        self.anchor()
        return words

    async def show_document(self, turn: TurnLike) -> None:
        """Show a file that was just put into the conversation."""
        await self.query(".welcome").remove()
        if self._later and self.session is not None:
            await self.fill(self.session, self._turns)
        await self._column.mount(self._widget(turn))
        self.anchor()

    async def begin_answer(self, words: Words) -> Answer:
        """Mount an empty answer below the words it answers, above those that still wait."""
        answer = Answer(self._clock.time(self._clock.now()))
        answer.memories = None
        await self._column.mount(answer, after=words)
        self.select(answer)
        return answer

    @on(Answer.Grew)
    def _grew(self, event: Answer.Grew) -> None:
        event.stop()
        self._folds.update([*self._column.children, *event.answer.blocks])

    def on_resize(self, event: events.Resize) -> None:
        self._folds.unfold(everything=True)
        # An anchored view moves, as it grows and shrinks, without its bar being drawn anew.
        self.call_after_refresh(self.vertical_scrollbar.refresh)

    async def _shed(self) -> None:
        """Take the oldest turns away where there are too many, for the end will be read."""
        children = list(self._column.children)
        turns = [one for one in children if isinstance(one, Words | Answer | DocumentCard)]
        if len(turns) <= _MOST or self.growing:
            return
        oldest = turns[: len(turns) - _MOST + PAGE]
        shed = list(takewhile(lambda one: one.message_id and one is not self.editing, oldest))
        if not shed:
            return
        self._earlier += [_Removed(one.message_id or "", one.again()) for one in shed]
        with self.app.batch_update():
            await self._column.remove_children(children[: children.index(shed[-1]) + 1])
            await self._column.mount(Earlier(len(self._earlier)), before=0)

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

    def _widget(self, turn: TurnLike | _Removed) -> Widget:
        if isinstance(turn, _Removed):
            widget = turn.again()
            if isinstance(widget, Answer):
                widget.forget(self._forgotten)
            return widget
        when = self._clock.moment(turn.at)
        if turn.origin.value == "assistant":
            return Answer(when, turn.text, turn.status, turn.memories, turn.id, turn.first)
        if turn.document:
            return DocumentCard(turn.speaker or "", when, turn.text, turn.id)
        speaker = turn.speaker or _SPEAKERS[turn.origin.value]
        return Words(speaker, when, turn.text, message_id=turn.id)
