"""`lifelore nudge` over a home: offering, rating, snoozing and the switch."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant import build, cli
from assistant.nudge import notify as notifying
from assistant.settings import Settings
from memory.events import Draft, Message, Origin, SuggestionAnswered
from memory.fakes import HashEmbedder
from memory.store import MemoryStore

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command over a home with a reminder that is due, and no quiet hours."""

    def store(settings: Settings) -> MemoryStore:
        return MemoryStore(settings.home, HashEmbedder())

    monkeypatch.setattr(build, "open_store", store)
    monkeypatch.setenv("LIFELORE_QUIET_HOURS", "00:00-00:00")
    filled = MemoryStore(home, HashEmbedder())
    draft = Draft(
        payload=Message(text="Remind me tomorrow to buy milk."),
        session_id="s",
        origin=Origin.USER,
        at=datetime.now(UTC) - timedelta(days=3),
    )
    filled.append([draft])
    filled.close()

    def run_one(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(["--home", str(home), "nudge", *arguments])
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        assert isinstance(ended.value.code, int)
        return ended.value.code, captured.out, captured.err

    return run_one


def answers(home: Path) -> list[SuggestionAnswered]:
    store = MemoryStore(home, HashEmbedder())
    payloads = [event.payload for event in store.log.read_after(0)]
    store.close()
    return [each for each in payloads if isinstance(each, SuggestionAnswered)]


def test_what_is_due_is_offered_once_and_rated(run: Run, home: Path) -> None:
    code, out, _ = run("--dry-run", "--json")
    assert code == 0
    [planned] = json.loads(out)["offers"]
    assert planned["id"] is None
    code, out, _ = run("--json")
    [offer] = json.loads(out)["offers"]
    assert offer["text"].endswith("buy milk.")
    assert offer["why"].endswith("“Remind me tomorrow to buy milk.”")
    assert run() == (0, "", "")

    assert run("rate", offer["id"], "4")[0] == 0
    [answer] = answers(home)
    assert (answer.outcome, answer.rating) == ("accepted", 4)
    assert run("rate", offer["id"], "5")[0] == 2
    assert run("rate", "nothing", "4")[0] == 1


def test_a_suggestion_is_snoozed_until_a_time(run: Run, home: Path) -> None:
    [offer] = json.loads(run("--json")[1])["offers"]
    assert run("snooze", offer["id"], "next week")[0] == 0
    assert run("snooze", offer["id"], "2020-01-01")[0] == 1
    assert run("snooze", offer["id"], "whenever")[0] == 1
    [answer] = answers(home)
    assert answer.until is not None
    assert answer.until > datetime.now(UTC)


def test_off_and_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("off")[0] == 0
    assert json.loads(run("--json")[1]) == {"on": False, "offers": []}
    assert run("on")[1] == "Offers are on.\n"
    monkeypatch.setenv("LIFELORE_NUDGES", "false")
    assert json.loads(run("--json")[1]) == {"on": False, "offers": []}
    assert run("on")[1] == "Offers stay off: the setting `nudges` is false.\n"
    monkeypatch.delenv("LIFELORE_NUDGES")
    assert len(json.loads(run("--json")[1])["offers"]) == 1


def test_quiet_hours_that_are_none_are_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFELORE_QUIET_HOURS", "21-8")
    code, _, err = run()
    assert code == 1
    assert "quiet_hours" in err


def test_notifications_are_shown_on_request(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def show(title: str, text: str) -> bool:
        shown.append(text)
        return True

    monkeypatch.setattr(notifying, "notify", show)
    run("--dry-run", "--notify")
    assert shown == []
    run("--notify")
    [text] = shown
    assert text.endswith("buy milk.")


def test_a_notification_is_handed_to_the_platform_without_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, said = tmp_path / "notify-send", tmp_path / "said"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {said}\n')
    program.chmod(0o755)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert notifying.notify("Lifelore", "$(rm -rf x) --icon")
    assert said.read_text().splitlines()[-2:] == ["Lifelore", "$(rm -rf x) --icon"]
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert not notifying.notify("Lifelore", "text")
