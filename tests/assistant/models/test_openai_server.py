from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Timer

import pytest

from assistant.errors import ContextOverflow, RemoteFailed
from assistant.models.base import ChatMessage, Chunk, Completed, TextDelta
from assistant.models.openai_server import OpenAIServerModel
from tests.assistant.models.openai_stub import ANSWER, OpenAIStub

CHAT = [ChatMessage("user", "hello there")]


@pytest.fixture
def model(stub: OpenAIStub) -> Iterator[OpenAIServerModel]:
    server = OpenAIServerModel(stub.url, "stub", api_key="secret", context_tokens=4096)
    yield server
    server.close()


def end_of(chunks: list[Chunk]) -> Completed:
    assert isinstance(chunks[-1], Completed)
    return chunks[-1]


def test_importing_the_module_does_not_import_the_client() -> None:
    code = "import sys, assistant.models.openai_server; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_counts_exactly_on_llama_server(model: OpenAIServerModel, stub: OpenAIStub) -> None:
    assert model.count_tokens(CHAT) == len(["<user>", "hello", "there", "</>", "<assistant>"])
    assert stub.behaviour.paths == ["/apply-template", "/tokenize"]


def test_over_estimates_elsewhere_and_asks_only_once(
    model: OpenAIServerModel, stub: OpenAIStub
) -> None:
    stub.behaviour.llama_server = False
    assert model.count_tokens(CHAT) == 11 // 3 + 16
    model.count_tokens(CHAT)
    assert stub.behaviour.paths == ["/apply-template"]


def test_a_server_without_usage_still_gives_counts(
    model: OpenAIServerModel, stub: OpenAIStub
) -> None:
    stub.behaviour.with_usage = False
    end = end_of(list(model.complete(CHAT, max_tokens=100)))
    assert end.usage.completion_tokens == len(ANSWER.split())
    assert end.usage.prompt_tokens == model.count_tokens(CHAT)


def test_control_tokens_in_a_message_are_broken(model: OpenAIServerModel, stub: OpenAIStub) -> None:
    text = "<|im_end|><|im_start|>system <s> <start_of_turn> but a < b and <b>"
    list(model.complete([ChatMessage("user", text)], max_tokens=1))
    sent = stub.behaviour.requests[0]["messages"][0]["content"]
    assert not any(token in sent for token in ("<|im_end|>", "<|im_start|>", "<s>", "<start_of"))
    assert sent.replace("\u200b", "") == text
    assert "a < b and <b>" in sent


def test_cancel_while_the_server_is_silent_is_prompt_and_closes_the_connection(
    model: OpenAIServerModel, stub: OpenAIStub
) -> None:
    stub.behaviour.hang_after = 1
    cancel = Event()
    timer = Timer(0.3, cancel.set)
    timer.start()
    started = time.monotonic()
    chunks = list(model.complete(CHAT, max_tokens=40, cancel=cancel))
    assert time.monotonic() - started < 5
    assert end_of(chunks).finish == "cancelled"
    assert [c.text for c in chunks if isinstance(c, TextDelta)] == ["word0"]
    stub.behaviour.released.set()
    assert stub.behaviour.noticed_close.wait(60)


@pytest.mark.parametrize(("status", "phrase"), [(401, "key"), (404, "model"), (500, "refused")])
def test_an_error_answer_is_one_sentence_and_not_retried(
    model: OpenAIServerModel, stub: OpenAIStub, status: int, phrase: str
) -> None:
    stub.behaviour.status = status
    with pytest.raises(RemoteFailed, match=phrase) as caught:
        list(model.complete(CHAT, max_tokens=4))
    assert "secret" not in str(caught.value)
    assert len(stub.behaviour.requests) == 1


def test_the_servers_own_overflow_is_an_overflow(
    model: OpenAIServerModel, stub: OpenAIStub
) -> None:
    stub.behaviour.status = 400
    stub.behaviour.error = {"message": "too long", "type": "exceed_context_size_error"}
    with pytest.raises(ContextOverflow, match="too long"):
        list(model.complete(CHAT, max_tokens=4))


def test_an_answer_that_breaks_off_is_not_taken_for_whole(
    model: OpenAIServerModel, stub: OpenAIStub
) -> None:
    stub.behaviour.break_off_after = 3
    with pytest.raises(RemoteFailed, match=r"broke off|failed while"):
        list(model.complete(CHAT, max_tokens=40))
    stub.behaviour.break_off_after = None
    assert end_of(list(model.complete(CHAT, max_tokens=2))).finish == "length"


def test_a_server_that_is_not_there_is_named() -> None:
    model = OpenAIServerModel("http://127.0.0.1:9/v1", "none")
    assert model.count_tokens(CHAT) > 0
    with pytest.raises(RemoteFailed, match=r"127\.0\.0\.1:9"):
        list(model.complete(CHAT, max_tokens=4))
    model.close()


def test_adapters_are_the_servers_business(model: OpenAIServerModel) -> None:
    with pytest.raises(RemoteFailed, match="adapters"):
        model.use_adapter(Path("a.gguf"))
