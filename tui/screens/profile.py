"""The profile: the page itself, to read and to edit, with what each line was taken from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static, TextArea

from tui.text import one_line

if TYPE_CHECKING:
    from memory.recall import Memory
    from tui.clock import Clock
    from tui.errands import Errands
    from tui.ports import AssistantLike

_ID = re.compile(r"\^(?P<id>\w+)\s*$")
_LINE = re.compile(r"\bline (\d+)", re.IGNORECASE)
_SHOWN = re.compile(r"\n*<!-- lines:[^\n]*-->\s*$")
"""The last line of a page, which tells what stood on it, for removals to be seen."""
_REST = 0.15
"""Seconds that the cursor rests on a line before its sources are looked up."""
_NO_LINE = "On a line, what it was taken from is shown here."


class ProfileScreen(Screen[str | None]):
    """Gives the text that was not saved, if any, so that it can be gone on with."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save", key_display="^s", priority=True),
        Binding("ctrl+r", "reload", "discard", key_display="^r"),
        Binding("escape", "leave", "back", key_display="Esc"),
    ]

    def __init__(
        self,
        assistant: AssistantLike,
        errands: Errands,
        clock: Clock,
        draft: str | None,
        keep: Callable[[str | None], None],
    ) -> None:
        """`draft` is text of before that was not saved; `keep` is told what is not saved now."""
        super().__init__()
        self._assistant = assistant
        self._errands = errands
        self._clock = clock
        self._draft = draft
        self._keep = keep
        self._saved: str | None = None
        self._saving = False
        self._line: str | None = None
        self._list = ""

    def compose(self) -> ComposeResult:
        yield Static(Content.assemble(("Profile", "bold $primary"), "  ", ""), id="profile-title")
        with Horizontal():
            yield TextArea(
                "", id="page", soft_wrap=True, tab_behavior="focus", highlight_cursor_line=True
            )
            with VerticalScroll(id="sources") as sources:
                sources.border_title = "Taken from"
                yield Static(Content.styled(_NO_LINE, "$quiet"))
        yield Static(id="profile-status")
        yield Footer(show_command_palette=False)

    @property
    def page(self) -> TextArea:
        return self.query_one("#page", TextArea)

    def on_mount(self) -> None:
        self.page.read_only = True
        self.page.cursor_blink = False
        self.page.focus()
        self._fetch()

    def _fetch(self) -> None:
        self._say("Reading the profile…")
        self._errands.run(self, self._assistant.profile_page, self._fetched, self._say)

    def _fetched(self, text: str) -> None:
        self._saved = self.page.text = self._without_list(text)
        if self._draft is not None:
            # With the list of the page that it was written on, which tells what was changed.
            self.page.text = self._without_list(self._draft)
        self.page.read_only = False
        self._say(
            "Remove, change or add lines; your words win for good."
            if self._draft is None
            else "This is what you wrote and have not saved yet."
        )

    def _without_list(self, page: str) -> str:
        """The page as it is shown; what is left out is put back when it is saved."""
        found = _SHOWN.search(page)
        self._list = found[0] if found else ""
        return page[: found.start()] + "\n" if found else page

    @property
    def unsaved(self) -> str | None:
        text = self.page.text
        return text if self._saved is not None and text != self._saved else None

    def _draft_now(self) -> str | None:
        """What is not saved, with the list of the page that it was written on."""
        return None if (text := self.unsaved) is None else text + self._list

    def _say(self, text: str, *, problem: bool = False) -> None:
        style = "$error" if problem else "$quiet"
        self.query_one("#profile-status", Static).update(Content.styled(one_line(text, 400), style))

    @on(TextArea.Changed, "#page")
    def _changed(self) -> None:
        unsaved = self.unsaved
        self._keep(self._draft_now())
        mark = ("not saved · ^s saves", "$secondary") if unsaved is not None else ("", "")
        title = Content.assemble(("Profile", "bold $primary"), "  ", mark)
        self.query_one("#profile-title", Static).update(title)

    def action_save(self) -> None:
        if self._saved is None or self._saving:
            return
        if (text := self.unsaved) is None:
            self._say("Nothing has changed.")
            return
        self._saving = True
        self._say("Saving…")

        def save() -> tuple[str, str]:
            said = self._assistant.save_profile(text + self._list)
            return said, self._assistant.profile_page()

        self._errands.run(self, save, lambda done: self._done(text, *done), self._refused)

    def _done(self, sent: str, sentence: str, page: str) -> None:
        self._saving = False
        if self.page.text == sent:
            row, column = self.page.cursor_location
            self._saved = self.page.text = self._without_list(page)
            self.page.move_cursor((min(row, self.page.document.line_count - 1), column))
            self._changed()
            self._say(sentence)
        else:
            self._say(f"{sentence} What you wrote since is not saved yet.")

    def _refused(self, problem: str) -> None:
        """The text stays as it is; the cursor goes to the line that was refused."""
        self._saving = False
        self._say(problem, problem=True)
        if found := _LINE.search(problem):
            row = min(int(found[1]), self.page.document.line_count) - 1
            self.page.move_cursor((max(0, row), 0))
        self.page.focus()

    def action_reload(self) -> None:
        """Throw away what is not saved; it goes to the clipboard, for a slip."""
        if (text := self.unsaved) is not None:
            self.app.copy_to_clipboard(text)
        self._draft = None
        self._fetch()

    def action_leave(self) -> None:
        self.dismiss(self._draft_now())

    # Sources.

    @on(TextArea.SelectionChanged, "#page")
    def _moved(self, event: TextArea.SelectionChanged) -> None:
        row = event.selection.end[0]
        line = self.page.document.get_line(row) if row < self.page.document.line_count else ""
        found = _ID.search(line)
        line_id = found["id"] if found else None
        if line_id != self._line:
            self._line = line_id
            self.set_timer(_REST, partial(self._look_up, line_id))

    def _look_up(self, line_id: str | None) -> None:
        if line_id != self._line:
            return
        if line_id is None:
            self._show_sources(line_id, None)
        else:
            self._errands.run(
                self,
                lambda: self._assistant.line_sources(line_id),
                partial(self._show_sources, line_id),
                self._say,
            )

    def _show_sources(self, line_id: str | None, sources: Sequence[Memory] | None) -> None:
        if line_id != self._line:
            return
        panel = self.query_one("#sources Static", Static)
        if sources is None:
            panel.update(Content.styled(_NO_LINE, "$quiet"))
        elif not sources:
            panel.update(Content.styled("You wrote this line yourself.", "$quiet"))
        else:
            parts = [
                Content.assemble((self._clock.day(one.at), "$quiet"), "\n", one_line(one.text, 240))
                for one in sources
            ]
            panel.update(Content("\n\n").join(parts))
