"""The machinery of the recall benchmarks: its systems, its figures and its caching."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.retrieval import (
    ABLATIONS,
    Answer,
    Case,
    Metric,
    Question,
    QuestionCache,
    Results,
    ablations,
    ask,
    auc,
    empty_home,
    fill,
    load_json,
    rows_of,
    systems,
)
from memory.errors import EmbedderUnavailable, RefusedInput
from memory.events import Draft, Message, Origin
from memory.evidence import FEATURES
from memory.fakes import HashEmbedder
from memory.ports import Vectors, no_progress
from memory.ranking import RecallSettings

TEXTS = {"D1:1": "The kiln is in Graz", "D1:2": "My violin broke", "D2:1": "A boat in Porto"}
DRAFTS = [
    Draft(payload=Message(text=t, external_id=i), session_id=i[:2], origin=Origin.USER)
    for i, t in TEXTS.items()
]


@pytest.mark.parametrize("label", ABLATIONS)
def test_an_ablation_changes_settings_that_exist(label: str) -> None:
    default, without = RecallSettings(), ablations()[label]
    for stage in ABLATIONS[label]:
        if stage in FEATURES:
            assert getattr(without.among_people, stage) == 0
            assert getattr(without.assisted, stage) == 0
            assert getattr(default.among_people, stage) or getattr(default.assisted, stage)
        else:
            assert not getattr(without, stage)
            assert getattr(default, stage), f"{stage} is off already"


def test_the_order_of_systems() -> None:
    assert list(systems()) == ["lifelore", *ABLATIONS, "dense", "bm25", "rrf"]


def test_every_system_answers_over_the_same_home() -> None:
    cache = QuestionCache(HashEmbedder())
    question = Question("Where is the kiln?", "easy", frozenset({"D1:1"}), frozenset({"D1"}))
    unanswerable = Question("Who sold the telescope?", "hard", answerable=False)
    with empty_home(cache) as store:
        fill(store, DRAFTS, no_progress)
        case = Case("home", store, [question, unanswerable], 2)
        results = ask([case], cache, no_progress)
    metrics = [Metric("turn_recall", "turns", (1, 5)), Metric("session_recall", "sessions", (1,))]
    rows = list(rows_of(results, metrics))
    assert list(dict.fromkeys(row.system for row in rows)) == list(systems())
    recall = [row for row in rows if row.metric in ("turn_recall", "session_recall")]
    assert {row.value for row in recall if row.system != "without dense"} == {1.0}
    # The question without gold is in no share, but in the area that tells it from the other.
    assert {row.n for row in recall} == {1}
    certain = {row.system: row for row in rows if row.metric == "abstention_auc"}
    assert set(certain) == {"lifelore", *ABLATIONS, "dense"}
    assert (certain["dense"].value, certain["dense"].n) == (1.0, 2)


def test_shares_and_categories() -> None:
    def answer(category: str, gold: str, found: str) -> Answer:
        turns = list(found)
        return Answer(Question("?", category, turns=frozenset(gold)), turns, turns, None)

    answers = [answer("a", "xy", "xzy"), answer("a", "x", "zy"), answer("b", "z", "z")]
    rows = list(rows_of(Results({"dense": answers}), [Metric("turn_recall", "turns", (1, 3))]))
    assert [(row.category, row.k, row.value, row.n) for row in rows] == [
        ("all", 1, 0.5, 3),
        ("all", 3, 0.6667, 3),
        ("a", 1, 0.25, 2),
        ("a", 3, 0.5, 2),
        ("b", 1, 1.0, 1),
        ("b", 3, 1.0, 1),
    ]


def test_auc() -> None:
    assert auc([0.9, 0.8], [0.1]) == 1.0
    assert auc([0.1], [0.9, 0.8]) == 0.0
    assert auc([0.5, 0.9], [0.5, 0.7]) == pytest.approx(0.625)


def test_a_question_is_embedded_once() -> None:
    inner = HashEmbedder()
    cache = QuestionCache(inner)
    first = cache.embed(["kiln"])
    assert np.array_equal(cache.embed(["kiln"]), first)
    assert inner.embedded == 1
    cache.prepare(["kiln", "boat"])
    both = cache.embed(["boat", "kiln", "violin"])
    assert inner.embedded == 3
    assert np.array_equal(both, inner.embed(["boat", "kiln", "violin"]))


def test_without_vectors_nothing_is_measured() -> None:
    class Broken(HashEmbedder):
        def embed(self, texts: object) -> Vectors:
            raise EmbedderUnavailable("The embedding model is missing; run `lifelore setup`.")

    with empty_home(Broken()) as store, pytest.raises(EmbedderUnavailable, match="setup"):
        fill(store, DRAFTS, no_progress)


def test_data_that_is_not_json_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("data") / "x.json.gz"
    file.write_bytes(b"no gzip")
    with pytest.raises(RefusedInput, match="cannot be read as JSON"):
        load_json(file)
