"""Notes beside the prompts of the playback set, as recall puts them beside a request.

What was said is recalled, not learnt: a question of the user's about it is always answered from
notes, and an answer that had notes keeps them. Texts have notes or none in equal parts, so that
the manner holds with both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from finetune.examples import Example, Pair
from finetune.gather import Gathered, Written, topics
from finetune.mask import Masker
from finetune.questions import is_negative
from finetune.split import is_alike
from memory.events import Origin
from memory.pack import render
from memory.recall import Memory, memory_of

MOST = 3
"""Notes of a prompt; the product has as few for a small model."""
CHARACTERS = 240
"""Of a note. A night's time goes into reading prompts as well."""
_TOPICS = 5
_EARLIER = 20
"""Earlier texts with a word that are looked at."""


def with_notes(
    examples: Sequence[Example | Pair], gathered: Gathered, seed: int
) -> list[Example | Pair]:
    """The examples with the notes that go with them; never words said after what they learn."""
    related = _related(gathered.written)
    by_id = {text.id: text for text in gathered.written}
    return [_noted(example, related, by_id, gathered, seed) for example in examples]


def _noted(
    example: Example | Pair,
    related: dict[str, list[Written]],
    by_id: dict[str, Written],
    gathered: Gathered,
    seed: int,
) -> Example | Pair:
    if isinstance(example, Pair) or example.kind == "approved":
        given = [gathered.given[i] for s in example.sources for i in gathered.notes_of.get(s, ())]
        return _beside(example, [memory_of(event, 0.0) for event in given[:MOST]])
    near = [_memory(text) for text in related.get(example.sources[-1], ())]
    if example.kind == "question" and not is_negative(example):
        return _beside(example, [_memory(by_id[example.sources[-1]]), *near][:MOST])
    alone = int(example.id, 16) % 2 == seed % 2
    return example if alone else _beside(example, near)


def _beside(example: Example | Pair, memories: Sequence[Memory]) -> Example | Pair:
    if not memories:
        return example
    masker = Masker()
    lines = [render(replace(m, text=masker.mask(_short(m.text)))) for m in memories]
    ids = dict.fromkeys(memory.id for memory in memories)
    return example.model_copy(update={"notes": tuple(lines), "noted": tuple(ids)})


def _related(written: Sequence[Written]) -> dict[str, list[Written]]:
    """By text, the earlier ones that share most of the words that tell it apart, best first."""
    documents: Counter[str] = Counter()
    holding: dict[str, list[int]] = defaultdict(list)
    found: dict[str, list[Written]] = {}
    for number, text in enumerate(written):
        told = topics(text.text, documents, _TOPICS)
        shared = Counter(n for word in told for n in holding[word][-_EARLIER:])
        best = sorted(shared, key=lambda n: (-shared[n], -n))[: 2 * MOST]
        # One that says the same would teach to copy it.
        others = [written[n] for n in best if not is_alike(written[n].text, text.text)]
        found[text.id] = others[:MOST]
        for word in told:
            documents[word] += 1
            holding[word].append(number)
    return found


def _memory(text: Written) -> Memory:
    kind = "note" if text.note else "message"
    return Memory(
        text.id, text.seq, kind, text.session_id, text.at, Origin.USER, None, 0.0, text.text
    )


def _short(text: str) -> str:
    return text if len(text) <= CHARACTERS else f"{text[: CHARACTERS - 1]}…"
