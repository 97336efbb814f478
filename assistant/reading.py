"""How much of memory a model is given to read: by how fast it reads here, and by its size.

Reading the prompt is what the first word waits for. The speed is measured at `lifelore setup` and
again in every turn; it belongs to the machine and not to the home, so that it is kept beside the
models.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from threading import Lock

from assistant.models.base import ChatMessage, LanguageModel, PromptProgress
from memory.ports import Progress, no_progress

LEAST_TOKENS = 256
"""Of memories, however slow the model: less would leave it to guess."""
MOST_TOKENS = 8192
UNMEASURED = 60.0
"""Tokens a second taken for a model that was never measured: a small one on two slow cores."""
SPEEDS_FILE = "reading_speeds.json"

_KEPT = 9
"""Measurements of which the median counts: one turn on a busy machine changes nothing."""
_TELLING = 96
"""Tokens that must have been read for a measurement; below, other costs hide the reading."""
_RECALL_SHARE = 0.25
"""Of the time, at most, that recall is taken to cost: models that had to be loaded first must not
be paid for with memories."""
_RECALL_STEP = 0.25
"""Seconds to which the time of recall is rounded up: the same words get the same memories, though
no two recalls take the same time."""


@dataclass(frozen=True, slots=True)
class NoteLimits:
    """How many memories are looked for, and which share of the best one's score they need."""

    memories: int
    relevance: float


def note_limits(model_bytes: int | None) -> NoteLimits:
    """What a model of this file size keeps apart; None for one on a server, taken to be large.

    A model of half a billion parameters is led astray by more than eight notes and by notes far
    below the best; larger ones gain by them.
    """
    if model_bytes is None or model_bytes >= 2_000_000_000:
        return NoteLimits(24, 0.5)
    return NoteLimits(12, 0.6) if model_bytes >= 800_000_000 else NoteLimits(8, 0.7)


class Speeds:
    """Tokens a second at which each model read lately on this machine, in one small file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = Lock()
        self._own: dict[str, list[float]] = {}
        """What could not be written, where the folder is for reading only."""

    def of(self, model: str) -> float | None:
        """The median of the last measurements; None before the first."""
        recent = self._all().get(_key(model))
        return statistics.median(recent) if recent else None

    def note(self, model: str, tokens: int, seconds: float) -> None:
        """Keep one measurement; one of too few tokens says nothing and is left out."""
        if tokens >= _TELLING and seconds > 0:
            self._write(model, [*self._all().get(_key(model), []), tokens / seconds])

    def replace(self, model: str, speed: float) -> None:
        """Begin anew with this speed."""
        self._write(model, [speed])

    def _write(self, model: str, speeds: Sequence[float]) -> None:
        with self._lock:
            kept = {**self._all(), _key(model): [round(each, 1) for each in speeds[-_KEPT:]]}
            self._own = kept
            # The folder may be shared and for reading only; the speeds then last as long as we.
            with suppress(OSError):
                _write_whole(self._file, json.dumps(kept, indent=1))
                self._own = {}

    def _all(self) -> dict[str, list[float]]:
        if self._own:
            return self._own
        try:
            return _speeds_in(json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError):
            return {}  # A cache: what is missing or damaged is measured again.


def _speeds_in(found: object) -> dict[str, list[float]]:
    """What of a file's content has the right shape; anything else is measured again."""
    if not isinstance(found, dict):
        return {}
    return {
        str(key): [float(each) for each in speeds]
        for key, speeds in found.items()
        if isinstance(speeds, list)
        and all(isinstance(s, int | float) and math.isfinite(s) and s > 0 for s in speeds)
    }


def _key(model: str) -> str:
    return f"{model} on {platform.node() or 'this machine'}"


def _write_whole(file: Path, text: str) -> None:
    """Write so that a reader finds the old content or the new, never half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as part:
            part.write(text)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class Reading:
    """The tokens of memories that a prompt may hold.

    As many as let the first word come within `first_token_seconds`, unless `fixed` says how many.
    Without `speeds` nothing is known or learnt of the model.
    """

    first_token_seconds: float = 3.0
    fixed: int | None = None
    model: str = ""
    speeds: Speeds | None = None

    @property
    def speed(self) -> float | None:
        """Tokens of a prompt that the model reads in a second, as far as measured."""
        return None if self.speeds is None else self.speeds.of(self.model)

    def memory_tokens(self, others: int, recall_seconds: float) -> int:
        """Room for memories beside `others`, the tokens of the prompt that must be read anyway."""
        if self.fixed is not None:
            return self.fixed
        most = _RECALL_SHARE * self.first_token_seconds
        recalled = math.ceil(recall_seconds / _RECALL_STEP) * _RECALL_STEP
        left = self.first_token_seconds - min(recalled, most)
        tokens = int(left * (self.speed or UNMEASURED)) - others
        return min(max(tokens, LEAST_TOKENS), MOST_TOKENS)

    def note(self, tokens: int, seconds: float) -> None:
        """Learn from a prompt of which this many tokens, not cached, were read in that time."""
        if self.speeds is not None:
            self.speeds.note(self.model, tokens, seconds)

    def describe(self) -> str:
        """The speed and what it leaves for memories, for the user."""
        speed = self.speed
        read = (
            f"{self.model or 'the model'} reads {speed:,.0f} tokens a second here"
            if speed
            else f"{self.model or 'the model'} is not measured yet, {UNMEASURED:.0f} tokens a "
            "second are assumed"
        )
        room = self.memory_tokens(_TYPICAL_OTHERS, _TYPICAL_RECALL)
        if self.fixed is not None:
            return f"{read}; memory_tokens fixes memories at {room:,} tokens a prompt"
        if room == LEAST_TOKENS:
            seconds = _TYPICAL_RECALL + (_TYPICAL_OTHERS + room) / (speed or UNMEASURED)
            return (
                f"{read}: {room} tokens of memories a prompt, the least there is; where all are "
                f"used the first word takes about {seconds:.0f} s"
            )
        return (
            f"{read}: about {room:,} tokens of memories a prompt, "
            f"for a first word within {self.first_token_seconds:g} s"
        )


_TYPICAL_OTHERS = 120
"""Of a short question, the last answer and the date."""
_TYPICAL_RECALL = 0.2


# -- measuring

_MEASURED_SECONDS = 2.0
_SENTENCE = "On day {} the market by the river sold {} baskets of apples, pears and walnuts."


def measure(model: LanguageModel, progress: Progress = no_progress) -> float | None:
    """Tokens a second at which the model reads a prompt of its own; takes about two seconds.

    None where the model does not say how far it is, as those on a server, or knows the prompt.
    """
    enough = min(1024, model.context_tokens // 2)
    text = " ".join(_SENTENCE.format(n, 7 * n) for n in range(enough // 20))
    stop = Flag()
    begun: tuple[int, float] | None = None
    last: tuple[int, float] | None = None
    for chunk in model.complete([ChatMessage("user", text)], max_tokens=1, cancel=stop):
        if not isinstance(chunk, PromptProgress):
            continue
        progress("reading speed", chunk.done, chunk.total)
        now = time.perf_counter()
        if chunk.done == 0:
            continue
        if begun is None:
            begun = (chunk.done, now)  # what came before also brought the weights in from disk
            continue
        last = (chunk.done, now)
        if now - begun[1] > _MEASURED_SECONDS:
            stop.set()
    if begun is None or last is None or last[0] - begun[0] < _TELLING:
        return None
    return (last[0] - begun[0]) / (last[1] - begun[1])
