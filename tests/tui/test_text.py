"""Sizes, durations and excerpts."""

from __future__ import annotations

import pytest

from tui.text import bar, excerpt, is_long, milliseconds, one_line, size, tokens


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0"), (999, "999"), (2100, "2.1k"), (8192, "8.2k"), (131072, "131k")]
)
def test_tokens(count: int, shown: str) -> None:
    assert tokens(count) == shown


@pytest.mark.parametrize(("value", "shown"), [(12.4, "12 ms"), (999, "999 ms"), (2140, "2.1 s")])
def test_milliseconds(value: float, shown: str) -> None:
    assert milliseconds(value) == shown


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(-1, "▯▯▯▯▯"), (0, "▯▯▯▯▯"), (0.01, "▮▯▯▯▯"), (0.5, "▮▮▯▯▯"), (1, "▮▮▮▮▮"), (7, "▮▮▮▮▮")],
)
def test_bar(fraction: float, shown: str) -> None:
    assert bar(fraction) == shown


def test_size_counts_bytes_and_lines() -> None:
    assert size("é" * 5000) == "10 kB"
    assert size("a\n" * 600_000) == "1.2 MB, 600,001 lines"


def test_long_texts_are_cut_by_characters_and_by_lines() -> None:
    assert not is_long("a" * 4000)
    assert is_long("a" * 4001)
    assert is_long("\n" * 61)
    assert len(excerpt("a" * 10_000)) < 800
    assert excerpt("a\n" * 10_000).count("\n") < 10


def test_one_line_joins_and_cuts() -> None:
    assert one_line(" a\n\tb ") == "a b"
    assert one_line("word " * 100, 10) == "word word…"
