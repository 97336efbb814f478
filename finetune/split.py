"""The chronological held-out split: the newest texts of the user, and nothing like them, train.

Whatever rests on an event from the boundary on is held out. An example that repeats words of a
held-out one, or holds them in its prompt, leaves the training side.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from finetune.examples import OWN, Example, Pair
from memory.text import words

SHINGLE = 5
"""Words of the overlapping pieces by which texts are compared (Broder's shingles)."""
ALIKE = 0.5
"""Share of a text's shingles in another at which they are near-duplicates."""


@dataclass(frozen=True, slots=True)
class Split:
    """What may train and what never does. `boundary` is the log position the latter begin at."""

    train: tuple[Example | Pair, ...]
    heldout: tuple[Example | Pair, ...]
    boundary: int
    alike: int
    """Examples left out because they were near-duplicates of held-out ones."""


def split(
    examples: Sequence[Example | Pair], share: float = 0.15, least: int = 8, most: int = 200
) -> Split:
    """Hold out the newest `share` of the examples, between `least` and `most` of them.

    Never more than half: with so little data the gate refuses, and says so.
    """
    positions = sorted(e.seq for e in examples if e.kind in OWN)
    count = min(max(round(share * len(positions)), least), most, len(positions) // 2)
    boundary = positions[-count] if count else (positions[-1] + 1 if positions else 0)
    held = tuple(e for e in examples if e.sources and e.seq >= boundary and e.kind in OWN)
    before = [e for e in examples if not e.sources or e.seq < boundary]
    alike = near_duplicates(before, held)
    train = tuple(e for e in before if e.id not in alike)
    return Split(train, held, boundary, len(alike))


def near_duplicates(examples: Iterable[Example | Pair], held: Iterable[Example | Pair]) -> set[str]:
    """Ids of examples of which any text is mostly in a held-out answer, or the reverse."""
    sizes: list[int] = []
    holding: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for text in (answer for example in held for answer in _answers(example)):
        pieces = shingles(text)
        for piece in pieces:
            holding[piece].append(len(sizes))
        sizes.append(len(pieces))
    return {e.id for e in examples if any(_like_any(text, holding, sizes) for text in e.texts)}


def _like_any(text: str, holding: dict[tuple[str, ...], list[int]], sizes: Sequence[int]) -> bool:
    pieces = shingles(text)
    shared = Counter(number for piece in pieces for number in holding.get(piece, ()))
    return any(n >= ALIKE * min(len(pieces), sizes[number]) for number, n in shared.items())


def is_alike(one: str, other: str) -> bool:
    """Whether the two are near-duplicates of each other."""
    pieces, others = shingles(one), shingles(other)
    return len(pieces & others) >= ALIKE * min(len(pieces), len(others))


def _answers(example: Example | Pair) -> list[str]:
    if isinstance(example, Pair):
        return [example.chosen, example.rejected]
    return [example.answer]


def shingles(text: str) -> set[tuple[str, ...]]:
    """Runs of five words; of a shorter text, the whole of it."""
    said = words(text)
    if len(said) <= SHINGLE:
        return {tuple(said)} if said else set()
    return {tuple(said[i : i + SHINGLE]) for i in range(len(said) - SHINGLE + 1)}
