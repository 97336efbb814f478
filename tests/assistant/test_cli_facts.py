"""Commands on facts: what is noted down, where it is from, deriving now."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant import build, cli
from assistant.errors import SetupNeeded
from assistant.models.base import LanguageModel
from assistant.models.fakes import ScriptedModel
from assistant.models.slot import ModelSlot
from assistant.settings import Settings
from memory.events import Draft, Message, Origin
from memory.fakes import HashEmbedder
from memory.store import MemoryStore

Run = Callable[..., tuple[int, str, str]]


MERGED = "I love smoky jazz and smoky bebop."


def answered(messages: Any) -> dict[str, Any]:
    text = messages[-1].content
    if text.startswith("1. "):
        return {"patches": [{"op": "merge", "lines": [1, 2], "text": MERGED}]}
    place = "Ghent" if "Ghent" in text else "Porto"
    given = {"fact": f"The user lives in {place}.", "who": "user", "about": "home", "value": place}
    return {"facts": [given]}


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command over a home in which two homes of the user were told of."""

    def store(settings: Settings) -> MemoryStore:
        return MemoryStore(settings.home, HashEmbedder())

    def slot(settings: Settings) -> ModelSlot:
        return ModelSlot("scripted", 4096, lambda: ScriptedModel(answered))

    monkeypatch.setattr(build, "open_store", store)
    monkeypatch.setattr(build, "model_slot", slot)
    filled = MemoryStore(home, HashEmbedder())
    for text in ("I live in the town of Porto.", "I live in the town of Ghent now."):
        draft = Draft(payload=Message(text=text), session_id="s", origin=Origin.USER)
        filled.append([draft])
    filled.close()

    def run_one(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(["--home", str(home), *arguments])
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        assert isinstance(ended.value.code, int)
        return ended.value.code, captured.out, captured.err

    return run_one


def test_sleep_derives_and_facts_show_it(run: Run) -> None:
    code, out, err = run("facts")
    assert (code, out) == (0, "Nothing is noted down yet.\n")
    assert "2 turns are still to be read" in err

    code, out, _ = run("sleep", "--only", "consolidate", "--json")
    assert code == 0
    assert json.loads(out)["facts"] == 2

    code, out, err = run("facts")
    assert "The user lives in Ghent." in out
    assert "Porto" not in out
    assert err == ""


def test_the_night_and_why_tell_of_lines_that_the_model_merged(run: Run, home: Path) -> None:
    filled = MemoryStore(home, HashEmbedder())
    for text in ("I love smoky jazz.", "I love smoky bebop."):
        draft = Draft(payload=Message(text=text), session_id="s", origin=Origin.USER)
        filled.append([draft])
    filled.close()
    code, out, _ = run("sleep", "--only", "consolidate")
    assert code == 0
    assert "1 of the profile's lines merged or shortened." in out
    again = json.loads(run("sleep", "--only", "consolidate", "--json")[1])
    assert (again["patches"], again["merged_lines"]) == (1, 1)

    shown = json.loads(run("profile", "show", "--json")[1])
    [line] = [each for each in shown if each["text"] == MERGED]
    _, out, _ = run("why", line["id"])
    assert "put together in your own words by scripted (profile/1), from:" in out
    assert {"  - I love smoky jazz.", "  - I love smoky bebop."} <= set(out.splitlines())
    why = json.loads(run("why", line["id"], "--json")[1])
    assert (why["models"], why["derivers"]) == (["scripted"], ["profile/1"])
    assert len(why["sources"]) == 2

    [home_line] = [each for each in shown if each["attribute"] == "home"]
    assert "models" not in json.loads(run("why", home_line["id"], "--json")[1])


def test_history_shows_what_is_over(run: Run) -> None:
    run("sleep")
    _, out, _ = run("facts", "user", "--history", "--json")
    first, second = json.loads(out)
    assert (first["value"], second["value"]) == ("Porto", "Ghent")
    assert first["superseded_by"] == second["id"]
    assert first["valid_to"] == second["learnt_at"]


def test_facts_are_found_by_words(run: Run) -> None:
    run("sleep")
    assert "Ghent" in run("facts", "where in Ghent?")[1]
    assert run("facts", "zebra")[1] == "Nothing is noted down about this.\n"


def test_why_shows_the_words_and_the_model(run: Run) -> None:
    run("sleep")
    [fact] = json.loads(run("facts", "--json")[1])
    code, out, _ = run("why", fact["id"])
    assert code == 0
    assert "user: I live in the town of Ghent now." in out
    assert "by scripted (facts/" in out

    shown = json.loads(run("why", fact["id"], "--json")[1])
    [source] = shown["sources"]
    again = json.loads(run("why", source["id"], "--json")[1])
    assert [noted["id"] for noted in again["facts"]] == [fact["id"]]


@pytest.mark.parametrize("unknown", ["fact-99", "summary-99", "fact-x", "nonsense"])
def test_an_unknown_id_is_told_in_one_sentence(run: Run, unknown: str) -> None:
    code, _, err = run("why", unknown)
    assert code == 1
    assert err == f"lifelore: There is no profile line, fact, summary or memory {unknown}.\n"


def test_sleep_without_a_model_says_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> LanguageModel:
        raise SetupNeeded("No language model is here yet; run `lifelore setup`.")

    monkeypatch.setattr(build, "model_slot", lambda settings: ModelSlot("none", 512, load))
    code, _, err = run("sleep")
    assert code == 1
    assert err == "lifelore: No language model is here yet; run `lifelore setup`.\n"
    assert run("sleep", "--only", "dream")[0] == 1


def test_rebuilding_by_name_has_it_derived_again(run: Run) -> None:
    run("sleep")
    assert "derived again" in run("rebuild", "facts")[1]
    assert "2 turns are still to be read" in run("facts")[2]
    assert "Ghent" in run("facts")[1]
