"""Deriving beside a conversation: it makes room, breaks nothing and goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag

import pytest

from assistant.derive import ModelExtractor, consolidate
from assistant.errors import SetupNeeded
from assistant.models.base import ChatMessage, Completed, LanguageModel, TextDelta
from assistant.models.fakes import Answer, Failing, Script, ScriptedModel
from assistant.models.llama import LlamaCppModel
from assistant.models.slot import ModelSlot
from memory.derive.facts import Candidates
from memory.errors import ExtractorUnavailable, Interrupted
from memory.events import Draft, Message, Origin
from memory.fakes import HashEmbedder
from memory.ports import Example
from memory.store import MemoryStore
from tests.assistant.builders import answer_to, open_scripted

FACT = {
    "facts": [
        {"fact": "The user owns a boat in Porto.", "who": "user", "about": "owns", "value": ""}
    ]
}
SCHEMA = {"type": "object", "properties": {"a": {"enum": ["b"]}}, "required": ["a"]}


def soon(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


@dataclass
class Sharing(ScriptedModel):
    """A scripted model with another one beside it for the background."""

    other: ScriptedModel | None = None

    def beside(self, context_tokens: int) -> LanguageModel:
        assert self.other is not None
        return self.other


def sharing(script: Script, delay_seconds: float = 0.0) -> Sharing:
    other = ScriptedModel(script, delay_seconds=delay_seconds)
    return Sharing(lambda messages: "Noted.", other=other)


def extractor_for(model: LanguageModel) -> ModelExtractor:
    return ModelExtractor(ModelSlot(model.name, 4096, lambda: model))


def test_an_extractor_shows_its_examples_and_gives_the_document() -> None:
    model = ScriptedModel([{"a": "b"}])
    given = extractor_for(model).extract("Do.", [Example("x", "y")], "z", SCHEMA, 50)
    assert json.loads(given) == {"a": "b"}
    [call] = model.calls
    assert [(m.role, m.content) for m in call.messages] == [
        ("system", "Do."),
        ("user", "x"),
        ("assistant", "y"),
        ("user", "z"),
    ]
    assert (call.schema, call.max_tokens, call.temperature) == (SCHEMA, 50, 0.0)


def test_an_extractor_that_was_stopped_or_has_no_model_says_so() -> None:
    extractor = extractor_for(ScriptedModel([{"a": "b"}]))
    extractor.stop.set()
    with pytest.raises(Interrupted):
        extractor.extract("Do.", [], "z", SCHEMA, 50)

    def load() -> LanguageModel:
        raise SetupNeeded("No language model is here yet; run `lifelore setup`.")

    with pytest.raises(ExtractorUnavailable, match="lifelore setup"):
        ModelExtractor(ModelSlot("none", 4096, load)).extract("Do.", [], "z", SCHEMA, 50)


def test_what_is_said_becomes_a_fact_in_the_background(home: Path) -> None:
    assistant = open_scripted(home, model=sharing(lambda messages: FACT), deriving=True)
    answer_to(assistant, "I own a boat in Porto.")
    assert soon(lambda: len(assistant.store.facts.all()) == 1)
    assert assistant.store.facts.all()[0].model == "scripted"
    assistant.close()


def test_nothing_is_derived_where_it_is_switched_off(home: Path) -> None:
    model = sharing(lambda messages: FACT)
    assistant = open_scripted(home, model=model)
    answer_to(assistant, "I own a boat in Porto.")
    assistant.close()
    assert model.other is not None
    assert model.other.calls == []


def test_a_turn_breaks_deriving_off_at_once_and_it_goes_on_afterwards(home: Path) -> None:
    started = Flag()

    def script(messages: Sequence[ChatMessage]) -> Answer:
        started.set()
        return FACT

    model = sharing(script, delay_seconds=1.0)
    assert model.other is not None
    assistant = open_scripted(home, model=model, deriving=True)
    session = assistant.session()
    list(session.send("I own a boat in Porto."))
    assert started.wait(60)

    # Reading this one turn would take fifteen seconds; a second turn does not wait for it.
    before = time.monotonic()
    list(session.send("Thank you."))
    assert time.monotonic() - before < 5
    assert assistant.store.facts.all() == []

    model.other.delay_seconds = 0.0
    assert soon(lambda: len(assistant.store.facts.all()) == 1)
    assistant.close()


def test_closing_does_not_wait_for_a_piece_under_way(home: Path) -> None:
    started = Flag()

    def script(messages: Sequence[ChatMessage]) -> Answer:
        started.set()
        return FACT

    assistant = open_scripted(home, model=sharing(script, delay_seconds=5.0), deriving=True)
    answer_to(assistant, "I own a boat in Porto.")
    assert started.wait(60)
    before = time.monotonic()
    assistant.close()
    assert time.monotonic() - before < 4

    store = MemoryStore(home, HashEmbedder())
    assert store.underived().turns == 0
    store.close()


def test_a_model_that_fails_in_the_background_breaks_no_turn(home: Path) -> None:
    failing = sharing(lambda messages: Failing("", RuntimeError("out of memory")))
    assistant = open_scripted(home, model=failing, deriving=True)
    assert answer_to(assistant, "I own a boat in Porto.").status == "complete"
    consolidation = assistant._consolidation
    assert consolidation is not None
    assert soon(lambda: consolidation.problem == "out of memory")
    assert answer_to(assistant, "I own a kiln in Turku.").status == "complete"
    assistant.close()


def test_two_programs_do_not_derive_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.derive.WAIT_SECONDS", 0.1)
    store = MemoryStore(home, HashEmbedder())
    with (
        store.deriving(),
        pytest.raises(ExtractorUnavailable, match="Another Lifelore"),
    ):
        consolidate(store, extractor_for(ScriptedModel([])), lambda what, done, total: None)
    store.close()


@pytest.mark.real_model
class TestRealModel:
    def test_a_model_beside_leaves_the_cache_of_the_conversation(self, smollm2_path: Path) -> None:
        model = LlamaCppModel(smollm2_path, context_tokens=512)
        beside = model.beside(512)
        chat = [ChatMessage("user", "The sea is wide and deep. " * 20)]
        other = [ChatMessage("user", "A dog is called Rex. " * 20)]

        def cached(of: LlamaCppModel, messages: list[ChatMessage]) -> tuple[int, int]:
            [*_, done] = of.complete(messages, max_tokens=2)
            assert isinstance(done, Completed)
            return done.usage.cached_tokens, done.usage.prompt_tokens

        cached(model, chat)
        assert cached(beside, other)[0] == 0
        held, asked = cached(model, chat)
        assert held == asked - 1
        held, asked = cached(beside, other)
        assert held == asked - 1

        # Whichever goes first, the weights stay until both are gone.
        model.close()
        assert cached(beside, other)[0] == asked - 1
        beside.close()

    def test_a_real_model_answers_in_the_asked_form(self, smollm2_path: Path, home: Path) -> None:
        slot = ModelSlot("smollm2", 512, lambda: LlamaCppModel(smollm2_path, context_tokens=512))
        store = MemoryStore(home, HashEmbedder())
        text = Message(text="I own a boat in Porto.")
        store.append([Draft(payload=text, session_id="s", origin=Origin.USER)])
        answers: list[str] = []

        class Watched(ModelExtractor):
            def extract(self, *arguments: object) -> str:
                answers.append(super().extract(*arguments))  # type: ignore[arg-type]
                return answers[-1]

        consolidate(store, Watched(slot), lambda what, done, total: None)
        assert store.underived().turns == 1
        if "unreadable" not in store.facts.dropped():
            Candidates.model_validate_json(answers[-1])
        for found in store.facts.all():
            assert {"boat", "porto"} & set(found.statement.lower().strip(".").split())
        slot.close()
        store.close()

    def test_stopping_takes_no_longer_than_a_small_piece(self, smollm2_path: Path) -> None:
        model = LlamaCppModel(smollm2_path, context_tokens=1024)
        beside = model.beside(1024)
        stop = Flag()
        chunks = beside.complete(
            [ChatMessage("user", "The sea is wide. " * 120)], max_tokens=8, cancel=stop
        )
        next(chunks)
        stop.set()
        [*others, last] = chunks
        assert isinstance(last, Completed)
        assert last.finish == "cancelled"
        assert not [chunk for chunk in others if isinstance(chunk, TextDelta)]
        beside.close()
        model.close()
