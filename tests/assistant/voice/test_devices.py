"""Microphone and loudspeaker over a sounddevice made for the test."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Event as Flag
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assistant.errors import NoAudioDevice
from assistant.voice import devices
from assistant.voice.devices import Microphone, Speakers
from assistant.voice.ports import FRAME_SAMPLES, SAMPLE_RATE


class PortAudioError(Exception):
    """As sounddevice has it."""


class Stream:
    """Opened, closed, fed by the test or written to."""

    def __init__(self, callback: Callable[..., None] | None = None, **options: Any) -> None:
        self.callback = callback
        self.options = options
        self.open = False
        self.aborted = False
        self.written: list[int] = []
        self.on_write: Callable[[], object] = lambda: None

    def __enter__(self) -> Stream:
        self.open = True
        if self.callback is not None:
            for number in range(3):
                block = np.full((FRAME_SAMPLES, 1), number, np.float32)
                self.callback(block, FRAME_SAMPLES, None, None)
        return self

    def __exit__(self, *error: object) -> None:
        self.open = False

    def write(self, block: Any) -> None:
        assert block.shape[1] == 1
        self.written.append(len(block))
        self.on_write()

    def abort(self) -> None:
        self.aborted = True


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list[Stream]:
    """The streams that were opened."""
    opened: list[Stream] = []

    def stream(**options: Any) -> Stream:
        opened.append(Stream(**options))
        return opened[-1]

    made = SimpleNamespace(InputStream=stream, OutputStream=stream, PortAudioError=PortAudioError)
    monkeypatch.setitem(sys.modules, "sounddevice", made)
    return opened


def test_frames_come_as_they_are_heard_and_the_device_is_let_go(streams: list[Stream]) -> None:
    stop = Flag()
    frames = Microphone("USB").frames(stop)
    assert [float(next(frames)[0]) for _ in range(3)] == [0.0, 1.0, 2.0]
    [stream] = streams
    assert stream.options["samplerate"] == SAMPLE_RATE
    assert stream.options["device"] == "USB"
    assert stream.open
    frames.close()
    assert not stream.open


def test_stopping_ends_it(streams: list[Stream]) -> None:
    stop = Flag()
    frames = Microphone().frames(stop)
    next(frames)
    stop.set()
    assert list(frames) == []
    assert not streams[0].open


def test_a_microphone_that_falls_silent_is_told(
    streams: list[Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "_PATIENCE", 0.01)
    monkeypatch.setattr(devices, "_DEAF_AFTER", 0.02)
    with pytest.raises(NoAudioDevice, match="no sound any more"):
        list(Microphone().frames(Flag()))
    assert not streams[0].open


@pytest.mark.parametrize(
    ("device", "told"), [(None, "No microphone can"), ("USB", "No microphone called 'USB' can")]
)
def test_no_microphone_is_told(
    monkeypatch: pytest.MonkeyPatch, device: str | None, told: str
) -> None:
    def fails(**options: Any) -> None:
        raise PortAudioError("Error querying device -1\nmore of PortAudio's own")

    made = SimpleNamespace(InputStream=fails, PortAudioError=PortAudioError)
    monkeypatch.setitem(sys.modules, "sounddevice", made)
    with pytest.raises(NoAudioDevice) as raised:
        next(Microphone(device).frames(Flag()))
    assert str(raised.value).startswith(f"{told} be used (Error querying device -1); plug one in")


def test_a_sound_is_played_to_its_end(streams: list[Stream]) -> None:
    Speakers().play(np.zeros(22_050, np.float32), 22_050, Flag())
    [stream] = streams
    assert stream.options["samplerate"] == 22_050
    assert sum(stream.written) == 22_050
    assert not stream.aborted


def test_it_falls_silent_within_a_twentieth_of_a_second(streams: list[Stream]) -> None:
    class StopsInTheSecond(Flag):
        def is_set(self) -> bool:
            return sum(streams[0].written) >= 22_050

    Speakers().play(np.zeros(66_150, np.float32), 22_050, StopsInTheSecond())
    assert sum(streams[0].written) <= 22_050 * 1.05
    assert streams[0].aborted


def test_no_loudspeaker_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**options: Any) -> None:
        raise PortAudioError("Invalid device")

    made = SimpleNamespace(OutputStream=fails, PortAudioError=PortAudioError)
    monkeypatch.setitem(sys.modules, "sounddevice", made)
    with pytest.raises(NoAudioDevice, match=r"shown and not spoken"):
        Speakers().play(np.zeros(10, np.float32), 22_050, Flag())
