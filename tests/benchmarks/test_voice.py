"""The test set of the voice benchmark, and how its errors are counted."""

from __future__ import annotations

from threading import Event as Flag

import pytest

from assistant.voice.recording import RecordedSource
from assistant.voice.silero import SileroDetector
from benchmarks.voice import ENGLISH, EXACT, GERMAN, edits, noises


@pytest.mark.parametrize(
    ("reference", "heard", "count"),
    [
        ("buy milk on friday", "buy milk on friday", 0),
        ("buy milk on friday", "buy silk on friday", 1),
        ("buy milk on friday", "buy milk friday", 1),
        ("buy milk", "please buy some milk", 2),
        ("buy milk", "", 2),
        ("", "thanks for watching", 3),
    ],
)
def test_word_errors_are_replaced_missing_and_added_words(
    reference: str, heard: str, count: int
) -> None:
    assert edits(reference.split(), heard.split()) == count


def test_the_test_set_is_as_large_as_it_says() -> None:
    assert len(ENGLISH) == 20
    assert {references[0] for references in ENGLISH} >= set(EXACT)
    assert len(GERMAN) == 5


@pytest.mark.parametrize("name", noises())
def test_noises_are_no_speech_to_the_detector(name: str) -> None:
    detector = SileroDetector()
    source = RecordedSource(noises()[name])
    voiced = [detector.probability(frame) > 0.5 for frame in source.frames(Flag())]
    assert sum(voiced) <= 3
