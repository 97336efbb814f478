"""What the benchmark of the screen drives: recording drivers, a bare app, a scripted assistant."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Condition
from threading import Event as Flag
from typing import Any

from textual.app import App, ComposeResult
from textual.drivers.headless_driver import HeadlessDriver
from textual.widgets import Input

from assistant.build import person_of
from assistant.graph import TurnGraph
from assistant.models.base import ChatMessage, Chunk, TextDelta
from assistant.models.fakes import ScriptedModel
from assistant.models.slot import ModelSlot
from assistant.runs import Runs
from assistant.session import Assistant
from assistant.settings import Settings
from assistant.toolbox import toolbox
from assistant.turn import TurnLimits
from benchmarks.made_life import Life
from memory.events import Draft, Message, Origin
from memory.fakes import HashEmbedder
from memory.ports import SystemClock
from memory.store import MemoryStore

SIZE = (120, 36)
_PATIENCE = 60.0
_LONGEST_ANSWER = 2000
_START = datetime(2020, 1, 1, tzinfo=UTC)


class Recorder(HeadlessDriver):
    """A driver that paints into nothing, and notes when what is waited for was painted."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._awaited: str | None = None
        self._seen = 0.0
        self._changed = Condition()

    @property
    def is_headless(self) -> bool:
        return False  # or Textual would render no frames

    def await_paint(self, text: str) -> None:
        """Look for this text in every frame from now on."""
        with self._changed:
            self._awaited, self._seen = text, 0.0

    def painted(self) -> float:
        """Block until it was painted; when that was, by `perf_counter`. Not in the app's thread."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._seen, _PATIENCE):
                raise RuntimeError(f"{self._awaited!r} was never painted")
            return self._seen

    def write(self, data: str) -> None:
        if self._awaited is not None and not self._seen and self._awaited in data:
            with self._changed:
                self._seen = time.perf_counter()
                self._changed.notify_all()


class Bare(App[None]):
    """One Input and nothing else."""

    def compose(self) -> ComposeResult:
        yield Input(placeholder="Say anything")


class Paced(ScriptedModel):
    """A scripted model that speaks at an even rate, however long each piece takes to be shown."""

    rate = 0.0
    """Tokens a second; 0 is as fast as they are taken."""

    def complete(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: dict[str, Any] | None = None,
        cancel: Flag | None = None,
    ) -> Iterator[Chunk]:
        chunks = super().complete(
            messages, max_tokens=max_tokens, temperature=temperature, schema=schema, cancel=cancel
        )
        return self._paced(chunks)

    def _paced(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        due = time.perf_counter()
        for chunk in chunks:
            if isinstance(chunk, TextDelta) and self.rate:
                due += 1 / self.rate
                time.sleep(max(0.0, due - time.perf_counter()))
            yield chunk


def open_scripted(home: Path, answer: str, rate: float = 0.0) -> Assistant:
    """An assistant over this home that answers everything with `answer`."""
    clock = SystemClock()
    store = MemoryStore(home, HashEmbedder(), clock=clock)
    model = Paced(lambda _: answer)
    model.rate = rate
    return Assistant(
        store=store,
        model=ModelSlot(model.name, model.context_tokens, lambda: model),
        graph=TurnGraph(home / "turns.sqlite3"),
        runs=Runs(home / "runs"),
        toolbox=partial(toolbox, store, clock, home / "files"),
        limits=TurnLimits(answer_tokens=_LONGEST_ANSWER),
        clock=clock,
        person=person_of(Settings(home=home, models=home / "models"), store, clock),
    )


def conversation(session_id: str, messages: int, last: str) -> Iterator[Draft]:
    """Messages of user and assistant in turn; the last one ends with the word `last`."""
    for number, text in enumerate(Life().texts(messages)):
        yield Draft(
            payload=Message(text=f"{text} {last}" if number == messages - 1 else text),
            session_id=session_id,
            origin=Origin.ASSISTANT if number % 2 else Origin.USER,
            at=_START + timedelta(minutes=number),
            import_key=f"made:{session_id}:{number}",
        )


def markdown(words: int) -> str:
    """An answer as models write them: paragraphs, lists, emphasis, now and then code."""
    texts = Life(seed=5).texts(words)
    parts: list[str] = []
    count = 0
    while count < words:
        parts += [
            f"{next(texts)}. **{next(texts)}** {next(texts)}.",
            "\n".join(f"- {next(texts)}, `{next(texts)[:12]}`" for _ in range(3)),
            f"{next(texts)}. *{next(texts)}*",
            f"```python\nfor one in many:\n    print({next(texts)!r})\n```",
        ]
        count = sum(len(part.split()) for part in parts)
    return " ".join("\n\n".join(parts).split(" ")[:words])
