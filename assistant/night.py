"""The night of a home, wired: its log, the served model, and training on that model's own file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from typing import Any, Protocol

from assistant.adapters import training_cache
from assistant.build import local, local_model
from assistant.derive import shown, written
from assistant.errors import AssistantFault, ContextOverflow, SetupNeeded
from assistant.framing import framed
from assistant.models.base import ChatMessage, LanguageModel, Scores
from assistant.settings import Settings
from finetune.arguments import Arguments
from finetune.examples import Said
from finetune.maker import PeftTrainer
from finetune.night import Night
from memory.errors import ExtractorUnavailable
from memory.ports import Example, Progress, no_progress
from memory.store import MemoryStore


class ScoringModel(LanguageModel, Scores, Protocol):
    """A language model that also says how likely given answers are."""


class ServedModel:
    """finetune's Served on a language model. Setting `stop` breaks off what is under way."""

    def __init__(self, model: ScoringModel, stop: Flag) -> None:
        self._model, self._stop = model, stop

    @property
    def identity(self) -> str:
        return self._model.name

    def use(self, adapter: Path | None) -> None:
        try:
            self._model.use_adapter(adapter)
        except AssistantFault as fault:
            raise ExtractorUnavailable(str(fault)) from fault

    def logprobs(self, prompt: Sequence[Said], answer: str) -> list[float]:
        messages = [ChatMessage(said.role, said.text) for said in prompt]
        try:
            [found] = self._model.log_likelihoods(messages, [answer], cancel=self._stop)
        except ContextOverflow:
            return []
        except AssistantFault as fault:
            raise ExtractorUnavailable(str(fault)) from fault
        return list(found.log_probs)

    def pieces(self, answer: str) -> list[str]:
        return self._model.pieces(answer)

    def answer(self, prompt: Sequence[Said], max_tokens: int) -> str:
        return self._write([ChatMessage(said.role, said.text) for said in prompt], max_tokens)

    def extract(
        self,
        instruction: str,
        examples: Sequence[Example],
        text: str,
        schema: dict[str, Any],
        max_tokens: int,
    ) -> str:
        return self._write(shown(instruction, examples, text), max_tokens, schema)

    def _write(
        self, messages: Sequence[ChatMessage], max_tokens: int, schema: dict[str, Any] | None = None
    ) -> str:
        try:
            return written(self._model, messages, max_tokens, self._stop, schema=schema)
        except ContextOverflow:
            return ""
        except AssistantFault as fault:
            raise ExtractorUnavailable(str(fault)) from fault


def open_scoring(settings: Settings, path: Path | None) -> ScoringModel:
    """The served model without any adapter. Raises SetupNeeded and ModelBroken."""
    model: Any = local(settings, path)
    scoring: ScoringModel = model
    return scoring


def night_of(
    settings: Settings, store: MemoryStore, stop: Flag, progress: Progress = no_progress
) -> Night:
    """The night of this home. Raises SetupNeeded where a server answers instead of a model here."""
    if settings.server_url is not None:
        raise SetupNeeded(
            "A server answers for this home, and adapters are trained for local models only; "
            "take server_url out of the settings, or use `lifelore sleep --only consolidate`."
        )
    _, path = local_model(settings)

    @contextmanager
    def models() -> Iterator[ServedModel]:
        # Loaded for each step and let go of, because training needs the memory.
        try:
            model = open_scoring(settings, path)
        except AssistantFault as fault:
            raise ExtractorUnavailable(str(fault)) from fault
        try:
            yield ServedModel(model, stop)
        finally:
            model.close()

    arguments = Arguments(minutes=settings.night_minutes, threads=settings.threads)
    return Night(
        settings.home,
        store.log,
        PeftTrainer(path, training_cache(settings), arguments, framed),
        models,
        frame=framed,
        keep=settings.adapters_kept,
        stop=stop,
        progress=progress,
    )
