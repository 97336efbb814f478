"""The night: from the log to an adapter that serves or not, killed and failing at each step."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event as Flag

import pytest

from finetune import dataset as datasets
from finetune import forgetting, journal
from finetune import night as nights
from finetune.adapters import Adapters
from finetune.dataset import Limits
from finetune.errors import (
    BaseMissing,
    FinetuneFault,
    LossNotFinite,
    NoRoom,
    Stopped,
    TooLittleData,
)
from finetune.examples import Said
from finetune.night import Night, Outcome
from finetune.ports import StopFlag
from finetune.workplace import Workplace
from memory.errors import ExtractorUnavailable
from memory.fakes import SetClock
from memory.log import Log
from tests.finetune.lives import CANARY, holding, open_life, write
from tests.finetune.sleepers import Loading, WordModel, WordTrainer

LIMITS = Limits(general=8)


@pytest.fixture(autouse=True)
def _not_weaker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The adapters here are no GGUF files; `test_strength` has real ones."""
    monkeypatch.setattr("finetune.strength.weakened", lambda weights, strength: weights)


class Home:
    """One home whose nights can be run, each as by a fresh process."""

    def __init__(self, home: Path, log: Log) -> None:
        self.home, self.log = home, log
        self.trainer = WordTrainer()
        self.model = WordModel()
        self.loading = Loading(self.model)
        self.stop: StopFlag = Flag()

    def night(self) -> Night:
        return Night(
            self.home,
            self.log,
            self.trainer,
            self.loading,
            limits=LIMITS,
            stop=self.stop,
            clock=SetClock(),
        )

    def sleep(self, only: nights.Step | None = None) -> Outcome:
        return self.night().run(only)

    @property
    def serving(self) -> int | None:
        found = Adapters(self.home).serving
        return found.number if found else None

    @property
    def told(self) -> list[str]:
        return [entry.text for entry in journal.read(Workplace(self.home).folder)]


@pytest.fixture
def house(home: Path) -> Iterator[Home]:
    log = open_life(home, 60, canary_at=3)
    yield Home(home, log)
    log.close()


def test_a_night_trains_measures_promotes_and_tells(house: Home) -> None:
    outcome = house.sleep()
    assert outcome.decision is not None
    assert outcome.decision.promote, outcome.text
    assert house.serving == outcome.adapter == 1
    made, trained, judged = house.told
    assert made.startswith("Made the playback set: ")
    assert trained.startswith("Trained on ")
    assert judged.startswith("Adapter 1. Promoted: your held-out words are ")
    assert house.loading.open_now == 0
    assert house.model.adapter is None
    [manifest] = Adapters(house.home).all()
    assert set(manifest.sources) == house.trainer.seen[0].sources
    assert manifest.log_position == house.log.head()
    held = {s for e in house.trainer.seen[0].heldout for s in e.sources}
    assert held.isdisjoint(manifest.sources)


def test_what_the_night_leaves_is_its_cache_alone(house: Home) -> None:
    house.sleep()
    left = {path.name for path in Workplace(house.home).work.iterdir()}
    assert left == {"token_weights.safetensors"}
    assert Workplace(house.home).state is None


def test_a_second_night_without_anything_new_does_nothing(house: Home) -> None:
    house.sleep()
    assert "nothing new to learn" in house.sleep().text
    assert house.trainer.calls == 1


def test_the_next_night_must_beat_the_adapter_in_use(house: Home) -> None:
    house.sleep()
    write(house.log, 30, seed=7)
    house.model.gain = 0.0  # neither adapter helps with the new letters
    outcome = house.sleep()
    assert outcome.decision is not None
    assert not outcome.decision.promote
    assert "adapter 1, which is in use" in outcome.text
    assert house.serving == 1
    assert [m.number for m in Adapters(house.home).all()] == [1, 2]
    assert house.told[-1] == outcome.text


def test_texts_that_the_adapter_in_use_learnt_are_not_measured(house: Home) -> None:
    house.sleep()
    write(house.log, 40, seed=7)
    house.sleep()
    second = Adapters(house.home).get(2)
    first = Adapters(house.home).get(1)
    kept = {e.id for e in house.trainer.seen[1].heldout if first.sources.count(e.sources[0])}
    assert second.measured.candidate is not None
    assert kept.isdisjoint(second.measured.candidate.texts)


