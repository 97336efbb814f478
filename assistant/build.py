"""The only composition root: settings in, a wired assistant out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assistant.adapters import ServingAdapter
from assistant.errors import SetupNeeded
from assistant.models.base import LanguageModel
from assistant.models.catalog import ModelEntry, shipped_catalog
from assistant.models.fetch import installed
from assistant.models.slot import ModelSlot
from assistant.reading import SPEEDS_FILE, NoteLimits, Reading, Speeds, note_limits
from assistant.settings import Settings
from assistant.voice.kept_recordings import drop_forgotten
from memory.cross_encoder import CrossEncoderReranker
from memory.ports import Clock, Embedder, SystemClock
from memory.sentence_embedder import SentenceEmbedder
from memory.store import MemoryStore

if TYPE_CHECKING:
    from assistant.person import Person
    from assistant.session import Assistant
    from assistant.turn import TurnLimits

VARIABLES = {
    # Every library below is told to stay off the network before it is imported.
    "ANONYMIZED_TELEMETRY": "False",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "TOKENIZERS_PARALLELISM": "false",
    "OTEL_SDK_DISABLED": "true",
}


def stay_local() -> None:
    """Switch off telemetry and hub look-ups of all dependencies, for this process."""
    os.environ.update(VARIABLES)


def open_assistant(settings: Settings) -> Assistant:
    """Everything wired for one home. Loads no model yet. Raises MemoryFault or SettingsInvalid."""
    stay_local()
    # Commands that need no turn start without LangGraph.
    from assistant.derive import Consolidation, ModelExtractor
    from assistant.graph import TurnGraph
    from assistant.runs import Runs
    from assistant.session import Assistant
    from assistant.toolbox import toolbox

    slot = model_slot(settings)
    store = open_store(settings)
    wake(settings.home, store)
    clock = SystemClock()
    return Assistant(
        store=store,
        model=slot,
        graph=TurnGraph(settings.home / "turns.sqlite3"),
        runs=Runs(settings.home / "runs"),
        toolbox=partial(toolbox, store, clock, settings.files.expanduser()),
        limits=turn_limits(settings),
        clock=clock,
        person=person_of(settings, store, clock),
        consolidation=Consolidation(store, ModelExtractor(slot)) if settings.derives else None,
        interrupt_night=lambda: interrupt_night(settings.home),
    )


def person_of(settings: Settings, store: MemoryStore, clock: Clock) -> Person:
    """The user model of the home."""
    from assistant.elicit.policy import Elicitor
    from assistant.nudge.nudger import Nudger
    from assistant.person import Person

    return Person(store, clock, Elicitor(), Nudger(store, clock, settings), settings.models)


@contextmanager
def open_person(settings: Settings) -> Iterator[Person]:
    """The user model of the home, without a language model; closed at the end."""
    store = open_store(settings)
    try:
        store.catch_up_instant()
        yield person_of(settings, store, SystemClock())
    finally:
        store.close()


def open_store(settings: Settings) -> MemoryStore:
    """The memory of the home, without a language model. Raises MemoryFault."""
    stay_local()
    store = MemoryStore(
        settings.home,
        embedder_for(settings, settings.embedder),
        open_embedder=lambda identity: _earlier_embedder(settings, identity),
        chroma_url=settings.chroma_url,
        reranker=CrossEncoderReranker(settings.cross_encoder) if settings.cross_encoder else None,
        on_erased=lambda ids: _forget_elsewhere(settings.home, store, ids),
    )
    drop_forgotten(settings.home, store.log)
    return store


def _forget_elsewhere(home: Path, store: MemoryStore, ids: Sequence[str]) -> None:
    """Take what was erased out of what lies beside the log and its views."""
    drop_forgotten(home, store.log)
    forget_in_training(home, ids)


def forget_in_training(home: Path, ids: Sequence[str]) -> None:
    """Take what was erased out of adapters, playback set and caches."""
    from finetune.forgetting import forget

    forget(home, ids)


def wake(home: Path, store: MemoryStore) -> None:
    """The user is there: a night under way makes room, and nothing erased serves."""
    interrupt_night(home)
    if (home / "night").exists():
        from finetune.forgetting import reconcile

        reconcile(home, store.log)


def interrupt_night(home: Path) -> None:
    """Have a night stop within seconds that another process has under way."""
    if (home / "night").exists():
        from finetune.workplace import Workplace

        Workplace(home).ask_to_stop()


def embedder_for(settings: Settings, name: str) -> Embedder:
    """The embedder of this catalog name; loading and any fault wait for the first use."""
    entry = shipped_catalog().find(name)
    folder = installed(entry, settings.models)
    return SentenceEmbedder(folder or settings.models / name, identity_of(entry))


def identity_of(entry: ModelEntry) -> str:
    """Name and content of a model: vectors of other weights under the same name are others."""
    weights = max(entry.files, key=lambda file: file.bytes)
    return f"{entry.name}@{(weights.sha256 or 'unknown')[:12]}"


def _earlier_embedder(settings: Settings, identity: str) -> Embedder | None:
    for entry in shipped_catalog().models:
        if identity_of(entry) == identity:
            folder = installed(entry, settings.models)
            return SentenceEmbedder(folder, identity) if folder else None
    return None


def model_slot(settings: Settings) -> ModelSlot:
    """The place of the configured model. Raises nothing: a missing model is told at first use."""
    if settings.server_url is not None:
        return ModelSlot(settings.server_model, settings.context_tokens, lambda: _server(settings))
    name, path = local_model(settings)
    follow = ServingAdapter(settings, path).follow
    return ModelSlot(name, settings.context_tokens, lambda: local(settings, path), follow)


def local_model(settings: Settings) -> tuple[str, Path | None]:
    """Name and file of the model to serve; the file is None while there is none.

    Raises SettingsInvalid for a name that is neither in the catalog nor a file.
    """
    if settings.model is not None and (settings.model.endswith(".gguf") or "/" in settings.model):
        path = Path(settings.model).expanduser()
        return path.stem, path
    catalog = shipped_catalog()
    if settings.model is not None:
        entry = catalog.find(settings.model)
        return entry.name, installed(entry, settings.models)
    llms = [entry for entry in catalog.models if entry.role == "llm"]
    for entry in sorted(llms, key=lambda entry: entry.test_only):
        if path_here := installed(entry, settings.models):
            return entry.name, path_here
    return "no model", None


def reading_of(settings: Settings) -> Reading:
    """What the configured model is given to read; its speed is kept beside the models."""
    name = settings.server_model if settings.server_url else local_model(settings)[0]
    return Reading(
        first_token_seconds=settings.first_token_seconds,
        fixed=settings.memory_tokens,
        model=f"{name} at {_host(settings.server_url)}" if settings.server_url else name,
        speeds=Speeds(settings.models / SPEEDS_FILE),
    )


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def notes_of(settings: Settings) -> NoteLimits:
    """How many memories the configured model is given, as set or by its size."""
    path = None if settings.server_url else local_model(settings)[1]
    by_size = note_limits(path.stat().st_size if path is not None and path.is_file() else None)
    return NoteLimits(
        settings.memories or by_size.memories,
        by_size.relevance if settings.relevance is None else settings.relevance,
    )


def turn_limits(settings: Settings) -> TurnLimits:
    """What a turn with the configured model may take."""
    from assistant.turn import TurnLimits

    notes = notes_of(settings)
    return TurnLimits(
        answer_tokens=settings.answer_tokens,
        reading=reading_of(settings),
        memories=notes.memories,
        relevance=notes.relevance,
        temperature=settings.temperature,
    )


def local(settings: Settings, path: Path | None) -> LanguageModel:
    """The model of this file, without any adapter. Raises SetupNeeded and ModelBroken."""
    if path is None:
        wanted = f" --model {settings.model}" if settings.model else ""
        raise SetupNeeded(f"No language model is here yet; run `lifelore setup{wanted}`.")
    from assistant.models.llama import LlamaCppModel

    return LlamaCppModel(path, settings.context_tokens, threads=settings.threads)


def _server(settings: Settings) -> LanguageModel:
    from assistant.models.openai_server import OpenAIServerModel

    return OpenAIServerModel(
        base_url=settings.server_url or "",
        model=settings.server_model,
        api_key=settings.server_key.get_secret_value(),
        context_tokens=settings.context_tokens,
    )
