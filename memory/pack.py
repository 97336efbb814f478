"""Packing memories into a prompt: within a token budget, dated, named, with what was left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from memory.events import Origin
from memory.recall import Memory
from memory.when import annotate, spoken_day

TokenCounter = Callable[[str], int]
_EXCERPT = 1200
"""Characters of one memory in a prompt; a longer one is shown in part and says so."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Lines for the prompt, best first, the memories they show, and how many found no room."""

    lines: tuple[str, ...]
    memories: tuple[Memory, ...]
    left_out: int


def pack(
    memories: Sequence[Memory],
    budget: int,
    count: TokenCounter,
    around: Callable[[Memory], Sequence[Memory]] = lambda memory: (memory,),
) -> Packed:
    """As many memories as fit the budget of tokens, in order.

    A question brings the turn after it along and an answer the question before it (`around`
    gives a memory's turns, itself included): either alone tells little. What came along stands
    last in `memories`.
    """
    lines: list[str] = []
    shown: dict[str, Memory] = {}
    along: dict[str, Memory] = {}
    spent = left_out = 0
    for memory in memories:
        if memory.id in shown or memory.id in along:
            continue
        cost = count(render(memory))
        if spent + cost > budget:
            left_out += 1
            continue
        shown[memory.id] = memory
        spent += cost
        excerpt = [memory]
        for near in _exchange(memory, around(memory)):
            cost = count(render(near))
            # Context must not take the room of memories that were found for themselves.
            if near.id not in shown and near.id not in along and spent + cost <= budget // 2:
                along[near.id] = near
                spent += cost
                excerpt.append(near)
        lines.append("\n".join(render(near) for near in sorted(excerpt, key=_position)))
    return Packed(tuple(lines), (*shown.values(), *along.values()), left_out)


def _exchange(memory: Memory, turns: Sequence[Memory]) -> list[Memory]:
    """The turn that answers this one, or the one that it answers, where there is such a turn."""
    if memory.origin is Origin.ASSISTANT:
        return []
    return [
        near
        for near in turns
        if near.id != memory.id
        and (_asks(memory) if near.seq > memory.seq else _asks(near))
        and near.origin is not Origin.ASSISTANT
    ]


def _asks(memory: Memory) -> bool:
    return memory.text.rstrip().endswith("?")


def _position(memory: Memory) -> int:
    return memory.seq


def render(memory: Memory) -> str:
    """One line: the day it was said, by whom, and the words with relative dates made absolute."""
    text = memory.text
    if len(text) > _EXCERPT:
        text = f"{text[:_EXCERPT]} […{len(memory.text) - _EXCERPT:,} more characters]"
    text = annotate(" ".join(text.split()), memory.at)
    return f"[{spoken_day(memory.at.date())}] {speaker_of(memory)}: {text}"


def speaker_of(memory: Memory) -> str:
    """Who said it, as a reader of the prompt knows them."""
    if memory.speaker:
        return memory.speaker
    return {Origin.USER: "User", Origin.ASSISTANT: "Assistant", Origin.TOOL: "Note"}.get(
        memory.origin, "Someone else"
    )