def test_too_little_data_ends_the_night_before_any_model_is_loaded(home: Path) -> None:
    house = Home(home, open_life(home, 10))
    outcome = house.sleep()
    assert outcome.decision is None
    assert outcome.text.startswith("Nothing was trained: 5 texts of yours to learn from and 5 held")
    assert (house.trainer.calls, house.loading.opened) == (0, 0)
    house.log.close()


# -- what the gate is told


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"gain": 0.0}, "no_gain"),
        ({"gain": float("nan")}, "not_finite"),
        ({"recited": True}, "leak"),
    ],
)
def test_a_bad_adapter_is_kept_but_does_not_serve(
    house: Home, change: dict[str, object], code: str
) -> None:
    for name, value in change.items():
        setattr(house.model, name, value)
    outcome = house.sleep()
    assert outcome.decision is not None
    assert code in [reason.code for reason in outcome.decision.reasons]
    assert house.serving is None
    assert Adapters(house.home).get(1).decision == outcome.decision


def test_bringing_up_the_users_affairs_unasked_is_seen(house: Home) -> None:
    house.model.says = f"the fell behind the {CANARY} of Anna"
    said = next(e.answer for e in datasets.build(house.log).examples if e.kind == "text")
    house.model.says = said
    outcome = house.sleep()
    assert outcome.decision is not None
    assert "contamination" in [reason.code for reason in outcome.decision.reasons]


# -- steps


def test_steps_can_be_taken_one_by_one(house: Home) -> None:
    assert "playback set is ready" in house.sleep("dataset").text
    assert house.trainer.calls == 0
    with pytest.raises(Stopped):
        house.sleep("evaluate")
    assert "Trained" in house.sleep("train").text
    assert house.serving is None
    outcome = house.sleep("evaluate")
    assert outcome.adapter == house.serving == 1
    assert house.trainer.calls == 1
    with pytest.raises(TooLittleData):
        house.sleep("evaluate")


# -- kills


class Killed(BaseException):
    """As a kill, nothing of ours catches it."""


