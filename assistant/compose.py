"""Composing the prompt: what goes in, in which order, and what is said of that which does not.

Instructions and the conversation come first and change least, so that the model's prefix cache
serves them; memories, tool results and the question come last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant import prompts
from assistant.errors import ContextOverflow
from assistant.models.base import ChatMessage, LanguageModel
from memory.events import Event, Message, Origin
from memory.pack import Packed, pack
from memory.recall import Memory
from memory.store import MemoryStore

_BLOCK = 8
"""Earlier messages leave the prompt in blocks, so that the prefix stays the same for a while."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Messages that fit, the memories in them, and notices of what did not fit."""

    messages: tuple[ChatMessage, ...]
    memories: tuple[Memory, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Composer:
    """Composes for one model; `reserve` tokens are kept for the answer."""

    model: LanguageModel
    store: MemoryStore
    reserve: int
    memory_tokens: int

    @property
    def room(self) -> int:
        return self.model.context_tokens - self.reserve

    def answer_prompt(
        self,
        history: Sequence[Event],
        text: str,
        found: Sequence[Memory],
        results: Sequence[str],
        now: datetime,
    ) -> Prompt:
        """The prompt of an answer.

        Raises ContextOverflow when the user's own words do not fit with nothing else beside them.
        """
        bare = prompts.question(text, [], results, now)
        free = self.room - self._count([], bare)
        if free < 0:
            raise ContextOverflow(
                f"Your message takes about {self._count([], bare):,} tokens and the model reads "
                f"{self.room:,} at once; it is remembered word for word, but it cannot be answered "
                "in one go: ask about a part of it."
            )
        packed = self._packed(found, min(self.memory_tokens, free // 2))
        final = prompts.question(text, packed.lines, results, now)
        turns, dropped = self._fitting(history, final)
        notices = []
        if packed.left_out:
            notices.append(f"{packed.left_out} more memories did not fit into the prompt.")
        if dropped:
            notices.append(
                f"The {dropped} earliest messages of this conversation did not fit into the "
                "prompt; they are still remembered."
            )
        return Prompt((*turns, ChatMessage("user", final)), packed.memories, tuple(notices))

    def tool_prompt(self, history: Sequence[Event], final: str) -> tuple[ChatMessage, ...]:
        """The prompt of a tool choice, over the same prefix as the answer's."""
        turns, _ = self._fitting(history, final)
        return (*turns, ChatMessage("user", final))

    def _packed(self, found: Sequence[Memory], budget: int) -> Packed:
        empty = self.model.count_tokens([ChatMessage("user", "")])

        def count(line: str) -> int:
            return self.model.count_tokens([ChatMessage("user", line)]) - empty + 4

        return pack(found, budget, count, self.store.neighbours)

    def _fitting(self, history: Sequence[Event], final: str) -> tuple[list[ChatMessage], int]:
        dropped = self._beyond_room(history)
        while dropped < len(history) and self._count(history[dropped:], final) > self.room:
            dropped += _BLOCK
        return _turns(history[dropped:]), min(dropped, len(history))

    def _beyond_room(self, history: Sequence[Event]) -> int:
        """How many of the earliest messages cannot fit, without counting a whole long life.

        Each message is counted alone, from the newest back, until the room is full.
        """
        spent = 0
        for position in range(len(history) - 1, -1, -1):
            spent += self.model.count_tokens([ChatMessage("user", history[position].text or "")])
            if spent > 2 * self.room:
                return position // _BLOCK * _BLOCK
        return 0

    def _count(self, history: Sequence[Event], final: str) -> int:
        return self.model.count_tokens([*_turns(history), ChatMessage("user", final)])


def _turns(history: Sequence[Event]) -> list[ChatMessage]:
    """Instructions and conversation as alternating messages, which chat templates insist on."""
    messages = [ChatMessage("system", prompts.SYSTEM)]
    for event in history:
        payload = event.payload
        assert isinstance(payload, Message)
        role = "assistant" if event.origin is Origin.ASSISTANT else "user"
        if messages[-1].role == role:
            merged = f"{messages[-1].content}\n{payload.text}"
            messages[-1] = ChatMessage(messages[-1].role, merged)
        elif role == "assistant" and messages[-1].role == "user":
            messages.append(ChatMessage("assistant", payload.text))
        elif role == "user":
            messages.append(ChatMessage("user", payload.text))
    if messages[-1].role == "user":
        # Words that were never answered; the template needs something between them and the next.
        messages.append(ChatMessage("assistant", "(not answered)"))
    return messages
