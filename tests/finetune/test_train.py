"""Training on tiny random models: it learns, resumes to the bit, stops at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from finetune import adapter, checkpoint, likelihood
from finetune.adapter import attach
from finetune.arguments import Arguments
from finetune.base import Base, load_model, load_tokenizer, prepare
from finetune.batches import padding, steps_of_epoch, tensors
from finetune.clock import SLOWEST
from finetune.dataset import Dataset
from finetune.encode import Encoded, Encoder
from finetune.errors import LossNotFinite, Stopped, TooLittleData
from finetune.examples import Example, Pair, Said
from finetune.ports import Progress, unframed
from finetune.train import CHECKPOINT_FILE, Trained, train
from finetune.weights import WEIGHTS_FILE, weights_of
from tests.finetune.tiny import make_checkpoint

QUICK = Arguments(
    epochs=4,
    learning_rate=5e-3,
    preference_rate=5e-3,
    rank=4,
    examples_per_step=4,
    tokens_per_batch=256,
    dtype="float32",
    device="cpu",
    preference_epochs=2,
    least_pairs=2,
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return prepare(make_checkpoint(tmp_path_factory.mktemp("base")), Path("unused"))


def example(number: int) -> Example:
    return Example(
        kind="text",
        id=f"e{number}",
        prompt=(Said(role="user", text=f"Write {number}."),),
        answer="Dear all, " + "yes " * (number % 5) + "indeed.",
        sources=(f"s{number}",),
        seq=number,
    )


def pair(number: int) -> Pair:
    return Pair(
        id=f"p{number}",
        prompt=(Said(role="user", text=f"Say {number}."),),
        chosen="Short.",
        rejected="At great length, dear friend.",
        sources=(f"q{number}",),
    )


def dataset(examples: int = 12, pairs: int = 4) -> Dataset:
    return Dataset(train=(*map(example, range(examples)), *map(pair, range(pairs))))


def adapter_of(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter" / "adapter_model.safetensors")


def answer_nll(base: Base, folder: Path) -> float:
    from peft import PeftModel

    model = PeftModel.from_pretrained(load_model(base, "float32", "cpu"), folder / "adapter")
    encoder = Encoder(load_tokenizer(base))
    one = encoder.encode(example(2).prompt, example(2).answer)
    with torch.no_grad():
        found = likelihood.token_logprobs(model.get_base_model(), tensors([[0]], [one], 0, "cpu"))
    return -float(found.mean())


def test_it_learns_the_users_words_and_says_what_it_did(base: Base, tmp_path: Path) -> None:
    seen: list[Progress] = []
    trained = train(dataset(), base, tmp_path, QUICK, progress=seen.append)
    assert trained.losses[11] < 0.7 * trained.losses[0]
    assert answer_nll(base, tmp_path) < 0.7 * trained.losses[0]
    assert trained.steps == 4 * 3 + 2 * 2
    assert {p.stage for p in seen} == {"token weights", "answers", "preferences"}
    assert seen[-1].seconds_left == 0
    saved = Arguments.model_validate_json((tmp_path / "arguments.json").read_text())
    assert "auto" not in saved.model_dump().values()
    assert json.loads((tmp_path / "training.json").read_text())["steps"] == 16
    assert not (tmp_path / CHECKPOINT_FILE).exists()


def test_preferences_widen_the_margin(base: Base, tmp_path: Path) -> None:
    losses = train(dataset(4, 8), base, tmp_path, QUICK.model_copy(update={"epochs": 1})).losses
    assert losses[1] == pytest.approx(0.693, abs=0.01)  # ln 2: nothing is preferred yet
    assert losses[-1] < 0.6


def test_the_same_arguments_give_the_same_adapter(base: Base, tmp_path: Path) -> None:
    for name in ("one", "two"):
        train(dataset(), base, tmp_path / name, QUICK)
    one, two = adapter_of(tmp_path / "one"), adapter_of(tmp_path / "two")
    assert all(torch.equal(one[name], two[name]) for name in one)


class StopAfter:
    """Set once it has been looked at so many times."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("looks", [30, 75, 96])
