"""Sound made of numbers, and a transcriber that knows what the numbers say."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from threading import Event as Flag

import numpy as np

from assistant.voice.ports import FRAME_SAMPLES, SAMPLE_RATE, Samples, Segment

WORD = 0.5
"""Loudness of speech in these tests; silence is 0."""


def sound(*stretches: tuple[float, float]) -> Samples:
    """Stretches of (loudness, seconds), in whole frames."""
    parts = [
        np.full(round(seconds * SAMPLE_RATE / FRAME_SAMPLES) * FRAME_SAMPLES, loudness, np.float32)
        for loudness, seconds in stretches
    ]
    return np.concatenate(parts)


class LoudnessDetector:
    """A SpeechDetector that takes what is loud for speech."""

    def __init__(self) -> None:
        self.resets = 0

    def probability(self, frame: Samples) -> float:
        return 0.9 if float(np.abs(frame).mean()) > 0.25 else 0.05

    def reset(self) -> None:
        self.resets += 1


class ScriptedTranscriber:
    """Says what the script says, one text a call; the last one again after that.

    `heard` are the seconds of each stretch that it was given. A gate in `gates` is waited for
    before the call of that number is answered.
    """

    def __init__(self, *texts: str, no_speech: float = 0.0) -> None:
        self._texts = list(texts)
        self._no_speech = no_speech
        self.heard: list[float] = []
        self.gates: dict[int, Flag] = {}

    def transcribe(self, speech: Samples) -> Iterator[Segment]:
        number = len(self.heard)
        seconds = len(speech) / SAMPLE_RATE
        self.heard.append(seconds)
        if number in self.gates:
            assert self.gates[number].wait(60), "the test left a gate closed"
        text = self._texts[min(number, len(self._texts) - 1)]
        yield Segment(text, 0.0, seconds, "en", self._no_speech, -0.3, 1.0)


class FrameSource:
    """An AudioSource that gives these frames at once, and notes whether it was closed."""

    def __init__(self, whole: Samples) -> None:
        self._frames: Sequence[Samples] = list(whole.reshape(-1, FRAME_SAMPLES))
        self.closed = False

    def frames(self, stop: Flag) -> Generator[Samples, None, None]:
        try:
            for frame in self._frames:
                if stop.is_set():
                    return
                yield frame
        finally:
            self.closed = True
