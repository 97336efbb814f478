"""Train a personal LoRA on the playback set: what the user wrote, then what they preferred.

    python -m finetune.train --base MODEL --dataset dataset.jsonl --out FOLDER \
        --frame assistant.framing:framed
    accelerate launch -m finetune.train ...          # one process a GPU

The whole run is a function of its arguments, dataset and base. It is checkpointed every minute,
goes on after a kill with the same data in the same order, and stops within seconds when asked.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import math
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import torch

from finetune import adapter, batches, checkpoint, weights
from finetune.arguments import Arguments, resolved
from finetune.base import Base, load_model, load_tokenizer, prepare
from finetune.checkpoint import Checkpoint
from finetune.clock import TrainingClock
from finetune.dataset import Dataset
from finetune.dataset import load as load_dataset
from finetune.encode import Encoder
from finetune.errors import FinetuneFault, LossNotFinite, NoRoom, Stopped, TooLittleData
from finetune.examples import Said
from finetune.export import export
from finetune.likelihood import token_logprobs
from finetune.losses import PreferenceLoss
from finetune.ports import (
    Framing,
    NeverStop,
    OnProgress,
    Progress,
    StopFlag,
    no_progress,
    unframed,
)
from finetune.processes import Alone, Launched, Processes, one_first, sum_gradients
from finetune.stages import Stage, answers, encoded_pairs, fitting, preferences, schedule

ADAPTER_FOLDER = "adapter"
ARGUMENTS_FILE = "arguments.json"
CHECKPOINT_FILE = "checkpoint.pt"
RESULT_FILE = "training.json"


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training gave, and what it took."""

    folder: Path
    """PEFT's adapter folder."""
    arguments: Arguments
    steps: int
    tokens: int
    """Real tokens that went through the model in this process since it was started."""
    seconds: float
    losses: tuple[float, ...]
    """Mean loss of each step, in nats a token, or a pair, since this process was started."""
    too_long: int
    """Examples left out because they exceed `max_tokens`."""
    pairs: int


def train(
    dataset: Dataset,
    base: Base,
    out: Path,
    arguments: Arguments,
    *,
    frame: Framing = unframed,
    weights_cache: Path | None = None,
    processes: Processes | None = None,
    stop: StopFlag | None = None,
    progress: OnProgress = no_progress,
) -> Trained:
    """Train an adapter from the base into `out / "adapter"`, going on from a checkpoint there.

    `frame` puts each prompt as it is put where the adapter serves.
    Token weights are kept in `weights_cache` from one night to the next, by default in `out`.
    Raises TooLittleData, LossNotFinite, NoRoom, BaseUnsupported, and Stopped when `stop` was set;
    then the checkpoint holds all whole steps, and the same call goes on.
    """
    processes, stop = processes or Alone(), stop or NeverStop()
    started = time.monotonic()
    with _memory_errors():
        # The base and what it reads.
        arguments = _resolved(arguments, base)
        if arguments.threads:
            torch.set_num_threads(arguments.threads)
        model = load_model(
            base, arguments.dtype, _device(arguments), four_bit=arguments.four_bit == "yes"
        )
        encoder = Encoder(load_tokenizer(base), frame)

        # The examples as tokens, each with its weight.
        read, examples = fitting(dataset, encoder, arguments.max_tokens)
        if not examples:
            raise TooLittleData("There is nothing to train on yet; nothing was trained.")
        if arguments.token_weights:
            with one_first(processes):
                examples = weights.with_weights(
                    read,
                    examples,
                    encoder,
                    model,
                    weights_cache or out / weights.WEIGHTS_FILE,
                    base_digest=base.digest,
                    stop=stop,
                    progress=progress,
                )
        pairs = encoded_pairs(dataset, encoder, arguments)

        # The adapter, and where an earlier run of the same training left it.
        adapted = adapter.attach(model, arguments)
        run = _Run(arguments, processes, stop, progress, adapted, out)
        run.fingerprint = _fingerprint(dataset, base, arguments, processes, encoder)
        run.resume()
        if processes.rank == 0:
            arguments.save(out / ARGUMENTS_FILE)

        # First the user's words, then their preferences.
        run.perform(answers(examples, bool(pairs), arguments))
        if pairs:
            run.perform(preferences(pairs, model, run.reference, arguments))

    if processes.rank == 0:
        adapter.save(adapted, out / ADAPTER_FOLDER)
        run.checkpoint_path.unlink(missing_ok=True)
    processes.wait()
    trained = Trained(
        folder=out / ADAPTER_FOLDER,
        arguments=arguments,
        steps=run.steps_done,
        tokens=run.tokens_done,
        seconds=time.monotonic() - started,
        losses=tuple(run.losses),
        too_long=len(dataset.examples) - len(examples),
        pairs=len(pairs) // 2,
    )
    if processes.rank == 0:
        _write_result(trained, out)
    return trained


