"""A question to the user: one quiet line with keys, never a dialog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tui.text import one_line, visible
from tui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from assistant.updates import Question

_MOST = 9
"""Options that have a key."""


class AnswerField(Input):
    """Where an open question is answered; "?" asks why as long as nothing is written."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "question_mark" and not self.value:
            event.stop()
            event.prevent_default()
            await self.run_action("screen.question_why")
        else:
            await super()._on_key(event)


class QuestionLine(Vertical, can_focus=True):
    """The question and its options; for an open one, a field below it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(f"{n}", f"choose({n})", show=False) for n in range(1, _MOST + 1)),
        Binding("y", "choose(1, 'yes_no')", show=False),
        Binding("n", "choose(2, 'yes_no')", show=False),
        Binding("w,question_mark", "screen.question_why", show=False),
        Binding("escape", "screen.question_skip", show=False),
    ]

    @dataclass
    class Replied(Message):
        """The answer to the question that is shown; None skips it."""

        question: Question
        answer: str | None

    def __init__(self) -> None:
        super().__init__()
        self.question: Question | None = None
        self._options: tuple[str, ...] = ()
        self._told_why = False

    def compose(self) -> ComposeResult:
        yield KeyLine(classes="words")
        yield AnswerField(placeholder="Your answer", compact=True)
        yield Static(classes="why")

    def on_mount(self) -> None:
        self.display = False

    def show(self, question: Question | None, focus_key: str) -> None:
        """Show a question, or nothing; `focus_key` is the key that comes here."""
        if question == self.question:
            return
        self.question, self._told_why = question, False
        self.display = question is not None
        self._options = ()
        if question is not None:
            yes_no = ("Yes", "No") if question.form == "yes_no" else ()
            self._options = (question.options or yes_no)[:_MOST]
            field = self.query_one(AnswerField)
            field.value = ""
            self._show_field(False)
        self._draw(focus_key)

    @property
    def open(self) -> bool:
        """Whether it is answered in words."""
        return not self._options

    def on_focus(self) -> None:
        """The field of an open question is there while it is written in."""
        if self.open:
            self._show_field(True)
            self.query_one(AnswerField).focus()

    def on_descendant_blur(self) -> None:
        if not self.query_one(AnswerField).value:
            self._show_field(False)

    def _show_field(self, shown: bool) -> None:
        self.query_one(AnswerField).display = shown
        self.can_focus = not shown

    def take_focus(self) -> None:
        field = self.query_one(AnswerField)
        (field if field.display else self).focus()

    def why(self) -> None:
        self._told_why = not self._told_why
        self._draw("")

    def reply(self, answer: str | None) -> None:
        if self.question is not None:
            self.post_message(self.Replied(self.question, answer))

    def choose(self, number: int) -> None:
        if 0 < number <= len(self._options):
            self.reply(self._options[number - 1])

    def action_choose(self, number: int, form: str = "") -> None:
        if self.question is not None and form in ("", self.question.form):
            self.choose(number)

    @on(Input.Submitted)
    def _written(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self.reply(event.value.strip())

    def _draw(self, focus_key: str) -> None:
        why = self.query_one(".why", Static)
        why.display = self._told_why and self.question is not None
        if self.question is None:
            return
        options = [
            (f"{number}", one_line(option, 60), f"question_choose({number})")
            for number, option in enumerate(self._options, 1)
        ]
        last = [("?", "why", "question_why"), ("Esc", "skip", "question_skip")]
        if focus_key:
            self._focus_key = focus_key
        first = [(self._focus_key, "answer", "focus_aside")]
        words = Content.assemble(("● ", "$secondary"), one_line(self.question.text, 300))
        self.query_one(KeyLine).show(words, [*options, *first, *last])
        why.update(Content(visible(self.question.why)))
