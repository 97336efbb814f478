"""Lines of keys."""

from __future__ import annotations

from textual.content import Content

from tui.widgets.key_line import flow

KEYS = (("c", "copy", "copy"), ("f", "fork", "fork"), ("x", "forget", "forget"))


def test_lines_break_only_between_keys() -> None:
    assert flow(Content(""), KEYS, 0).plain == "c copy   f fork   x forget"
    assert flow(Content(""), KEYS, 17).plain == "c copy   f fork\nx forget"
    assert flow(Content("Which?"), KEYS, 20).plain == "Which?   c copy\n  f fork   x forget"
    assert flow(Content(""), KEYS, 3).plain == "c copy\nf fork\nx forget"
