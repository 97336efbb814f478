"""A whole assistant on fakes, as `build.py` wires the real one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar

from assistant.build import person_of
from assistant.derive import Consolidation, ModelExtractor
from assistant.graph import TurnGraph
from assistant.models.base import LanguageModel
from assistant.models.fakes import Script, ScriptedModel
from assistant.models.slot import ModelSlot
from assistant.runs import Runs
from assistant.session import Assistant
from assistant.settings import Settings
from assistant.toolbox import toolbox
from assistant.turn import TurnLimits
from assistant.updates import Answered, Update
from memory.fakes import HashEmbedder, SetClock
from memory.ports import Clock, Embedder
from memory.store import MemoryStore

T = TypeVar("T")


def open_scripted(
    home: Path,
    script: Script = lambda messages: "Noted.",
    *,
    model: LanguageModel | None = None,
    limits: TurnLimits | None = None,
    embedder: Embedder | None = None,
    clock: Clock | None = None,
    deriving: bool = False,
) -> Assistant:
    """An assistant over `home` whose model says what the script says.

    With `deriving` it derives facts and summaries in the background, without a pause after turns.
    """
    clock = clock or SetClock()
    store = MemoryStore(home, embedder or HashEmbedder(), clock=clock)
    served = model or ScriptedModel(script)
    slot = ModelSlot(served.name, served.context_tokens, lambda: served)
    return Assistant(
        store=store,
        model=slot,
        graph=TurnGraph(home / "turns.sqlite3"),
        runs=Runs(home / "runs"),
        toolbox=partial(toolbox, store, clock, home / "files"),
        limits=limits or TurnLimits(),
        clock=clock,
        person=person_of(Settings(home=home, models=home / "models"), store, clock),
        consolidation=Consolidation(store, ModelExtractor(slot), 0.0) if deriving else None,
    )


def only(kind: type[T], updates: Iterable[Update]) -> list[T]:
    return [update for update in updates if isinstance(update, kind)]


def answer_to(assistant: Assistant, text: str, session_id: str | None = None) -> Answered:
    [answered] = only(Answered, assistant.session(session_id).send(text))
    return answered
