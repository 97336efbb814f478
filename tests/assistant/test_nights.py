"""What the nights did, as every front end shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.nights import Nights
from assistant.settings import Settings
from finetune import journal
from finetune.adapters import Adapters
from finetune.workplace import FOLDER
from memory.errors import NotFound
from tests.finetune.test_adapters import add

AT = datetime(2024, 3, 1, 3, tzinfo=UTC)


def nights(home: Path, **settings: Any) -> Nights:
    return Nights(Settings(home=home, models=home / "models", **settings))


def note(home: Path, night: str, step: str, text: str, minutes: int = 0, **data: Any) -> None:
    at = AT + timedelta(minutes=minutes)
    journal.append(
        home / FOLDER, journal.Entry(at=at, night=night, step=step, text=text, data=data)
    )


def test_a_home_without_nights_has_an_empty_page(home: Path) -> None:
    page = nights(home).read()
    assert (page.nights, page.adapters, page.notes) == ((), (), ())


def test_a_night_that_went_on_is_one_with_its_outcome(home: Path) -> None:
    number = add(Adapters(home), "e1")
    scores = {"base": {"nll": 3.0}, "candidate": {"nll": 2.5}}
    note(home, "night 1", "consolidate", "60 turns read.")
    note(home, "another", "failed", "The disk is full.", 10)
    note(home, "night 1", "evaluate", "Adapter 1. Promoted.", 20, scores=scores, ended=True)
    note(home, "last", "consolidate", "Nothing new.", 30)
    last, another, first = nights(home).read().nights
    assert [step.text for step in first.steps] == ["60 turns read.", "Adapter 1. Promoted."]
    assert (first.at, first.outcome, first.scores) == (AT, f"adapter {number} promoted", scores)
    assert (another.outcome, last.outcome) == ("broke off", "consolidated")


@pytest.mark.parametrize(
    ("step", "data", "outcome"),
    [
        ("dataset", {"ended": True}, "nothing to learn"),
        ("dataset", {}, "under way"),
        ("train", {}, "under way"),
        ("stopped", {}, "made room"),
        ("evaluate", {"ended": True}, "adapter deleted"),
    ],
)
def test_how_a_night_ended(home: Path, step: str, data: dict[str, Any], outcome: str) -> None:
    note(home, "n", step, "…", **data)
    [night] = nights(home).read().nights
    assert night.outcome == outcome


def test_adapters_serve_and_are_taken_back(home: Path) -> None:
    adapters, found = Adapters(home), nights(home)
    add(adapters, "e1"), add(adapters, "e2")
    assert found.promote(2) == "Adapter 2 serves from the next answer on."
    first, second = found.read().adapters
    assert (first.state, second.state) == ("kept", "in use")
    assert second.gain is not None
    assert second.gain == pytest.approx(0.3, abs=0.1)
    assert second.verdict.startswith("Promoted: ")
    assert found.rollback() == "The model serves alone again."
    with pytest.raises(NotFound, match="nothing to return from"):
        found.rollback()
    with pytest.raises(NotFound, match="There is no adapter 7"):
        found.promote(7)


def test_what_was_forgotten_and_who_else_serves_is_told(home: Path) -> None:
    adapters = Adapters(home)
    add(adapters, "e1")
    adapters.detach(["e1"])
    page = nights(home).read()
    [adapter] = page.adapters
    assert (adapter.state, adapter.usable) == ("deleted", False)
    assert adapter.verdict.startswith("Deleted: ")
    assert "the next night trains without it" in page.notes[0]
    assert "A server answers" in nights(home, server_url="http://127.0.0.1:1").read().notes[0]
    assert "set in the settings" in nights(home, adapter=home / "a.gguf").read().notes[0]
