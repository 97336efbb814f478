"""From a stream of sound to what was said: end-pointing, transcription, and what to believe of it.

Whisper takes longer for a sentence than people like to wait. So the transcription of a pause is
begun when the pause begins: where it turns out to be the end, the text is there already, or soon.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from threading import Event as Flag

from assistant.voice.credible import clean, credible
from assistant.voice.endpoint import EndPointer, EndPointing, Step
from assistant.voice.ports import (
    AudioSource,
    Began,
    Heard,
    Nothing,
    Partial,
    Samples,
    SpeechDetector,
    Transcriber,
    Utterance,
)

_FIRST_PARTIAL = 1.5
"""Seconds of speech after which its first words are shown."""
_SHARE = 3.0
"""Partial texts are at least this many times apart as the last one took, so that the final one
seldom has to wait for them."""


class Listener:
    """Tells what it hears. One call at a time; `close` it in the end."""

    def __init__(
        self,
        source: AudioSource,
        detector: SpeechDetector,
        transcriber: Transcriber,
        times: EndPointing | None = None,
    ) -> None:
        self._source = source
        self._detector = detector
        self._transcriber = transcriber
        self._times = times
        self._pool = ThreadPoolExecutor(1, "lifelore-speech")

    def listen(self, stop: Flag) -> Iterator[Heard]:
        """Hands-free: every utterance until `stop` is set or the source ends.

        Raises NoAudioDevice, SetupNeeded and ModelBroken.
        """
        yield from self._hear(EndPointer(self._times), stop)

    def record(self, done: Flag) -> Iterator[Heard]:
        """Push-to-talk: what is said until `done` is set. Long speech comes in several utterances.

        Raises as `listen`.
        """
        yield from self._hear(EndPointer(self._times, held=True), done)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _hear(self, pointer: EndPointer, stop: Flag) -> Iterator[Heard]:
        self._detector.reset()
        looks = _Looks(self._pool, self._transcriber)
        with closing(self._source.frames(stop)) as frames:
            for frame in frames:
                step = pointer.push(frame, self._detector.probability(frame))
                if step is Step.BEGAN:
                    yield Began()
                elif step is Step.ENDED:
                    yield looks.final(pointer)
                elif step is Step.PAUSED or (pointer.begun and looks.due(pointer)):
                    looks.begin(pointer)
                if (partial := looks.news()) is not None:
                    yield partial
        if pointer.begun:
            yield looks.final(pointer)


@dataclass(slots=True)
class _Look:
    """A transcription under way, of what was voiced up to a frame."""

    voiced_until: int
    seconds: float
    text: Future[tuple[str, str]]


class _Looks:
    """Transcriptions of one utterance after another, each of more of it."""

    def __init__(self, pool: ThreadPoolExecutor, transcriber: Transcriber) -> None:
        self._pool = pool
        self._transcriber = transcriber
        self._cost = 0.0
        self._begin_again()

    def _begin_again(self) -> None:
        self._look: _Look | None = None
        self._told = ""

    def begin(self, pointer: EndPointer) -> None:
        """Transcribe what is there so far, unless that is being done."""
        if self._look is not None:
            if self._look.voiced_until == pointer.voiced_until:
                return
            self._look.text.cancel()  # it may not have begun
        text = self._pool.submit(self._read, pointer.speech())
        self._look = _Look(pointer.voiced_until, pointer.seconds, text)

    def due(self, pointer: EndPointer) -> bool:
        """Whether it is time for a partial text."""
        if self._look is None:
            return pointer.seconds >= _FIRST_PARTIAL
        apart = max(_FIRST_PARTIAL, _SHARE * self._cost)
        return self._look.text.done() and pointer.seconds - self._look.seconds >= apart

    def news(self) -> Partial | None:
        """The partial text, where it has changed."""
        if self._look is None or not self._look.text.done() or self._look.text.cancelled():
            return None
        text, _ = self._look.text.result()
        if not text or text == self._told:
            return None
        self._told = text
        return Partial(text)

    def final(self, pointer: EndPointer) -> Utterance | Nothing:
        """Wait for the text of all that was said; the next utterance begins."""
        self.begin(pointer)
        assert self._look is not None
        silent, waiting = pointer.silent_seconds, time.monotonic()
        text, language = self._look.text.result()
        waited = silent + time.monotonic() - waiting
        seconds = pointer.voiced_seconds
        pointer.take()
        self._begin_again()
        return Utterance(text, language, seconds, waited) if text else Nothing()

    def _read(self, speech: Samples) -> tuple[str, str]:
        began = time.monotonic()
        segments = [s for s in self._transcriber.transcribe(speech) if credible(s)]
        self._cost = time.monotonic() - began
        return clean(" ".join(s.text for s in segments)), segments[0].language if segments else ""
