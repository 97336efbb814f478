"""Speech to text by Whisper, through faster-whisper (CTranslate2)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from assistant.errors import ModelBroken, SettingsInvalid
from assistant.voice.needs import packages
from assistant.voice.ports import SAMPLE_RATE, Samples, Segment

_BEAM = 5
_FALLBACK = (0.0, 0.4, 0.8)
"""Temperatures of further tries at a passage of a recording; live speech is tried once."""


class WhisperTranscriber:
    """A Transcriber on a folder with a CTranslate2 model; loaded at first use.

    `language` is a code such as "de"; None has it detected. With `recording` it looks for speech
    in long audio, skips what is silent, and tries hard passages again; without it, it takes what
    it is given for one stretch of speech, and is quick.
    """

    def __init__(
        self,
        folder: Callable[[], Path],
        *,
        language: str | None = None,
        threads: int = 0,
        recording: bool = False,
    ) -> None:
        """`folder` gives the model's folder or raises SetupNeeded; `threads` 0 takes all cores."""
        self._folder = folder
        self._language = language
        self._threads = threads
        self._recording = recording
        self._model: Any = None
        self._loading = threading.Lock()

    def load(self) -> None:
        """Have the model ready. Raises SetupNeeded, ModelBroken and SettingsInvalid."""
        with self._loading:
            if self._model is None:
                self._model = _load(self._folder(), self._threads)
        known = self._model.supported_languages
        if self._language is not None and self._language not in known:
            wanted = "an English-only model" if len(known) == 1 else "Whisper"
            raise SettingsInvalid(
                f"{self._language!r} is not a language of {wanted}; use a code such as "
                f"{', '.join(sorted(known)[:3])}, or leave it out."
            )

    def transcribe(self, speech: Samples) -> Iterator[Segment]:
        self.load()
        if not len(speech):
            return
        live: dict[str, Any] = {"beam_size": _BEAM, "temperature": 0.0, "vad_filter": False}
        found, about = self._model.transcribe(
            speech,
            language=self._language,
            # Whisper's own sentences lead it into loops.
            condition_on_previous_text=False,
            **({"temperature": _FALLBACK, "vad_filter": True} if self._recording else live),
        )
        for each in found:
            yield Segment(
                text=each.text.strip(),
                start=each.start,
                end=min(each.end, len(speech) / SAMPLE_RATE),
                language=about.language,
                no_speech=each.no_speech_prob,
                confidence=each.avg_logprob,
                repetition=each.compression_ratio,
            )


def _load(folder: Path, threads: int) -> Any:
    with packages():
        import faster_whisper

    class EncodesOnce(faster_whisper.WhisperModel):  # type: ignore[misc]  # it has no types
        """Uses what language detection encoded for the first window, too: half of the time."""

        _latest: Any = None
        _detected_on: Any = None

        def encode(self, features: Any) -> Any:
            self._latest = super().encode(features)
            return self._latest

        def detect_language(self, *args: Any, **options: Any) -> Any:
            found = super().detect_language(*args, **options)
            self._detected_on = self._latest
            return found

        def generate_segments(
            self, features: Any, tokenizer: Any, options: Any, log: bool, encoded: Any = None
        ) -> Any:
            first, self._detected_on = self._detected_on, None
            encoded = first if encoded is None else encoded
            return super().generate_segments(features, tokenizer, options, log, encoded)

    try:
        return EncodesOnce(
            str(folder), device="cpu", compute_type="int8", cpu_threads=threads, num_workers=1
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelBroken(
            f"The speech model in {folder} cannot be loaded ({error}); delete that folder and run "
            "`lifelore setup --model whisper-base`."
        ) from error
