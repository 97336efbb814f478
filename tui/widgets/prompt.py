"""Where the user writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from tui.commands import completed, parse
from tui.dropped import dropped_file
from tui.pace import Pace
from tui.text import LONG_CHARACTERS, LONG_LINES, size, visible


class Prompt(TextArea):
    """Enter sends, Ctrl-J begins a new line.

    A file that is dropped on an empty prompt becomes the command that attaches it.

    A long paste is kept aside and stands in the prompt as one short mark: wrapping a megabyte at
    each key press would freeze the screen. It is put back, as it was, when the words are sent.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "send", key_display="⏎"),
        Binding("ctrl+j,shift+enter", "new_line", show=False),
        Binding("pageup", "screen.scroll_back(-1)", show=False),
        Binding("pagedown", "screen.scroll_back(1)", show=False),
    ]

    @dataclass
    class Submitted(Message):
        text: str

    def __init__(self, pace: Pace | None = None) -> None:
        """`pace` is told of keys."""
        super().__init__(
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder="Say anything",
        )
        self._pace = pace or Pace()
        self.cursor_blink = False
        self._pasted: dict[str, str] = {}
        self.sendable = True
        """Whether words leave the prompt when they are submitted."""
        self._aside = ""
        self._handed: list[str] = []

    def action_submit(self) -> None:
        text = self.whole
        if self.sendable and text.strip():
            # Here and not when the message is handled, for the next words may come before that.
            self.clear()
            self._pasted.clear()
            if parse(text) is None:
                self._handed.append(text)
        self.post_message(self.Submitted(text))

    @property
    def whole(self) -> str:
        """What is written, with what was pasted in the place of its marks."""
        if not self._pasted:
            return self.text
        # In one pass, so that a mark inside pasted words stays what it is.
        marks = "|".join(re.escape(mark) for mark in self._pasted)
        return re.sub(marks, lambda found: self._pasted[found[0]], self.text)

    @property
    def unsent(self) -> str:
        """What was submitted and not taken yet, what is written, and what was laid aside."""
        return "\n".join(text for text in (*self._handed, self.whole, self._aside) if text)

    def taken(self, text: str) -> None:
        """Words that were submitted have got where they go."""
        if text in self._handed:
            self._handed.remove(text)

    def action_new_line(self) -> None:
        self.insert("\n")
        self.scroll_cursor_visible()

    def _complete(self, text: str) -> None:
        self.clear()
        self.insert(text)

    def drop(self, text: str) -> None:
        """Clear these words, where they stay in the prompt because nothing can be sent."""
        if self.text == text:
            self.clear()

    def put_back(self, text: str) -> None:
        """Return words that could not be sent, unless others have been begun."""
        if not self.text:
            self.insert(self._fold(text))

    def lay_aside(self, text: str) -> None:
        """Write something else; the draft comes back with `take_up`."""
        self._aside = self.whole
        self.clear()
        self._pasted.clear()
        self.insert(self._fold(text))

    def take_up(self, *, keep: bool = False) -> None:
        """The draft that was laid aside, in the place of what is written or, to keep that, after
        it.
        """
        texts = [self.whole if keep else "", self._aside]
        self.clear()
        self._pasted.clear()
        self.put_back("\n".join(text for text in texts if text))
        self._aside = ""

    async def _on_key(self, event: events.Key) -> None:
        """Take the two keys in the order of typing.

        A binding runs in the loop of the app, ahead of letters that still wait in this widget's
        queue: fast typing would send all but its last letters.
        """
        self._pace.typed()
        self.call_after_refresh(self._pace.painted)
        actions: dict[str, Callable[[], object]] = {
            "enter": self.action_submit,
            "ctrl+j": self.action_new_line,
            "shift+enter": self.action_new_line,
        }
        if event.key == "tab" and (whole := completed(self.text)) is not None:
            actions["tab"] = partial(self._complete, whole)
        if (action := actions.get(event.key)) is None:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        action()

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        file = None if self.text else dropped_file(event.text)
        pasted = self._fold(event.text) if file is None else f"/attach {file}"
        if result := self._replace_via_keyboard(pasted, *self.selection):
            self.move_cursor(result.end_location)
        self.focus()

    def _fold(self, text: str) -> str:
        """The text, or for a long one the mark that stands for it."""
        if len(text) <= LONG_CHARACTERS and text.count("\n") <= LONG_LINES:
            return visible(text)
        mark = f"[pasted {len(self._pasted) + 1}: {size(text)}]"
        self._pasted[mark] = text
        return mark
