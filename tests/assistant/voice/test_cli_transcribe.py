"""`lifelore transcribe` on a scripted model, and once on the real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant import build, cli
from assistant.settings import Settings
from assistant.voice import build as voice
from memory.fakes import HashEmbedder
from memory.store import MemoryStore
from tests.assistant.test_cli import Done, Run, one_sentence
from tests.assistant.test_offline import BLOCKED, ROOT
from tests.assistant.voice.fakes import ScriptedTranscriber


class Loaded(ScriptedTranscriber):
    def load(self) -> None:
        """It is."""


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command that hears one sentence in every recording."""

    def scripted(settings: Settings, **options: Any) -> Loaded:
        return Loaded("Please remind me [music] to buy milk.")

    monkeypatch.setattr(voice, "transcriber_of", scripted)
    monkeypatch.setattr(build, "open_store", lambda s: MemoryStore(s.home, HashEmbedder()))

    def run_one(*arguments: str) -> Done:
        with pytest.raises(SystemExit) as ended:
            cli.main(["--home", str(home), *arguments])
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, captured.out, captured.err)

    return run_one


def test_a_recording_is_written_down_and_nothing_is_kept(run: Run, milk: Path, home: Path) -> None:
    done = run("transcribe", str(milk))
    assert done.code == 0
    assert done.out == "[0:00–0:02] Please remind me to buy milk.\n"
    assert not home.exists()


def test_json_says_what_was_heard_when(run: Run, milk: Path) -> None:
    found = run("transcribe", str(milk), "--json").json
    assert found["text"] == "Please remind me to buy milk."
    assert found["language"] == "en"
    assert found["seconds"] == pytest.approx(2.7, abs=0.1)
    assert [s["text"] for s in found["segments"]] == ["Please remind me to buy milk."]
    assert (found["session_id"], found["added"], found["audio"]) == (None, 0, None)


def test_what_is_kept_is_recalled_and_forgotten(run: Run, milk: Path, home: Path) -> None:
    kept = run("transcribe", str(milk), "--keep", "--keep-audio", "--json").json
    assert Path(kept["audio"]).is_file()
    [recalled] = run("recall", "buy milk", "--json").json
    assert recalled["text"] == "Please remind me to buy milk."
    assert recalled["external_id"] == "milk.ogg 0:00–0:02"
    again = run("transcribe", str(milk), "--keep")
    assert again.code == 1
    assert one_sentence(again)
    assert run("forget", "--session", kept["session_id"], "--yes").code == 0
    assert run("recall", "buy milk", "--json").json == []


def test_what_makes_no_sense_is_a_wrong_use(run: Run, milk: Path) -> None:
    done = run("transcribe", str(milk), "--keep-audio")
    assert done.code == 2
    assert one_sentence(done)


def test_without_a_model_one_sentence_says_what_to_do(
    milk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIFELORE_MODELS", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        cli.main(["--home", str(tmp_path / "home"), "transcribe", str(milk)])
    assert ended.value.code == 1
    assert capfd.readouterr().err == (
        "lifelore: No speech model is here yet; run `lifelore setup --model whisper-base`.\n"
    )


@pytest.mark.real_model
def test_a_real_model_hears_the_sentence_with_all_sockets_blocked(
    milk: Path, home: Path, whisper_name: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, "--home", str(home), "transcribe", str(milk), "--json"],
        env={**os.environ, "LIFELORE_SPEECH_MODEL": whisper_name},
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["text"] == "Please remind me to buy milk on Friday."
