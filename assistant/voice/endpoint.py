"""Where speech begins and ends in a stream of frames, given how likely each is speech."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from assistant.voice.ports import FRAME_SAMPLES, SAMPLE_RATE, Samples

_FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class EndPointing:
    """When speech counts as begun and ended. Probabilities 0 to 1, times in seconds.

    The two thresholds are those that Silero's authors give; between them a frame is taken as the
    frame before it.
    """

    speech: float = 0.5
    silence: float = 0.35
    begin: float = 0.16
    """Speech that must be heard before anything has begun: clicks and knocks are shorter."""
    pause: float = 0.2
    """Silence after which what was said so far may be all."""
    end: float = 0.7
    """Silence after which it is."""
    lead: float = 0.3
    """Kept from before the beginning, where soft consonants are."""
    breath_after: float = 20.0
    """Length from which a pause is enough to end it: Whisper takes thirty seconds at most."""
    longest: float = 28.0


class Step(StrEnum):
    """What a frame changed."""

    NONE = "none"
    BEGAN = "began"
    PAUSED = "paused"
    ENDED = "ended"


class EndPointer:
    """Collects one utterance at a time.

    With `held`, silence ends nothing, since the user says when it ends.
    """

    def __init__(self, times: EndPointing | None = None, *, held: bool = False) -> None:
        self._times = times or EndPointing()
        self._held = held
        self._lead: deque[Samples] = deque(maxlen=_frames(self._times.lead))
        self._begin_again()

    def _begin_again(self) -> None:
        self._frames: list[Samples] = []
        self._voiced = 0
        self._last_voiced = 0
        self._speaking = False
        self._begun = False

    def push(self, frame: Samples, probability: float) -> Step:
        """Take in a frame. After ENDED, call `take` before the next one."""
        times = self._times
        if probability >= times.speech:
            self._speaking = True
        elif probability < times.silence:
            self._speaking = False
        if not (self._frames or self._speaking):
            self._lead.append(frame)
            return Step.NONE
        if not self._frames:
            self._frames = list(self._lead)
            self._lead.clear()
        self._frames.append(frame)
        if self._speaking:
            self._voiced += 1
            self._last_voiced = len(self._frames)
        return self._step()

    def _step(self) -> Step:
        times, length = self._times, len(self._frames)
        silent = length - self._last_voiced
        if not self._begun:
            if self._voiced >= _frames(times.begin):
                self._begun = True
                return Step.BEGAN
            if silent >= _frames(times.pause):
                # Too short to be a word. Its end may be the lead of one.
                self._lead.extend(self._frames)
                self._begin_again()
            return Step.NONE
        if length >= _frames(times.longest):
            return Step.ENDED
        if silent == _frames(times.pause):
            long = length >= _frames(times.breath_after)
            return Step.ENDED if long else Step.PAUSED
        if silent >= _frames(times.end) and not self._held:
            return Step.ENDED
        return Step.NONE

    @property
    def begun(self) -> bool:
        """Whether there was enough speech to be words."""
        return self._begun

    @property
    def seconds(self) -> float:
        """Length of what is collected."""
        return len(self._frames) * _FRAME_SECONDS

    @property
    def voiced_seconds(self) -> float:
        """Length of what is collected up to its last speech."""
        return self._last_voiced * _FRAME_SECONDS

    @property
    def silent_seconds(self) -> float:
        """Silence at its end."""
        return (len(self._frames) - self._last_voiced) * _FRAME_SECONDS

    @property
    def voiced_until(self) -> int:
        """Frames up to the last with speech: two looks with the same number heard the same."""
        return self._last_voiced

    def speech(self) -> Samples:
        """What is collected, up to a pause after the last speech."""
        kept = self._frames[: self._last_voiced + _frames(self._times.pause)]
        return np.concatenate(kept) if kept else np.zeros(0, np.float32)

    def take(self) -> Samples:
        """The utterance; the next one begins from here."""
        speech = self.speech()
        self._begin_again()
        return speech


def _frames(seconds: float) -> int:
    return max(1, round(seconds / _FRAME_SECONDS))
