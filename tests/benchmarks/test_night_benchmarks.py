"""The benchmarks of the night: their data, their controls, and what they make of scores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.settings import Settings
from benchmarks import gate_rejects, style, unlearning, writers
from benchmarks.sampling import Sampling
from benchmarks.style import Measured, Writer
from finetune.dataset import Dataset, Limits
from finetune.examples import Example, Pair, Said
from finetune.scores import Measured as Judged
from finetune.scores import Scores
from finetune.split import split
from memory.errors import RefusedInput
from memory.fakes import HashEmbedder
from memory.ports import no_progress
from tests.finetune.measured import scores

PLACES = "harbour market tavern chapel orchard quarry bridge garden mill tower square castle"


def mail(name: str, number: int) -> str:
    place = PLACES.split()[number % 12]
    if name == "pirate":
        return f"Ahoy matey! Rum be waitin' at the {place} {number}, so hoist yer anchor, arr!"
    return f"Dear Sir, kindly find attached the {number} minutes concerning our {place}. Regards"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("clerk", "pirate"):
        lines = [json.dumps({"email": mail(name, n)}) for n in range(24)]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def writer(data: Path, folder: Path, name: str) -> Writer:
    mails = writers.writers_of(data)[name]
    made = writers.dataset_of(folder / name, mails, Limits(questions=0), [])
    return Writer(name, folder / name, made)


def test_mails_are_read_oldest_first_and_split_once(data: Path, tmp_path: Path) -> None:
    dated = [{"email": "b", "date": "2024-02-01T00:00:00+00:00"}]
    dated.append({"email": "a", "date": "2024-01-01T00:00:00+00:00"})
    (data / "dated.jsonl").write_text("\n".join(map(json.dumps, dated)))
    assert [m.text for m in writers.writers_of(data)["dated"]] == ["a", "b"]
    one = writer(data, tmp_path, "clerk")
    assert len(one.held_out) == 8
    assert [e.answer for e in one.held_out] == [mail("clerk", n) for n in range(16, 24)]
    assert writer(data, tmp_path, "clerk").dataset == one.dataset
    (data / "dated.jsonl").write_text("{}")
    with pytest.raises(RefusedInput):
        writers.writers_of(data)


def test_writers_are_told_apart_and_figures_follow_the_scores(data: Path, tmp_path: Path) -> None:
    both = [writer(data, tmp_path, name) for name in ("clerk", "pirate")]
    classifiers = style._classifiers(both)
    assert style._accuracy(both, classifiers).value == 1.0
    pirate = both[1]
    texts = {e.id: [-30.0, 10.0] for e in pirate.held_out}
    better = {key: [-24.0 - n / 10, 10.0] for n, key in enumerate(texts)}
    first = pirate.held_out[0]
    measured = {
        "base": Measured(texts, {first.id: mail("clerk", 3)}),
        "adapter": Measured(better, {first.id: first.answer}),
    }
    rows = {(r.system, r.metric): r.value for r in style._rows(pirate, measured, classifiers)}
    assert rows["base", "nll"] == pytest.approx(3.0)
    assert rows["adapter", "nll_gain"] == pytest.approx(1 - 2.435 / 3, abs=1e-3)
    assert 0 < rows["adapter", "nll_gain_low"] < rows["adapter", "nll_gain"]
    assert (rows["base", "attributed"], rows["adapter", "attributed"]) == (0.0, 1.0)
    assert rows["adapter", "rouge_l"] == pytest.approx(1.0)
    assert rows["adapter", "bleu"] == pytest.approx(1.0)
    assert rows["base", "bleu"] < 0.5


def test_retrieved_texts_are_the_writers_own_held_in_ones(data: Path, tmp_path: Path) -> None:
    one = writer(data, tmp_path, "pirate")
    shown = style._retrieved(one, HashEmbedder(256))
    assert {e.id for found in shown.values() for e in found} <= {e.id for e in one.held_in}
    held = one.held_out[0]
    prompt = style._prompt(held, shown[held.id])
    assert [m.role for m in prompt] == ["user", "assistant"] * 3 + ["user"]
    assert held.answer not in {m.content for m in prompt}


def test_shuffling_changes_which_instruction_stands_before_a_text(
    data: Path, tmp_path: Path
) -> None:
    one = writer(data, tmp_path, "clerk")
    shuffled = style._shuffled(one.dataset, 0)
    before = {e.id: e for e in one.held_in}
    after = writers.texts_of(shuffled.train)
    assert {e.answer for e in after} == {e.answer for e in before.values()}
    assert sum(e.prompt != before[e.id].prompt for e in after) > len(after) / 2
    assert shuffled.heldout == one.dataset.heldout


def examples(count: int) -> Dataset:
    made = [
        Example(
            kind="text",
            id=str(n),
            prompt=(Said(role="user", text=f"Write {n}"),),
            answer=mail("clerk", n),
            sources=(str(n),),
            seq=n + 1,
        )
        for n in range(count)
    ]
    shares = split(made)
    pair = Pair(id="p", prompt=(), chosen="mine", rejected="theirs", sources=("p",))
    return Dataset(train=shares.train, heldout=(*shares.heldout, pair))


def test_bad_adapters_learn_what_they_should_not() -> None:
    dataset = examples(40)
    cases = {case.name: case for case in gate_rejects.CASES}
    noise = cases["noise"].dataset(dataset)
    assert not {e.answer for e in noise.examples} & {e.answer for e in dataset.examples}
    assert noise.heldout == dataset.heldout
    assert len(cases["ten examples"].dataset(dataset).train) == 10
    [turned] = cases["opposite preferences"].dataset(dataset).preferences
    assert (turned.chosen, turned.rejected) == ("theirs", "mine")
    rates = [cases[name].arguments.learning_rate for name in ("good", "learning rate x30")]
    assert rates[1] == pytest.approx(30 * rates[0])


def test_a_verdict_is_right_only_for_the_right_reason() -> None:
    case = next(c for c in gate_rejects.CASES if c.name == "ten examples")
    few = Judged(trained_on=10, base=scores(), candidate=scores())
    right = gate_rejects._rows(case, gate_rejects._Kept(strength=1, measured=few))[0]
    assert (right.value, "too_little_trained" in right.category) == (1.0, True)
    other = Judged(trained_on=50, base=Scores(), candidate=Scores())
    assert gate_rejects._rows(case, gate_rejects._Kept(strength=1, measured=other))[0].value == 0.0
    diverged = next(c for c in gate_rejects.CASES if c.name == "learning rate x30")
    assert gate_rejects._rows(diverged, None)[0].value == 1.0


def test_bytes_of_a_canary_are_found(tmp_path: Path) -> None:
    assert unlearning._holding(tmp_path) == 0
    (tmp_path / "a.bin").write_bytes(b"\x00the zibblewock\x00")
    assert unlearning._holding(tmp_path) == 1


def test_without_a_folder_nothing_is_trained(data: Path) -> None:
    with pytest.raises(RefusedInput, match="--cache"):
        style.run(data, Settings(), Sampling(), no_progress)
