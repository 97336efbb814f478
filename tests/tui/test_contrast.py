"""Everything that is written can be read: WCAG 2.2 asks for a contrast of 4.5 for text."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from tui.theme import DARK, LIGHT

_LEAST = 4.5
_WRITTEN = ("foreground", "quiet", "primary", "secondary", "warning", "error", "success")
_BEHIND = ("background", "surface", "panel")
_PAIRS = (
    ("block-cursor-foreground", "block-cursor-background"),
    ("block-cursor-blurred-foreground", "block-cursor-blurred-background"),
    ("footer-key-foreground", "footer-background"),
    ("footer-description-foreground", "footer-background"),
    ("link-color-hover", "link-background-hover"),
)
"""Parts of Textual's own whose colours the themes set."""


def contrast(one: Color, other: Color) -> float:
    """WCAG's contrast ratio, 1 to 21."""
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    parts = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def test_the_ratio_is_the_standards() -> None:
    black, white = Color.parse("#000000"), Color.parse("#ffffff")
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(Color.parse("#777777"), white) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_text_stands_out_from_what_is_behind_it(theme: Theme) -> None:
    colors = {**theme.to_color_system().generate(), **theme.variables}
    pairs = [*((one, other) for one in _WRITTEN for other in _BEHIND), *_PAIRS]
    weak = {
        f"{one} on {other}": round(found, 2)
        for one, other in pairs
        if (found := contrast(Color.parse(colors[one]), Color.parse(colors[other]))) < _LEAST
    }
    assert weak == {}
