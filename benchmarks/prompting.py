"""The prompt of a turn of the product, for benchmarks in which a language model answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant import prompts
from assistant.compose import Composer
from assistant.gate import gate
from assistant.models.base import ChatMessage, LanguageModel
from assistant.person import settled, told
from assistant.prompts import Brief
from assistant.reading import NoteLimits
from memory.ports import Embedder
from memory.store import MemoryStore
from memory.user.relevance import Prototypes

MEMORY_TOKENS = 1200
"""Tokens that memories may take in a prompt."""


def bare(text: str) -> list[ChatMessage]:
    """The user's words, framed as the product does, with nothing that is remembered."""
    return [ChatMessage("system", prompts.SYSTEM), ChatMessage("user", prompts.framed(text))]


@dataclass(frozen=True, slots=True)
class Remembering:
    """Makes the prompt of a turn in a new conversation, over any home with the same embedder."""

    model: LanguageModel
    embedder: Embedder
    prototypes: Prototypes
    limits: NoteLimits

    def prompt(self, store: MemoryStore, text: str, now: datetime) -> Sequence[ChatMessage]:
        """What is recalled for the words, and the lines of the profile that the gate lets in."""
        found = store.recall(text, self.limits.memories).memories
        best = max((memory.score for memory in found), default=0.0)
        kept = [memory for memory in found if memory.score >= self.limits.relevance * best]
        lines = store.profile.lines(now)
        vectors = store.profile.vectors(lines, self.embedder)
        [vector] = self.embedder.embed([text])
        chosen = gate(text, vector, lines, vectors, self.prototypes)
        holding, kept = settled(store, [each.line for each in chosen.lines], kept, now)
        about = [told(line) for line in holding]
        manner = [each.line.text for each in chosen.manner]
        composer = Composer(
            self.model, store, 0, lambda unread: MEMORY_TOKENS, self.model.cached_tokens
        )
        return composer.answer_prompt((), Brief(text, (), now, about, manner), kept).messages
