"""Commands on the user model: the page, editing it, what held before, preferences, consent."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assistant import build, cli
from assistant.settings import Settings
from memory.events import Draft, Message, Origin
from memory.fakes import HashEmbedder
from memory.forget import leftovers
from memory.store import MemoryStore

Run = Callable[..., tuple[int, str, str]]
SAID = (
    "I live in Ghent.",
    "I moved from Ghent to Lyon.",
    "I love jazz. I don't drink coffee at work.",
    "I'm allergic to zanthoxylum peppercorns.",
    "I'm a practising Buddhist.",
)


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command over the home of someone who said a few things about themselves."""

    def store(settings: Settings) -> MemoryStore:
        return MemoryStore(settings.home, HashEmbedder())

    monkeypatch.setattr(build, "open_store", store)
    monkeypatch.delenv("VISUAL", raising=False)
    filled = MemoryStore(home, HashEmbedder())
    for text in SAID:
        filled.append([Draft(payload=Message(text=text), session_id="s", origin=Origin.USER)])
    filled.close()

    def run_one(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(["--home", str(home), *arguments])
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        assert isinstance(ended.value.code, int)
        return ended.value.code, captured.out, captured.err

    return run_one


def lines(run: Run) -> list[dict[str, Any]]:
    code, out, _ = run("profile", "show", "--json")
    assert code == 0
    found: list[dict[str, Any]] = json.loads(out)
    return found


def id_of(run: Run, words: str) -> str:
    [found] = [line["id"] for line in lines(run) if words in line["text"]]
    return str(found)


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Sets an editor that replaces words, as someone at the keyboard would."""

    def replaces(old: str, new: str) -> None:
        script = tmp_path / "my editor.py"
        script.write_text(
            "import pathlib, sys\n"
            "page = pathlib.Path(sys.argv[1])\n"
            f"page.write_text(page.read_text('utf-8').replace({old!r}, {new!r}), 'utf-8')\n",
            "utf-8",
        )
        monkeypatch.setenv("EDITOR", f"'{sys.executable}' '{script}'")

    return replaces


# -- show


def test_the_page_is_printed(run: Run) -> None:
    code, out, err = run("profile", "show")
    assert (code, err) == (0, "")
    assert "## Home" in out
    assert "Lyon" in out
    assert "## May I keep this?" in out
    assert "Ghent." not in out


def test_an_empty_profile_says_what_to_do(run: Run, tmp_path: Path) -> None:
    code, out, err = run("--home", str(tmp_path / "new"), "profile", "show")
    assert (code, out) == (0, "# About me\n")
    assert "lifelore profile edit" in err


def test_json_tells_all_of_a_line(run: Run) -> None:
    [jazz] = [line for line in lines(run) if "jazz" in line["text"]]
    assert jazz["section"] == "tastes"
    assert (jazz["value"], jazz["polarity"], jazz["confirmed"]) == ("jazz", 1, False)
    assert len(jazz["sources"]) == 1


# -- edit


def test_an_edit_stands_and_can_be_taken_back(
    run: Run, editor: Callable[[str, str], None], home: Path
) -> None:
    editor("I love jazz.", "I love bebop.")
    assert run("profile", "edit")[:2] == (0, "1 changed.\n")
    assert "I love bebop. [" in run("profile", "show")[1]
    assert "confirmed" in run("profile", "show")[1]
    assert not (home / "profile-edit.md").exists()
    code, out, _ = run("profile", "undo")
    assert (code, out.startswith("Taken back: ")) == (0, True)
    assert "I love jazz." in run("profile", "show")[1]


def test_an_edit_that_changes_nothing_writes_nothing(
    run: Run, editor: Callable[[str, str], None]
) -> None:
    editor("not there", "x")
    assert run("profile", "edit")[:2] == (0, "Nothing was changed.\n")


def test_a_page_that_cannot_be_read_is_kept_and_opened_again(
    run: Run, editor: Callable[[str, str], None], home: Path
) -> None:
    editor("## Home", "Home!")
    before = lines(run)
    code, out, err = run("profile", "edit")
    assert (code, out) == (1, "")
    assert "Line 3 of the page is neither" in err
    assert lines(run) == before
    assert "Home!" in (home / "profile-edit.md").read_text("utf-8")
    editor("Home!", "## Home\n- I have a red door.")
    code, out, err = run("profile", "edit")
    assert (code, out) == (0, "1 added.\n")
    assert "Going on" in err
    assert not (home / "profile-edit.md").exists()


def test_a_page_from_a_file_or_a_pipe(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text("## People\n- My best friend is Zoë.\n", "utf-8")
    assert run("profile", "edit", "--from", str(page))[:2] == (0, "1 added.\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO("- I collect stamps.\n"))
    assert run("profile", "edit", "--from", "-")[:2] == (0, "1 added.\n")
    shown = run("profile", "show")[1]
    assert "Zoë" in shown
    assert "stamps" in shown
    assert "jazz" in shown


@pytest.mark.parametrize(
    ("editor_name", "says"),
    [("/not/there", "cannot be started"), ("false", "ended with an error")],
)
def test_an_editor_that_fails_changes_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path, editor_name: str, says: str
) -> None:
    monkeypatch.setenv("EDITOR", editor_name)
    before = lines(run)
    code, out, err = run("profile", "edit")
    assert (code, out) == (1, "")
    assert says in err
    assert lines(run) == before
    assert not (home / "profile-edit.md").exists()


def test_without_any_editor_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    code, _, err = run("profile", "edit")
    assert code == 1
    assert "set $EDITOR" in err


# -- history and undo


def test_history_tells_from_when_to_when(run: Run) -> None:
    code, out, _ = run("profile", "history", "home")
    assert code == 0
    assert "I live in Ghent." in out
    assert "today  I moved from Ghent to Lyon." in out
    code, out, _ = run("profile", "history", "--json")
    found = json.loads(out)
    assert [line["value"] for line in found["lines"]] == ["Ghent"]
    assert found["edits"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("profile", "history", "shoe size"),
        ("profile", "undo"),
        ("profile", "undo", "nothing"),
        ("consent", "give", "nothing"),
        ("why", "nothing"),
        ("profile", "edit", "--from", "/not/there"),
    ],
)
def test_what_is_not_there_is_one_sentence_and_exit_1(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("lifelore: ")
    assert err.count("\n") == 1


def test_undoing_twice_is_refused(run: Run, editor: Callable[[str, str], None]) -> None:
    editor("I love jazz.", "I love bebop.")
    run("profile", "edit")
    [edit] = json.loads(run("profile", "history", "--json")[1])["edits"]
    assert run("profile", "undo", edit["id"])[0] == 0
    assert run("profile", "undo", edit["id"])[0] == 1


def test_a_tick_on_the_page_is_listed_and_can_be_taken_back(
    run: Run, editor: Callable[[str, str], None]
) -> None:
    editor("- [ ] I'm a practising Buddhist.", "- [x] I'm a practising Buddhist.")
    assert run("profile", "edit")[:2] == (0, "1 agreed to.\n")
    buddhist = id_of(run, "Buddhist")
    assert f"you agreed to keep {buddhist}" in run("profile", "history")[1]
    assert "- [ ] I'm a practising Buddhist." not in run("profile", "show")[1]
    assert run("profile", "undo")[:2] == (0, f"Taken back: you agreed to keep {buddhist}\n")
    assert "- [ ] I'm a practising Buddhist." in run("profile", "show")[1]


def test_taking_back_a_rewritten_and_ticked_line_takes_its_yes_back(
    run: Run, editor: Callable[[str, str], None]
) -> None:
    editor("- [ ] I'm a practising Buddhist.", "- [x] I'm a Buddhist of sorts.")
    run("profile", "edit")
    [line] = [line for line in lines(run) if "Buddhist" in line["text"]]
    assert (line["text"], line["consent"]) == ("I'm a Buddhist of sorts.", True)
    run("profile", "undo")
    assert "- [ ] I'm a practising Buddhist." in run("profile", "show")[1]


# -- why


def test_why_shows_the_words_behind_a_line(run: Run, editor: Callable[[str, str], None]) -> None:
    jazz = id_of(run, "jazz")
    code, out, _ = run("why", f"^{jazz}")
    assert code == 0
    assert SAID[2] in out
    editor("I love jazz.", "I love bebop.")
    run("profile", "edit")
    found = json.loads(run("why", id_of(run, "bebop"), "--json")[1])
    assert found["kind"] == "profile line"
    assert "I love bebop." in found["edits"][0]["text"]


# -- preferences


def test_preferences_are_listed_with_context_and_evidence(run: Run) -> None:
    code, out, _ = run("preferences", "--json")
    found = {each["value"]: each for each in json.loads(out)}
    assert code == 0
    assert (found["jazz"]["polarity"], found["jazz"]["evidence"]) == (1, 1)
    assert (found["coffee"]["polarity"], found["coffee"]["context"]) == (-1, "at work")
    assert 0 < found["jazz"]["strength"] <= 1
    assert "(at work)" in run("preferences")[1]


def test_what_is_asked_for_again_and_again_is_a_preference_but_no_line(
    run: Run, home: Path
) -> None:
    store = MemoryStore(home, HashEmbedder())
    asked = []
    for number, place in enumerate(("near the station", "in Lyon", "for tonight")):
        text = f"Recommend a vegetarian restaurant {place}."
        draft = Draft(payload=Message(text=text), session_id=f"s{number}", origin=Origin.USER)
        asked += store.append([draft])
    code, out, _ = run("preferences", "--json")
    [implicit] = [each for each in json.loads(out) if each["implicit"]]
    assert (code, implicit["value"], implicit["evidence"]) == (0, "vegetarian", 3)
    assert implicit["sources"] == [event.id for event in asked]
    explicit = [each["strength"] for each in json.loads(out) if not each["implicit"]]
    assert implicit["strength"] < min(explicit)
    assert "You often ask for: vegetarian (3 times)" in run("preferences")[1]
    assert "vegetarian" not in run("profile", "show")[1]
    store.forget(store.plan_forgetting(ids=[asked[0].id]))
    store.close()
    assert "vegetarian" not in run("preferences")[1]


# -- consent


def test_consent_is_shown_given_and_revoked(run: Run, home: Path) -> None:
    code, out, _ = run("consent", "show")
    assert code == 0
    assert "waits for your yes" in out
    allergy = id_of(run, "zanthoxylum")
    assert run("consent", "give", allergy)[0] == 0
    assert [line["consent"] for line in lines(run) if line["id"] == allergy] == [True]
    code, out, err = run("consent", "revoke", allergy, "--dry-run")
    assert (code, out) == (0, "")
    assert "zanthoxylum" in err
    code, out, _ = run("consent", "revoke", allergy, "--yes")
    assert code == 0
    assert "1 erased" in out
    assert not leftovers(home, ["zanthoxylum peppercorns"])


def test_a_topic_is_barred_and_its_words_may_stay(run: Run, home: Path) -> None:
    assert run("consent", "revoke", "religion", "--keep-words", "--yes")[0] == 0
    assert not [line for line in lines(run) if line["topic"] == "religion"]
    assert "religion: barred" in run("consent", "show")[1]
    assert leftovers(home, ["practising Buddhist"])
    assert run("consent", "give", "religion")[0] == 0
    assert [line for line in lines(run) if line["topic"] == "religion"]


def test_wrong_usage_is_exit_2(run: Run) -> None:
    assert run("profile", "show", "--no-such")[0] == 2
    assert run("consent", "give")[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [("profile",), ("profile", "edit"), ("consent",), ("consent", "revoke"), ("preferences",)],
)
def test_help_teaches(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, _ = run(*arguments, "--help")
    assert code == 0
    assert len(out.split()) > 40


# -- what is forgotten while a page is open


def test_a_kept_page_brings_nothing_back(
    run: Run, editor: Callable[[str, str], None], home: Path
) -> None:
    editor("## Home", "Home!")
    assert run("profile", "edit")[0] == 1
    kept = home / "profile-edit.md"
    words = kept.read_text("utf-8")
    [source] = [line["sources"][0] for line in lines(run) if "jazz" in line["text"]]
    code, out, _ = run("forget", "--id", source, "--yes")
    assert (code, "left" in out) == (0, False)
    assert not kept.exists(), "it held the forgotten words"
    kept.write_text(words, "utf-8")
    editor("Home!", "## Home\n- I have a red door.")
    assert run("profile", "edit")[:2] == (0, "1 added.\n")
    assert "jazz" not in run("profile", "show")[1]


def test_a_kept_page_without_the_forgotten_words_stays(
    run: Run, editor: Callable[[str, str], None], home: Path
) -> None:
    editor("## Home", "Home!")
    assert run("profile", "edit")[0] == 1
    with store_of(home) as store:
        [event] = store.append(
            [Draft(payload=Message(text="Bring umbrellas."), session_id="s", origin=Origin.USER)]
        )
    assert run("forget", "--id", event.id, "--yes")[0] == 0
    assert (home / "profile-edit.md").exists()


@contextmanager
def store_of(home: Path) -> Iterator[MemoryStore]:
    store = MemoryStore(home, HashEmbedder())
    yield store
    store.close()