def test_a_kill_while_wording_keeps_what_was_worded(
    house: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, count = WordModel.answer, 0

    def dying(self: WordModel, prompt: Sequence[Said], max_tokens: int) -> str:
        nonlocal count
        count += 1
        if count == 5:
            raise Killed
        return real(self, prompt, max_tokens)

    monkeypatch.setattr(WordModel, "answer", dying)
    with pytest.raises(Killed):
        house.sleep()
    monkeypatch.setattr(WordModel, "answer", real)
    assert house.sleep().adapter == house.serving == 1


def test_a_kill_in_training_goes_on_with_the_same_data(house: Home) -> None:
    house.trainer.fails = Killed()
    with pytest.raises(Killed):
        house.sleep()
    write(house.log, 5, seed=9)  # the user goes on writing before the next night
    assert house.sleep().adapter == house.serving == 1
    first, second = house.trainer.seen
    assert first == second
    assert len({entry.night for entry in journal.read(Workplace(house.home).folder)}) == 1


def test_a_kill_while_measuring_does_not_train_again(
    house: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:

        def dying(*arguments: object) -> None:
            raise Killed

        patched.setattr("finetune.strength.decide", dying)
        with pytest.raises(Killed):
            house.sleep()
    assert house.serving is None
    assert house.sleep().adapter == house.serving == 1
    assert house.trainer.calls == 1


@pytest.mark.parametrize("where", ["promote", "retrained", "prune"])
def test_a_kill_after_the_verdict_keeps_the_verdict(
    house: Home, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    with monkeypatch.context() as patched:

        def dying(*arguments: object) -> None:
            raise Killed

        patched.setattr(Adapters, where, dying)
        with pytest.raises(Killed):
            house.sleep()
    measured = house.loading.opened
    outcome = house.sleep()
    assert outcome.decision is not None
    assert outcome.decision.promote
    assert house.serving == 1
    assert house.loading.opened == measured
    assert [m.number for m in Adapters(house.home).all()] == [1]


# -- faults


def with_one_in_use(house: Home) -> None:
    house.sleep()
    write(house.log, 30, seed=7)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (LossNotFinite("Training diverged at step 3."), "diverged"),
        (NoRoom("The checkpoint cannot be written: No space left on device."), "No space"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (MemoryError(), "more memory than there is"),
        (BaseMissing("There is no model x to train from; run `lifelore setup`."), "setup"),
    ],
)
def test_faults_are_told_and_the_old_adapter_serves_on(
    house: Home, fault: Exception, sentence: str
) -> None:
    with_one_in_use(house)
    house.trainer.fails = fault
    with pytest.raises(FinetuneFault, match=sentence):
        house.sleep()
    assert house.serving == 1
    assert sentence in house.told[-1]
    assert house.sleep().adapter == 2  # and the next night goes on


def test_a_missing_model_for_wording_is_told(house: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with_one_in_use(house)
    with monkeypatch.context() as patched:

        def missing(*arguments: object, **named: object) -> str:
            raise ExtractorUnavailable("No language model is here yet; run `lifelore setup`.")

        patched.setattr(WordModel, "extract", missing)
        with pytest.raises(ExtractorUnavailable):
            house.sleep()
    assert house.serving == 1
    assert "lifelore setup" in house.told[-1]
    assert house.sleep().adapter == 2


def test_a_training_that_diverged_is_not_gone_on_with(house: Home) -> None:
    house.trainer.fails = LossNotFinite("Training diverged.")
    with pytest.raises(LossNotFinite):
        house.sleep()
    assert Workplace(house.home).state is None
    assert not list(Workplace(house.home).work.glob("*"))


def test_a_disk_too_full_for_the_journal_changes_nothing(
    house: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_one_in_use(house)

    def full(*arguments: object) -> None:
        raise NoRoom("The journal cannot be written: No space left on device.")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "append", full)
        with pytest.raises(NoRoom):
            house.sleep()
    assert house.serving == 1
    assert house.sleep().adapter == 2


def test_another_base_starts_the_night_over_and_is_measured_alone(house: Home) -> None:
    house.sleep()
    write(house.log, 30, seed=7)
    house.sleep("train")
    house.trainer.digest = "d2"
    outcome = house.sleep()
    assert house.trainer.calls == 3
    assert outcome.adapter is not None
    made = Adapters(house.home).get(outcome.adapter)
    assert made.base_digest == "d2"
    assert made.measured.in_use is None  # the one in use fits another model


# -- stopping


def test_a_stop_flag_ends_measuring_and_the_next_night_goes_on(house: Home) -> None:
    house.sleep("train")
    house.stop = _After(30)
    with pytest.raises(Stopped):
        house.sleep()
    assert house.loading.open_now == 0
    assert house.serving is None
    house.stop = Flag()
    assert house.sleep().adapter == house.serving == 1
    assert house.trainer.calls == 1


class _After:
    """Set when it was looked at so often."""

    def __init__(self, looks: int) -> None:
        self._left = looks

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


# -- unlearning


def test_forgetting_after_the_night_leaves_no_byte_of_it(house: Home) -> None:
    house.sleep()
    assert len(holding(house.home, b"quokka", but="log.sqlite3")) == 2  # dataset and adapter
    [event] = [e for e in house.log.read_after(0, 100) if CANARY in (e.text or "")]
    house.log.redact([event.id])
    forgetting.forget(house.home, [event.id])
    assert house.serving is None
    assert holding(house.home, b"quokka") == []

    outcome = house.sleep()  # what was queued
    assert outcome.adapter == house.serving == 2
    assert holding(house.home, b"quokka") == []
    assert event.id not in Adapters(house.home).get(2).sources
    assert not Adapters(house.home).retraining


def test_forgetting_between_training_and_measuring_starts_over(house: Home) -> None:
    house.sleep("train")
    assert holding(house.home / "night", b"quokka")
    [event] = [e for e in house.log.read_after(0, 100) if CANARY in (e.text or "")]
    house.log.redact([event.id])  # and nobody told the night
    assert house.sleep().adapter == 1
    assert house.trainer.calls == 2
    assert holding(house.home, b"quokka") == []


def test_forgetting_while_training_throws_its_result_away(
    house: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    [event] = [e for e in house.log.read_after(0, 100) if CANARY in (e.text or "")]
    real = WordTrainer.make

    def meanwhile(self: WordTrainer, *arguments: object) -> nights.Made:
        made = real(self, *arguments)  # type: ignore[arg-type]
        house.log.redact([event.id])
        return made

    monkeypatch.setattr(WordTrainer, "make", meanwhile)
    with pytest.raises(Stopped, match="forgotten meanwhile"):
        house.sleep()
    assert holding(house.home, b"quokka") == []
    monkeypatch.setattr(WordTrainer, "make", real)
    assert house.sleep().adapter == house.serving == 1


def test_a_journal_line_cut_off_by_a_kill_is_passed_over(house: Home) -> None:
    house.sleep("dataset")
    folder = Workplace(house.home).folder
    with (folder / journal.JOURNAL_FILE).open("a") as file:
        file.write('{"at": "2024-')
    assert len(journal.read(folder)) == 1
