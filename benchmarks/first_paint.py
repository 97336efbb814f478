"""The process whose first paint is measured: a driver that tells when the prompt was painted.

Named in TEXTUAL_DRIVER, so that the app itself is as it is for its user. Imports Textual alone.
"""

from __future__ import annotations

import json
import os
import sys
import time

from textual.app import App, ComposeResult
from textual.drivers.linux_driver import LinuxDriver
from textual.widgets import Input

PLACEHOLDER = "Say anything"
"""What stands in the empty prompt."""
_PAINTED = PLACEHOLDER[1:]
"""The cursor may stand on its first letter, which is painted apart then."""
PIPE = "LIFELORE_BENCH_PIPE"
_MODELS = ("torch", "llama_cpp", "chromadb", "sentence_transformers", "transformers", "langgraph")


class Told(LinuxDriver):
    """Tells once, through a pipe, when the prompt was painted and which libraries were there."""

    _told = False

    def write(self, data: str) -> None:
        super().write(data)
        if not self._told and _PAINTED in data:
            self._told = True
            now = time.perf_counter()
            loaded = [name for name in _MODELS if name in sys.modules]
            os.write(int(os.environ[PIPE]), json.dumps([now, loaded]).encode())


class BareApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Input(placeholder=PLACEHOLDER)


if __name__ == "__main__":
    BareApp().run()
