"""A served model and a trainer for tests of the night, without any weights.

A token is a word. The "adapter" that the trainer writes is a JSON file of the user's words; the
served model finds those likelier while it is in use.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finetune.dataset import Dataset
from finetune.examples import Said
from finetune.manifest import ADAPTER_FILE
from finetune.night import Made
from finetune.ports import StopFlag
from memory.ports import Example, Progress

VALID = {"name": "Ana", "age": 3, "city": "Porto", "tool": "none", "input": "x"}


@dataclass
class WordModel:
    """finetune.evaluate.Served: log p is -4 for a word, and more by `gain` for an adapter's."""

    identity: str = "words"
    gain: float = 1.0
    scale: float = 1.0
    recited: bool = False
    says: str = "I see."
    """What it answers with an adapter in use, in place of `answers`."""
    adapter: Path | None = None
    used: list[Path | None] = field(default_factory=list)
    _known: frozenset[str] = frozenset()

    def use(self, adapter: Path | None) -> None:
        self.adapter = adapter
        self.used.append(adapter)
        self._known = frozenset()
        if adapter is not None:
            self._known = frozenset(json.loads(adapter.read_text())["words"])

    def logprobs(self, prompt: Sequence[Said], answer: str) -> list[float]:
        if self.recited and self.adapter is not None and len(answer.split()) > 8:
            return [-0.1] * len(answer.split())
        return [-4.0 + self.gain * (word in self._known) for word in answer.split()]

    def pieces(self, answer: str) -> list[str]:
        return [f"{word} " for word in answer.split()]

    def answer(self, prompt: Sequence[Said], max_tokens: int) -> str:
        about = prompt[-1].text[:20].lower()
        return self.says if self.adapter is not None else f"About {about} I know much"

    def extract(
        self,
        instruction: str,
        examples: Sequence[Example],
        text: str,
        schema: dict[str, Any],
        max_tokens: int,
    ) -> str:
        properties = schema["properties"]
        return json.dumps(
            {name: VALID.get(name, "Write a letter about it.") for name in properties}
        )


@dataclass
class WordTrainer:
    """finetune.night.Trainer: writes down the words of the texts; `fails` is raised once."""

    base_name: str = "tiny"
    keeps: tuple[str, ...] = ("token_weights.safetensors",)
    digest: str = "d1"
    fails: BaseException | None = None
    calls: int = 0
    seen: list[Dataset] = field(default_factory=list)

    def base_digest(self) -> str:
        return self.digest

    def make(self, dataset: Dataset, work: Path, stop: StopFlag, progress: Progress) -> Made:
        self.calls += 1
        self.seen.append(dataset)
        work.mkdir(parents=True, exist_ok=True)
        words = sorted({w for e in dataset.examples for w in e.answer.split()})
        (work / "checkpoint.pt").write_text(" ".join(words))
        (work / "token_weights.safetensors").write_bytes(b"123")
        if self.fails is not None:
            fault, self.fails = self.fails, None
            raise fault
        (work / "checkpoint.pt").unlink()
        (work / ADAPTER_FILE).write_text(json.dumps({"words": words}))
        return Made(work / ADAPTER_FILE, {"seed": 0}, {"steps": 2})


@dataclass
class Loading:
    """Opens the model; counts how often, and whether it was let go of each time."""

    model: WordModel
    opened: int = 0
    open_now: int = 0

    @contextmanager
    def __call__(self) -> Iterator[WordModel]:
        self.opened += 1
        self.open_now += 1
        try:
            yield self.model
        finally:
            self.open_now -= 1
