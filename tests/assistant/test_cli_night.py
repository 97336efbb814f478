"""Commands of the night, over a home of letters, with a scripted model and a trainer of words."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from assistant import adapters, build, cli, due, night, schedule
from assistant.errors import SetupNeeded
from assistant.models.base import ChatMessage, Likelihood
from assistant.models.fakes import ScriptedModel
from assistant.models.slot import ModelSlot
from assistant.settings import Settings
from finetune.adapters import Adapters
from finetune.errors import BaseMissing
from finetune.workplace import Workplace
from memory.fakes import HashEmbedder
from memory.store import MemoryStore
from tests.finetune.lives import CANARY, holding, open_life
from tests.finetune.sleepers import VALID, WordTrainer

Run = Callable[..., tuple[int, str, str]]


def says(messages: Sequence[ChatMessage]) -> Any:
    if "as JSON" in messages[0].content:
        return VALID
    if messages[0].role == "system":
        return {"instruction": "Write Anna a letter about it.", "facts": [], "summary": "Letters."}
    return "I know this and that."


@dataclass
class Learnt(ScriptedModel):
    """Finds long answers likelier while an adapter is in use."""

    def log_likelihoods(
        self, messages: Sequence[ChatMessage], texts: Sequence[str], *, cancel: Flag | None = None
    ) -> list[Likelihood]:
        gained = 0.5 if self.adapter else 0.0
        return [
            Likelihood(tuple(-4.0 + gained * (len(text) > 40) for _ in text.split()))
            for text in texts
        ]

    def pieces(self, text: str) -> list[str]:
        return [f"{word} " for word in text.split()]


@pytest.fixture
def trainer() -> WordTrainer:
    return WordTrainer()


@pytest.fixture
def run(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    trainer: WordTrainer,
) -> Run:
    """Runs a command over a home with sixty letters of the user."""

    def store(settings: Settings) -> MemoryStore:
        return MemoryStore(
            settings.home,
            HashEmbedder(),
            on_erased=lambda ids: build.forget_in_training(settings.home, ids),
        )

    monkeypatch.setattr(build, "open_store", store)
    monkeypatch.setattr(
        build, "model_slot", lambda settings: ModelSlot("scripted", 4096, lambda: Learnt(says))
    )
    monkeypatch.setattr(night, "open_scoring", lambda settings, path: Learnt(says))
    monkeypatch.setattr(night, "PeftTrainer", lambda path, cache, arguments, frame: trainer)
    open_life(home, 60, canary_at=3).close()

    def run_one(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(["--home", str(home), *arguments])
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        assert isinstance(ended.value.code, int)
        return ended.value.code, captured.out, captured.err

    return run_one


def learn(run: Run) -> dict[str, Any]:
    """A night without consolidating, which has tests of its own."""
    assert run("sleep", "--only", "train")[0] == 0
    code, out, _ = run("sleep", "--only", "evaluate", "--json")
    assert code == 0
    told: dict[str, Any] = json.loads(out)["night"]
    return told


def test_a_whole_night_consolidates_learns_and_tells(run: Run) -> None:
    code, out, _ = run("sleep")
    assert code == 0
    assert "Adapter 1. Promoted: your held-out words are " in out
    assert "60 turns read" in out
    code, told, _ = run("journal")
    assert code == 0
    assert "60 turns read" in told
    assert "Made the playback set: " in told
    assert "Promoted" in told
    assert "candidate: nll 3.500" in told
    entries = json.loads(run("journal", "--json")[1])
    assert [entry["step"] for entry in entries] == ["consolidate", "dataset", "train", "evaluate"]


def test_the_playback_set_can_be_read(run: Run) -> None:
    code, out, _ = run("sleep", "--only", "dataset", "--show")
    assert code == 0
    assert "The playback set is ready" in out
    assert "\nLearnt from: " in out
    assert "\nHeld out to test on, never learnt: 9 texts of yours." in out
    assert "\nA text of yours, 20" in out
    assert "\n  Asked " in out
    assert CANARY in out
    playback = json.loads(run("sleep", "--only", "dataset", "--show", "--json")[1])["playback"]
    assert any(CANARY in example["answer"] for example in playback["train"])


def test_adapters_are_listed_shown_taken_back_and_put_back(run: Run) -> None:
    assert "There is no adapter yet" in run("adapter", "list")[1]
    assert learn(run)["promoted"] is True
    assert run("adapter", "list")[1].startswith("*   1  ")
    [listed] = json.loads(run("adapter", "list", "--json")[1])
    assert (listed["number"], listed["in_use"], listed["reasons"]) == (1, True, [])
    shown = json.loads(run("adapter", "show", "1", "--json")[1])
    assert shown["scores"]["candidate"]["nll"] == pytest.approx(3.5)
    assert shown["scores"]["base"]["nll"] == pytest.approx(4.0)
    assert "Adapter 1, in use: Promoted" in run("adapter", "show", "1")[1]

    assert run("adapter", "rollback")[1] == "The model serves alone again.\n"
    code, _, err = run("adapter", "rollback")
    assert (code, err) == (
        1,
        "lifelore: No adapter is in use; there is nothing to return from.\n",
    )
    assert run("adapter", "promote", "1")[0] == 0
    assert run("adapter", "list")[1].startswith("*   1  ")
    assert run("adapter", "promote", "9")[0] == 1


def test_forgetting_detaches_at_once_and_leaves_no_byte(run: Run, home: Path) -> None:
    learn(run)
    assert holding(home, b"quokka", but="log.sqlite3")
    [found] = json.loads(run("recall", CANARY, "-k", "1", "--json")[1])
    code, out, _ = run("forget", "--id", found["id"], "--yes", "--json")
    assert code == 0
    assert json.loads(out)["left_in"] == []
    assert holding(home, b"quokka") == []
    assert Adapters(home).serving is None
    _, listed, err = run("adapter", "list")
    assert "Deleted: something that it was trained on was forgotten." in listed
    assert "the next night trains without it" in err
    again = learn(run)
    assert (again["adapter"], again["promoted"]) == (2, True)
    assert holding(home, b"quokka") == []


def test_a_fault_of_training_is_one_sentence(run: Run, trainer: WordTrainer, home: Path) -> None:
    trainer.fails = BaseMissing("There is no language model to train from; run `lifelore setup`.")
    code, _, err = run("sleep", "--only", "train")
    assert code == 1
    assert err == ("lifelore: There is no language model to train from; run `lifelore setup`.\n")
    assert "lifelore setup" in run("journal")[1]


def test_a_night_stopped_from_elsewhere_goes_on(
    run: Run, trainer: WordTrainer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = WordTrainer.make

    def interrupted(self: WordTrainer, *arguments: Any) -> Any:
        made = real(self, *arguments)
        # The user opens Lifelore in another window.
        store = MemoryStore(home, HashEmbedder())
        build.wake(home, store)
        store.close()
        return made

    monkeypatch.setattr(WordTrainer, "make", interrupted)
    code, _, err = run("sleep")
    assert code == 130
    assert "made room" in err
    assert Adapters(home).serving is None
    monkeypatch.setattr(WordTrainer, "make", real)
    told = json.loads(run("sleep", "--only", "evaluate", "--json")[1])["night"]
    assert told["promoted"] is True
    assert trainer.calls == 1


def test_two_nights_at_once_are_refused(run: Run, home: Path) -> None:
    with Workplace(home).held():
        code, _, err = run("sleep", "--only", "train")
    assert code == 1
    assert "Another Lifelore is training" in err


def test_wrong_requests_are_refused(run: Run) -> None:
    code, _, err = run("sleep", "--only", "dream")
    assert code == 1
    assert "consolidate, dataset, train, evaluate" in err
    assert run("sleep", "--only", "evaluate")[0] == 1


def test_with_a_server_only_consolidating_is_done(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIFELORE_SERVER_URL", "http://localhost:1")
    code, out, _ = run("sleep", "--json")
    assert code == 0
    assert "night" not in json.loads(out)
    code, _, err = run("sleep", "--only", "train")
    assert code == 1
    assert "adapters are trained for local models only" in err


# -- serving


def settings_of(home: Path, tmp_path: Path, **more: Any) -> Settings:
    return Settings(home=home, models=tmp_path / "models", **more)


def test_the_running_model_follows_what_is_promoted(
    run: Run, home: Path, tmp_path: Path, trainer: WordTrainer
) -> None:
    base = tmp_path / "base.gguf"
    base.write_bytes(b"GGUF")
    settings = settings_of(home, tmp_path)
    serving = adapters.ServingAdapter(settings, base)
    from finetune.maker import digest_of_model

    trainer.digest = digest_of_model(base, adapters.training_cache(settings))
    model = ScriptedModel(["hi"])
    slot = ModelSlot("m", 512, lambda: model, serving.follow)
    slot.get()
    assert model.adapter is None
    learn(run)
    slot.get()
    assert model.adapter is not None
    assert model.adapter[0] == Adapters(home).weights(1)
    run("adapter", "rollback")
    slot.get()
    assert model.adapter is None
    assert slot.take_notices() == []


def test_an_adapter_for_another_base_is_not_served_and_that_is_told_once(
    run: Run, home: Path, tmp_path: Path
) -> None:
    base = tmp_path / "other.gguf"
    base.write_bytes(b"GGUF")
    learn(run)
    model = ScriptedModel(["hi"])
    serving = adapters.ServingAdapter(settings_of(home, tmp_path), base)
    slot = ModelSlot("m", 512, lambda: model, serving.follow)
    slot.get()
    slot.get()
    assert model.adapter is None
    [notice] = slot.take_notices()
    assert "Adapter 1 was trained for tiny and does not fit other" in notice


def test_a_set_adapter_outranks_the_promoted_one(home: Path, tmp_path: Path) -> None:
    chosen = tmp_path / "mine.gguf"
    model = ScriptedModel(["hi"])
    settings = settings_of(home, tmp_path, adapter=chosen)
    adapters.ServingAdapter(settings, tmp_path / "base.gguf").follow(model)
    assert model.adapter == (chosen, 1.0)


# -- every night

NIGHT = datetime(2024, 3, 2, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"last": NIGHT - timedelta(hours=3)}, "The last night was 3 hours ago."),
        ({"mains": False}, "The machine runs on its battery."),
        ({"mains": False, "anytime": True}, None),
        ({"load": 1.0}, "The machine is busy."),
        ({"spoken": NIGHT - timedelta(minutes=2)}, "You were here a moment ago."),
        (
            {"now": NIGHT.replace(hour=15), "last": NIGHT - timedelta(hours=8)},
            "It is not night; it begins between 1 and 6 o'clock.",
        ),
        ({"now": NIGHT.replace(hour=15), "last": NIGHT - timedelta(days=2)}, None),
        ({"now": NIGHT.replace(hour=15), "last": None}, None),
    ],
)
def test_a_night_begins_when_nobody_is_disturbed(
    change: dict[str, Any], reason: str | None
) -> None:
    given: dict[str, Any] = {
        "now": NIGHT,
        "last": NIGHT - timedelta(hours=24),
        "spoken": NIGHT - timedelta(hours=5),
        "mains": True,
        "load": 0.1,
    } | change
    assert due.why_not(given.pop("now"), **given) == reason


def test_a_night_that_is_not_due_does_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "on_mains", lambda: False)
    code, out, err = run("sleep", "--due")
    assert (code, out) == (0, "")
    assert "battery" in err or "a moment ago" in err


class System:
    """Records the commands of a scheduler and holds a crontab."""

    def __init__(self, fails: str = "") -> None:
        self.ran: list[str] = []
        self.crontab: str | None = None
        self._fails = fails

    def __call__(self, command: Sequence[str], given: str | None = None) -> tuple[int, str]:
        self.ran.append(" ".join(command))
        if self._fails and self._fails in command:
            return 1, "Failed to connect to bus"
        if command[0] == "crontab" and command[1] == "-l":
            return (0, self.crontab) if self.crontab is not None else (1, "no crontab")
        if command[0] == "crontab":
            self.crontab = given
        return 0, ""


def found(platform: str, tmp_path: Path, system: System, *programs: str) -> schedule.Scheduler:
    environment = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": "/run/user/1"}
    return schedule.scheduler(
        platform, system, environment, lambda name: name if name in programs else None
    )


@pytest.mark.parametrize(
    ("platform", "program", "name"),
    [
        ("linux", "systemctl", "systemd"),
        ("darwin", "launchctl", "launchd"),
        ("linux", "crontab", "cron"),
    ],
)
def test_a_schedule_is_installed_shown_and_removed(
    tmp_path: Path, platform: str, program: str, name: str
) -> None:
    system = System()
    timer = found(platform, tmp_path, system, program)
    assert timer.name == name
    assert timer.installed() is None
    assert not timer.remove()
    command = schedule.command_line(tmp_path / "my 100% home", anytime=True)
    timer.install(command)
    timer.install(command)
    installed = timer.installed()
    assert installed is not None
    assert "sleep" in installed
    assert "--anytime" in installed
    assert "my 100" in installed
    if name == "cron":
        assert system.crontab is not None
        assert system.crontab.count("--due") == 1
        assert "100\\% home" in system.crontab
    assert timer.remove()
    assert timer.installed() is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_crontab_keeps_its_other_lines(tmp_path: Path) -> None:
    system = System()
    system.crontab = "0 5 * * * backup\n"
    timer = found("linux", tmp_path, system, "crontab")
    timer.install(["lifelore", "sleep"])
    assert system.crontab.startswith("0 5 * * * backup\n17 * * * * ")
    timer.remove()
    assert system.crontab == "0 5 * * * backup\n"


def test_units_of_systemd_stay_in_the_users_folder(tmp_path: Path) -> None:
    system = System()
    found("linux", tmp_path, system, "systemctl", "crontab").install(["a", "b $x %y"])
    folder = tmp_path / ".config" / "systemd" / "user"
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {folder}
    service = (folder / "lifelore-night.service").read_text()
    assert 'ExecStart="a" "b $$x %%y"' in service
    assert "Persistent=true" in (folder / "lifelore-night.timer").read_text()


def test_a_scheduler_that_fails_or_is_missing_is_told(tmp_path: Path) -> None:
    timer = found("linux", tmp_path, System(fails="enable"), "systemctl")
    with pytest.raises(SetupNeeded, match="Failed to connect to bus"):
        timer.install(["lifelore"])
    with pytest.raises(SetupNeeded, match="every hour"):
        found("linux", tmp_path, System())


def test_status_says_what_the_next_night_waits_for(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    timer = found("linux", tmp_path, System(), "crontab")
    monkeypatch.setattr(schedule, "scheduler", lambda: timer)
    assert json.loads(run("schedule", "status", "--json")[1])["installed"] is False
    assert "is entered with cron" in run("schedule", "install")[1]
    learn(run)
    told = json.loads(run("schedule", "status", "--json")[1])
    assert told["installed"] is True
    assert told["waits_for"].startswith("The last night was 0 hours ago")
    assert "With cron: 17 * * * *" in run("schedule", "status")[1]
    assert run("schedule", "remove")[1] == "Removed.\n"
