"""Real Whisper models, where they are."""

from __future__ import annotations

from pathlib import Path
from threading import Event as Flag

import numpy as np
import pytest

from assistant.errors import ModelBroken, SettingsInvalid
from assistant.models.catalog import shipped_catalog
from assistant.models.fetch import installed
from assistant.settings import Settings
from assistant.voice.build import listener_of, transcriber_of
from assistant.voice.ports import SAMPLE_RATE, Utterance
from assistant.voice.recording import RecordedSource, read_recording
from assistant.voice.whisper import WhisperTranscriber


@pytest.fixture(scope="session")
def base_name(models_dir: Path) -> str:
    name = "whisper-base"
    if installed(shipped_catalog().find(name), models_dir) is None:
        pytest.skip(f"{name} is not here; run `lifelore setup --model {name}`")
    return name


def test_a_folder_that_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"no model")
    with pytest.raises(ModelBroken, match="setup --model whisper-base"):
        WhisperTranscriber(lambda: tmp_path).load()


@pytest.mark.real_model
def test_hands_free_hears_the_sentence_and_nothing_in_noise(milk: Path, whisper_name: str) -> None:
    noise = np.random.default_rng(7).normal(0, 0.02, 3 * SAMPLE_RATE).astype(np.float32)
    whole = np.concatenate([noise, read_recording(milk).sound, noise])
    listener = listener_of(Settings(speech_model=whisper_name), RecordedSource(whole))

    heard = [one for one in listener.listen(Flag()) if isinstance(one, Utterance)]

    assert [one.text for one in heard] == ["Please remind me to buy milk on Friday."]
    listener.close()


@pytest.mark.real_model
def test_an_english_model_refuses_another_language(whisper_name: str) -> None:
    settings = Settings(speech_model=whisper_name, speech_language="de")
    with pytest.raises(SettingsInvalid, match="English-only"):
        transcriber_of(settings).load()


@pytest.mark.real_model
def test_the_language_is_detected_and_each_sound_encoded_once(milk: Path, base_name: str) -> None:
    transcriber = transcriber_of(Settings(speech_model=base_name))
    transcriber.load()
    encode, encoded = transcriber._model.model.encode, []
    sound = read_recording(milk).sound

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(inner, name)

        def encode(self, *arguments: object, **options: object) -> object:
            encoded.append(1)
            return encode(*arguments, **options)

    inner = transcriber._model.model
    transcriber._model.model = Counting()
    for _ in range(2):
        [segment] = transcriber.transcribe(sound)
        assert segment.text == "Please remind me to buy milk on Friday."
        assert segment.language == "en"
    assert len(encoded) == 2
    assert list(transcriber.transcribe(np.zeros(0, np.float32))) == []
