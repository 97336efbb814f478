"""Silero, in the file that comes with faster-whisper."""

from __future__ import annotations

from pathlib import Path
from threading import Event as Flag

import numpy as np
import pytest

from assistant.voice.ports import FRAME_SAMPLES, SAMPLE_RATE, Samples
from assistant.voice.recording import RecordedSource, read_recording
from assistant.voice.silero import SileroDetector


def probabilities(sound: Samples, detector: SileroDetector | None = None) -> list[float]:
    detector = detector or SileroDetector()
    return [detector.probability(frame) for frame in RecordedSource(sound).frames(Flag())]


def test_speech_is_told_from_the_silence_around_it(milk: Path) -> None:
    found = probabilities(read_recording(milk).sound)
    frames = round(SAMPLE_RATE / FRAME_SAMPLES)
    assert np.mean(found[frames // 2 : 2 * frames]) > 0.9
    assert max(found[-frames // 2 :]) < 0.2


@pytest.mark.parametrize("loudness", [0.0, 0.01, 0.1, 0.4])
def test_noise_is_no_speech(loudness: float) -> None:
    noise = np.random.default_rng(7).normal(0, loudness, 3 * SAMPLE_RATE).astype(np.float32)
    assert max(probabilities(noise)) < 0.5


def test_after_a_reset_it_hears_as_if_for_the_first_time(milk: Path) -> None:
    sound, detector = read_recording(milk).sound, SileroDetector()
    first = probabilities(sound, detector)
    detector.reset()
    assert probabilities(sound, detector) == first


def test_a_frame_of_another_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="512"):
        SileroDetector().probability(np.zeros(100, np.float32))
