"""What every LanguageModel does, whichever stands behind the Protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Event, Thread

import pytest

from assistant.errors import ContextOverflow
from assistant.models.base import (
    ChatMessage,
    Chunk,
    Completed,
    LanguageModel,
    PromptProgress,
    TextDelta,
)
from assistant.models.fakes import ScriptedModel
from assistant.models.openai_server import OpenAIServerModel
from tests.assistant.models.openai_stub import ANSWER, OpenAIStub

CHAT = [
    ChatMessage("system", "You are a brief and friendly assistant who likes to count."),
    ChatMessage("user", "Count upwards from one in words, without end."),
]
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 12}},
    "required": ["name"],
    "additionalProperties": False,
}


def scripted() -> ScriptedModel:
    model = ScriptedModel(lambda messages: ANSWER, context_tokens=1024)
    model.script = lambda messages: {"name": "Anna"} if model.calls[-1].schema else ANSWER
    return model


@pytest.fixture(params=["scripted", "server", pytest.param("llama", marks=pytest.mark.real_model)])
def model(request: pytest.FixtureRequest, stub: OpenAIStub) -> Iterator[LanguageModel]:
    if request.param == "scripted":
        yield scripted()
    elif request.param == "server":
        server = OpenAIServerModel(stub.url, "stub", context_tokens=1024)
        yield server
        server.close()
    else:
        yield request.getfixturevalue("loaded_llama")


def text_of(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, TextDelta))


def completed(chunks: list[Chunk]) -> Completed:
    assert sum(isinstance(chunk, Completed) for chunk in chunks) == 1
    last = chunks[-1]
    assert isinstance(last, Completed)
    return last


def test_streams_progress_then_text_then_the_reason_it_ended(model: LanguageModel) -> None:
    chunks = list(model.complete(CHAT, max_tokens=6))
    progress = [chunk for chunk in chunks if isinstance(chunk, PromptProgress)]
    first_text = next(i for i, chunk in enumerate(chunks) if isinstance(chunk, TextDelta))
    assert chunks[: len(progress)] == progress
    assert first_text == len(progress)
    assert [p.done for p in progress] == sorted(p.done for p in progress)
    assert {p.total for p in progress} == {model.count_tokens(CHAT)}
    assert text_of(chunks).strip()
    end = completed(chunks)
    assert end.finish == "length"
    assert end.usage.completion_tokens == 6
    assert end.usage.prompt_tokens == model.count_tokens(CHAT)


def test_same_question_gets_the_same_answer_at_temperature_0(model: LanguageModel) -> None:
    first = text_of(list(model.complete(CHAT, max_tokens=8)))
    assert text_of(list(model.complete(CHAT, max_tokens=8))) == first


def test_overflow_is_raised_at_the_call_with_both_numbers(model: LanguageModel) -> None:
    prompt = model.count_tokens(CHAT)
    with pytest.raises(ContextOverflow) as caught:
        model.complete(CHAT, max_tokens=1025 - prompt)
    assert str(prompt) in str(caught.value)
    assert "1,024" in str(caught.value)
    model.complete(CHAT, max_tokens=1024 - prompt)


def test_a_longer_chat_counts_more(model: LanguageModel) -> None:
    longer = [*CHAT, ChatMessage("assistant", "one"), ChatMessage("user", "and then?")]
    assert model.count_tokens(longer) > model.count_tokens(CHAT) > 0


def test_cancel_before_the_start_yields_no_text(model: LanguageModel) -> None:
    cancel = Event()
    cancel.set()
    chunks = list(model.complete(CHAT, max_tokens=8, cancel=cancel))
    assert completed(chunks).finish == "cancelled"
    assert text_of(chunks) == ""


def test_cancel_in_the_middle_of_an_answer_ends_it(model: LanguageModel) -> None:
    cancel = Event()
    chunks = []
    for chunk in model.complete(CHAT, max_tokens=400, cancel=cancel):
        chunks.append(chunk)
        if isinstance(chunk, TextDelta):
            cancel.set()
    # A server's words may all have arrived before the flag was seen, so the count is not checked.
    assert completed(chunks).finish == "cancelled"
    assert text_of(chunks)


def test_a_stream_that_is_dropped_leaves_the_model_usable(model: LanguageModel) -> None:
    whole = text_of(list(model.complete(CHAT, max_tokens=8)))
    stream = model.complete(CHAT, max_tokens=8)
    for chunk in stream:
        if isinstance(chunk, TextDelta):
            break
    stream.close()  # type: ignore[attr-defined]
    assert text_of(list(model.complete(CHAT, max_tokens=8))) == whole


def test_a_schema_is_obeyed(model: LanguageModel) -> None:
    chat = [ChatMessage("user", "My name is Anna. What is my name?")]
    chunks = list(model.complete(chat, max_tokens=80, schema=SCHEMA))
    assert completed(chunks).finish == "stop"
    value = json.loads(text_of(chunks))
    assert set(value) == {"name"}
    assert isinstance(value["name"], str)


def test_the_next_turn_reuses_the_prefix(model: LanguageModel) -> None:
    answer = text_of(list(model.complete(CHAT, max_tokens=6)))
    longer = [*CHAT, ChatMessage("assistant", answer), ChatMessage("user", "And then?")]
    usage = completed(list(model.complete(longer, max_tokens=2))).usage
    assert model.count_tokens(CHAT) - 2 <= usage.cached_tokens < usage.prompt_tokens


def test_callers_on_two_threads_both_get_their_answer(model: LanguageModel) -> None:
    alone = text_of(list(model.complete(CHAT, max_tokens=6)))
    answers: list[str] = []

    def ask() -> None:
        answers.append(text_of(list(model.complete(CHAT, max_tokens=6))))

    threads = [Thread(target=ask, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == [alone, alone]


def test_text_that_no_tokenizer_takes_does_no_harm(model: LanguageModel) -> None:
    chat = [ChatMessage("user", "nul \0 lone \ud83d pair \ud83d\ude00 done")]
    assert model.count_tokens(chat) > 3
    assert completed(list(model.complete(chat, max_tokens=2))).finish in ("length", "stop")


def test_detaching_no_adapter_is_allowed(model: LanguageModel) -> None:
    model.use_adapter(None)
    assert text_of(list(model.complete(CHAT, max_tokens=4)))


def test_what_need_not_be_read_again_is_known_before_asking(model: LanguageModel) -> None:
    answer = text_of(list(model.complete(CHAT, max_tokens=6)))
    longer = [*CHAT, ChatMessage("assistant", answer), ChatMessage("user", "And then?")]
    known = model.cached_tokens(longer)
    usage = completed(list(model.complete(longer, max_tokens=2))).usage
    assert known in (0, usage.cached_tokens)
