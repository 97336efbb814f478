"""The command line: output for programs, one sentence for people, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assistant import build, cli
from assistant.session import Assistant
from assistant.settings import Settings
from memory.fakes import HashEmbedder
from memory.store import MemoryStore
from tests.assistant.builders import open_scripted


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command over the test's home, on a scripted model and hashed embeddings."""

    def scripted(settings: Settings) -> Assistant:
        return open_scripted(settings.home, lambda messages: "Noted.")

    def store(settings: Settings) -> MemoryStore:
        return MemoryStore(settings.home, HashEmbedder())

    monkeypatch.setattr(build, "open_assistant", scripted)
    monkeypatch.setattr(build, "open_store", store)

    def run_one(*arguments: str) -> Done:
        with pytest.raises(SystemExit) as ended:
            cli.main(["--home", str(home), *arguments])
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, captured.out, captured.err)

    return run_one


def one_sentence(done: Done) -> bool:
    return done.err.count("\n") == 1 and done.err.startswith("lifelore: ")


def test_ask_prints_the_contract(run: Run) -> None:
    run("ask", "My sister is allergic to walnuts")
    done = run("ask", "What is my sister allergic to?", "--json")

    assert done.code == 0
    assert done.json["answer"] == "Noted."
    assert done.json["memories"][0]["text"] == "My sister is allergic to walnuts"
    assert {"id", "external_id", "kind", "score", "at", "text"} <= set(done.json["memories"][0])
    assert set(done.json["usage"]) == {"prompt_tokens", "cached_tokens", "completion_tokens"}
    assert set(done.json["ms"]) == {"recall", "first_token", "total"}
    assert {"session_id", "asked", "id"} <= set(done.json)


def test_ask_goes_on_with_a_session(run: Run) -> None:
    first = run("ask", "one", "--json").json["session_id"]
    second = run("ask", "two", "--json", "--session", first).json["session_id"]

    assert first == second
    [listed] = run("sessions", "--json").json
    assert listed["turns"] == 4
    assert listed["title"] == "one"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["ask", "  "], 1),
        (["ask", "x", "--session", "nope"], 1),
        (["recall", " "], 1),
        (["recall", "x", "--at", "some day"], 1),
        (["forget", "--id", "nope", "--yes"], 1),
        (["forget", "--session", "nope", "--yes"], 1),
        (["forget", "--yes"], 2),
        (["rebuild", "nonsense"], 1),
        (["import", "nonsense", "x.json"], 1),
        (["import", "jsonl", "/no/such/file"], 1),
        (["bench", "nonsense"], 1),
        (["bench", "locomo", "--data", "/no/such/file"], 1),
        (["nonsense"], 2),
        (["recall", "x", "-k", "0"], 2),
    ],
)
def test_what_cannot_be_done_is_one_sentence(run: Run, arguments: list[str], code: int) -> None:
    done = run(*arguments)

    assert done.code == code
    assert one_sentence(done), done.err
    assert done.out == ""


def test_recall_needs_no_model(run: Run) -> None:
    run("ask", "The kiln is in Graz")
    done = run("recall", "Where is the kiln?", "--json", "-k", "1")

    [memory] = done.json
    assert memory["text"] == "The kiln is in Graz"
    assert {"id", "kind", "session_id", "at", "origin", "score", "external_id"} <= set(memory)


def test_recall_up_to_a_time(run: Run, tmp_path: Path) -> None:
    lines = [
        {
            "at": f"202{year}-01-01T00:00:00",
            "session": "s",
            "origin": "user",
            "text": f"pear {year}",
        }
        for year in range(5)
    ]
    file = tmp_path / "life.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    run("import", "jsonl", str(file))

    found = run("recall", "pear", "--at", "2022-06-01", "--json").json
    assert {memory["text"] for memory in found} == {"pear 0", "pear 1", "pear 2"}


