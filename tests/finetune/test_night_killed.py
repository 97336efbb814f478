"""SIGKILL before each file that a night changes: nothing is lost, and the next goes on."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from finetune import journal
from finetune.adapters import Adapters
from finetune.dataset import DATASET_FILE, Limits, load
from finetune.night import Night
from finetune.workplace import Workplace
from memory.fakes import SetClock
from memory.log import Log
from tests.finetune.lives import open_life
from tests.finetune.sleepers import Loading, WordModel, WordTrainer

KILLED = -signal.SIGKILL


def night(home: Path, log: Log) -> Night:
    return Night(
        home,
        log,
        WordTrainer(),
        Loading(WordModel()),
        limits=Limits(general=2, questions=0.1),
        clock=SetClock(),
    )


def slept(home: Path, moments: int, patch: pytest.MonkeyPatch) -> int:
    """Sleep in a child that is killed before it changes one more file; how it ended."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = moments

    def moment() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(name: str) -> None:
        real = getattr(Path, name)

        def first(self: Path, *arguments: Any, **named: Any) -> Any:
            moment()
            return real(self, *arguments, **named)

        patch.setattr(Path, name, first)

    for name in ("replace", "rename", "unlink", "mkdir"):
        watched(name)
    try:
        log = Log(home / "log.sqlite3")
        night(home, log).run()
        os._exit(0)
    finally:
        os._exit(1)


def whole(home: Path) -> None:
    """All that a night leaves is there and nothing else is."""
    log = Log(home / "log.sqlite3")
    assert log.verify().ok
    log.close()
    [made] = Adapters(home).all()
    serving = Adapters(home).serving
    assert serving is not None
    assert serving.number == made.number == 1
    assert load(home / DATASET_FILE).sources == set(made.sources)
    workplace = Workplace(home)
    assert workplace.state is None
    assert {path.name for path in workplace.work.glob("*")} <= {"token_weights.safetensors"}
    assert any("Promoted" in entry.text for entry in journal.read(workplace.folder))
    assert [p for p in home.rglob("*") if p.suffix in (".tmp", ".part")] == []


def named(home: Path) -> None:
    """Whatever may hold the user's words says whose, so that forgetting finds it."""
    workplace = Workplace(home)
    held = {path.name for path in workplace.work.glob("*")} - {"token_weights.safetensors"}
    assert not held or workplace.state is not None, held


def test_a_kill_at_any_moment_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_life(tmp_path / "life", 30).close()
    ended = None
    moments = 0
    while ended != 0:
        home = tmp_path / f"killed after {moments}"
        shutil.copytree(tmp_path / "life", home)
        ended = slept(home, moments, monkeypatch)
        assert ended in (0, KILLED)
        named(home)
        assert slept(home, 10_000, monkeypatch) == 0
        whole(home)
        shutil.rmtree(home)
        moments += 1
    assert moments > 15


def test_nights_that_are_all_killed_get_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    open_life(home, 30).close()
    nights = 1
    # More files than the longest step changes, fewer than a night.
    while slept(home, 13, monkeypatch) != 0:
        nights += 1
        assert nights < 20
    assert nights > 2
    whole(home)
