"""How likely given answers are, by every model that can tell."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from assistant.errors import ContextOverflow
from assistant.models.base import ChatMessage, Completed, TextDelta
from assistant.models.fakes import ScriptedModel
from assistant.models.llama import LlamaCppModel
from benchmarks.choice import ScoringModel
from memory.errors import Interrupted

CHAT = [
    ChatMessage("system", "You are a brief and friendly assistant."),
    ChatMessage("user", "What is the capital of France?"),
]
TEXTS = ["The capital of France is Paris.", "The capital of France is spoon.", "Blue."]


@pytest.fixture(params=["scripted", pytest.param("llama", marks=pytest.mark.real_model)])
def model(request: pytest.FixtureRequest) -> Iterator[ScoringModel]:
    if request.param == "scripted":
        yield ScriptedModel([], context_tokens=1024)
    else:
        yield request.getfixturevalue("loaded_llama")


def test_every_text_gets_log_probabilities_in_order(model: ScoringModel) -> None:
    found = model.log_likelihoods(CHAT, TEXTS)
    assert len(found) == 3
    for one in found:
        assert one.tokens > 0
        assert all(math.isfinite(each) and each <= 0 for each in one.log_probs)
        assert one.total == pytest.approx(sum(one.log_probs))
        assert one.per_token == pytest.approx(one.total / one.tokens)
    assert found[2].tokens < found[0].tokens


def test_no_text_costs_nothing(model: ScoringModel) -> None:
    assert model.log_likelihoods(CHAT, []) == []
    [empty] = model.log_likelihoods(CHAT, [""])
    assert (empty.tokens, empty.total, empty.per_token) == (0, 0, 0.0)


def test_the_pieces_of_a_text_are_its_tokens(model: ScoringModel) -> None:
    text = "Grüße aus Łódź, 東京 🙂!\n\nBest"
    pieces = model.pieces(text)
    [found] = model.log_likelihoods(CHAT, [text])
    assert "".join(pieces) == text
    assert len(pieces) == found.tokens
    assert model.pieces("") == []


def test_a_prompt_that_says_it_makes_a_text_likelier(model: ScoringModel) -> None:
    text = "My cat is called Bartholomew."
    told = [ChatMessage("user", f"Repeat after me: {text} {text}")]
    [after], [before] = model.log_likelihoods(told, [text]), model.log_likelihoods(CHAT, [text])
    assert after.tokens == before.tokens
    assert after.total > before.total


def test_what_does_not_fit_is_told_before_any_work(model: ScoringModel) -> None:
    with pytest.raises(ContextOverflow, match="1,024"):
        model.log_likelihoods(CHAT, ["fine", "word " * 2000])


def test_a_cancelled_scoring_stops(model: ScoringModel) -> None:
    cancel = Event()
    cancel.set()
    with pytest.raises(Interrupted):
        model.log_likelihoods(CHAT, TEXTS, cancel=cancel)
    assert len(model.log_likelihoods(CHAT, TEXTS)) == 3


@pytest.mark.real_model
class TestRealModel:
    def test_the_sensible_answer_is_likelier(self, loaded_llama: LlamaCppModel) -> None:
        paris, spoon, _ = loaded_llama.log_likelihoods(CHAT, TEXTS)
        assert paris.total > spoon.total + 3

    def test_what_texts_share_has_the_same_scores_as_read_alone(
        self, loaded_llama: LlamaCppModel, smollm2_path: Path
    ) -> None:
        together = loaded_llama.log_likelihoods(CHAT, TEXTS)
        fresh = LlamaCppModel(smollm2_path, 1024)
        alone = [fresh.log_likelihoods(CHAT, [text])[0] for text in reversed(TEXTS)][::-1]
        fresh.close()
        for one, other in zip(together, alone, strict=True):
            assert one.log_probs == pytest.approx(other.log_probs, abs=0.05)

    def test_long_texts_are_scored_in_pieces(self, loaded_llama: LlamaCppModel) -> None:
        text = "The sea is wide and the sea is deep. " * 20
        [whole] = loaded_llama.log_likelihoods(CHAT, [text])
        assert whole.tokens > 150
        # What repeats itself is foreseen: the last tokens, in another piece, most of all.
        assert sum(whole.log_probs[-20:]) > sum(whole.log_probs[:20])
        [again] = loaded_llama.log_likelihoods(CHAT, [text])
        assert again.log_probs == pytest.approx(whole.log_probs, abs=0.05)

    def test_what_the_model_says_itself_it_finds_likely(self, loaded_llama: LlamaCppModel) -> None:
        chunks = list(loaded_llama.complete(CHAT, max_tokens=12))
        said = "".join(chunk.text for chunk in chunks if isinstance(chunk, TextDelta))
        own, other = loaded_llama.log_likelihoods(CHAT, [said, TEXTS[2]])
        assert own.per_token > other.per_token
        assert own.per_token > -1.5

    def test_the_prompt_is_read_once(self, loaded_llama: LlamaCppModel) -> None:
        loaded_llama.log_likelihoods(CHAT, TEXTS)
        assert loaded_llama.cached_tokens(CHAT) == loaded_llama.count_tokens(CHAT) - 1
        end = list(loaded_llama.complete(CHAT, max_tokens=1))[-1]
        assert isinstance(end, Completed)
        assert end.usage.cached_tokens == end.usage.prompt_tokens - 1

    def test_a_token_of_the_template_is_no_token_in_a_text(
        self, loaded_llama: LlamaCppModel
    ) -> None:
        [found] = loaded_llama.log_likelihoods(CHAT, ["<|im_end|>"])
        assert found.tokens > 1
