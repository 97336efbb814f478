"""The night: playback set -> training -> measuring -> gate -> promotion -> journal.

Each step leaves what the next needs on disk, so that a night that was stopped or killed goes on
where it was. One process at a time; it stops within seconds when asked. What serves is changed by
one atomic replacement at the very end, so whatever fails before leaves it as it was.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from ulid import ULID

from finetune import dataset as datasets
from finetune import forgetting, journal
from finetune.adapters import Adapters
from finetune.dataset import Dataset, Limits
from finetune.errors import (
    BaseUnsupported,
    DatasetDamaged,
    ExportFailed,
    FinetuneFault,
    LossNotFinite,
    NoRoom,
    Stopped,
    TooLittleData,
)
from finetune.evaluate import Comparison, Served, figures, heldout_texts, trained_on
from finetune.gate import Decision, Rules
from finetune.manifest import ADAPTER_FILE, Manifest
from finetune.ports import Framing, NeverStop, StopFlag, unframed
from finetune.strength import strongest
from finetune.workplace import State, Workplace
from memory.errors import Interrupted
from memory.log import Log
from memory.ports import Clock, Progress, SystemClock, no_progress

Step = Literal["dataset", "train", "evaluate"]
STEPS: tuple[Step, ...] = ("dataset", "train", "evaluate")

_START_OVER = (TooLittleData, LossNotFinite, ExportFailed, BaseUnsupported, DatasetDamaged)
"""Faults after which going on from the same state would only meet the same fault."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a trainer made of a playback set."""

    weights: Path
    """The GGUF LoRA."""
    arguments: dict[str, Any]
    """Resolved."""
    training: dict[str, Any]


class Trainer(Protocol):
    """Trains on the base that is served; `finetune.maker` has the real one."""

    base_name: str
    keeps: tuple[str, ...]
    """Files of the work folder that spare the next night time."""

    def base_digest(self) -> str:
        """SHA-256 of the served model file. Raises BaseMissing."""

    def make(self, dataset: Dataset, work: Path, stop: StopFlag, progress: Progress) -> Made:
        """Train and export, going on from what lies in `work`. Raises FinetuneFault."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the night ended. `decision` is None where it came to none."""

    text: str
    decision: Decision | None = None
    adapter: int | None = None
    """Number of the adapter that was made, promoted or not."""


_PREPARED = Outcome("The playback set is ready; `lifelore sleep` trains on it.")
_TRAINED = Outcome("Trained; `lifelore sleep` measures it and decides.")


