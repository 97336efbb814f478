"""Silero's voice activity detector, in the ONNX file that comes with faster-whisper.

Model and file: Silero Team, 2024, MIT licence. Each call takes one frame with the last 64 samples
of the one before it, and hands on the state of an LSTM.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import ModelBroken
from assistant.voice.needs import packages
from assistant.voice.ports import FRAME_SAMPLES, Samples

_CONTEXT = 64
_STATE = (1, 1, 128)


class SileroDetector:
    """A SpeechDetector; loaded at the first frame."""

    def __init__(self) -> None:
        self._session: Any = None
        self.reset()

    def reset(self) -> None:
        self._h = np.zeros(_STATE, np.float32)
        self._c = np.zeros(_STATE, np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def probability(self, frame: Samples) -> float:
        """That the frame, of FRAME_SAMPLES, is speech. Raises SetupNeeded and ModelBroken."""
        if frame.shape != (FRAME_SAMPLES,):
            raise ValueError(f"a frame has {FRAME_SAMPLES} samples, not {frame.shape}")
        if self._session is None:
            self._session = _load()
        window = np.concatenate([self._context, frame])[None, :]
        self._context = frame[-_CONTEXT:]
        found, self._h, self._c = self._session.run(
            None, {"input": window, "h": self._h, "c": self._c}
        )
        return float(found[0])


def _load() -> Any:
    with packages():
        import onnxruntime
        from faster_whisper.utils import get_assets_path
    found = sorted(Path(get_assets_path()).glob("silero_vad*.onnx"))
    if not found:
        raise ModelBroken("faster-whisper came without its Silero file; install it again.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        str(found[-1]), options, providers=["CPUExecutionProvider"]
    )
    names = {given.name for given in session.get_inputs()}
    if names != {"input", "h", "c"}:
        raise ModelBroken("This faster-whisper has another Silero; install faster-whisper 1.2.")
    return session
