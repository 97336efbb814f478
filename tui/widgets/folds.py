"""What is far from the visible part of a conversation is laid out as one empty box.

Textual lays out every widget of the screen whenever one changes its height, seen or not, and an
answer is made of dozens. A folded one keeps its height, so that nothing moves.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

_MARGIN = 1
"""Screens above and below the visible one in which everything is unfolded."""


class Folds:
    """The folded parts of what scrolls in `view`."""

    def __init__(self, view: Widget) -> None:
        self._view = view
        self._folded: set[Widget] = set()

    def update(self, parts: Iterable[Widget]) -> None:
        """Fold those of these parts that are far away. Once they were laid out."""
        for part in parts:
            height = part.outer_size.height
            if part not in self._folded and height and part.children and not self._is_near(part):
                self._folded.add(part)
                part.styles.height = height
                for child in part.children:
                    child.styles.display = "none"

    def unfold(self, *, everything: bool = False) -> None:
        """Unfold what has come near; everything where heights may change."""
        self._folded = {part for part in self._folded if part.is_attached}
        for part in [one for one in self._folded if everything or self._is_near(one)]:
            self._folded.remove(part)
            part.styles.clear_rule("height")
            for child in part.children:
                child.styles.clear_rule("display")
            part.refresh(layout=True)

    def _is_near(self, part: Widget) -> bool:
        """By where it stands in what is scrolled: on the screen it may not have moved yet."""
        top, node = 0, part
        while node is not self._view:
            top += node.virtual_region.y
            assert isinstance(node.parent, Widget)
            node = node.parent
        seen = self._view.size.height
        first, last = (self._view.scroll_y + screens * seen for screens in (-_MARGIN, 1 + _MARGIN))
        return top < last and top + part.outer_size.height > first