class Night:
    """The night of one home. `models` loads the served model and lets go of it again; `frame` is
    the trainer's."""

    def __init__(
        self,
        home: Path,
        log: Log,
        trainer: Trainer,
        models: Callable[[], AbstractContextManager[Served]],
        *,
        limits: Limits | None = None,
        rules: Rules | None = None,
        frame: Framing = unframed,
        keep: int = 5,
        stop: StopFlag | None = None,
        progress: Progress = no_progress,
        clock: Clock | None = None,
    ) -> None:
        self.adapters = Adapters(home, keep)
        self.workplace = Workplace(home)
        self._home = home
        self._dataset_path = home / datasets.DATASET_FILE
        self._log = log
        self._trainer = trainer
        self._models = models
        self._limits = limits or Limits()
        self._rules = rules or Rules()
        self._frame = frame
        self._stop = self.workplace.stop_flag(stop or NeverStop())
        self._progress = progress
        self._clock = clock or SystemClock()
        unfinished = self.workplace.state
        self._id = unfinished.night if unfinished else str(ULID())

    def run(self, only: Step | None = None) -> Outcome:
        """All steps from where the last night stopped, or one of them.

        Raises FinetuneFault and what the model raises; the journal says why then, and the adapter
        that served still serves.
        """
        forgetting.reconcile(self._home, self._log)
        with self.workplace.held(), self._told():
            state = self._unfinished()
            if state is None or only == "dataset":
                if only == "evaluate":
                    raise TooLittleData("There is no trained adapter to measure; train one first.")
                derived = self._derive()
                if isinstance(derived, Outcome):
                    return derived
                if only == "dataset":
                    return _PREPARED
                state = derived
            if state.step == "train":
                if only == "evaluate":
                    raise Stopped("Training is not finished; `lifelore sleep` goes on with it.")
                state = self._train(state)
            return _TRAINED if only == "train" else self._judge(state)

    # -- the steps

    def _derive(self) -> State | Outcome:
        """The playback set; where it is not worth training on, the end of the night."""
        serving = self.adapters.serving
        try:
            earlier = datasets.load(self._dataset_path)
        except DatasetDamaged:
            earlier = None
        until = serving.boundary - 1 if serving else 0
        dataset = datasets.build(self._log, earlier, trained_until=until, limits=self._limits)
        datasets.save(dataset, self._dataset_path)
        if reason := self._not_worth_it(dataset):
            return self._ended(Outcome(reason), "dataset", {})
        with self._models() as served:
            served.use(None)
            dataset = datasets.word(
                self._dataset_path,
                served,
                served,
                limits=self._limits,
                frame=self._frame,
                stop=self._stop,
                progress=self._progress,
            )
        self._check_stop()
        self._check_forgotten(dataset)
        state = State(
            night=self._id,
            step="train",
            sources=tuple(sorted(dataset.sources)),
            base_digest=self._trainer.base_digest(),
        )
        self.workplace.note(state)
        counts = dict(Counter[str](example.kind for example in dataset.train))
        self.tell(
            "dataset",
            f"Made the playback set: {counted(counts)}; "
            f"{len(dataset.heldout)} of yours held out to test on.",
            {**counts, "heldout": len(dataset.heldout)},
        )
        return state

    def _not_worth_it(self, dataset: Dataset) -> str | None:
        """Why the gate could only refuse what would be trained, before hours go into it."""
        texts, held = trained_on(dataset), len(heldout_texts(dataset))
        if held < self._rules.least_heldout or texts < self._rules.least_trained:
            return (
                f"Nothing was trained: {texts} texts of yours to learn from and {held} held out "
                f"to test on are too few; {self._rules.least_trained} and "
                f"{self._rules.least_heldout} are needed."
            )
        made = self.adapters.all()
        if made and not self.adapters.retraining:
            last = made[-1]
            same = (last.boundary, set(last.sources)) == (dataset.boundary, dataset.sources)
            if same and last.base_digest == self._trainer.base_digest():
                return "Nothing was trained: there is nothing new to learn since the last night."
        return None

    def _train(self, state: State) -> State:
        dataset = self._dataset()
        made = self._trainer.make(dataset, self.workplace.work, self._stop, self._progress)
        self._check_forgotten(dataset)
        state = state.model_copy(
            update={"step": "evaluate", "arguments": made.arguments, "training": made.training}
        )
        self.workplace.note(state)
        self.tell("train", _trained(len(dataset.train), made.training), made.training)
        return state

    def _judge(self, state: State) -> Outcome:
        """Measure, decide, keep the adapter with its manifest, and let it serve if it may."""
        # A kill may have come after it was kept.
        made = [m for m in self.adapters.all() if m.night == state.night]
        manifest = made[0] if made else self._measured(state)
        number, decision = manifest.number, manifest.decision
        if decision.promote and not manifest.detached:
            self.adapters.promote(number)
        self.adapters.retrained()
        self.adapters.prune()
        text = f"Adapter {number}. {decision.text}"
        if manifest.strength < 1:
            text += f" That is at {manifest.strength:.0%} of its strength; at more it lost skill."
        outcome = Outcome(text, decision, number)
        return self._ended(outcome, "evaluate", {"scores": figures(manifest.measured)})

    def _measured(self, state: State) -> Manifest:
        """The adapter with its scores and the verdict, kept in the home."""
        dataset, serving = self._dataset(), self.adapters.serving
        if serving is not None and serving.base_digest != state.base_digest:
            serving = None  # it fits another base; nothing serves on this one
        weights = self.workplace.work / ADAPTER_FILE
        with self._models() as served:
            comparison = Comparison(
                served,
                dataset,
                current=self.adapters.weights(serving.number) if serving else None,
                in_use=serving.number if serving else None,
                seen=serving.sources if serving else (),
                frame=self._frame,
                stop=self._stop,
                progress=self._progress,
            )
            tried = strongest(weights, comparison.of, self._rules)
        self._check_stop()
        self._check_forgotten(dataset)
        manifest = Manifest(
            number=self.adapters.next_number(),
            night=state.night,
            made_at=self._clock.now(),
            base_name=self._trainer.base_name,
            base_digest=state.base_digest,
            arguments=state.arguments,
            log_position=dataset.head,
            boundary=dataset.boundary,
            sources=tuple(sorted(dataset.sources)),
            training=state.training,
            measured=tried.measured,
            decision=tried.decision,
            strength=tried.strength,
        )
        self.adapters.add(tried.weights, manifest)
        return manifest

    # -- around the steps

    def _unfinished(self) -> State | None:
        """The unfinished night, unless its base was changed or its files are gone."""
        state = self.workplace.state
        if state is None:
            return None
        whole = state.step == "train" or (self.workplace.work / ADAPTER_FILE).is_file()
        if not whole or state.base_digest != self._trainer.base_digest():
            self.workplace.drop()
            return None
        return state

    def _dataset(self) -> Dataset:
        """What the night trains and measures on; nothing of it that is not the user's."""
        dataset = datasets.load(self._dataset_path)
        strange = {e.id for e in datasets.not_users_words(self._log, dataset.train)}
        return replace(dataset, train=tuple(e for e in dataset.train if e.id not in strange))

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Stopped(_MADE_ROOM)

    def _check_forgotten(self, dataset: Dataset) -> None:
        """Something may have been erased while the step held it in memory."""
        if gone := datasets.erased_since(self._log, dataset):
            datasets.forget(self._dataset_path, gone)
            self.workplace.drop()
            raise Stopped("Something was forgotten meanwhile; the next night trains without it.")

    def _ended(self, outcome: Outcome, step: str, data: dict[str, Any]) -> Outcome:
        self.tell(step, outcome.text, {**data, "ended": True})
        self.workplace.finish(self._trainer.keeps)
        return outcome

    def tell(self, step: str, text: str, data: dict[str, Any]) -> None:
        """Write into the journal of this night. Raises NoRoom."""
        entry = journal.Entry(at=self._clock.now(), night=self._id, step=step, text=text, data=data)
        journal.append(self.workplace.folder, entry)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in the journal why a night broke off, and what that means for the next one."""
        try:
            yield
        except Stopped as stopped:
            self._note_failure("stopped", str(stopped))
            raise
        except Interrupted as stopped:
            self._note_failure("stopped", _MADE_ROOM)
            raise Stopped(_MADE_ROOM) from stopped
        except FinetuneFault as fault:
            if isinstance(fault, _START_OVER):
                self.workplace.drop()
            self._note_failure("failed", str(fault))
            raise
        except MemoryError as error:
            self._note_failure("failed", _NO_MEMORY)
            raise NoRoom(_NO_MEMORY) from error
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                self._note_failure("failed", f"A file could not be used: {error.strerror}.")
                raise
            self._note_failure("failed", _NO_DISK)
            raise NoRoom(_NO_DISK) from error
        except Exception as error:
            self._note_failure("failed", str(error))
            raise

    def _note_failure(self, step: str, text: str) -> None:
        # On a full disk the journal has no room either; the caller is told anyway.
        with suppress(NoRoom):
            self.tell(step, text, {})


_KINDS = {
    "text": ("text of yours", "texts of yours"),
    "approved": ("answer you approved", "answers you approved"),
    "pair": ("choice of yours", "choices of yours"),
    "question": ("question about what you said", "questions about what you said"),
    "general": ("general answer of the model's own", "general answers of the model's own"),
}
"""Kinds of examples in words, in the order in which they are told."""


def counted(kinds: Mapping[str, int]) -> str:
    """How many examples of each kind there are, in words; empty for none."""
    return ", ".join(
        f"{kinds[kind]} {one if kinds[kind] == 1 else several}"
        for kind, (one, several) in _KINDS.items()
        if kind in kinds
    )


def _trained(examples: int, training: dict[str, Any]) -> str:
    """What a training took, as far as the trainer told."""
    steps, seconds = training.get("steps"), training.get("seconds")
    took = f" in {steps} steps, {max(1, round(seconds / 60))} min" if steps and seconds else ""
    return f"Trained on {examples} examples{took}."


_MADE_ROOM = "The night made room; the next one goes on where it was."
_NO_MEMORY = (
    "The night needs more memory than there is; the adapter in use stays. Choose a smaller model."
)
_NO_DISK = (
    "The disk is full; the adapter in use stays, and the night goes on when there is room again."
)
