"""Listening and speaking wired from settings. No model or device is opened before it is used."""

from __future__ import annotations

from pathlib import Path

import psutil

from assistant.errors import SetupNeeded
from assistant.models.catalog import Role, shipped_catalog
from assistant.models.fetch import installed
from assistant.settings import Settings
from assistant.voice.devices import Microphone
from assistant.voice.listener import Listener
from assistant.voice.ports import AudioSource
from assistant.voice.silero import SileroDetector
from assistant.voice.whisper import WhisperTranscriber


def transcriber_of(
    settings: Settings, *, language: str | None = None, recording: bool = False
) -> WhisperTranscriber:
    """The configured speech model, for live speech or for whole recordings."""
    return WhisperTranscriber(
        lambda: speech_folder(settings),
        language=language or settings.speech_language,
        threads=settings.threads or psutil.cpu_count(logical=False) or 1,
        recording=recording,
    )


def listener_of(settings: Settings, source: AudioSource | None = None) -> Listener:
    """What hears the user: the microphone, or another source in its place."""
    heard = source or Microphone(settings.microphone)
    return Listener(heard, SileroDetector(), transcriber_of(settings))


def speech_folder(settings: Settings) -> Path:
    """The folder of the speech model. Raises SetupNeeded, or SettingsInvalid for unknown names."""
    wanted = settings.speech_model
    if wanted is not None and "/" in wanted:
        folder = Path(wanted).expanduser()
        if not (folder / "model.bin").is_file():
            raise SetupNeeded(
                f"There is no speech model in {folder}; the setting `speech_model` takes the "
                "folder of a Whisper in CTranslate2's format, or a name from `lifelore setup`."
            )
        return folder
    if (found := _installed(settings, wanted, "speech")) is None:
        name = wanted or "whisper-base"
        raise SetupNeeded(f"No speech model is here yet; run `lifelore setup --model {name}`.")
    return found


def _installed(settings: Settings, wanted: str | None, role: Role) -> Path | None:
    """The folder of the model of this name, or of the best of the role that is here."""
    catalog = shipped_catalog()
    entries = [catalog.find(wanted)] if wanted else [m for m in catalog.models if m.role == role]
    folders = (installed(entry, settings.models) for entry in entries if entry.role == role)
    return next((folder for folder in folders if folder is not None), None)
