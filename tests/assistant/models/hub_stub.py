"""A server that hands out files as the model hub does: by redirect, with checksum, in ranges."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Self, cast


@dataclass
class Behaviour:
    """What the hub holds and does; tests change it."""

    files: dict[str, bytes] = field(default_factory=dict)
    states_checksum: bool = True
    break_off_after: int | None = None
    served: list[tuple[str, str | None]] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        behaviour = cast("_Server", self.server).behaviour
        name = self.path.removeprefix("/store").lstrip("/")
        if name not in behaviour.files:
            self.send_error(404)
            return
        if self.path.startswith("/store/"):
            self._serve(name, behaviour)
            return
        self.send_response(302)
        self.send_header("Location", f"/store/{name}")
        if behaviour.states_checksum:
            digest = hashlib.sha256(behaviour.files[name]).hexdigest()
            self.send_header("X-Linked-Etag", f'"{digest}"')
            self.send_header("X-Linked-Size", str(len(behaviour.files[name])))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _serve(self, name: str, behaviour: Behaviour) -> None:
        data, wanted = behaviour.files[name], self.headers.get("Range")
        behaviour.served.append((name, wanted))
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        if start >= len(data):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start : behaviour.break_off_after])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: requests are no part of a test's output."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    behaviour: Behaviour


class HubStub:
    """The running server."""

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.behaviour = self.behaviour
        self.root = f"http://127.0.0.1:{self._server.server_address[1]}"

    def address(self, repo: str, path: str, *, revision: str) -> str:
        """Stands in for huggingface_hub.hf_hub_url."""
        return f"{self.root}/{path}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
