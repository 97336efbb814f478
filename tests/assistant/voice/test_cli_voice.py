"""`lifelore voice`: from speech to a turn that is remembered."""

from __future__ import annotations

import io
import sys
from collections.abc import Generator
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from assistant import build, cli
from assistant.session import Assistant
from assistant.settings import Settings
from assistant.voice import build as voice
from assistant.voice import devices
from assistant.voice.listener import Listener
from assistant.voice.ports import AudioSource, Samples
from assistant.voice.speaking import Speaking
from memory.fakes import HashEmbedder
from memory.store import MemoryStore
from tests.assistant.builders import open_scripted
from tests.assistant.test_cli import Done, Run
from tests.assistant.voice.fakes import (
    WORD,
    FrameSource,
    LoudnessDetector,
    ScriptedTranscriber,
    sound,
)
from tests.assistant.voice.test_speaking import SilentVoice


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command over a scripted language model and hashed embeddings."""

    def scripted(settings: Settings) -> Assistant:
        return open_scripted(settings.home, lambda messages: "Noted. On Friday.")

    monkeypatch.setattr(build, "open_assistant", scripted)
    monkeypatch.setattr(build, "open_store", lambda s: MemoryStore(s.home, HashEmbedder()))

    def run_one(*arguments: str) -> Done:
        with pytest.raises(SystemExit) as ended:
            cli.main(["--home", str(home), *arguments])
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, captured.out, captured.err)

    return run_one


@pytest.fixture
def fake_ears(monkeypatch: pytest.MonkeyPatch) -> None:
    """The microphone hears two utterances; then it ends."""

    def ears(settings: Settings, source: AudioSource | None = None, **options: Any) -> Listener:
        heard = FrameSource(sound((WORD, 1), (0, 1), (WORD, 1), (0, 1)))
        said = ScriptedTranscriber("I keep bees.", "They are calm.")
        return Listener(heard, LoudnessDetector(), said)

    monkeypatch.setattr(voice, "listener_of", ears)


@pytest.mark.usefixtures("fake_ears")
def test_what_is_said_is_answered_and_remembered(run: Run) -> None:
    done = run("voice")
    assert done.code == 0
    assert done.out == ("> I keep bees.\nNoted. On Friday.\n> They are calm.\nNoted. On Friday.\n")
    assert "lifelore voice --session " in done.err
    recalled = run("recall", "bees", "--json").json
    assert recalled[0]["text"] == "I keep bees."
    assert recalled[0]["origin"] == "user"


@pytest.mark.usefixtures("fake_ears")
def test_a_temporary_conversation_leaves_nothing(run: Run) -> None:
    done = run("voice", "--temporary")
    assert "Nothing of this conversation was kept." in done.err
    assert run("recall", "bees", "--json").json == []


class NotedLoudspeaker:
    def __init__(self) -> None:
        self.sounds: list[int] = []

    def play(self, sound: Samples, rate: int, stop: Flag) -> None:
        self.sounds.append(len(sound))


@pytest.mark.usefixtures("fake_ears")
def test_answers_are_spoken_where_that_is_wanted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    loudspeaker = NotedLoudspeaker()
    monkeypatch.setattr(voice, "speaking_of", lambda s: Speaking(SilentVoice(), loudspeaker))
    assert run("voice", "--speak").code == 0
    assert loudspeaker.sounds[:2] == [1, 2]


def test_push_to_talk_goes_by_keys(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless:
        def frames(self, stop: Flag) -> Generator[Samples, None, None]:
            number = 0
            while not stop.is_set():
                number += 1
                if number == 30:
                    second.set()
                yield sound((WORD, 0.032))

    second, third = Flag(), Flag()

    class Keys(io.StringIO):
        """Space, then Space once there was speech, then q once there is an answer."""

        def read(self, size: int | None = -1) -> str:
            for key, when in ((" ", None), (" ", second), ("q", third)):
                if key + str(id(when)) not in given:
                    given.append(key + str(id(when)))
                    assert when is None or when.wait(60)
                    return key
            return ""

    given: list[str] = []

    class Answering(ScriptedTranscriber):
        def transcribe(self, speech: Samples) -> Any:
            yield from super().transcribe(speech)

    def ears(settings: Settings, source: AudioSource | None = None, **options: Any) -> Listener:
        return Listener(Endless(), LoudnessDetector(), Answering("I keep bees."))

    def scripted(settings: Settings) -> Assistant:
        def answer(messages: Any) -> str:
            third.set()
            return "Noted."

        return open_scripted(settings.home, answer)

    monkeypatch.setattr(voice, "listener_of", ears)
    monkeypatch.setattr(build, "open_assistant", scripted)
    monkeypatch.setattr(sys, "stdin", Keys())
    done = run("voice", "--push-to-talk")
    assert done.out.startswith("> I keep bees.\n")
    assert done.code == 0


def test_no_microphone_is_one_sentence_and_the_rest_works(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PortAudioError(Exception):
        pass

    class NoDevices:
        def __init__(self) -> None:
            self.PortAudioError = PortAudioError

        def InputStream(self, **options: Any) -> None:  # noqa: N802 - sounddevice's own name
            raise PortAudioError("Error querying device -1")

    monkeypatch.setattr(devices, "_sounddevice", NoDevices)

    def ears(settings: Settings, source: AudioSource | None = None, **options: Any) -> Listener:
        return Listener(devices.Microphone(), LoudnessDetector(), ScriptedTranscriber(""))

    monkeypatch.setattr(voice, "listener_of", ears)
    done = run("voice")
    assert done.code == 1
    problem = done.err.splitlines()[-1]
    assert problem.startswith("lifelore: No microphone can be used (Error querying device -1);")
    assert run("ask", "I keep bees").code == 0


@pytest.mark.real_model
def test_a_spoken_command_becomes_a_memory(run: Run, milk: Path, whisper_name: str) -> None:
    done = _with_model(run, whisper_name)("voice", "--recording", str(milk))
    assert done.code == 0, done.err
    assert done.out.startswith("> Please remind me to buy milk on Friday.\n")
    [memory, *_] = run("recall", "what should I buy?", "--json").json
    assert memory["text"] == "Please remind me to buy milk on Friday."


def _with_model(run: Run, name: str) -> Run:
    def run_one(*arguments: str) -> Done:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LIFELORE_SPEECH_MODEL", name)
            return run(*arguments)

    return run_one
