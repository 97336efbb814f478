"""How much the answer to a request hinges on each line of the profile. No language model.

A request seldom shares words with the preference that its answer must respect ("What tapas should
I try?", "I have a severe nut allergy"). What counts, summed up in a score:

- the cosine of the two texts, less the line's mean cosine with requests of all kinds, since some
  lines are near to everything (hubness; Radovanović et al., 2010);
- whether both belong to the same areas of life, by the examples in `domains.py`: the cosine of
  their profiles over the areas, less sure where the request is near to no example;
- words in common;
- an allergy, intolerance or diet where something is to be eaten or drunk;
- how much a line can bind an answer at all: tastes and what guards health before circumstances,
  what is put strongly before what is put weakly.

The weights are round numbers set by hand; some two dozen settings were compared on development
preferences, so figures on these are not blind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from memory.ports import Embedder, Progress, Vectors, no_progress
from memory.text import stems
from memory.user.domains import DOMAINS, EATING, PLAIN, Domain
from memory.user.lines import Line, Section

_Floats = npt.NDArray[np.float32]

_AT_ONCE = 64
_NEAREST = 3
"""Examples of an area that a text is compared with: the nearest, so that areas may be wide."""
_TEMPERATURE = 0.07
_NONE = 0.3
"""Cosine of an area that stands for everything not in the list."""

MEANING, AREA, WORDS, EATS, BINDS = 1.25, 1.0, 0.08, 0.3, 0.3
"""Weights of the parts of a score."""
_SECTIONS = {
    Section.TASTES: 0.0,
    Section.HEALTH: 0.0,
    Section.HABITS: -0.15,
    Section.GOALS: -0.15,
    Section.PEOPLE: -0.3,
    Section.HOME: -0.3,
    Section.WORK: -0.3,
    Section.IDENTITY: -0.4,
    Section.MANNER: -0.4,
}
_FOOD = frozenset({"allergy", "intolerance", "diet"})
_AVOIDED = 0.05
"""What is avoided binds an answer a little more than what is liked."""


@dataclass(frozen=True, slots=True)
class Prototypes:
    """The examples of all areas of life as vectors of one embedder."""

    names: tuple[str, ...]
    requests: tuple[_Floats, ...]
    """For each area the vectors of its requests, shape (n, d)."""
    preferences: tuple[_Floats, ...]
    plain: _Floats
    """Requests that hinge on nobody's tastes, shape (n, d)."""

    @classmethod
    def of(
        cls,
        embedder: Embedder,
        cache: Path | None = None,
        domains: Sequence[Domain] = DOMAINS,
        progress: Progress = no_progress,
    ) -> Prototypes:
        """Embed the examples, or read them from the cache folder where they were embedded before.

        They are the same for every home and hold nothing of a user. Takes some seconds the first
        time. Raises EmbedderUnavailable.
        """
        groups = [each.requests for each in domains] + [each.preferences for each in domains]
        texts = [text for group in (*groups, PLAIN) for text in group]
        vectors = _cached(texts, embedder, cache, progress)
        parts: list[_Floats] = []
        start = 0
        for group in (*groups, PLAIN):
            parts.append(vectors[start : start + len(group)])
            start += len(group)
        n = len(domains)
        names = tuple(each.name for each in domains)
        return cls(names, tuple(parts[:n]), tuple(parts[n : 2 * n]), parts[-1])

    @property
    def typical(self) -> _Floats:
        """The mean of all requests, shape (d,)."""
        mean: _Floats = np.concatenate(self.requests).mean(axis=0)
        return mean


@dataclass(frozen=True, slots=True)
class Relevance:
    """How much an answer hinges on a line, and why."""

    line: Line
    score: float
    area: str
    """The area of life that request and line have most in common."""
    shared: float
    """0 to 1: how much of their areas they share."""
    words: tuple[str, ...]
    """Stems of words that both have."""
    eats: float
    """0 to 1: how surely the request is about eating, for a line that bears on it; else 0."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request and the areas of life that it is near to."""

    text: str
    vector: _Floats
    areas: _Floats
    """Share of each area, shape (areas,); what is missing to 1 belongs to none."""
    near: float
    """Cosine of the nearest area."""
    plain: float
    """Cosine of the nearest requests that hinge on nobody's tastes."""


