"""Sound files: decoding whatever FFmpeg reads, and recordings in the place of a microphone."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag
from typing import Any

import numpy as np

from assistant.voice.needs import packages
from assistant.voice.ports import FRAME_SAMPLES, SAMPLE_RATE, Samples
from memory.errors import RefusedInput
from memory.ports import Progress, no_progress

_LONGEST_HOURS = 12
"""Sound is held in memory at 64 KB a second; more than this is not a note or a meeting."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The sound of a file, and when it was recorded as far as the file tells."""

    sound: Samples
    at: datetime

    @property
    def seconds(self) -> float:
        return len(self.sound) / SAMPLE_RATE


def read_recording(path: Path, progress: Progress = no_progress) -> Recording:
    """The first sound track of a sound or video file, in mono.

    Progress counts seconds. Where a damaged file ends, so does its sound. Raises SetupNeeded
    without the `voice` extra, and RefusedInput for a file that holds no sound.
    """
    with packages():
        import av
    try:
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        with av.open(str(path), metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise RefusedInput(f"{path.name} has no sound track.")
            blocks = list(_blocks(av, container, progress))
            at = _recorded(container) or modified
    except (OSError, av.error.FFmpegError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RefusedInput(f"{path} cannot be read as sound ({reason}).") from error
    if not blocks:
        raise RefusedInput(f"{path.name} holds no sound that can be decoded.")
    return Recording(np.concatenate(blocks), min(at, datetime.now(UTC)))


def _blocks(av: Any, container: Any, progress: Progress) -> Iterator[Samples]:
    """Sound in blocks of float32, resampled; a block that cannot be decoded is left out."""
    # In integers, for which FFmpeg mixes channels down without exceeding full scale.
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    total = round((container.duration or 0) / av.time_base)
    done = 0
    for frame in _frames(av, container):
        for block in resampler.resample(frame):
            yield _floats(block)
            done += block.samples
        progress("reading", done // SAMPLE_RATE, max(total, done // SAMPLE_RATE))
        if done > _LONGEST_HOURS * 3600 * SAMPLE_RATE:
            raise RefusedInput(f"A recording longer than {_LONGEST_HOURS} hours; cut it first.")
    for block in resampler.resample(None):
        yield _floats(block)


def _floats(block: Any) -> Samples:
    return np.asarray(block.to_ndarray().reshape(-1) / 32768, np.float32)


def _frames(av: Any, container: Any) -> Iterator[Any]:
    for packet in container.demux(audio=0):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def _recorded(container: Any) -> datetime | None:
    """When the recorder says that it was, where it does."""
    try:
        at = datetime.fromisoformat(container.metadata["creation_time"])
    except (KeyError, ValueError):
        return None
    # Clocks that were never set start at one of the epochs.
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at if at.year > 1990 else None


class RecordedSource:
    """An AudioSource that plays a recording: at once, or `paced` as a microphone would hear it.

    Its last frame is filled up with silence, and `tail` seconds of silence follow, in which the
    end of the speech can be heard.
    """

    def __init__(self, sound: Samples, *, paced: bool = False, tail: float = 1.0) -> None:
        whole = len(sound) + round(tail * SAMPLE_RATE)
        padded = np.zeros(-(-whole // FRAME_SAMPLES) * FRAME_SAMPLES, np.float32)
        padded[: len(sound)] = sound
        self._frames = padded.reshape(-1, FRAME_SAMPLES)
        self._paced = paced

    def frames(self, stop: Flag) -> Generator[Samples, None, None]:
        began = time.monotonic()
        for number, frame in enumerate(self._frames, 1):
            if self._paced:
                heard_at = began + number * FRAME_SAMPLES / SAMPLE_RATE
                stop.wait(max(0.0, heard_at - time.monotonic()))
            if stop.is_set():
                return
            yield frame
