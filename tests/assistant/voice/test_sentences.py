"""Answers cut into sentences for the ear."""

from __future__ import annotations

import pytest

from assistant.voice.sentences import Sentences, spoken


def cut(text: str, size: int) -> list[str]:
    """The sentences of a text that comes in pieces of so many characters."""
    sentences = Sentences()
    found = [s for n in range(0, len(text), size) for s in sentences.feed(text[n : n + size])]
    return found + sentences.rest()


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It is late. Go to bed!", ["It is late.", "Go to bed!"]),
        ("Ask Dr. Kim, e.g. today. Good.", ["Ask Dr. Kim, e.g. today.", "Good."]),
        ("It costs 3.50 euros. Fine", ["It costs 3.50 euros.", "Fine"]),
        ("He said “no.” Then he left.", ["He said “no.”", "Then he left."]),
        ("- two eggs\n- **milk** [1]\n", ["two eggs", "milk"]),
        ("1. Wash.\n2. Dry.", ["Wash.", "Dry."]),
        ("Run this:\n```python\nx = 1. \ny = 2\n```\nDone.", ["Run this:", "Done."]),
        (
            "See [the page](https://a.b/c). Or https://a.b/d now.",
            ["See the page.", "Or a link now."],
        ),
        ("# Title\n\n---\n\nUse `ls -l` here.", ["Title", "Use ls -l here."]),
        ("今日は。明日は。", ["今日は。", "明日は。"]),
        ("", []),
    ],
)
def test_sentences_are_whole_whatever_the_pieces(
    text: str, sentences: list[str], size: int
) -> None:
    assert cut(text, size) == sentences


def test_a_sentence_is_given_as_soon_as_it_is_whole() -> None:
    sentences = Sentences()
    assert sentences.feed("It is late") == []
    assert sentences.feed(". ") == []
    assert sentences.feed("Go") == ["It is late."]


def test_the_listener_of_an_endless_sentence_does_not_wait_for_its_end() -> None:
    endless = "and then we went on, " * 30
    assert max(map(len, cut(endless, 5))) <= 310


def test_what_is_only_for_the_eye_is_not_spoken() -> None:
    assert spoken("***") == ""
    assert spoken("snake_case and 2*3*4 stay") == "snake_case and 2*3*4 stay"
