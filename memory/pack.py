"""Packing memories into a prompt: within a token budget, dated, named, with what was left out.

Verbatim turns come first in the budget. Summaries orient a broad question and hold no more of the
evidence than turns of the same length do (`lifelore bench packing`), so that they get what is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from memory.documents import is_of_document
from memory.events import Origin
from memory.overtaken import Overtaken
from memory.recall import Memory
from memory.text import STOPWORDS, stems, words
from memory.views.summaries import Summary
from memory.when import annotate, spoken_day

TokenCounter = Callable[[str], int]
_EXCERPT = 1200
"""Characters of one memory in a prompt; a longer one is shown in part and says so."""
_VERBATIM = 2 / 3
"""Share of a budget that memories have beside summaries."""


Around = Callable[[Memory], Sequence[Memory]]
"""Gives a memory's turns, itself included."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Lines for the prompt, best first, the memories they show, and how many found no room."""

    lines: tuple[str, ...]
    memories: tuple[Memory, ...]
    left_out: int
    tokens: int = 0

    def in_time(self) -> Packed:
        """The same lines with the newest first."""
        pairs = zip(self.lines, self.memories, strict=False)
        newest_first = sorted(pairs, key=lambda pair: (pair[1].at, pair[1].seq), reverse=True)
        return replace(self, lines=tuple(line for line, _ in newest_first))


def pack(
    memories: Sequence[Memory],
    budget: int,
    count: TokenCounter,
    around: Around = lambda memory: (memory,),
    overtaken: Mapping[str, Overtaken] = MappingProxyType({}),
    *,
    past: bool = False,
) -> Packed:
    """As many memories as fit the budget of tokens, in order; what was said twice stands once.

    A question brings the turn after it along and an answer the question before it: either alone
    tells little. In the place of one that is `overtaken`, by its id, stand the words that overtook
    it, which may be less like the question and are what it asks for, with the old ones behind them;
    with `past` it is the other way round. What came along stands last in `memories`.
    """
    lines: list[str] = []
    shown: dict[str, Memory] = {}
    along: dict[str, Memory] = {}
    spent = left_out = 0
    for note in _notes(_told_once(memories), overtaken, past):
        memory = note.memory
        if memory.id in along:
            continue
        line = render(memory) + note.also
        cost = count(line)
        if spent + cost > budget:
            left_out += 1
            continue
        shown[memory.id] = memory
        along.update((each.id, each) for each in note.beside)
        spent += cost
        excerpt = [memory]
        for near in _exchange(memory, around(memory)):
            cost = count(render(near))
            # Context must not take the room of memories that were found for themselves.
            if near.id not in shown and near.id not in along and spent + cost <= budget // 2:
                along[near.id] = near
                spent += cost
                excerpt.append(near)
        lines.append(
            "\n".join(
                line if near is memory else render(near) for near in sorted(excerpt, key=_position)
            )
        )
    return Packed(tuple(lines), (*shown.values(), *along.values()), left_out, spent)


@dataclass(frozen=True, slots=True)
class Overview:
    """Lines of summaries in the order of time, and the summaries they show."""

    lines: tuple[str, ...] = ()
    summaries: tuple[Summary, ...] = ()


def pack_with_summaries(
    memories: Sequence[Memory],
    summaries: Sequence[Summary],
    budget: int,
    count: TokenCounter,
    around: Around = lambda memory: (memory,),
    overtaken: Mapping[str, Overtaken] = MappingProxyType({}),
    *,
    past: bool = False,
) -> tuple[Packed, Overview]:
    """Memories in most of the budget, in all without summaries; then the summaries that fit."""
    room = int(_VERBATIM * budget) if summaries else budget
    packed = pack(memories, room, count, around, overtaken, past=past)
    return packed, _overview(summaries, budget - packed.tokens, count)


def _overview(summaries: Sequence[Summary], budget: int, count: TokenCounter) -> Overview:
    """Those that fit of the summaries, which are given best first."""
    chosen: list[tuple[Summary, str]] = []
    for summary in summaries:
        line = render_summary(summary)
        cost = count(line)
        if cost <= budget:
            budget -= cost
            chosen.append((summary, line))
    chosen.sort(key=lambda pair: (pair[0].start, -pair[0].end.timestamp()))
    return Overview(tuple(line for _, line in chosen), tuple(summary for summary, _ in chosen))


def render_summary(summary: Summary) -> str:
    """One line: what it covers, and its text."""
    start = spoken_day(summary.start.date())
    covers = (
        start if summary.kind in ("stretch", "session", "day") else f"{summary.kind} of {start}"
    )
    return f"[{covers}] {' '.join(summary.text.split())}"


def _told_once(memories: Sequence[Memory]) -> list[tuple[Memory, str]]:
    """Each memory, with what to add to its line; of those that say the same, the newest.

    It takes the place of the best of them and names the days of the others: how often something
    happened may be what is asked.
    """
    alike: dict[object, list[Memory]] = {}
    for memory in memories:
        alike.setdefault(_sense(memory), []).append(memory)
    told = []
    for same in alike.values():
        newest = max(same, key=lambda memory: (memory.at, memory.seq))
        days = dict.fromkeys(
            spoken_day(memory.at.date())
            for memory in sorted(same, key=_position)
            if memory.at.date() != newest.at.date()
        )
        told.append((newest, f" (also on {', '.join(days)})" if days else ""))
    return told


