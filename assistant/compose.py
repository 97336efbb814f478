"""Composing the prompt: what goes in, in which order, and what is said of that which does not.

Instructions and the conversation come first and change least, so that the model's prefix cache
serves them; memories, tool results and the question come last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant import prompts
from assistant.errors import ContextOverflow
from assistant.models.base import ChatMessage, LanguageModel
from memory.events import Event, Message, Origin
from memory.pack import TokenCounter, pack_with_summaries, up_to_date
from memory.query import asks_for_everything, state_of
from memory.recall import Memory
from memory.store import MemoryStore
from memory.views.summaries import Summary
from memory.when import resolve

_BLOCK = 8
"""Earlier messages leave the prompt in blocks, so that the prefix stays the same for a while."""

_LIST_TOKENS = 2
"""What stands around a line in a list: a dash and the end of the line."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Messages that fit, the memories in them, and notices of what did not fit.

    `summed_up` are the ids of the turns whose summaries are in it, since the answer may repeat
    them.
    """

    messages: tuple[ChatMessage, ...]
    memories: tuple[Memory, ...]
    notices: tuple[str, ...]
    summed_up: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Composer:
    """Composes for one model; `reserve` tokens are kept for the answer.

    `memory_tokens` gives the room for memories beside the tokens of the rest of the prompt that
    the model must read anew; `cached` says how many of a prompt it need not.
    """

    model: LanguageModel
    store: MemoryStore
    reserve: int
    memory_tokens: Callable[[int], int]
    cached: Callable[[Sequence[ChatMessage]], int]

    @property
    def room(self) -> int:
        return self.model.context_tokens - self.reserve

    def answer_prompt(
        self,
        history: Sequence[Event],
        brief: prompts.Brief,
        found: Sequence[Memory],
    ) -> Prompt:
        """The prompt of an answer.

        Raises ContextOverflow when the user's own words do not fit with nothing else beside them.
        """
        text = brief.text
        bare = prompts.question(brief)
        free = self.room - self._count([], bare)
        if free < 0:
            raise ContextOverflow(
                f"Your message takes about {self._count([], bare):,} tokens and the model reads "
                f"{self.room:,} at once; it is remembered word for word, but it cannot be answered "
                "in one go: ask about a part of it."
            )
        rest = [*self._fitting(history, bare)[0], ChatMessage("user", bare)]
        unread = self.model.count_tokens(rest) - self.cached(rest)
        budget = min(self.memory_tokens(unread), free // 2)
        summaries = self._summaries(text, found, brief.now) if prompts.is_broad(text) else []
        overtaken = self.store.overtaken(found, brief.now)
        overtaken = self.store.overtaken(found, brief.now)
        state = state_of(text)
        packed, overview = pack_with_summaries(
            up_to_date(found, overtaken, text) if state == "now" else found,
            summaries,
            budget,
            self._counter(),
            self.store.neighbours,
            overtaken,
            past=state == "before",
        )
        everything = asks_for_everything(brief.text)
        if everything:
            packed = packed.in_time()
        final = prompts.question(brief, packed.lines, overview.lines)
        turns, dropped = self._fitting(history, final)
        notices = []
        if packed.left_out:
            notices.append(
                prompts.more_fit(packed.left_out)
                if everything
                else f"{packed.left_out} more memories did not fit into the prompt."
            )
        if shown := len(overview.lines):
            notices.append(f"Read along: {shown} summaries of what was said before.")
        if dropped:
            notices.append(
                f"The {dropped} earliest messages of this conversation did not fit into the "
                "prompt; they are still remembered."
            )
        return Prompt(
            (*turns, ChatMessage("user", final)),
            packed.memories,
            tuple(notices),
            self._turns_of(overview.summaries),
        )

    def tool_prompt(self, history: Sequence[Event], final: str) -> tuple[ChatMessage, ...]:
        """The prompt of a tool choice, over the same prefix as the answer's."""
        turns, _ = self._fitting(history, final)
        return (*turns, ChatMessage("user", final))

    def _summaries(self, text: str, found: Sequence[Memory], now: datetime) -> list[Summary]:
        """Of the times that the words name, then of the sessions of the memories, best first."""
        named = [
            self.store.summaries.period(when.unit, when.start)
            for when in resolve(text, now)
            if when.unit != "weekend"
        ]
        sessions = list(dict.fromkeys(memory.session_id for memory in found))
        told = self.store.summaries.for_sessions(sessions)
        return [
            *(summary for summary in named if summary is not None),
            *(told[session] for session in sessions if session in told),
        ]

    def _turns_of(self, summaries: Sequence[Summary]) -> tuple[str, ...]:
        seqs = {seq for each in summaries for seq in self.store.summaries.turns(each.id)}
        return tuple(memory.id for memory in self.store.memories_at(sorted(seqs)))

    def _counter(self) -> TokenCounter:
        empty = self.model.count_tokens([ChatMessage("user", "")])

        def count(line: str) -> int:
            return self.model.count_tokens([ChatMessage("user", line)]) - empty + _LIST_TOKENS

        return count

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
        text = event.text or payload.text
        role = "assistant" if event.origin is Origin.ASSISTANT else "user"
        if messages[-1].role == role:
            merged = f"{messages[-1].content}\n{text}"
            messages[-1] = ChatMessage(messages[-1].role, merged)
        elif role == "assistant" and messages[-1].role == "user":
            messages.append(ChatMessage("assistant", text))
        elif role == "user":
            messages.append(ChatMessage("user", text))
    if messages[-1].role == "user":
        # Words that were never answered; the template needs something between them and the next.
        messages.append(ChatMessage("assistant", "(not answered)"))
    return messages
