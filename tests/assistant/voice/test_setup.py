"""Fetching speech models, and what is said where packages are missing."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from threading import Event as Flag
from typing import Any

import numpy as np
import pytest

from assistant import cli
from assistant.errors import SettingsInvalid, SetupNeeded
from assistant.models import fetch as fetching
from assistant.settings import Settings
from assistant.voice.build import speech_folder, transcriber_of
from assistant.voice.devices import Microphone
from assistant.voice.silero import SileroDetector


def lifelore(home: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--home", str(home), *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Names of the models that would have been fetched."""
    names: list[str] = []
    monkeypatch.setenv("LIFELORE_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(fetching, "fetch", lambda entry, *rest: names.append(entry.name))
    return names


@pytest.mark.parametrize("name", ["whisper-base", "whisper-tiny.en", "piper-joe"])
def test_setup_fetches_a_model_for_speech_and_nothing_else(
    home: Path, fetched: list[str], name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert lifelore(home, "setup", "--model", name, "--yes") == 0
    assert fetched == [name]
    assert "Ready" in capfd.readouterr().err


def test_nothing_is_fetched_unasked(
    home: Path, fetched: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert lifelore(home, "setup", "--model", "whisper-base") == 1
    assert fetched == []
    assert "--yes" in capfd.readouterr().err


def test_the_wanted_model_is_taken_or_its_absence_told(tmp_path: Path) -> None:
    nowhere = tmp_path / "models"
    with pytest.raises(SetupNeeded, match=r"setup --model whisper-base"):
        speech_folder(Settings(models=nowhere))
    with pytest.raises(SetupNeeded, match=r"setup --model whisper-tiny\.en"):
        speech_folder(Settings(models=nowhere, speech_model="whisper-tiny.en"))
    with pytest.raises(SetupNeeded, match="CTranslate2"):
        speech_folder(Settings(models=nowhere, speech_model=str(tmp_path / "mine")))
    with pytest.raises(SettingsInvalid, match="no model named"):
        speech_folder(Settings(models=nowhere, speech_model="whisper-grand"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "model.bin").touch()
    found = speech_folder(Settings(models=nowhere, speech_model=str(tmp_path / "mine")))
    assert found == tmp_path / "mine"


def test_missing_packages_are_told_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] in ("faster_whisper", "sounddevice"):
            raise ImportError(f"No module named {name!r}")
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    (tmp_path / "model.bin").touch()
    settings = Settings(speech_model=str(tmp_path))
    frame = np.zeros(512, np.float32)
    for needs in (
        lambda: transcriber_of(settings).load(),
        lambda: SileroDetector().probability(frame),
        lambda: next(Microphone().frames(Flag())),
    ):
        with pytest.raises(SetupNeeded, match=rf"{sys.executable} -m pip install"):
            needs()
