"""A server that speaks enough of the OpenAI protocol, and of llama-server's own, to be tested on.

It counts words as tokens and remembers the prompt before, as a server with a prefix cache does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self, cast

ANSWER = " ".join(f"word{number}" for number in range(40))


@dataclass
class Behaviour:
    """What the server does; tests change it."""

    llama_server: bool = True
    with_usage: bool = True
    status: int = 200
    error: dict[str, Any] = field(default_factory=lambda: {"message": "no such model"})
    break_off_after: int | None = None
    hang_after: int | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    cached: list[str] = field(default_factory=list)
    released: Event = field(default_factory=Event)
    noticed_close: Event = field(default_factory=Event)


def rendered(messages: list[dict[str, str]]) -> str:
    turns = [f"<{message['role']}> {message['content']} </>" for message in messages]
    return " ".join([*turns, "<assistant>"])


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        behaviour = cast("_Server", self.server).behaviour
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        behaviour.paths.append(self.path)
        if self.path == "/apply-template" and behaviour.llama_server:
            self._json(200, {"prompt": rendered(body["messages"])})
        elif self.path == "/tokenize" and behaviour.llama_server:
            self._json(200, {"tokens": list(range(len(body["content"].split())))})
        elif self.path == "/v1/chat/completions":
            behaviour.requests.append(body)
            if behaviour.status == 200:
                self._complete(body, behaviour)
            else:
                self._json(behaviour.status, {"error": behaviour.error})
        else:
            self._json(404, {"error": {"message": "not found"}})

    def _complete(self, body: dict[str, Any], behaviour: Behaviour) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for number, data in enumerate(self._events(body, behaviour)):
                if number == behaviour.break_off_after:
                    return
                if number == behaviour.hang_after:
                    behaviour.released.wait(60)
                self.wfile.write(f"data: {data}\n\n".encode())
                self.wfile.flush()
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            behaviour.noticed_close.set()

    def _events(self, body: dict[str, Any], behaviour: Behaviour) -> Iterator[str]:
        prompt = rendered(body["messages"]).split()
        shared = next(
            (i for i, (a, b) in enumerate(zip(prompt, behaviour.cached, strict=False)) if a != b),
            min(len(prompt), len(behaviour.cached)),
        )
        text = json.dumps({"name": "Anna"}) if "response_format" in body else ANSWER
        words = text.split(" ")
        said = words[: body["max_tokens"]]
        behaviour.cached = prompt + said
        for number, word in enumerate(said):
            yield _chunk({"content": word if number == 0 else f" {word}"})
        yield _chunk({}, finish="stop" if len(said) == len(words) else "length")
        if behaviour.with_usage:
            usage = {"prompt_tokens": len(prompt), "completion_tokens": len(said)}
            details = {"cached_tokens": min(shared, len(prompt) - 1)}
            total = {"total_tokens": len(prompt) + len(said), "prompt_tokens_details": details}
            yield json.dumps(_base() | {"choices": [], "usage": usage | total})

    def _json(self, status: int, value: dict[str, Any]) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests are no part of a test's output."""


def _base() -> dict[str, Any]:
    return {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "stub"}


def _chunk(delta: dict[str, str], finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return json.dumps(_base() | {"choices": [choice]})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    behaviour: Behaviour


class OpenAIStub:
    """The running server; `url` is its base URL, ending in /v1."""

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.behaviour = self.behaviour
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.behaviour.released.set()
        self._server.shutdown()
        self._server.server_close()
