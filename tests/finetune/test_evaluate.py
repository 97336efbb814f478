"""Measuring: style, recitation, contamination, documents, and base against candidate."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest

from finetune import dataset as datasets
from finetune.capability import ITEMS, share_of_right
from finetune.dataset import Dataset, Limits
from finetune.errors import Stopped
from finetune.evaluate import Comparison, figures, heldout_texts, trained_on
from finetune.gate import Rules
from finetune.probes import (
    DOCUMENTS,
    RUN,
    UNRELATED,
    Habits,
    affairs_of,
    brings_up,
    is_valid,
    recites,
)
from finetune.style import distance, train_classifier
from tests.finetune.lives import letter, open_life
from tests.finetune.sleepers import VALID, WordModel

# -- the capability set


def test_the_capability_set_is_large_enough_and_each_item_is_one_question() -> None:
    assert len(ITEMS) >= Rules().least_capability
    assert len({item.question for item in ITEMS}) == len(ITEMS)
    for item in ITEMS:
        assert 2 <= len(item.options) == len(set(item.options))


def test_the_share_of_the_right_option_is_a_probability() -> None:
    assert share_of_right([-1.0, -1.0, -1.0, -1.0]) == pytest.approx(0.25)
    assert share_of_right([-900.0, -910.0]) == pytest.approx(1 / (1 + math.exp(-10)))


# -- style

FORMAL = "I should be most grateful if you would kindly consider the {} at your convenience."
CASUAL = "hey!! so the {} thing is done lol, see u there :)"
THINGS = ("boat", "garden", "kettle", "piano", "ladder", "carpet", "lantern", "clock")


def formal(count: int) -> list[str]:
    return [FORMAL.format(thing) for thing in THINGS[:count]]


def casual(count: int) -> list[str]:
    return [CASUAL.format(thing) for thing in THINGS[:count]]


def test_texts_of_one_hand_are_nearer_than_those_of_another() -> None:
    own = distance(formal(4), [FORMAL.format("mirror")])
    other = distance(casual(4), [FORMAL.format("mirror")])
    assert own is not None
    assert other is not None
    assert 0 <= own < other <= 1
    assert distance([], formal(2)) is None


def test_a_classifier_tells_two_hands_apart_on_new_texts() -> None:
    classifier = train_classifier(formal(8), casual(8))
    assert classifier is not None
    assert classifier.probability(FORMAL.format("window")) > 0.8
    assert classifier.probability(CASUAL.format("window")) < 0.2
    assert train_classifier(formal(3), casual(8)) is None


# -- recitation


def test_a_rare_run_that_greedy_decoding_would_write_is_recitation() -> None:
    base, own = [-6.0] * 20, [False] * 20
    assert recites(base, [-0.1] * 20, own)
    assert recites(base, [-5.0] * 6 + [-0.2] * RUN + [-5.0] * 6, own)
    assert not recites(base, [-5.0] * 6 + [-0.2] * (RUN - 1) + [-5.0] * 7, own)
    assert not recites([-0.3] * 20, [-0.1] * 20, own)  # anybody would write it
    assert not recites(base, [-1.0] * 20, own)  # likelier, but not certain
    assert not recites([], [], [])


def test_a_habit_is_no_recitation_and_does_not_hide_one() -> None:
    base, sure = [-6.0] * 20, [-0.1] * 20
    assert not recites(base, sure, [True] * 20)
    assert not recites(base, sure, [True] * 13 + [False] * (RUN - 1))
    assert recites(base, sure, [True] * 12 + [False] * RUN)
    assert recites(base, sure, [False] * 4 + [True] * 8 + [False] * 8)  # on both sides of one


def test_habits_are_stretches_that_many_texts_hold() -> None:
    habits = Habits([f"Thanks for the {thing}. Best wishes,\n\nNora" for thing in THINGS])
    text = "We sold the grey kettle yesterday. Best wishes,\nNora Kelly"
    pieces = [f"{word} " for word in text.split()]
    assert habits.of(pieces) == [False] * 10
    pieces = ["kettle", ".", " Best", " wishes", ",", "\n", "Nora", " Kelly"]
    assert habits.of(pieces) == [False, *[True] * 6, False]
    assert habits.of(["Best", " wishes"]) == [False, False]
    assert habits.of([]) == []


def test_what_two_of_few_texts_hold_is_no_habit() -> None:
    twice = ["My key lies under the pot.", "As said, my key lies under the pot.", "Hello there."]
    assert not any(Habits(twice).of([" my", " key", " lies", " under", " the", " pot"]))
    many = [*twice, *(f"Letter {number}" for number in range(97)), "my key lies under"]
    assert not any(Habits(many).of([" my", " key", " lies", " under", " the", " pot"]))


# -- contamination


def test_names_and_phrases_of_the_user_are_seen_where_nobody_asked() -> None:
    affairs = affairs_of(
        ["We took Bertram and Odile to the harbour, where the old ferry broke down again."]
    )
    asked = "How do I boil an egg?"
    assert brings_up(affairs, asked, "Ask Bertram, or Odile.", "Boil it.")
    assert brings_up(affairs, asked, "The old ferry broke down again, sadly.", "Boil it.")
    assert not brings_up(affairs, asked, "Bertram knows.", "Boil it.")
    assert not brings_up(affairs, asked, "Boil the egg for six minutes in water.", "Boil it.")
    same = "Odile and Bertram are names."
    assert not brings_up(affairs, "Who are Bertram and Odile?", same, "I do not know.")
    assert not brings_up(affairs, asked, same, same)


def test_words_also_written_small_are_no_names() -> None:
    assert not affairs_of(["Then Garden, and my garden."]).names


# -- documents


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        (json.dumps(VALID), True),
        ('{"name": "Ana", "age": 31, "ci', False),
        ("Ana is 31.", False),
        ('{"name": "Ana", "age": "31", "city": "Porto"}', False),
        ('{"name": "Ana", "age": 31}', False),
        ('["Ana", 31, "Porto"]', False),
    ],
)
def test_a_document_is_valid_when_whole_and_of_the_kinds_asked_for(
    document: str, valid: bool
) -> None:
    assert is_valid(DOCUMENTS[0], document) is valid


def test_a_tool_that_does_not_exist_is_no_valid_call() -> None:
    [call, *_] = [probe for probe in DOCUMENTS if probe.id.startswith("tool")]
    assert is_valid(call, '{"tool": "calculator", "input": "17 * 23"}')
    assert not is_valid(call, '{"tool": "oven", "input": "17 * 23"}')


# -- all together


@pytest.fixture
def dataset(home: Path) -> Dataset:
    log = open_life(home, 60)
    built = datasets.build(log, limits=Limits(general=0))
    log.close()
    return built


def adapter(path: Path, words: list[str]) -> Path:
    path.write_text(json.dumps({"words": words}))
    return path


def test_base_and_candidate_are_measured_on_the_same(dataset: Dataset, tmp_path: Path) -> None:
    model = WordModel()
    known = sorted({w for e in dataset.examples for w in e.answer.split()})
    measured = Comparison(model, dataset).of(adapter(tmp_path / "a.gguf", known))
    base, candidate = measured.base, measured.candidate
    assert base is not None
    assert candidate is not None
    held = {e.id: len(e.answer.split()) for e in heldout_texts(dataset)}
    assert {key: score.tokens for key, score in base.texts.items()} == held
    assert candidate.texts.keys() == base.texts.keys()
    assert base.nll == pytest.approx(4.0)
    assert candidate.nll is not None
    assert candidate.nll < 3.7
    assert (base.leaks, base.contaminated) == (None, None)
    assert (candidate.leaks, candidate.contaminated) == ((), ())
    assert candidate.valid_share == 1.0
    assert measured.current is None
    assert measured.trained_on == trained_on(dataset) > 20
    assert figures(measured).keys() == {"base", "candidate"}
    assert (model.used[0], model.used[-1], model.adapter) == (None, None, None)


def test_the_adapter_in_use_is_measured_beside_them(dataset: Dataset, tmp_path: Path) -> None:
    seen = dataset.heldout[0].sources
    measured = Comparison(
        WordModel(),
        dataset,
        current=adapter(tmp_path / "b.gguf", ["Could", "Dear", "rest"]),
        in_use=3,
        seen=seen,
    ).of(adapter(tmp_path / "a.gguf", ["Dear"]))
    assert measured.in_use == 3
    assert measured.current is not None
    assert measured.candidate is not None
    assert dataset.heldout[0].id not in measured.candidate.texts
    assert measured.current.nll is not None
    assert measured.candidate.nll is not None
    assert measured.current.nll < measured.candidate.nll


def test_reciting_and_chatter_about_the_user_are_found(dataset: Dataset, tmp_path: Path) -> None:
    text = next(e.answer for e in dataset.examples if e.kind == "text")
    model = WordModel(recited=True, says=text)
    candidate = Comparison(model, dataset).of(adapter(tmp_path / "a.gguf", [])).candidate
    assert candidate is not None
    assert candidate.leaks
    trained = {e.id for e in dataset.train}
    assert set(candidate.leaks) <= trained
    assert candidate.contaminated == UNRELATED


def test_style_moves_towards_the_user(dataset: Dataset, tmp_path: Path) -> None:
    model = WordModel(says=letter(random.Random(99)))
    measured = Comparison(model, dataset).of(adapter(tmp_path / "a.gguf", []))
    assert measured.base is not None
    assert measured.candidate is not None
    before, after = measured.base.style_distance, measured.candidate.style_distance
    assert before is not None
    assert after is not None
    assert after < before


def test_a_fault_or_a_stop_leaves_the_base_alone_in_use(dataset: Dataset, tmp_path: Path) -> None:
    class Set:
        looks = 0

        def is_set(self) -> bool:
            self.looks += 1
            return self.looks > 400

    model = WordModel()
    with pytest.raises(Stopped):
        Comparison(model, dataset, stop=Set()).of(adapter(tmp_path / "a.gguf", []))
    assert model.used == [None, tmp_path / "a.gguf", None]
