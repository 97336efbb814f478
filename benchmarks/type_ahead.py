"""What reading ahead saves: from Enter to the first word of an answer, with and without memories.

A scripted typist writes each question in pieces with a pause between, as the screen would see it,
changes the words once, and lets the draft settle before Enter. Two homes answer with the same
model file, one with a few hundred memories and one with none; each is asked the same questions with
reading ahead and without, in turning order.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.build import local_model, open_assistant
from assistant.errors import SetupNeeded
from assistant.session import Assistant
from assistant.settings import Settings
from assistant.updates import Answered, Delta
from benchmarks.latency import life
from benchmarks.report import Report, Row, quantile
from memory.ports import Progress

QUESTIONS = 8
ANSWER_TOKENS = 16
_THINGS = ("bicycle", "violin", "garden", "kiln", "boat", "telescope", "loom", "camera")
_ASKED = (
    "What happened with the {} when I was in Ghent?",
    "Please tell me how long I worked on the {}.",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that was answered."""

    seconds: float
    """From Enter to the first word."""
    read: int
    """Tokens of the prompt that were still to be read then."""
    memories: int
    ahead_s: float
    """What reading ahead took, of the draft that was sent; 0 without."""


def run(settings: Settings, progress: Progress) -> Report:
    """Ask every question twice of each home. Raises SetupNeeded without a local model."""
    name, path = local_model(settings)
    if path is None:
        raise SetupNeeded("This benchmark needs a local model; run `lifelore setup`.")
    with tempfile.TemporaryDirectory() as folder:
        homes = {"memories": Path(folder) / "full", "no memories": Path(folder) / "empty"}
        assistants = {kind: _open(settings, home) for kind, home in homes.items()}
        full = assistants["memories"].store
        full.append(list(life()))
        full.catch_up(progress)
        for assistant in assistants.values():
            list(assistant.warm_up())
            _ask(assistant, "Good morning to you.", ahead=False)  # the first turn loads the rest
        cells = [(kind, ahead) for kind in homes for ahead in (True, False)]
        asked: dict[tuple[str, bool], list[Asked]] = {cell: [] for cell in cells}
        for number in range(QUESTIONS):
            progress("questions", number, QUESTIONS)
            for place in range(len(cells)):
                kind, ahead = cells[(place + number) % len(cells)]
                # Not the same question twice in a row: the second would find the prompt read.
                other = number if ahead else number + QUESTIONS // 2
                words = _ASKED[other % 2].format(_THINGS[other % len(_THINGS)])
                asked[kind, ahead].append(_ask(assistants[kind], words, ahead=ahead))
        for assistant in assistants.values():
            assistant.close()
    report = Report("type_ahead", None)
    report.rows = list(_rows(name, asked))
    return report


def _open(settings: Settings, home: Path) -> Assistant:
    used = {"home": home, "answer_tokens": ANSWER_TOKENS, "derive": False}
    return open_assistant(settings.model_copy(update=used))


def _ask(assistant: Assistant, words: str, *, ahead: bool) -> Asked:
    """Type the words and send them in a conversation of their own, which is forgotten after."""
    session = assistant.session()
    seconds = 0.0
    if ahead:
        for draft in (words[: len(words) // 2], f"{words[:-5]}er", words):
            started = time.perf_counter()
            if not session.anticipate(draft):
                raise RuntimeError(f"the draft {draft!r} was not read ahead")
            seconds = time.perf_counter() - started
    entered, first = time.perf_counter(), 0.0
    answered: Answered | None = None
    for update in session.send(words):
        if isinstance(update, Delta) and not first:
            first = time.perf_counter() - entered
        if isinstance(update, Answered):
            answered = update
    if answered is None or answered.status != "complete":
        raise RuntimeError("a question was not answered")
    usage = answered.usage
    # Else the next one would remember this one, and each cell what the others asked.
    assistant.forget(assistant.plan_forgetting([turn.id for turn in session.turns()]))
    unread = usage.prompt_tokens - usage.cached_tokens
    return Asked(first, unread, len(answered.memories), seconds)


def _rows(name: str, asked: dict[tuple[str, bool], list[Asked]]) -> Iterator[Row]:
    for (kind, ahead), each in asked.items():
        category = f"{name}, {kind}"
        system = "lifelore" if ahead else "without reading ahead"
        yield _row(system, "first_token_ms", category, [1000 * one.seconds for one in each])
        yield _row(system, "unread_tokens", category, [float(one.read) for one in each])
        yield _row(system, "memories", category, [float(one.memories) for one in each])
        if ahead:
            yield _row(system, "reading_ahead_ms", category, [1000 * one.ahead_s for one in each])
    for label, one, other in (
        ("with memories / without", ("memories", True), ("no memories", True)),
        ("with memories / without, neither ahead", ("memories", False), ("no memories", False)),
        ("ahead / not, with memories", ("memories", True), ("memories", False)),
        ("ahead with memories / not, without", ("memories", True), ("no memories", False)),
    ):
        pairs = zip(asked[one], asked[other], strict=True)
        ratios = [a.seconds / b.seconds for a, b in pairs]
        yield _row("lifelore", "first_token_ratio", label, ratios)


def _row(system: str, metric: str, category: str, values: Sequence[float]) -> Row:
    return Row(system, metric, category, None, round(quantile(values, 0.5), 3), len(values))
