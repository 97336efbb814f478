"""Words followed by keys: each with what it does, done by a click as well."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

Key = tuple[str, str, str]
"""The key as it is written for people, or the name of the action whose key it is; its word; and
the action that a click runs on the screen."""

_GAP = "   "
_INDENT = "  "


class KeyLine(Static):
    """Breaks only between keys: "c" and "copy" torn apart would be read as nothing."""

    def __init__(self, keys: Sequence[Key] = (), *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self.auto_links = False  # or Textual would paint over the colours
        self._words = Content("")
        self._keys = tuple(keys)

    def show(self, words: Content, keys: Sequence[Key]) -> None:
        self._words, self._keys = words, tuple(keys)
        self._lay_out()

    def on_mount(self) -> None:
        self._lay_out()

    def on_resize(self, event: events.Resize) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        keys = [(self._shown(key), word, action) for key, word, action in self._keys]
        self.update(flow(self._words, keys, self.content_size.width))

    def _shown(self, key: str) -> str:
        """An action's own name in the place of a key stands for the key it has now."""
        keys: dict[str, str] = getattr(self.app, "shown_keys", {})
        return keys.get(key, key)


def flow(words: Content, keys: Sequence[Key], width: int) -> Content:
    """Words and keys in lines of at most so many cells, as far as that can be; 0 is any width."""
    line, lines = words, []
    for key in map(_piece, keys):
        gap = _GAP if line.plain.strip() else ""
        if width and line.plain.strip() and line.cell_length + len(gap) + key.cell_length > width:
            lines.append(line)
            line, gap = Content(_INDENT if words.plain else ""), ""
        line = Content.assemble(line, gap, key)
    return Content("\n").join([*lines, line])


def _piece(key: Key) -> Content:
    shown, word, action = key
    piece = Content.assemble((shown, "$primary"), (f" {word}" if word else "", "$quiet"))
    return piece.stylize(Style.from_meta({"@click": f"screen.{action}"}))
