"""What listening and speaking need of devices and models, and the values they exchange.

All speech is mono at 16,000 samples a second, as Whisper and Silero take it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from threading import Event as Flag
from typing import Protocol

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Samples a second."""
FRAME_SAMPLES = 512
"""Samples of a frame, 32 ms: the stretch that Silero judges."""

Samples = npt.NDArray[np.float32]
"""Shape (samples,), from -1 to 1."""


class AudioSource(Protocol):
    """A microphone, or a recording in its place."""

    def frames(self, stop: Flag) -> Generator[Samples, None, None]:
        """Frames of FRAME_SAMPLES as they are heard, until `stop` is set or there is no more.

        Raises NoAudioDevice.
        """


class SpeechDetector(Protocol):
    """Tells speech from everything else, frame by frame."""

    def probability(self, frame: Samples) -> float:
        """That this frame, after those before it, is speech."""

    def reset(self) -> None:
        """Forget the frames before; what comes next is heard elsewhere or later."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech as text, with Whisper's own doubts about it.

    `start` and `end` are seconds from the beginning. `no_speech` is the probability that nobody
    spoke, `confidence` the mean log-probability of the tokens, `repetition` the ratio by which the
    text can be compressed.
    """

    text: str
    start: float
    end: float
    language: str
    no_speech: float = 0.0
    confidence: float = 0.0
    repetition: float = 1.0


class Transcriber(Protocol):
    def transcribe(self, speech: Samples) -> Iterator[Segment]:
        """The segments of a stretch of speech, in order, each as soon as it is known.

        Raises SetupNeeded and ModelBroken.
        """


class Voice(Protocol):
    def speak(self, sentence: str) -> tuple[Samples, int]:
        """A sentence as sound, and its samples a second. Raises SetupNeeded and ModelBroken."""


class Loudspeaker(Protocol):
    def play(self, sound: Samples, rate: int, stop: Flag) -> None:
        """Play to the end, or until `stop` is set. Raises NoAudioDevice."""


@dataclass(frozen=True, slots=True)
class Began:
    """Somebody speaks."""


@dataclass(frozen=True, slots=True)
class Partial:
    """What was understood so far; the words may still change."""

    text: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said from one silence to the next.

    `seconds` is the length of the speech, `waited` the seconds from its last sound to this text.
    """

    text: str
    language: str
    seconds: float
    waited: float


@dataclass(frozen=True, slots=True)
class Nothing:
    """There was a sound, but no words."""


Heard = Began | Partial | Utterance | Nothing
"""What a listener tells, in this order: began, partial ones, an utterance or nothing."""