def test_import_is_idempotent_and_says_what_it_could_not_read(run: Run, tmp_path: Path) -> None:
    good = {"at": "2024-01-01T00:00:00", "session": "s", "origin": "user", "text": "plum"}
    file = tmp_path / "half.jsonl"
    file.write_text("\n".join([json.dumps(good), "not json", '{"at": "never"}', json.dumps(good)]))

    first = run("import", "jsonl", str(file))
    assert first.code == 0
    assert first.out.startswith("2 remembered, 0 already known, 2 not readable.")
    assert "line 2" in first.err
    assert run("import", "jsonl", str(file)).out.startswith("0 remembered, 2 already known")


def test_import_of_another_wording_keeps_the_first_and_says_so(run: Run, tmp_path: Path) -> None:
    line = {"at": "2024-01-01T00:00:00", "session": "s", "origin": "user", "external_id": "1"}
    file = tmp_path / "life.jsonl"
    file.write_text(json.dumps({**line, "text": "plum"}))
    run("import", "jsonl", str(file))
    file.write_text(json.dumps({**line, "text": "quince"}))

    again = run("import", "jsonl", str(file))
    assert "other words" in again.err
    assert run("recall", "plum", "--json").json[0]["text"] == "plum"


def test_an_interrupted_import_goes_on(run: Run, tmp_path: Path, home: Path) -> None:
    lines = [
        json.dumps({"at": "2024-01-01T00:00:00", "session": "s", "origin": "user", "text": f"t{n}"})
        for n in range(2500)
    ]
    file = tmp_path / "life.jsonl"
    file.write_text("\n".join(lines[:1200]))
    run("import", "jsonl", str(file))
    file.write_text("\n".join(lines))

    done = run("import", "jsonl", str(file))
    assert done.out.startswith("1300 remembered, 1200 already known")


def test_a_file_that_is_not_json_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(bytes(range(256)) * 100)

    for name in ("jsonl", "locomo", "chatgpt"):
        done = run("import", name, str(file))
        assert done.code == 1, name
        assert one_sentence(done), done.err


def test_forget_shows_asks_and_erases(run: Run) -> None:
    session = run("ask", "the quokka password", "--json").json["session_id"]
    [memory] = run("recall", "quokka", "--json", "-k", "1").json

    dry = run("forget", "--id", memory["id"], "--dry-run")
    assert "quokka" in dry.err
    assert run("recall", "quokka", "--json", "-k", "1").json[0]["id"] == memory["id"]

    done = run("forget", "--session", session, "--yes", "--json")
    assert done.json == {"erased": 2, "left_in": []}
    assert run("recall", "quokka", "--json").json == []
    assert run("verify").code == 0


def test_verify_reports_tampering(run: Run, home: Path) -> None:
    import sqlite3

    run("ask", "one")
    with sqlite3.connect(home / "log.sqlite3") as db:
        db.execute("UPDATE events SET origin = 'tool' WHERE seq = 1")

    done = run("verify", "--json")
    assert done.code == 1
    assert done.json["ok"] is False
    assert "hash chain" in done.json["problems"][0]


def test_rebuild_gives_the_same(run: Run) -> None:
    for number in range(5):
        run("ask", f"heron number {number}")
    before = run("recall", "heron", "--json").json

    assert run("rebuild").code == 0
    assert run("recall", "heron", "--json").json == before


