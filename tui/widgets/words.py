"""Words of a person, shown as they are: no markup, no Markdown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from textual.content import Content
from textual.widgets import Static

from tui.text import excerpt, is_long, one_line, size, visible

State = Literal["sent", "queued", "unsent"]

_MARKS: dict[State, str] = {"sent": "", "queued": " · queued", "unsent": " · not sent"}


class Words(Static):
    """One turn that is not an answer: who, when, and what they said."""

    def __init__(
        self,
        speaker: str,
        when: str,
        text: str,
        state: State = "sent",
        message_id: str | None = None,
    ) -> None:
        self._speaker, self._when = one_line(speaker, 60), when
        self.said = text
        """The words as they were sent, whatever of them is shown."""
        self.message_id = message_id
        """None until they are on disk."""
        if is_long(text):
            self._text = Content.assemble(excerpt(text), (f"\n{size(text)} in all", "$quiet"))
        else:
            self._text = Content(visible(text))
        super().__init__(classes="turn")
        self.state = state

    def again(self) -> Callable[[], Words]:
        """Makes ones like them; does not keep these alive."""
        shown = (self._speaker, self._when, self.said, self.state, self.message_id)
        return partial(Words, *shown)

    @property
    def state(self) -> State:
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state: State = state
        self.set_class(state == "queued", "-queued")
        self.set_class(state == "unsent", "-unsent")
        self.update(
            Content.assemble(
                (self._speaker, "bold $secondary"),
                (f"  {self._when}{_MARKS[state]}", "$quiet"),
                "\n",
                self._text,
            )
        )
