"""Text to speech by Piper."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import ModelBroken
from assistant.voice.needs import SPEAK, packages
from assistant.voice.ports import Samples


class PiperVoice:
    """A Voice on a Piper model (.onnx, its .json beside it); loaded at the first sentence."""

    def __init__(self, model: Callable[[], Path]) -> None:
        """`model` gives the .onnx file or raises SetupNeeded."""
        self._model = model
        self._voice: Any = None
        self._loading = threading.Lock()

    def load(self) -> None:
        """Have the voice ready. Raises SetupNeeded and ModelBroken."""
        with self._loading:
            if self._voice is None:
                self._voice = _load(self._model())

    def speak(self, sentence: str) -> tuple[Samples, int]:
        self.load()
        pieces = [piece.audio_float_array for piece in self._voice.synthesize(sentence)]
        sound = np.concatenate(pieces) if pieces else np.zeros(0)
        return np.asarray(sound, np.float32), int(self._voice.config.sample_rate)


def _load(model: Path) -> Any:
    with packages(SPEAK, "Speaking"):
        import piper
    try:
        return piper.PiperVoice.load(model, download_dir=model.parent)
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        raise ModelBroken(
            f"The voice {model.name} cannot be loaded ({error}); delete it and run "
            "`lifelore setup --model piper-joe`."
        ) from error