def test_a_home_that_is_no_folder_is_said(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")

    done = run("--home", str(file / "home"), "recall", "x")
    assert done.code == 1
    assert one_sentence(done), done.err


def test_settings_that_cannot_be_read_are_said(run: Run, home: Path) -> None:
    home.mkdir()
    for content, complaint in (
        ("context_tokens = 'many'", "context_tokens"),
        ("colour = 'red'", "colour"),
        ("= broken", "TOML"),
    ):
        (home / "settings.toml").write_text(content)
        done = run("recall", "x")
        assert done.code == 1
        assert one_sentence(done)
        assert complaint in done.err


def test_settings_come_from_the_file_of_the_home(run: Run, home: Path) -> None:
    from assistant.settings import load_settings

    home.mkdir()
    (home / "settings.toml").write_text("memory_tokens = 99")
    assert load_settings(home).memory_tokens == 99


def test_an_answer_is_corrected_by_words_or_in_the_editor(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer = run("ask", "Where is the bassoon?", "--json").json["id"]
    assert run("correct", answer, "In the lighthouse.").out == "Your words stand there now.\n"
    [found] = [m for m in run("recall", "lighthouse", "--json").json if m["id"] == answer]
    assert found["text"] == "In the lighthouse."
    assert run("correct", answer, "In the lighthouse.").out == "Nothing was changed.\n"
    script = tmp_path / "editor"
    script.write_text("#!/bin/sh\ngrep -q lighthouse $1 && echo 'At Skagen.' > $1\n")
    script.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(script))
    assert run("correct", answer).code == 0
    assert [m["text"] for m in run("recall", "Skagen", "--json").json if m["id"] == answer] == [
        "At Skagen."
    ]
    assert run("correct", answer, "--first").out == "Noted.\n"
    assert not (home / "answer.md").exists()
    monkeypatch.setenv("VISUAL", "false")
    failed = run("correct", answer)
    assert (failed.code, one_sentence(failed)) == (1, True)
    assert not (home / "answer.md").exists()
    assert run("correct", "nothing", "x").code == 1


def test_in_the_plain_chat_an_answer_is_corrected_and_rated(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter(
        ["/correct Too soon", "Hello", "/rate good", "/rate x", "/correct Hi, Ann.", "/quit"]
    )
    monkeypatch.setattr("builtins.input", lambda prompt: next(typed))
    done = run("chat")

    assert done.code == 0
    assert "(There is no answer here yet.)" in done.err
    assert "(Thank you; rated as good.)" in done.err
    assert "(Rate an answer as good or bad" in done.err
    assert "Your words stand there now" in done.err
    store = MemoryStore(home, HashEmbedder())
    said = [e for e in store.log.read_after(0, store.log.head()) if e.text is not None]
    kinds = [e.kind for e in store.log.read_after(0, store.log.head())]
    store.close()
    assert [e.text for e in said] == ["Hello", "Hi, Ann."]
    assert kinds.count("rated") == 1


_OPENED = """
import importlib, json, sys
tui = importlib.import_module("tui.app")
asked = {}
tui.run = lambda *_, **told: asked.update(told) or 0
from assistant import cli
try:
    cli.main([])
except SystemExit as ended:
    heavy = {"typer", "pydantic", "pydantic_settings", "markdown_it", "memory.store"}
    told = {name: asked[name] for name in ("keymap", "plain")}
    print(json.dumps([ended.code, sorted(heavy & set(sys.modules)), told, str(asked["bookmark"])]))
"""


@pytest.mark.parametrize(
    ("written", "variable", "keys", "plain"),
    [
        ("", "", {}, False),
        ('model = "smollm2-135m"', "", {}, False),
        ('keys = { search = "ctrl+k" }', "", {"search": "ctrl+k"}, False),
        ("", "LIFELORE_PLAIN", {}, True),
    ],
)
def test_the_screen_opens_before_settings_that_it_can_do_without(
    home: Path, written: str, variable: str, keys: dict[str, str], plain: bool
) -> None:
    home.mkdir()
    (home / "settings.toml").write_text(written)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIFELORE_")}
    environ = {**kept, "LIFELORE_HOME": str(home), **({variable: "1"} if variable else {})}
    ran = subprocess.run(
        [sys.executable, "-c", _OPENED], env=environ, capture_output=True, text=True, check=True
    )

    code, heavy, told, bookmark = json.loads(ran.stdout)
    assert code == 0
    assert told == {"keymap": keys, "plain": plain}
    assert Path(bookmark).parent == home
    if not (keys or plain):
        assert heavy == []