class _Run:
    """The loop and its state: adapter, optimiser, position."""

    def __init__(
        self,
        arguments: Arguments,
        processes: Processes,
        stop: StopFlag,
        progress: OnProgress,
        adapted: Any,
        out: Path,
    ) -> None:
        self.arguments = arguments
        self.processes = processes
        self.adapted = adapted
        self.model = adapted.get_base_model()
        self.parameters = list(adapter.parameters(adapted).values())
        self.checkpoint_path = out / CHECKPOINT_FILE
        self.fingerprint = ""
        self.resumed: Checkpoint | None = None
        self.steps_done = 0
        self.tokens_done = 0
        self.losses: list[float] = []
        self._stop = stop
        self._progress = progress

    def resume(self) -> None:
        """Take up the checkpoint of this very training, if there is one."""
        if self.processes.rank == 0:
            checkpoint.load(self.checkpoint_path, self.fingerprint)  # deletes one of another run
        self.processes.wait()
        self.resumed = checkpoint.load(self.checkpoint_path, self.fingerprint)
        if self.resumed is not None:
            adapter.restore(self.adapted, self.resumed.adapter)

    def perform(self, stage: Stage) -> None:
        """Train one stage from where it was left."""
        if self.resumed is not None and self.resumed.stage != stage.name:
            if stage.name == "answers":  # the checkpoint is of the stage after it
                return
            self.resumed = None
        optimiser = torch.optim.AdamW(
            self.parameters,
            lr=stage.rate,
            betas=(0.9, 0.99),
            weight_decay=self.arguments.weight_decay,
            fused=True,
        )
        at, spent = 0, 0.0
        if self.resumed is not None:
            optimiser.load_state_dict(self.resumed.optimiser)
            at, spent = self.resumed.step, self.resumed.seconds
            self.resumed = None
        saved = time.monotonic()
        clock = self._clock()
        first = at
        while at < len(stage.steps) and spent < stage.seconds:
            share = max(at / len(stage.steps), spent / stage.seconds)
            for group in optimiser.param_groups:
                group["lr"] = stage.rate * schedule(share, self.arguments.warmup)
            try:
                loss = self._step(stage, at, optimiser)
            except Stopped:
                self._save(stage, at, spent, optimiser)
                raise
            at, spent = at + 1, spent + self._agreed(clock.lap())
            self.losses.append(loss)
            self._report(stage, at, spent, clock.slowness)
            if time.monotonic() - saved >= self.arguments.checkpoint_seconds:
                self._save(stage, at, spent, optimiser)
                saved = time.monotonic()
        self.steps_done += at - first
        # So that a kill between two stages does not cost the first.
        self._save(stage, at, spent, optimiser)

    def _step(self, stage: Stage, number: int, optimiser: Any) -> float:
        """One step of the optimiser over all its batches; returns the mean loss."""
        step, rank, count = stage.steps[number], self.processes.rank, self.processes.count
        weight = stage.loss.weight(step)
        # Chance depends on the step alone, so a resumed run rolls the same dice.
        torch.manual_seed((self.arguments.seed + 1) * 1_000_003 + number * count + rank)
        optimiser.zero_grad(set_to_none=True)
        total = torch.zeros((), device=self.device)
        for batch in step[rank::count]:
            self._check_stop(alone=True)
            tensors = batches.tensors(batch, stage.examples, 0, self.device)
            with self._interruptible():
                loss = stage.loss(token_logprobs(self.model, tensors), tensors) / weight
                loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
            self.tokens_done += sum(len(stage.examples[n]) for row in batch for n in row)
        self._check_stop(alone=False)
        sum_gradients(self.processes, self.parameters)
        mean = float(self.processes.sum(total))
        norm = float(torch.nn.utils.clip_grad_norm_(self.parameters, self.arguments.clip))
        if not math.isfinite(mean) or not math.isfinite(norm):
            raise LossNotFinite(
                f"Training diverged at step {number + 1} of {len(stage.steps)} (loss {mean}); the "
                "adapter in use stays. Lower the learning rate."
            )
        optimiser.step()
        return mean

    @property
    def device(self) -> Any:
        return self.parameters[0].device

    @property
    def reference(self) -> list[float] | None:
        """What the preferences of a resumed run are measured against."""
        return self.resumed.reference if self.resumed is not None else None

    def _check_stop(self, *, alone: bool) -> None:
        """Raise Stopped when somebody asked for it; several processes agree, at one place."""
        if alone and self.processes.count > 1:
            return
        asked = torch.tensor(float(self._stop.is_set()), device=self.device)
        if float(self.processes.sum(asked)) > 0:
            raise Stopped("Training made room; it goes on where it was.")

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Look at the stop flag before each block of the model, not only between batches."""
        if self.processes.count > 1:
            yield
            return
        hooks = [
            layer.register_forward_pre_hook(lambda *_: self._check_stop(alone=True))
            for layer in self.model.model.layers
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _save(self, stage: Stage, step: int, seconds: float, optimiser: Any) -> None:
        if self.processes.rank == 0:
            loss = stage.loss
            held = Checkpoint(
                fingerprint=self.fingerprint,
                stage=stage.name,
                step=step,
                seconds=seconds,
                adapter=adapter.weights(self.adapted),
                optimiser=optimiser.state_dict(),
                reference=loss.reference if isinstance(loss, PreferenceLoss) else None,
            )
            checkpoint.save(held, self.checkpoint_path)

    def _agreed(self, seconds: float) -> float:
        """The mean of all processes, so that they end at the same step."""
        if self.processes.count == 1:
            return seconds
        counted = torch.tensor(seconds, device=self.device)
        return float(self.processes.sum(counted)) / self.processes.count

    def _clock(self) -> TrainingClock:
        on_cpu = self.device.type == "cpu"
        return TrainingClock(torch.get_num_threads() if on_cpu else None)

    def _report(self, stage: Stage, at: int, spent: float, slowness: float) -> None:
        """`slowness` is how many times as long as it counts the time was that passed."""
        per_step = spent / at
        left = min(per_step * (len(stage.steps) - at), max(0.0, stage.seconds - spent))
        tokens = sum(len(stage.examples[n]) for b in stage.steps[at - 1] for row in b for n in row)
        speed = tokens / (slowness * per_step) if per_step else None
        # Of more steps than the time allows, those that fit it.
        steps = at + round(left / per_step) if per_step else len(stage.steps)
        self._progress(Progress(stage.name, at, steps, self.losses[-1], speed, slowness * left))


# -- around the run


def _resolved(arguments: Arguments, base: Base) -> Arguments:
    config = base.config
    hidden, layers = int(config["hidden_size"]), int(config["num_hidden_layers"])
    inner, words = int(config["intermediate_size"]), int(config["vocab_size"])
    parameters = layers * (4 * hidden * hidden + 3 * hidden * inner) + words * hidden
    return resolved(arguments, parameters, layers, hidden)


def _device(arguments: Arguments) -> str:
    return f"cuda:{torch.cuda.current_device()}" if arguments.device == "cuda" else "cpu"


def _fingerprint(
    dataset: Dataset, base: Base, arguments: Arguments, processes: Processes, encoder: Encoder
) -> str:
    what = [
        encoder.encode([Said(role="user", text="Say so.")], "So.", ["A note."]).ids,  # the frame
        base.digest,
        arguments.model_dump(exclude={"checkpoint_seconds", "threads"}),
        processes.count,
        [example.model_dump() for example in dataset.train],
    ]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


@contextmanager
def _memory_errors() -> Iterator[None]:
    """Say in one sentence that memory ran out, in whichever way it did."""
    advice = "Training needs more memory than there is; set a smaller tokens_per_batch or base."
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise NoRoom(advice) from error
    except RuntimeError as error:
        if "can't allocate memory" in str(error):
            raise NoRoom(advice) from error
        raise


def _write_result(trained: Trained, out: Path) -> None:
    data = {
        "steps": trained.steps,
        "tokens": trained.tokens,
        "seconds": round(trained.seconds, 1),
        "losses": [round(loss, 4) for loss in trained.losses],
        "too_long": trained.too_long,
        "pairs": trained.pairs,
    }
    (out / RESULT_FILE).write_text(json.dumps(data, indent=2) + "\n")


def _frame(named: str) -> Framing:
    """The framing at MODULE:NAME, by name because the layers above are not imported here."""
    if not named:
        return unframed
    module, _, name = named.partition(":")
    found: Framing = getattr(importlib.import_module(module), name)
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Train and export from the command line; the night calls `train` and `export` itself."""
    parser = argparse.ArgumentParser(prog="finetune.train", description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="GGUF file, or checkpoint folder")
    parser.add_argument("--dataset", type=Path, required=True, help="the home's dataset.jsonl")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--cache", type=Path, help="for the de-quantised base; default: out")
    parser.add_argument("--arguments", type=Path, help="JSON file of finetune.arguments.Arguments")
    parser.add_argument(
        "--frame", default="", metavar="MODULE:NAME", help="finetune.ports.Framing of the product"
    )
    told = parser.parse_args(argv)
    stop = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    try:
        arguments = Arguments()
        if told.arguments:
            arguments = Arguments.model_validate_json(told.arguments.read_text())
        processes = Launched(cpu=arguments.device == "cpu")
        if processes.device.startswith("cuda"):
            torch.cuda.set_device(processes.device)
        with one_first(processes):
            base = prepare(told.base, told.cache or told.out)
        trained = train(
            load_dataset(told.dataset),
            base,
            told.out,
            arguments,
            frame=_frame(told.frame),
            processes=processes,
            stop=stop,
            progress=_print_progress if processes.rank == 0 else no_progress,
        )
        if processes.rank == 0:
            export(trained.folder, base, told.out / "adapter.gguf")
    except FinetuneFault as fault:
        print(f"finetune: {fault}", file=sys.stderr)
        return 1
    return 0


def _print_progress(progress: Progress) -> None:
    loss = "" if progress.loss is None else f"  loss {progress.loss:.3f}"
    left = "" if progress.seconds_left is None else f"  {progress.seconds_left / 60:.1f} min left"
    print(f"{progress.stage} {progress.step}/{progress.steps}{loss}{left}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