def request_of(text: str, vector: Vectors, prototypes: Prototypes) -> Request:
    """The request with this text and unit vector, shape (d,)."""
    flat: _Floats = np.asarray(vector, dtype=np.float32).reshape(-1)
    near = _nearness(flat[None], prototypes.requests)
    plain = _nearness(flat[None], (prototypes.plain,))
    return Request(text, flat, _shares(near)[0], float(near.max()), float(plain.max()))


def ranked(
    request: Request, lines: Sequence[Line], vectors: Vectors, prototypes: Prototypes
) -> list[Relevance]:
    """The lines, those first on which the answer hinges most; `vectors` has a row for each."""
    if not lines:
        return []
    meaning = vectors @ request.vector - vectors @ prototypes.typical
    areas = _shares(_nearness(vectors, prototypes.preferences))
    common = areas * request.areas
    sizes = np.linalg.norm(areas, axis=1) * np.linalg.norm(request.areas)
    # The request's own share of all areas makes it less sure; the line's does not, since what
    # is liked or avoided can be anything.
    shared = common.sum(axis=1) / np.maximum(sizes, 1e-6) * request.areas.sum()
    eating = [place for place, name in enumerate(prototypes.names) if name in EATING]
    eats = float(request.areas[eating].sum()) if eating else 0.0
    asked = frozenset(_stems(request.text))
    found = []
    for place, line in enumerate(lines):
        words = tuple(sorted(asked & frozenset(_stems(line.text))))
        bears = eats if line.attribute in _FOOD else 0.0
        score = (
            MEANING * float(meaning[place])
            + AREA * float(shared[place])
            + WORDS * min(len(words), 3)
            + EATS * bears
            + binding(line)
        )
        area = prototypes.names[int(common[place].argmax())]
        found.append(Relevance(line, score, area, float(shared[place]), words, bears))
    return sorted(found, key=lambda each: -each.score)


def binding(line: Line) -> float:
    """How much a line can bind any answer: by its section, its strength and what it rules out."""
    rules_out = line.polarity < 0 or line.attribute in _FOOD
    return _SECTIONS[line.section] + BINDS * (line.belief - 0.8) + (_AVOIDED if rules_out else 0.0)


def _nearness(vectors: _Floats, areas: Sequence[_Floats]) -> _Floats:
    """Mean cosine with the nearest examples of each area, shape (len(vectors), areas)."""
    near = [np.sort(vectors @ examples.T, axis=1)[:, -_NEAREST:].mean(axis=1) for examples in areas]
    return np.stack(near, axis=1).astype(np.float32)


def _shares(near: _Floats) -> _Floats:
    """A softmax over the areas and one that stands for none of them."""
    weights = np.exp(near / _TEMPERATURE)
    none = np.exp(_NONE / _TEMPERATURE) * near.shape[1] / 10
    shares: _Floats = (weights / (weights.sum(axis=1, keepdims=True) + none)).astype(np.float32)
    return shares


@lru_cache(maxsize=4096)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(stems(text))


def _cached(
    texts: Sequence[str], embedder: Embedder, cache: Path | None, progress: Progress
) -> _Floats:
    if cache is None:
        return embedder.embed(texts)
    digest = hashlib.sha256("\n".join((embedder.identity, *texts)).encode()).hexdigest()[:16]
    file = cache / f"domains-{digest}.npy"
    try:
        held: _Floats = np.load(file).astype(np.float32)
        return held
    except (OSError, ValueError):
        parts = []
        for start in range(0, len(texts), _AT_ONCE):
            parts.append(embedder.embed(texts[start : start + _AT_ONCE]))
            progress("areas of life", min(start + _AT_ONCE, len(texts)), len(texts))
        vectors = np.concatenate(parts)
    cache.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial.npy")
    np.save(partial, vectors.astype(np.float16))
    partial.replace(file)
    return vectors
