"""What is trained again so that nothing is lost: a reservoir of the past, and general skill."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import product
from typing import TypeVar

from finetune.examples import Example, Pair, Said, identity
from finetune.ports import Answerer, Framing, unframed

T = TypeVar("T", bound=Example | Pair)

_FORMS = (
    "Explain {} in two sentences.",
    "Give three facts about {}.",
    "Write one paragraph for a child about {}.",
    "What is a common mistake people make about {}?",
    "List the steps to find out more about {}.",
    "Compare {} with what it replaced, briefly.",
    "Write a polite one-line question about {}.",
    "Summarise in ten words why {} matters.",
)
_SUBJECTS = (
    *("photosynthesis", "the printing press", "compound interest", "tides", "vaccination"),
    *("bread", "the metric system", "earthquakes", "bicycles", "public libraries"),
    *("gravity", "recycling glass", "railways", "chess", "rainbows", "batteries", "maps"),
    *("sleep", "soap", "the alphabet", "bridges", "coffee", "calendars", "volcanoes"),
)
GENERAL_TOKENS = 96


def general_prompts(count: int) -> list[str]:
    """The first `count` general instructions; forms and subjects alternate."""
    combined = sorted(product(range(len(_FORMS)), range(len(_SUBJECTS))), key=_mixed)
    return [_FORMS[form].format(_SUBJECTS[subject]) for form, subject in combined[:count]]


def _mixed(place: tuple[int, int]) -> tuple[int, int]:
    """The diagonals of the table, so that each stretch of the list has all forms."""
    form, subject = place
    return ((subject - form) % len(_SUBJECTS), form)


def general(answerer: Answerer, prompt: str, frame: Framing = unframed) -> Example | None:
    """The base's own answer to a general instruction, to be learnt unchanged; None if empty.

    Raises ExtractorUnavailable and Interrupted as the answerer does.
    """
    asked = (Said(role="user", text=prompt),)
    answer = answerer.answer(frame(asked), GENERAL_TOKENS).strip()
    if not answer:
        return None
    return Example(
        kind="general",
        id=general_id(answerer.identity, prompt, frame),
        prompt=asked,
        answer=answer,
        sources=(),
        made_by=answerer.identity,
    )


def general_id(model: str, prompt: str, frame: Framing = unframed) -> str:
    asked = frame((Said(role="user", text=prompt),))
    return identity("general", [model, *(said.text for said in asked)])


def reservoir(items: Sequence[T], size: int, seed: int) -> list[T]:
    """A uniform sample without replacement that changes as little as can be from night to night.

    Each item has a priority that depends on its id and the seed alone (bottom-k sampling), so
    that an example that is forgotten takes only itself away.
    """
    return sorted(items, key=lambda item: _priority(item.id, seed))[:size]


def _priority(item_id: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{item_id}".encode()).digest()
