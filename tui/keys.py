"""A line of keys: each with what it does, done by a click as well."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.style import Style


def key_line(keys: Iterable[tuple[str, str, str]]) -> Content:
    """Of (key, word, action); a click runs the action on the screen."""
    shown = [
        Content.assemble((key, "$primary"), (f" {word}" if word else "", "$quiet")).stylize(
            Style.from_meta({"@click": f"screen.{action}"})
        )
        for key, word, action in keys
    ]
    return Content("   ").join(shown)