_THING = re.compile(r"\b(?:my|our|the)((?:\s+\w+){1,2})", re.IGNORECASE)
"""What a question names as somebody's or as known, up to two words of it."""


def up_to_date(
    memories: Sequence[Memory], overtaken: Mapping[str, Overtaken], asked: str
) -> tuple[Memory, ...]:
    """For a question about how something is: newer words in the place of those they overtook.

    Only where the newer say as much of what is asked for, or the old ones are over and the newer
    speak of the thing that the question names: what was taken for a change and is none must not
    take the answer away ("Anna left" ends no "My passport is at Anna's").
    """
    wanted, things = set(stems(asked)), set(stems(" ".join(_THING.findall(asked))))
    held: dict[str, Memory] = {}
    for memory in memories:
        change = overtaken.get(memory.id)
        if change and change.newer:
            newer = _last(change.newer, overtaken)
            old, new = set(stems(memory.text)), set(stems(newer.text))
            if wanted & old <= new or (change.certain and things & old <= new):
                memory = replace(newer, score=memory.score)
        held.setdefault(memory.id, memory)
    return tuple(held.values())


def _notes(
    told: Sequence[tuple[Memory, str]], overtaken: Mapping[str, Overtaken], past: bool
) -> list[_Note]:
    """Each memory; with what overtook it, the newer words and the old ones behind them in one line.

    In the order of time a small model reads the old ones for the answer, unless it is asked for
    what was before: then they stand first (`lifelore bench updates`).
    """
    notes: dict[str, _Note] = {}
    for memory, also in told:
        change = overtaken.get(memory.id)
        if change is None:
            notes.setdefault(memory.id, _Note(memory)).also += also
        elif change.newer is None:
            since = f" (no longer so since {_day(change.until)})" if change.until else ""
            notes.setdefault(memory.id, _Note(memory)).also += also + since
        elif past:
            newer = _last(change.newer, overtaken)
            since = f' (Since then, on {_day(newer.at)}: "{_words_of(newer)}")'
            notes[memory.id] = _Note(memory, also + since, [newer])
        else:
            newer = replace(_last(change.newer, overtaken), score=memory.score)
            note = notes.setdefault(newer.id, _Note(newer))
            note.also += f' (Before, on {_day(memory.at)}: "{_words_of(memory)}"{also})'
            note.beside.append(memory)
    beside = {memory.id for note in notes.values() for memory in note.beside}
    return [note for note in notes.values() if note.memory.id not in beside]


def _day(at: datetime) -> str:
    return spoken_day(at.date())


def _last(newer: Memory, overtaken: Mapping[str, Overtaken]) -> Memory:
    """The newest of the words that overtook each other."""
    for _ in overtaken:
        further = overtaken.get(newer.id)
        if further is None or further.newer is None:
            break
        newer = further.newer
    return newer


@dataclass(slots=True)
class _Note:
    """A memory as it is shown: what is added to its line, and the memories in that."""

    memory: Memory
    also: str = ""
    beside: list[Memory] = field(default_factory=list)


_NEGATIONS = frozenset({"no", "nor", "not", "off"})


def _sense(memory: Memory) -> object:
    """What two memories share that say the same: who said it, and every word that carries meaning.

    A number, a name, a date or a "not" makes a difference however alike the rest is.
    """
    said = words(annotate(memory.text, memory.at))
    telling = frozenset(
        word for word in said if word not in STOPWORDS or word in _NEGATIONS or "n't" in word
    )
    return (memory.origin, memory.speaker, telling) if len(telling) > 1 else memory.id


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
    """One line: the day it was said, by whom, and the words with relative dates made absolute.

    Of another person's words it is said that they are not the user's, and where they end: that "the
    user lives in Moscow" stands in somebody's mail is not for a small model to believe.
    """
    day, text = _day(memory.at), _words_of(memory)
    by_other = memory.origin is Origin.THIRD_PARTY and memory.speaker
    if by_other and not is_of_document(memory.external_id):
        return f'[{day}] {memory.speaker}, not the user, wrote: "{text}"'
    return f"[{day}] {speaker_of(memory)}: {text}"


def _words_of(memory: Memory) -> str:
    text = memory.text
    if len(text) > _EXCERPT:
        text = f"{text[:_EXCERPT]} […{len(memory.text) - _EXCERPT:,} more characters]"
    return annotate(" ".join(text.split()), memory.at)


def speaker_of(memory: Memory) -> str:
    """Who said it, as a reader of the prompt knows them."""
    if memory.speaker:
        return memory.speaker
    return {Origin.USER: "User", Origin.ASSISTANT: "Assistant", Origin.TOOL: "Note"}.get(
        memory.origin, "Someone else"
    )
