"""Scores of the model alone, of the adapter in use and of a new one, beneath each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textual.content import Content

from tui.text import bar

_MEASURES = (
    ("nll", "Your words, nats a token (less is better)", False),
    ("preference_accuracy", "Your preferences shared", True),
    ("capability", "What it can do", True),
    ("valid_documents", "Valid JSON", True),
    ("style_distance", "Distance to your style (less is better)", False),
    ("attributed_to_user", "Taken for your writing", True),
)
"""Name, title, whether it is a share of 1 of which more is better."""
_SYSTEMS = (("base", "model alone"), ("current", "in use then"), ("candidate", "new"))
_WIDTH = max(len(title) for _, title in _SYSTEMS)
_CELLS = 10


def score_lines(scores: Mapping[str, Mapping[str, float | None]]) -> Iterator[Content]:
    """A heading a measure, then a line a system that has it; shares as bars."""
    for name, title, share in _MEASURES:
        found = [
            (system, value)
            for key, system in _SYSTEMS
            if (value := scores.get(key, {}).get(name)) is not None
        ]
        if found:
            yield Content.styled(title, "$quiet")
        for system, value in found:
            drawn = (f"{bar(value, _CELLS)} {value:>5.0%}", "$primary") if share else f"{value:.3f}"
            yield Content.assemble(f"  {system:<{_WIDTH}}  ", drawn)
