"""The adapters of a home: what serves, going back, keeping few, and forgetting."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from finetune import dataset as datasets
from finetune import forgetting, workplace
from finetune.adapters import Adapters
from finetune.errors import AdapterMissing, NightBusy, NoRoom
from finetune.gate import decide
from finetune.manifest import MANIFEST_FILE, Manifest, load
from finetune.ports import NeverStop
from finetune.workplace import State, Workplace
from tests.finetune.lives import CANARY, holding, open_life
from tests.finetune.measured import GOOD, measured

GIVEN = measured(GOOD)
DECISION = decide(GIVEN)


def add(adapters: Adapters, *sources: str, weights: bytes = b"GGUF") -> int:
    number = adapters.next_number()
    made = adapters.folder.parent / "made.gguf"
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_bytes(weights)
    manifest = Manifest(
        number=number,
        night=f"night {number}",
        made_at=datetime(2024, 3, 1, tzinfo=UTC),
        base_name="tiny",
        base_digest="d1",
        arguments={"seed": 0},
        log_position=9,
        boundary=7,
        sources=sources,
        training={"steps": 3},
        measured=GIVEN,
        decision=DECISION,
    )
    adapters.add(made, manifest)
    made.unlink()
    return number


def serving(home: Path) -> int | None:
    """As a program that was just started sees it."""
    found = Adapters(home).serving
    return found.number if found else None


def test_nothing_serves_until_something_is_promoted(home: Path) -> None:
    adapters = Adapters(home)
    assert (adapters.all(), adapters.serving, adapters.next_number()) == ([], None, 1)
    assert not home.exists()
    first = add(adapters, "e1")
    assert serving(home) is None
    adapters.promote(first)
    assert serving(home) == 1
    assert adapters.weights(1).read_bytes() == b"GGUF"


def test_a_manifest_is_read_back_as_it_was_written(home: Path) -> None:
    adapters = Adapters(home)
    add(adapters, "e1", "e2")
    [manifest] = Adapters(home).all()
    assert manifest.sources == ("e1", "e2")
    assert manifest.measured == GIVEN
    assert manifest.decision == DECISION


def test_rollback_goes_back_step_by_step_to_the_base(home: Path) -> None:
    adapters = Adapters(home)
    for _ in range(3):
        adapters.promote(add(adapters, "e"))
    back = adapters.rollback()
    assert back is not None
    assert back.number == serving(home) == 2
    adapters.rollback()
    assert serving(home) == 1
    assert adapters.rollback() is None
    assert serving(home) is None
    with pytest.raises(AdapterMissing, match="nothing to return from"):
        adapters.rollback()
    adapters.promote(2)
    assert serving(home) == 2


def test_an_unknown_adapter_is_told(home: Path) -> None:
    with pytest.raises(AdapterMissing, match="no adapter 4"):
        Adapters(home).promote(4)


def test_adding_again_after_a_kill_changes_nothing(home: Path) -> None:
    adapters = Adapters(home)
    (adapters.folder / "1.part").mkdir(parents=True)
    (adapters.folder / "1.part" / "adapter.gguf").write_bytes(b"half")
    assert add(adapters, "e1", weights=b"whole") == 1
    [manifest] = adapters.all()
    other = home / "other.gguf"
    other.write_bytes(b"other")
    adapters.add(other, manifest)
    assert adapters.weights(1).read_bytes() == b"whole"


def test_a_full_disk_leaves_no_half_adapter(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    adapters = Adapters(home)
    adapters.promote(add(adapters, "e1"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("finetune.adapters.shutil.copyfile", full)
    with pytest.raises(NoRoom):
        add(adapters, "e2")
    assert [manifest.number for manifest in adapters.all()] == [1]
    assert serving(home) == 1
    assert not list(adapters.folder.glob("*.part"))


def test_only_the_last_few_are_kept_with_what_serves_and_served(home: Path) -> None:
    adapters = Adapters(home, keep=2)
    for _ in range(3):
        adapters.promote(add(adapters, "e"))
    for _ in range(3):
        add(adapters, "e")
    adapters.prune()
    assert [manifest.number for manifest in adapters.all()] == [2, 3, 5, 6]
    assert adapters.next_number() == 7
    adapters.rollback()
    assert serving(home) == 2


def test_a_damaged_pointer_or_missing_weights_mean_the_base(home: Path) -> None:
    adapters = Adapters(home)
    adapters.promote(add(adapters, "e"))
    adapters.weights(1).unlink()
    assert serving(home) is None
    adapters.promote(add(adapters, "e"))
    (adapters.folder / "serving.json").write_text("{")
    assert serving(home) is None


# -- forgetting


def test_forgetting_detaches_what_was_trained_on_it_and_what_never_saw_it_serves(
    home: Path,
) -> None:
    adapters = Adapters(home)
    adapters.promote(add(adapters, "old"))
    adapters.promote(add(adapters, "old", "secret", weights=b"GGUF canary"))
    assert forgetting.forget(home, ["secret"]).adapters == (2,)
    assert serving(home) == 1
    assert adapters.retraining
    assert not adapters.weights(2).exists()
    assert adapters.get(2).detached == "forgotten"
    with pytest.raises(AdapterMissing, match="forgotten"):
        adapters.promote(2)
    assert forgetting.forget(home, ["old"]).adapters == (1,)
    assert serving(home) is None
    assert adapters.next_number() == 3


def test_forgetting_something_else_leaves_adapters_alone(home: Path) -> None:
    adapters = Adapters(home)
    adapters.promote(add(adapters, "mine"))
    assert forgetting.forget(home, ["other"]) == forgetting.Forgotten()
    assert serving(home) == 1
    assert not adapters.retraining


def test_what_is_under_way_stays_unless_it_may_hold_what_is_forgotten(home: Path) -> None:
    place = Workplace(home)
    place.work.mkdir(parents=True)
    cache = place.work / "token_weights.safetensors"
    cache.write_bytes(b"123")
    forgetting.forget(home, ["other"])
    assert cache.exists()
    place.note(State(night="n", step="train", sources=("mine",)))
    forgetting.forget(home, ["other"])
    assert cache.exists()
    (place.folder / "state.json").write_text("{")
    forgetting.forget(home, ["other"])
    assert not cache.exists()


def test_a_full_disk_does_not_keep_what_is_forgotten(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_life(home, canary_at=0)
    first = log.read_after(0, 1)[0].id
    adapters = Adapters(home)
    adapters.promote(add(adapters, first))
    datasets.save(datasets.build(log), home / datasets.DATASET_FILE)

    def full(*_: object) -> None:
        raise NoRoom("It cannot be written: No space left on device.")

    monkeypatch.setattr(datasets, "save", full)
    assert forgetting.forget(home, [first]).adapters == (1,)
    assert not holding(home, CANARY.encode(), but="log.sqlite3")
    log.close()


def test_an_adapter_without_a_readable_manifest_is_erased_with_anything(home: Path) -> None:
    adapters = Adapters(home)
    adapters.promote(add(adapters, "mine"))
    (adapters.folder / "1" / MANIFEST_FILE).write_text("{}")
    assert load(adapters.folder / "1") is None
    forgetting.forget(home, ["anything"])
    assert not (adapters.folder / "1").exists()
    assert adapters.retraining


def test_forgetting_reaches_dataset_checkpoints_and_caches(home: Path) -> None:
    log = open_life(home, canary_at=0)
    events = log.read_after(0, 100)
    datasets.save(datasets.build(log), home / datasets.DATASET_FILE)
    assert holding(home, CANARY.encode(), but="log.sqlite3")
    place = Workplace(home)
    place.work.mkdir(parents=True)
    for name in ("checkpoint.pt", "token_weights.safetensors", "adapter.gguf"):
        (place.work / name).write_bytes(b"CANARY")
    (place.work / "adapter").mkdir()
    (place.work / "adapter" / "adapter_model.safetensors").write_bytes(b"CANARY")
    place.note(State(night="n", step="evaluate", sources=(events[0].id,)))

    done = forgetting.forget(home, [events[0].id])

    assert done.examples > 0
    assert place.state is None
    assert not holding(home / "night", b"CANARY")
    assert not holding(home / "night", events[0].id.encode())
    assert not holding(home, CANARY.encode(), but="log.sqlite3")
    log.close()


def test_what_was_erased_while_nobody_told_is_caught_up_with(home: Path) -> None:
    log = open_life(home, canary_at=0)
    events = log.read_after(0, 100)
    adapters = Adapters(home)
    adapters.promote(add(adapters, events[0].id, events[1].id))
    datasets.save(datasets.build(log), home / datasets.DATASET_FILE)
    assert forgetting.reconcile(home, log) == forgetting.Forgotten()
    log.redact([events[0].id])  # and the program died here
    done = forgetting.reconcile(home, log)
    assert done.adapters == (1,)
    assert done.examples > 0
    assert serving(home) is None
    log.close()


def test_one_night_at_a_time_and_another_process_can_stop_it(home: Path) -> None:
    place = Workplace(home)
    assert not place.ask_to_stop()
    with place.held():
        flag = place.stop_flag(NeverStop())
        assert not flag.is_set()
        with pytest.raises(NightBusy), Workplace(home).held():
            pass
        assert Workplace(home).ask_to_stop()
        assert flag.is_set()
        assert not Workplace(home).wait_until_stopped(0.05)
    assert Workplace(home).wait_until_stopped(0.05)
    with place.held():
        assert not place.stop_flag(NeverStop()).is_set()


def test_forgetting_does_not_wait_for_ever_for_a_night(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "WAIT_SECONDS", 0.05)
    adapters = Adapters(home)
    with Workplace(home).held():
        adapters.promote(add(adapters, "secret"))
        assert forgetting.forget(home, ["secret"]).adapters == (1,)
        assert (home / workplace.FOLDER / "stop").exists()
