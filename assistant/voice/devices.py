"""The machine's microphone and loudspeaker, through sounddevice (PortAudio)."""

from __future__ import annotations

import queue
from collections.abc import Generator
from threading import Event as Flag
from typing import Any

import numpy as np

from assistant.errors import NoAudioDevice
from assistant.voice.needs import packages
from assistant.voice.ports import FRAME_SAMPLES, SAMPLE_RATE, Samples

_PATIENCE = 0.2
"""Seconds between two looks at whether to stop, where no sound comes."""
_DEAF_AFTER = 5.0
"""Seconds without any sound, not even noise, after which the device is taken for gone."""


def _sounddevice() -> Any:
    with packages():
        try:
            import sounddevice
        except OSError as error:
            raise NoAudioDevice(
                "The PortAudio library is missing (Debian: apt-get install libportaudio2; macOS "
                "and Windows have it with sounddevice). `lifelore transcribe` works without it."
            ) from error
    return sounddevice


class Microphone:
    """An AudioSource; the device is open only while somebody listens."""

    def __init__(self, device: str | None = None) -> None:
        """`device` is a part of its name; None takes the system's."""
        self._device = device

    def frames(self, stop: Flag) -> Generator[Samples, None, None]:
        sounddevice = _sounddevice()
        heard: queue.SimpleQueue[Samples] = queue.SimpleQueue()

        def callback(block: Any, frames: int, time: Any, status: Any) -> None:
            heard.put(np.array(block[:, 0], np.float32))

        try:
            stream = sounddevice.InputStream(
                samplerate=SAMPLE_RATE,
                blocksize=FRAME_SAMPLES,
                channels=1,
                dtype="float32",
                device=self._device,
                callback=callback,
            )
        except (sounddevice.PortAudioError, ValueError) as error:
            raise NoAudioDevice(_no_microphone(self._device, error)) from error
        deaf = 0.0
        with stream:
            while not stop.is_set():
                try:
                    frame = heard.get(timeout=_PATIENCE)
                except queue.Empty:
                    deaf += _PATIENCE
                    if deaf >= _DEAF_AFTER:
                        raise NoAudioDevice(
                            "The microphone gives no sound any more; plug it in and try again."
                        ) from None
                    continue
                deaf = 0.0
                if frame.shape == (FRAME_SAMPLES,):
                    yield frame


def _no_microphone(device: str | None, error: Exception) -> str:
    wanted = "No microphone" if device is None else f"No microphone called {device!r}"
    reason = str(error).splitlines()[0].rstrip(".")
    return (
        f"{wanted} can be used ({reason}); plug one in, or name it with the setting `microphone`. "
        "Typing, and `lifelore transcribe FILE`, work without one."
    )


class Speakers:
    """A Loudspeaker: the system's."""

    def play(self, sound: Samples, rate: int, stop: Flag) -> None:
        sounddevice = _sounddevice()
        try:
            with sounddevice.OutputStream(samplerate=rate, channels=1, dtype="float32") as stream:
                # In short pieces, so that it falls silent at once.
                piece = rate // 20
                for start in range(0, len(sound), piece):
                    if stop.is_set():
                        stream.abort()
                        return
                    stream.write(np.ascontiguousarray(sound[start : start + piece, None]))
        except sounddevice.PortAudioError as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise NoAudioDevice(
                f"No loudspeaker can be used ({reason}); answers are shown and not spoken."
            ) from error
