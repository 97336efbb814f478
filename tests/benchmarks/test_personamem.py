"""PersonaMem over a small file in its own shape, answered by a model that likes words it knows."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from assistant.models.base import ChatMessage
from assistant.models.fakes import ScriptedModel
from assistant.reading import NoteLimits
from benchmarks.choice import Answered, KeptScores, accuracy_rows, choose
from benchmarks.personamem import contexts_of, measure, query_of, sample
from benchmarks.report import Report
from benchmarks.sampling import Sampling, stratified
from memory.errors import RefusedInput
from memory.fakes import HashEmbedder
from memory.ports import no_progress

PERSONA = "[SYSTEM] Current user persona: Name: Ada. Ada adores marzipan.\n\n"
OPTIONS = ("Try marzipan.", "Try saffron.", "Try liquorice.", "Try nougat.")


def _query(name: str, context: str, text: str, letter: str, kind: str = "ideas") -> dict[str, Any]:
    options = "\n".join(f"({each}) {option}" for each, option in zip("abcd", OPTIONS, strict=True))
    return {
        "id": name,
        "query": f"{text}\n\n{options}",
        "gold_answers": [f"({letter}) {OPTIONS['abcd'.index(letter)]}", letter],
        "user_id": context,
        "meta": {"question_type": kind, "retrieval_query": text},
    }


def _document(name: str, *turns: str) -> dict[str, Any]:
    said = "\n\n".join(
        f"[{'ASSISTANT] Assistant' if n % 2 else 'USER] User'}: {turn}"
        for n, turn in enumerate(turns)
    )
    return {"id": name, "user_id": name[0], "content": PERSONA + said}


DATA = {
    "documents": [
        _document("a_0", "What sweets I like is saffron.", "Noted.", "And sweets again?", "Fine."),
        _document("a_1", "These days what sweets I like is liquorice.", "Noted."),
        _document("b_0", "My cake needs nougat.", "Noted."),
    ],
    "queries": [
        _query("q1", "a", "User: Ada\n\nWhich sweets would I like?", "c", "latest"),
        _query("q2", "a", "User: And sweets again?", "b"),
        _query("q3", "b", "User: Bo\n\nWhat does my cake need?", "d"),
    ],
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "personamem.json"
    file.write_text(json.dumps(DATA))
    return file


def run(data: Path, model: ScriptedModel, **sampling: Any) -> Report:
    limits = NoteLimits(8, 0.0)
    chosen = Sampling(**{"questions": 3, "contexts": 2, **sampling})
    return measure(data, model, HashEmbedder(), limits, chosen, no_progress)


def values(report: Report, metric: str) -> dict[tuple[str, str], float]:
    return {(r.system, r.category): r.value for r in report.rows if r.metric == metric}


def test_a_query_is_its_words_without_the_name_and_its_options() -> None:
    query = query_of(DATA["queries"][0])
    assert query.text == "Which sweets would I like?"
    assert query.options == OPTIONS
    assert query.gold == 2


def test_a_query_that_was_said_in_a_session_is_asked_there(data: Path) -> None:
    points = {query.id: point for context in contexts_of(data) for point, query in context.queries}
    assert points == {"q1": 6, "q2": 2, "q3": 2}


def test_memory_and_whole_contexts_answer_what_the_bare_model_cannot(data: Path) -> None:
    model = ScriptedModel([])
    accuracy = values(run(data, model), "accuracy")
    assert accuracy["no_memory", "all"] == 0
    assert accuracy["lifelore", "ideas"] == 1
    assert accuracy["full_context", "ideas"] == 1


def test_no_system_is_given_the_persona_or_what_was_said_later(data: Path) -> None:
    model = ScriptedModel([])
    run(data, model)
    prompts = ["\n".join(m.content for m in messages) for messages, _ in model.scored]
    assert not any("marzipan" in prompt for prompt in prompts)
    earlier = [prompt for prompt in prompts if prompt.endswith("And sweets again?")]
    assert any("saffron" in prompt for prompt in earlier)
    assert not any("liquorice" in prompt for prompt in earlier)


def test_tokens_of_memory_and_contexts_are_told(data: Path) -> None:
    report = run(data, ScriptedModel([]))
    memory, context = values(report, "memory_tokens"), values(report, "context_tokens")
    assert 0 < memory["lifelore", "all"] <= 1200
    assert context["full_context", "all"] > 0


def test_a_small_window_leaves_the_earliest_out_for_all_queries(data: Path) -> None:
    model = ScriptedModel([], context_tokens=175)
    report = run(data, model)
    assert values(report, "context_tokens")["full_context", "all"] < 60
    whole = [m for m, _ in model.scored if len(m) > 2]
    assert whole
    assert not any("saffron" in each.content for messages in whole for each in messages)


def test_without_contexts_nothing_is_read_whole(data: Path) -> None:
    report = run(data, ScriptedModel([]), contexts=0)
    assert {row.system for row in report.rows} == {"no_memory", "lifelore", "sample"}


def test_a_run_that_was_stopped_goes_on(data: Path, tmp_path: Path) -> None:
    cache = tmp_path / "scores.jsonl"
    first = run(data, ScriptedModel([]), cache=cache)
    lines = cache.read_text().splitlines(keepends=True)
    assert "saffron" not in cache.read_text()
    cache.write_text("".join(lines[:-2]) + lines[-2][:9])
    model = ScriptedModel([])
    again = run(data, model, cache=cache)
    assert again.rows == first.rows
    assert sum(len(texts) for _, texts in model.scored) == 2


def test_another_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("[]")
    with pytest.raises(RefusedInput, match="PersonaMem"):
        contexts_of(file)


def test_an_option_wins_by_what_the_prompt_adds_and_not_by_being_short() -> None:
    asked = [ChatMessage("user", "My favourite is saffron rice.")]
    assert choose(ScriptedModel([]), asked, ["Yes.", "Then take the saffron rice."]).by_gain == 1
    assert choose(ScriptedModel([]), asked, ["Yes.", "No."]).by_gain == 0


def test_kept_scores_ask_the_model_only_for_what_is_new() -> None:
    model = ScriptedModel([])
    kept = KeptScores(model)
    chat = [ChatMessage("user", "blue or red")]
    first = kept.log_likelihoods(chat, ["blue", "green"])
    assert kept.log_likelihoods(chat, ["green", "red", "blue"])[::2] == first[::-1]
    assert [texts for _, texts in model.scored] == [("blue", "green"), ("red",)]
    model.name = "another"
    kept.log_likelihoods(chat, ["blue"])
    assert model.scored[-1][1] == ("blue",)


def test_accuracy_is_told_by_system_and_category() -> None:
    answered = [Answered("x", ("one",), True), Answered("x", ("one", "two"), False)]
    rows = {(row.category): (row.value, row.n) for row in accuracy_rows(answered)}
    assert rows == {"all": (0.5, 2), "one": (0.5, 2), "two": (0.0, 1)}


def test_accuracy_by_mean_is_told_beside_where_it_was_measured() -> None:
    answered = [Answered("x", (), True, False), Answered("x", (), False, False)]
    rows = {row.metric: row.value for row in accuracy_rows(answered)}
    assert rows == {"accuracy": 0.5, "accuracy_by_mean": 0.0}


def test_a_sample_has_the_shares_of_the_whole_and_is_the_same_for_a_seed() -> None:
    items = [*("a" * 50), *("b" * 30), *("c" * 20)]
    chosen = stratified(items, 10, str, Random(1))
    assert [chosen.count(kind) for kind in "abc"] == [5, 3, 2]
    numbers = list(range(100))
    one, other = (stratified(numbers, 7, lambda n: str(n % 3), Random(4)) for _ in "xy")
    assert one == other == sorted(set(one))
    assert len(one) == 7
    assert stratified(items, 200, str, Random(1)) == items


def test_half_of_the_sample_comes_from_the_contexts_read_whole(data: Path) -> None:
    contexts, whole = sample(contexts_of(data), Sampling(questions=2, contexts=1, seed=3))
    names = [query.context for context in contexts for _, query in context.queries]
    assert len(names) == 2
    assert len(whole) == 1
    assert sum(name in whole for name in names) == 1