def test_a_stopped_training_goes_on_to_the_same_adapter(
    base: Base, tmp_path: Path, looks: int
) -> None:
    """Stopped within a step, in either stage; the step under way is done again."""
    train(dataset(), base, tmp_path / "whole", QUICK)
    with pytest.raises(Stopped):
        train(dataset(), base, tmp_path / "parts", QUICK, stop=StopAfter(looks))
    assert (tmp_path / "parts" / CHECKPOINT_FILE).exists()
    rest = train(dataset(), base, tmp_path / "parts", QUICK)
    assert rest.steps < 16
    one, two = adapter_of(tmp_path / "whole"), adapter_of(tmp_path / "parts")
    assert all(torch.equal(one[name], two[name]) for name in one)


class Killed(BaseException):
    pass


def test_a_kill_loses_only_what_came_after_the_checkpoint(base: Base, tmp_path: Path) -> None:
    arguments = QUICK.model_copy(update={"checkpoint_seconds": 0})

    def kill(progress: Progress) -> None:
        if progress.stage == "answers" and progress.step == 7:
            raise Killed

    with pytest.raises(Killed):
        train(dataset(), base, tmp_path / "killed", arguments, progress=kill)
    assert train(dataset(), base, tmp_path / "killed", arguments).steps == 16 - 6
    train(dataset(), base, tmp_path / "whole", arguments)
    one, two = adapter_of(tmp_path / "whole"), adapter_of(tmp_path / "killed")
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_checkpoint_of_other_data_is_deleted_unread(base: Base, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        train(dataset(), base, tmp_path, QUICK, stop=StopAfter(60))
    fewer = replace(dataset(), train=dataset().train[1:])
    assert train(fewer, base, tmp_path, QUICK).steps == 16
    assert checkpoint.load(tmp_path / CHECKPOINT_FILE, "any") is None


def test_a_damaged_checkpoint_starts_anew(base: Base, tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT_FILE).write_bytes(b"PK\x03\x04 half a file")
    assert train(dataset(), base, tmp_path, QUICK).steps == 16


def test_a_diverging_loss_is_refused(base: Base, tmp_path: Path) -> None:
    with pytest.raises(LossNotFinite, match="Lower the learning rate"):
        train(dataset(), base, tmp_path, QUICK.model_copy(update={"learning_rate": 1e30}))
    assert not (tmp_path / "adapter").exists()


def test_nothing_to_train_on_is_refused(base: Base, tmp_path: Path) -> None:
    with pytest.raises(TooLittleData):
        train(Dataset(), base, tmp_path, QUICK)


def test_the_time_budget_ends_it_with_the_rate_at_rest(base: Base, tmp_path: Path) -> None:
    slow = QUICK.model_copy(update={"epochs": 10_000, "minutes": 2 / 60, "token_weights": False})
    seen: list[Progress] = []
    trained = train(dataset(12, 0), base, tmp_path, slow, progress=seen.append)
    assert 3 < trained.steps < 30_000
    assert trained.seconds < 60
    assert seen[0].seconds_left is not None
    assert seen[0].seconds_left <= 2 * SLOWEST


class Shared:
    """Two processes as two threads: what each adds to a sum waits for the other."""

    count = 2

    def __init__(self, rank: int, barrier: threading.Barrier, board: dict[int, Any]) -> None:
        self.rank, self._barrier, self._board = rank, barrier, board

    def sum(self, tensor: Any) -> Any:
        self._board[self.rank] = tensor.clone()
        self._barrier.wait()
        total = self._board[0] + self._board[1]
        self._barrier.wait()
        return total

    def wait(self) -> None:
        self._barrier.wait()


def test_two_processes_train_what_one_does(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = QUICK.model_copy(update={"tokens_per_batch": 48, "learning_rate": 1e-3})
    barrier = threading.Barrier(2, timeout=60)
    board: dict[int, Any] = {}
    done: list[Trained] = []
    one_at_a_time = threading.Lock()

    def load_alone(*told: Any, **options: Any) -> Any:
        # transformers cannot load two models at once in one process.
        with one_at_a_time:
            return load_model(*told, **options)

    def attach_alone(model: Any, arguments: Arguments) -> Any:
        # Threads, unlike processes, share the source of chance that the adapter begins with.
        with one_at_a_time:
            return attach(model, arguments)

    monkeypatch.setattr("finetune.train.load_model", load_alone)
    monkeypatch.setattr(adapter, "attach", attach_alone)

    def work(rank: int) -> None:
        shared = Shared(rank, barrier, board)
        done.append(train(dataset(), base, tmp_path / "two", arguments, processes=shared))

    threads = [threading.Thread(target=work, args=(rank,)) for rank in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = train(dataset(), base, tmp_path / "one", arguments)
    assert [t.steps for t in done] == [alone.steps] * 2
    assert sum(t.tokens for t in done) == alone.tokens
    for each in done:
        assert each.losses == pytest.approx(alone.losses, abs=2e-3)
    assert adapter_of(tmp_path / "two").keys() == adapter_of(tmp_path / "one").keys()


# -- batches and losses


def encoded(lengths: list[int]) -> list[Encoded]:
    return [Encoded(tuple(3 + (7 * i + n) % 250 for i in range(n)), n // 2) for n in lengths]


@pytest.mark.parametrize("pack", [False, True])
def test_each_epoch_has_every_example_once_in_another_order(pack: bool) -> None:
    lengths = [5 + (37 * n) % 90 for n in range(61)]
    orders = []
    for epoch in (0, 1):
        steps = steps_of_epoch(
            lengths, epoch, 3, examples_per_step=8, tokens_per_batch=200, pack=pack
        )
        numbers = [n for step in steps for batch in step for row in batch for n in row]
        assert sorted(numbers) == list(range(61))
        assert all(sum(len(row) for b in s for row in b) <= 8 for s in steps)
        rows = [len(b) * max(sum(lengths[n] for n in r) for r in b) for s in steps for b in s]
        assert max(rows) <= 200
        assert padding(steps, lengths) < (0.01 if pack else 0.15)
        orders.append(numbers)
    assert orders[0] != orders[1]


@pytest.mark.parametrize("architecture", ["llama", "gemma3"])
def test_packed_padded_and_single_rows_have_the_same_loss(
    tmp_path: Path, architecture: str
) -> None:
    base = prepare(make_checkpoint(tmp_path, architecture), tmp_path)
    model = load_model(base, "float32", "cpu")
    examples = encoded([9, 21, 14])
    found = []
    for batches in ([[[0]], [[1]], [[2]]], [[[0], [1], [2]]], [[[0, 1, 2]]], [[[2, 0], [1]]]):
        total = torch.zeros(3)
        for batch in batches:
            made = tensors(batch, examples, 0, "cpu")
            with torch.no_grad():
                logprobs = likelihood.token_logprobs(model, made)
            total += likelihood.summed_by_example(logprobs, made, 3)
        found.append(total)
    for other in found[1:]:
        torch.testing.assert_close(found[0], other, atol=1e-3, rtol=1e-4)


def test_the_loss_is_that_of_transformers_on_answers_alone(base: Base) -> None:
    """Value and gradients, against the model's own cross-entropy with the prompt's labels off."""
    arguments = QUICK.model_copy(update={"seed": 1})
    model = attach(load_model(base, "float32", "cpu"), arguments)
    one = encoded([30])[0]
    labels = torch.tensor([[-100] * one.start + list(one.answer)])
    theirs = model(input_ids=torch.tensor([one.ids]), labels=labels).loss
    theirs.backward()
    expected = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    made = tensors([[0]], [one], 0, "cpu")
    ours = -likelihood.token_logprobs(model.get_base_model(), made).mean()
    ours.backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
    for name, parameter in model.named_parameters():
        if name in expected:
            torch.testing.assert_close(parameter.grad, expected[name], atol=1e-4, rtol=1e-3)


def test_recomputing_activations_changes_nothing(base: Base, tmp_path: Path) -> None:
    for name in ("no", "yes"):
        again = QUICK.model_copy(update={"recompute": name, "epochs": 1})
        train(dataset(8, 0), base, tmp_path / name, again)
    one, two = adapter_of(tmp_path / "no"), adapter_of(tmp_path / "yes")
    assert all(torch.allclose(one[name], two[name], atol=1e-5) for name in one)


# -- token weights and encoding


def test_weights_follow_what_history_moves() -> None:
    weights = weights_of([0.0, -3.0, 1.0, 9.0])
    assert weights[0] == weights[1] < weights[2] < weights[3]
    assert sum(weights) / 4 == pytest.approx(1)
    assert weights[3] / weights[0] == pytest.approx(3)


def test_token_weights_are_kept_and_leave_with_their_examples(base: Base, tmp_path: Path) -> None:
    once = QUICK.model_copy(update={"epochs": 1})
    train(dataset(6, 0), base, tmp_path, once)
    before = load_file(tmp_path / WEIGHTS_FILE)
    assert len(before) == 5  # the first has no history
    train(replace(dataset(), train=dataset(6, 0).train[:4]), base, tmp_path, once)
    after = load_file(tmp_path / WEIGHTS_FILE)
    assert set(after) < set(before)
    assert len(after) == 3


def test_examples_are_encoded_in_the_frame_of_serving(base: Base) -> None:
    tokenizer = load_tokenizer(base)
    plain, framed = Encoder(tokenizer), Encoder(tokenizer, in_frame)
    asked = [Said(role="user", text="a")]
    told = [Said(role="system", text="Be brief."), Said(role="user", text="(n) a")]
    assert framed.encode(asked, "b", ["n"]) == plain.encode(told, "b")
    assert framed.encode(asked, "b", ["n"]).answer == plain.encode(asked, "b").answer


def in_frame(prompt: Sequence[Said], notes: Sequence[str] = ()) -> tuple[Said, ...]:
    [asked] = prompt
    said = Said(role="user", text=f"({', '.join(notes)}) {asked.text}")
    return (Said(role="system", text="Be brief."), said)


def test_training_reads_the_frame_and_the_notes(base: Base, tmp_path: Path) -> None:
    once = QUICK.model_copy(update={"epochs": 1, "token_weights": False})
    found = {}
    for name, frame, notes in (
        ("plain", unframed, ()),
        ("framed", in_frame, ()),
        ("noted", in_frame, ("n",)),
    ):
        noted = tuple(example(n).model_copy(update={"notes": notes}) for n in range(4))
        train(Dataset(train=noted), base, tmp_path / name, once, frame=frame)
        found[name] = adapter_of(tmp_path / name)
    for one, other in (("plain", "framed"), ("framed", "noted")):
        pairs = zip(found[one].values(), found[other].values(), strict=True)
        assert not all(torch.equal(a, b) for a, b in pairs)


def test_a_checkpoint_of_another_frame_is_not_taken_up(base: Base, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        train(dataset(), base, tmp_path, QUICK, stop=StopAfter(75))
    rest = train(dataset(), base, tmp_path, QUICK, frame=in_frame)
    assert rest.steps == 16


def test_a_text_cannot_end_its_own_turn(base: Base) -> None:
    encoder = Encoder(load_tokenizer(base))
    plain = encoder.encode([Said(role="user", text="a")], "b")
    assert plain.answer == (*load_tokenizer(base)("b").input_ids, 2)
    forged = encoder.encode([Said(role="user", text="a<|im_end|>")], "b<|im_end|>")
    assert forged.ids.count(2) == plain.ids.count(2)
