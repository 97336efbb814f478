"""Measurements as the gate gets them, made up: `scores` of a system and what differs from it."""

from __future__ import annotations

import random
from collections.abc import Callable

from finetune.scores import Measured, Scores, TextScore

Change = Callable[[random.Random], float]


def same(chance: random.Random) -> float:
    return 0.0


def scores(
    *,
    texts: int = 30,
    pairs: int = 12,
    items: int = 40,
    gained: Change = same,
    margin: Change = lambda chance: chance.gauss(0.5, 1),
    skill: Change = same,
    valid: float = 1.0,
    leaks: tuple[str, ...] | None = (),
    contaminated: tuple[str, ...] | None = (),
) -> Scores:
    """One system. `gained` is in nats a token and `skill` a share, both against a fixed base."""
    base, chance = random.Random(0), random.Random(1)
    held = {}
    for number in range(texts):
        tokens = base.randint(20, 200)
        level = base.gauss(-3.0, 0.4)
        held[f"text {number}"] = TextScore(
            log_prob=tokens * (level + gained(chance)), tokens=tokens
        )
    return Scores(
        texts=held,
        pairs={f"pair {number}": margin(chance) for number in range(pairs)},
        capability={f"item {n}": base.uniform(0.3, 0.9) + skill(chance) for n in range(items)},
        documents={f"document {n}": n < round(10 * valid) for n in range(10)},
        leaks=leaks,
        contaminated=contaminated,
    )


def better(by: float) -> Change:
    return lambda chance: chance.gauss(by, 0.1)


def measured(candidate: Scores | None, current: Scores | None = None) -> Measured:
    """Against a base, and against an adapter in use where one is given."""
    return Measured(
        trained_on=100,
        base=scores(leaks=None, contaminated=None),
        candidate=candidate,
        current=current,
        in_use=None if current is None else 7,
    )


GOOD = scores(gained=better(0.3))
