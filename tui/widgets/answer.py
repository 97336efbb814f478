"""An answer of the assistant: Markdown that grows while it is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui.pace import Pace
from tui.text import excerpt, is_long, one_line, size, visible
from tui.widgets.growing import Growing
from tui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from textual.widgets import Markdown

    from assistant.models.base import ChatMessage
    from memory.recall import Memory
    from memory.user.lines import Line

_MARKS = {
    "cancelled": "stopped",
    "interrupted": "interrupted before it was finished",
    "failed": "not answered",
}
_FAR_TOO_LONG = 40_000
_KEYS = (
    ("rate_good", "good", "rate_good"),
    ("rate_bad", "bad", "rate_bad"),
    ("again", "again", "again"),
    ("correct", "correct", "correct"),
    ("edit", "edit", "edit"),
    ("fork", "fork", "fork"),
    ("copy", "copy", "copy"),
    ("forget", "forget", "forget"),
)


def _parser() -> MarkdownIt:
    """Without raw HTML: Textual drops it, so a tag in an answer would vanish unseen."""
    from markdown_it import MarkdownIt

    return MarkdownIt("gfm-like", {"html": False})


class Answer(Vertical):
    """Who and when, the Markdown, and one line below with marks, notices and memories."""

    @dataclass
    class Selected(Message):
        """The user wants to see what this answer was given."""

        answer: Answer

    @dataclass
    class Grew(Message):
        """More of it stands on the screen."""

        answer: Answer

    def __init__(
        self,
        when: str,
        text: str = "",
        status: str = "complete",
        ids: tuple[str, ...] = (),
        message_id: str | None = None,
        first: str | None = None,
        rating: int | None = None,
        notices: Sequence[str] = (),
    ) -> None:
        """`first` is what it said before the user corrected it."""
        super().__init__(classes="turn")
        self._when = when
        self._text = text
        self._first = first
        self._turned = False
        self._status = status
        self._notices = list(notices)
        self._growing: Growing | None = None
        self.message_id = message_id
        """None until it is on disk."""
        self.rating = rating
        """As it was rated in this run."""
        self.memory_ids = ids
        self.lines: Sequence[Line] = ()
        """Lines of the profile that it was given; not known of an earlier run."""
        self.sent: Sequence[ChatMessage] = ()
        """What the model was given; not known of an earlier run."""
        self.memories: Sequence[Memory] | None = None if ids else ()
        """None while they are not known: before recall has ended, or before they are fetched."""

    @property
    def text(self) -> str:
        return self._text

    @property
    def blocks(self) -> Sequence[Widget]:
        """The paragraphs, lists and other parts it is made of."""
        return self._markdown.children

    def again(self) -> Callable[[], Answer]:
        """Makes one like it, as it would be of an earlier run; does not keep this one alive."""
        shown = (self._when, self._text, self._status, self.memory_ids, self.message_id)
        return partial(Answer, *shown, self._first, self.rating, tuple(self._notices))

    def compose(self) -> ComposeResult:
        # Here, for it takes as long to import as to paint a screen that has no answer yet.
        from textual.widgets import Markdown

        self._markdown: Markdown = Markdown(self._shown(), parser_factory=_parser, open_links=False)
        name = Content.assemble(("Lifelore", "bold $primary"), (f"  {self._when}", "$quiet"))
        yield Static(name, classes="who")
        yield self._markdown
        yield Static(classes="notes")
        yield Static(classes="foot")
        yield KeyLine(_KEYS, classes="acts")

    def on_mount(self) -> None:
        self._refresh_foot()

    def on_click(self, event: events.Click) -> None:
        self.post_message(self.Selected(self))

    def write(self, text: str, pace: Pace) -> None:
        """Append to the answer; it is drawn at this pace."""
        if self._growing is None:
            grew = partial(self.post_message, self.Grew(self))
            self._growing = Growing(self._markdown, pace, grew)
        self._text += text
        # A carriage return alone means nothing here, and its pair may be in the next piece.
        self._growing.write(visible(text.replace("\r", "")))

    async def finish(self, text: str | None, status: str) -> None:
        """Draw what is left; all of it only if what was recorded is not what was streamed."""
        if self._growing is not None:
            await self._growing.stop()
            self._growing = None
        self._status = status
        self.memories = self.memories or ()
        if text is not None and text != self._text:
            self._text = text
            await self._markdown.update(self._shown())
        self._refresh_foot()

    async def correct(self, text: str) -> None:
        """Show the user's version from now on."""
        first = self._text if self._first is None else self._first
        self._text, self._first = text, None if text == first else first
        await self._turn(False)

    async def turn_over(self) -> bool:
        """Show what it said at first, or the user's version again; False where it is the same."""
        if self._first is not None:
            await self._turn(not self._turned)
        return self._first is not None

    async def _turn(self, turned: bool) -> None:
        self._turned = turned
        await self._markdown.update(self._shown())
        self._refresh_foot()

    def remember(self, memories: Sequence[Memory], lines: Sequence[Line] = ()) -> None:
        self.memories, self.lines = memories, lines or self.lines
        self.memory_ids = tuple(memory.id for memory in memories)
        self._refresh_foot()

    def forget(self, gone: Collection[str]) -> None:
        """Leave out what was erased, of what it was given."""
        self.sent = ()  # it may hold any of it
        if self.memories is not None:
            self.memories = [one for one in self.memories if one.id not in gone]
        self.memory_ids = tuple(one for one in self.memory_ids if one not in gone)
        self.lines = [one for one in self.lines if not set(one.sources) <= set(gone)]
        self._refresh_foot()

    def rate(self, rating: int | None) -> None:
        self.rating = rating
        self._refresh_foot()

    def note(self, text: str) -> None:
        """Add one quiet line under the answer."""
        self._notices.append(one_line(text, 400))
        self._refresh_foot()

    def _shown(self) -> str:
        """The answer as Markdown; an imported one of enormous length as a plain beginning."""
        text = self._first if self._turned and self._first is not None else self._text
        if len(text) > _FAR_TOO_LONG and is_long(text):
            return f"~~~text\n{excerpt(text)}\n~~~\n*{size(text)} in all*"
        return visible(text)

    def _refresh_foot(self) -> None:
        """Two quiet lines under the answer, each there only when it says something."""
        if not self.query(".foot"):
            return
        parts = []
        if count := len(self.memory_ids):
            parts.append(f"{count} {'memory' if count == 1 else 'memories'}")
        if count := len(self.lines):
            parts.append(f"{count} {'line' if count == 1 else 'lines'} of your profile")
        if self._first is not None:
            parts.append("as it was at first" if self._turned else "corrected by you")
        if self.rating is not None:
            parts.append("rated good" if self.rating > 2 else "rated bad")
        notes = "\n".join([*self._notices, _MARKS.get(self._status, "")]).strip()
        for name, text in (("notes", notes), ("foot", " · ".join(parts))):
            line = self.query_one(f".{name}", Static)
            line.update(Content(text))
            line.set_class(not text, "-empty")  # not its display, which is hidden while folded
