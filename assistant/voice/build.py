"""Listening and speaking wired from settings. No model or device is opened before it is used."""

from __future__ import annotations

from pathlib import Path

import psutil

from assistant.errors import SetupNeeded
from assistant.models.catalog import Role, shipped_catalog
from assistant.models.fetch import installed
from assistant.settings import Settings
from assistant.voice.devices import Microphone, Speakers
from assistant.voice.listener import Listener
from assistant.voice.piper import PiperVoice
from assistant.voice.ports import AudioSource
from assistant.voice.silero import SileroDetector
from assistant.voice.speaking import Speaking
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


def listener_of(
    settings: Settings, source: AudioSource | None = None, *, language: str | None = None
) -> Listener:
    """What hears the user: the microphone, or another source in its place. The model is loaded.

    Raises SetupNeeded, ModelBroken and SettingsInvalid.
    """
    transcriber = transcriber_of(settings, language=language)
    transcriber.load()
    return Listener(source or Microphone(settings.microphone), SileroDetector(), transcriber)


def speaking_of(settings: Settings) -> Speaking:
    """What speaks answers; the voice is loaded. Raises SetupNeeded and ModelBroken."""
    voice = PiperVoice(lambda: voice_file(settings))
    voice.load()
    return Speaking(voice, Speakers())


def voice_file(settings: Settings) -> Path:
    """The Piper voice of the settings. Raises SetupNeeded, SettingsInvalid for unknown names."""
    if settings.voice.endswith(".onnx"):
        path = Path(settings.voice).expanduser()
        if not path.is_file():
            raise SetupNeeded(f"There is no voice {path}; `lifelore setup` lists those to be had.")
        return path
    if (folder := _installed(settings, settings.voice, "voice")) is None:
        raise SetupNeeded(
            f"The voice that speaks is not here yet; run `lifelore setup --model {settings.voice}`."
        )
    return folder / shipped_catalog().find(settings.voice).files[0].path


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
