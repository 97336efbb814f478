"""The first minute: what to expect, a name, what may be kept, and a few questions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.text import one_line, visible
from tui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from assistant.updates import Question
    from tui.errands import Errands
    from tui.ports import AssistantLike

Step = Literal["name", "consent", "offer", "question"]

_WELCOME = """\
Lifelore runs on this machine, and nothing that you say leaves it unless you set up a server of \
your own.

What you say is kept word for word, and each answer shows which memories it was given. Of you it \
knows what you said, and nothing it guessed; that is a page which you can edit. What you forget is \
erased, with all that was made of it.

What may I call you? Leave it empty if you would rather not say."""
_CONSENT = """\
Some things are yours alone, and never guessed. If you say something about these of yourself, may \
it stay in your profile without being asked for each time?

Space ticks what may. You can take any of it back."""
_OFFER = """\
Five questions with a key each, so that I know you sooner? They can wait as well: what you say in \
time tells me the same."""
_SKIP = "Leave this one out"
_KEYS = (("Enter", "go on", "next"), ("Esc", "begin the conversation", "leave"))


class WelcomeScreen(ModalScreen[str]):
    """Gives a sentence to begin with. Esc leaves at any step; what was gone past is kept."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Before the lists, which would take Enter for themselves.
        Binding("enter", "enter", "go on", priority=True),
        Binding("space", "tick", "tick"),
        Binding("escape", "leave", "begin"),
    ]

    def __init__(self, assistant: AssistantLike, errands: Errands) -> None:
        super().__init__()
        self._assistant = assistant
        self._errands = errands
        self._step: Step = "name"
        self._called = ""
        self._ticked: set[str] = set()
        self._question: Question | None = None
        self._waiting = False
        """What was chosen is being kept; keys come too early."""

    def compose(self) -> ComposeResult:
        with Vertical(id="welcome", classes="sheet") as sheet:
            sheet.border_title = "Welcome"
            yield Static(_WELCOME, id="welcome-text", markup=False)
            name = Input(placeholder="Your name", id="welcome-name", compact=True, max_length=60)
            name.cursor_blink = False
            yield name
            yield OptionList(id="welcome-options", markup=False)
            yield Static(id="welcome-status", classes="sheet-keys")
            yield KeyLine(_KEYS, classes="sheet-keys")

    def on_mount(self) -> None:
        self._show("name", _WELCOME)

    def _show(self, step: Step, text: str) -> None:
        """One page: its words, and the one thing that is filled in on it."""
        self._step, self._waiting = step, False
        self.query_one("#welcome-text", Static).update(visible(text))
        self._say("")
        asks = {"name": "#welcome-name", "offer": ""}.get(step, "#welcome-options")
        for each in ("#welcome-name", "#welcome-options"):
            self.query_one(each).display = each == asks
        if asks:
            self.query_one(asks).focus()
        else:
            self.set_focus(None)

    def _say(self, text: str) -> None:
        status = self.query_one("#welcome-status", Static)
        status.update(Content.styled(visible(text), "$quiet"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter on a name is the field's: the letters before it may not be in there yet."""
        return not (action == "enter" and self._step == "name")

    def action_enter(self) -> None:
        self.action_next()

    @on(Input.Submitted, "#welcome-name")
    def _named(self) -> None:
        self.action_next()

    def action_next(self) -> None:
        if self._waiting:
            return
        if self._step == "name":
            self._called = self.query_one("#welcome-name", Input).value.strip()
            self._show("consent", _CONSENT)
            self._list.set_options(map(self._topic, self._assistant.welcome.topics))
            self._list.highlighted = 0
        elif self._step == "consent":
            self._keep()
        elif self._step == "offer":
            self._ask()
        else:
            self._answer()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#welcome-options", OptionList)

    def _topic(self, topic: str) -> Option:
        """With a box that is read without colour, unlike that of Textual's own list."""
        return Option(f"[{'x' if topic in self._ticked else ' '}] {topic}", id=topic)

    def action_tick(self) -> None:
        at = self._list.highlighted
        if self._step == "consent" and at is not None and not self._waiting:
            topic = self._assistant.welcome.topics[at]
            self._ticked ^= {topic}
            self._list.replace_option_prompt_at_index(at, self._topic(topic).prompt)

    @on(OptionList.OptionSelected, "#welcome-options")
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._step == "consent":
            self.action_tick()
        elif not self._waiting:
            self._answer()

    def _keep(self) -> None:
        """The name and the ticks, at once."""
        self._waiting = True
        self._errands.run(
            self,
            lambda: self._assistant.welcome.introduce(self._called, self._ticked),
            lambda _: self._show("offer", _OFFER),
            self._failed,
        )

    def _ask(self, told: str = "") -> None:
        self._waiting = True
        shown = partial(self._put, told)
        self._errands.run(self, self._assistant.welcome.question, shown, self._failed)

    def _put(self, told: str, question: Question | None) -> None:
        if question is None:
            self.action_leave()
            return
        self._question = question
        self._show("question", question.text)
        self._say(told)
        self._list.set_options(Option(one_line(one, 80)) for one in (*question.options, _SKIP))
        self._list.highlighted = 0

    def _answer(self) -> None:
        chosen = self._list.highlighted
        if (question := self._question) is None or chosen is None:
            return
        answer = question.options[chosen] if chosen < len(question.options) else None
        self._waiting = True
        self._errands.run(
            self,
            lambda: self._assistant.answer_question(question.id, answer),
            self._ask,
            self._failed,
        )

    def _failed(self, problem: str) -> None:
        self._waiting = False
        self._say(problem)

    def action_leave(self) -> None:
        self.dismiss(f"Good to meet you, {self._called}." if self._called else "Good to meet you.")
