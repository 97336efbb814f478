"""Reading sound files, and recordings in the place of a microphone."""

from __future__ import annotations

import os
import wave
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag

import numpy as np
import pytest

from assistant.voice.ports import FRAME_SAMPLES, SAMPLE_RATE
from assistant.voice.recording import RecordedSource, read_recording
from memory.errors import RefusedInput


def tone(path: Path, seconds: float = 1.0, rate: int = 44_100, channels: int = 2) -> Path:
    times = np.arange(round(seconds * rate)) / rate
    wanted = (np.sin(2 * np.pi * 440 * times) * 0.5 * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(wanted, channels).tobytes())
    return path


def test_any_rate_and_any_channels_become_mono_at_whispers_rate(tmp_path: Path) -> None:
    path = tone(tmp_path / "tone.wav")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    steps: list[tuple[str, int, int]] = []

    read = read_recording(path, lambda *step: steps.append(step))

    assert read.seconds == pytest.approx(1.0, abs=0.01)
    assert read.sound.dtype == np.float32
    assert np.abs(read.sound).max() == pytest.approx(0.5, abs=0.05)
    spectrum = np.abs(np.fft.rfft(read.sound))
    assert np.argmax(spectrum) * SAMPLE_RATE / len(read.sound) == pytest.approx(440, abs=3)
    assert read.at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert {(what, total) for what, _, total in steps} == {("reading", 1)}


def test_compressed_sound_is_read(milk: Path) -> None:
    assert read_recording(milk).seconds == pytest.approx(2.7, abs=0.1)


def test_the_part_of_a_cut_off_file_is_read(milk: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.ogg"
    cut.write_bytes(milk.read_bytes()[:5000])
    assert 0.5 < read_recording(cut).seconds < 2.7


@pytest.mark.parametrize("content", [b"", b"these are no sounds" * 100])
def test_what_is_no_sound_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "note.wav"
    path.write_bytes(content)
    with pytest.raises(RefusedInput, match=r"note\.wav"):
        read_recording(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match=r"gone\.wav"):
        read_recording(tmp_path / "gone.wav")


def test_a_recording_comes_in_whole_frames_with_silence_after_it() -> None:
    frames = list(RecordedSource(np.ones(1000, np.float32), tail=0.1).frames(Flag()))
    assert {frame.shape for frame in frames} == {(FRAME_SAMPLES,)}
    whole = np.concatenate(frames)
    assert whole[:1000].min() == 1.0
    assert whole[1000:].max() == 0.0
    assert len(whole) >= 1000 + 0.1 * SAMPLE_RATE


def test_a_stopped_recording_gives_nothing_more() -> None:
    stop = Flag()
    frames = RecordedSource(np.ones(SAMPLE_RATE, np.float32), paced=True).frames(stop)
    next(frames)
    stop.set()
    assert list(frames) == []
