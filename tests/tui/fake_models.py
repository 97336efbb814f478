"""Two models that are here and one that can be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Event as Flag

from assistant.choosing import Choice
from assistant.errors import AssistantFault, DownloadFailed
from memory.ports import Progress
from tests.tui.fakes import FakeAssistant, Gate

CHOICES = (
    Choice(
        "qwen3-4b",
        "qwen3-4b",
        "Qwen3 4B Instruct",
        2_500_000_000,
        4_200_000_000,
        here=True,
        fits=True,
        in_use=True,
        notes="The best that runs on an ordinary computer.",
    ),
    Choice(
        "gemma-3-4b", "gemma-3-4b", "Gemma 3 4B", 2_490_000_000, 4_600_000_000, False, False, False
    ),
    Choice("small-0.5b", "small-0.5b", "Small 0.5B", 490_000_000, 900_000_000, True, True, False),
)


class FakeModels:
    """`assistant` is what serves; downloads wait at the gate half-way, until it opens or they are
    broken off; `refused` is raised by a choice."""

    def __init__(
        self, assistant: FakeAssistant | None = None, refused: AssistantFault | None = None
    ) -> None:
        self.assistant = assistant
        self.refused = refused
        self.served_elsewhere = ""
        self.gate = Gate()
        self.there: Sequence[Choice] = CHOICES
        self.chosen: list[str] = []

    def choices(self) -> Sequence[Choice]:
        return self.there

    def fetch(self, value: str, progress: Progress, cancel: Flag) -> str:
        progress(f"Fetching {value}", 1_245_000_000, 2_490_000_000)
        self.gate.reached.set()
        while not self.gate.is_open:
            if cancel.wait(0.005):
                raise DownloadFailed("Fetching was broken off; what came is kept.")
        self.there = tuple(replace(one, here=one.here or one.value == value) for one in self.there)
        return "Gemma 3 4B is here."

    def choose(self, value: str) -> str:
        self.chosen.append(value)
        if self.refused is not None:
            raise self.refused
        if self.assistant is not None:
            self.assistant.model_name = value
        return f"{value} answers from now on."
