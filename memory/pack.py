"""Packing memories into a prompt: within a token budget, dated, named, with what was left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from memory.events import Origin
from memory.recall import Memory
from memory.when import annotate, spoken_date

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

    The first ones bring the turns around them along (`around`), since a question without its
    answer, or an answer without its question, tells little.
    """
    lines: list[str] = []
    shown: dict[str, Memory] = {}
    spent = left_out = 0
    for rank, memory in enumerate(memories):
        if memory.id in shown:
            continue
        line = render(memory)
        cost = count(line)
        if spent + cost > budget:
            left_out += 1
            continue
        shown[memory.id] = memory
        spent += cost
        if rank < 2:
            line, spent = _with_neighbours(memory, line, spent, budget, count, around, shown)
        lines.append(line)
    return Packed(tuple(lines), tuple(shown.values()), left_out)


def _with_neighbours(
    memory: Memory,
    line: str,
    spent: int,
    budget: int,
    count: TokenCounter,
    around: Callable[[Memory], Sequence[Memory]],
    shown: dict[str, Memory],
) -> tuple[str, int]:
    excerpt = [near for near in around(memory) if near.id == memory.id or near.id not in shown]
    extra = sum(count(render(near)) for near in excerpt if near.id != memory.id)
    # Context must not take the room of memories that were found for themselves.
    if spent + extra > budget // 2:
        return line, spent
    shown.update({near.id: near for near in excerpt if near.id != memory.id})
    return "\n".join(render(near) for near in excerpt), spent + extra


def render(memory: Memory) -> str:
    """One line: when it was said, by whom, and the words with relative dates made absolute."""
    text = memory.text
    if len(text) > _EXCERPT:
        text = f"{text[:_EXCERPT]} […{len(memory.text) - _EXCERPT:,} more characters]"
    text = annotate(" ".join(text.split()), memory.at)
    return f"[{spoken_date(memory.at)}] {speaker_of(memory)}: {text}"


def speaker_of(memory: Memory) -> str:
    """Who said it, as a reader of the prompt knows them."""
    if memory.speaker:
        return memory.speaker
    return {Origin.USER: "User", Origin.ASSISTANT: "Assistant", Origin.TOOL: "Note"}.get(
        memory.origin, "Someone else"
    )
