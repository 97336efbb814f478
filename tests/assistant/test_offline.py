"""Nothing leaves the machine: a whole life with every socket watched and refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BLOCKED = """
import socket, sys

tried = []

def refuse(what):
    def refused(*arguments, **options):
        tried.append((what, repr(arguments)[:200]))
        raise OSError(f"{what} is blocked")
    return refused

for name in ("connect", "connect_ex", "sendto", "sendmsg"):
    setattr(socket.socket, name, refuse(name))
socket.getaddrinfo = refuse("getaddrinfo")
socket.create_connection = refuse("create_connection")

from assistant.cli import main
try:
    main(sys.argv[1:])
finally:
    assert not tried, tried
"""


@pytest.mark.real_model
def test_import_ask_and_recall_with_sockets_blocked(
    home: Path, tmp_path: Path, smollm2_path: Path, minilm: object
) -> None:
    life = tmp_path / "life.jsonl"
    line = {"at": "2024-01-01T00:00:00", "session": "s", "origin": "user", "text": "I keep bees"}
    life.write_text(json.dumps(line))
    environment = {
        **os.environ,
        "LIFELORE_HOME": str(home),
        "LIFELORE_MODEL": str(smollm2_path),
        "LIFELORE_ANSWER_TOKENS": "16",
        # Another project's tracing, which must not carry these words away.
        "LANGSMITH_TRACING": "true",
        "LANGCHAIN_TRACING_V2": "true",
        "LANGSMITH_API_KEY": "lsv2_not_a_key",
    }

    def lifelore(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", BLOCKED, *arguments],
            env=environment, cwd=ROOT, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    lifelore("import", "jsonl", str(life))
    asked = json.loads(lifelore("ask", "What insects do I keep?", "--json"))
    recalled = json.loads(lifelore("recall", "honey insects", "--json"))

    assert asked["memories"][0]["text"] == "I keep bees"
    assert asked["usage"]["completion_tokens"] > 0
    assert "I keep bees" in [memory["text"] for memory in recalled]
