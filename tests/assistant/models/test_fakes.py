from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import pytest

from assistant.models.base import ChatMessage, Completed, LanguageModel, TextDelta
from assistant.models.fakes import Failing, ScriptedModel

CHAT = [ChatMessage("user", "hello there")]


def said(model: ScriptedModel, max_tokens: int = 50) -> str:
    chunks = model.complete(CHAT, max_tokens=max_tokens)
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, TextDelta))


def test_is_a_language_model() -> None:
    model: LanguageModel = ScriptedModel(["x"])
    assert model.name == "scripted"


def test_says_the_answers_in_turn_with_their_white_space_and_then_no_more() -> None:
    model = ScriptedModel(["one  two\nthree ", {"a": "é"}])
    assert said(model) == "one  two\nthree "
    assert said(model) == '{"a": "é"}'
    with pytest.raises(LookupError):
        said(model)


def test_a_function_sees_the_chat() -> None:
    assert said(ScriptedModel(lambda messages: messages[-1].content.upper())) == "HELLO THERE"


def test_counts_words_and_two_a_message_and_one_for_the_answer() -> None:
    assert ScriptedModel([]).count_tokens(CHAT) == 2 + 2 + 1


def test_breaks_off_when_told_to_and_can_go_on() -> None:
    model = ScriptedModel([Failing("one two", ConnectionError("gone")), "fine"])
    heard = []
    with pytest.raises(ConnectionError, match="gone"):
        heard += [c for c in model.complete(CHAT, max_tokens=9) if isinstance(c, TextDelta)]
    assert said(model) == "fine"


def test_a_delay_ends_at_once_when_cancelled() -> None:
    model = ScriptedModel(["never heard"], delay_seconds=60)
    cancel = Event()
    ends: list[Completed] = []

    def listen() -> None:
        for chunk in model.complete(CHAT, max_tokens=9, cancel=cancel):
            if isinstance(chunk, Completed):
                ends.append(chunk)

    thread = Thread(target=listen, daemon=True)
    thread.start()
    cancel.set()
    thread.join(60)
    assert [end.finish for end in ends] == ["cancelled"]


def test_an_adapter_is_noted_and_empties_the_cache() -> None:
    model = ScriptedModel(lambda messages: "yes")
    said(model)
    model.use_adapter(Path("a.gguf"), 0.5)
    assert model.adapter == (Path("a.gguf"), 0.5)
    end = list(model.complete(CHAT, max_tokens=3))[-1]
    assert isinstance(end, Completed)
    assert end.usage.cached_tokens == 0
