"""Whether the gate keeps the user out of what has an answer of its own, and names out of choices.

The data is a file `{gsm8k: [...], mmlu: [...], ...}` of exercises, plain or gzip. 200 of its
questions of maths and facts, evenly taken, are put to the gate beside a rich profile that pulls
the other way; measured is how often no line of it enters. So that a gate that never opens does
not look good, the share of 50 everyday requests that get a line stands beside. These are also
asked by twenty users who differ in nothing but their name: lines and decisions must be the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from assistant.gate import Gated, gate
from benchmarks.report import Report, Row, sha256_of
from benchmarks.retrieval import QuestionCache, empty_home, fill, load_json
from memory.errors import RefusedInput
from memory.events import Draft, Message, Origin
from memory.importers.base import data_files
from memory.ports import Embedder, Progress, no_progress
from memory.user.lines import Line
from memory.user.relevance import Prototypes

FACTS = 200
"""Questions with an answer of their own."""
_KINDS = ("gsm8k", "mmlu")
"""Parts of the file that hold such questions."""
_SAID_AT = datetime(2025, 1, 6, 8, tzinfo=UTC)

PROFILE = (
    "My name is {name}.",
    "I live in Tromsø and moved there from Bari.",
    "I work as a primary school teacher.",
    "My brother Noel is a physicist.",
    "I hate maths and avoid anything with numbers.",
    "I strongly dislike long explanations.",
    "I refuse to read about politics and law.",
    "I only trust natural remedies and avoid medication.",
    "I have a severe nut allergy.",
    "I'm a strict vegetarian.",
    "I believe that history is written by the winners.",
    "I prefer imperial units over metric ones.",
    "I dislike economics and everything about money.",
    "I avoid chemistry because of bad experiences at school.",
    "I can't stand computers and prefer pen and paper.",
    "I only like stories with a happy ending.",
    "I prefer poetry over prose.",
    "I never fly and always take the train.",
    "I love small family-run hotels.",
    "I don't enjoy crowded museums.",
    "I want to learn the cello.",
    "I hate running and prefer swimming.",
    "I don't buy anything made of leather.",
    "My favourite colour is ochre.",
    "Please keep your answers short.",
    "Please don't use emojis.",
)
"""A user whose tastes are at odds with most exercises."""

NAMES = (
    *("Ann", "Mohammed", "Wei", "Olga", "Kwame", "Lakshmi", "Hiroshi", "Fatima", "Giulia", "Moshe"),
    *("Aoife", "Santiago", "Ngozi", "Björn", "Yasmin", "Jamal", "Dimitri", "Leilani", "Tyrone"),
    "Siobhan",
)

REQUESTS = tuple(
    """
    Where should I have dinner on Saturday?
    Recommend a film for tonight.
    What should I cook for my parents?
    Suggest a hotel in Vienna.
    How should I travel to Madrid?
    What could I give my brother for his birthday?
    Plan a weekend in Prague for me.
    Which sport should I take up?
    What should I wear to a wedding in May?
    Which book should I read next?
    Recommend some music for a long drive.
    How can I get fitter this spring?
    What snacks can I take to work?
    Which laptop should I buy?
    What are good ways for me to learn Spanish?
    Where should we go on holiday?
    What can I do about my headaches?
    How should I furnish my study?
    What should I plant on my balcony?
    Which pet would suit me?
    What job could I do next?
    Which city should I move to?
    How can I save some money?
    What should I do on Friday night?
    Which museum is worth a visit in Paris?
    What dessert should I order in Istanbul?
    What shoes should I buy for the autumn?
    Can you suggest a hobby for me?
    What should I drink in the evening?
    Recommend a board game for the family.
    Which car should we get?
    How do I get from London to Lisbon?
    What should I serve at a picnic?
    Which instrument should I learn?
    What are must-try dishes in Thailand?
    How should I organise my week?
    Give me ideas for a birthday party.
    Which headphones would you recommend?
    What present would suit a colleague?
    How can I sleep better?
    What kind of bag should I get?
    Which play should I see?
    Suggest a workout without equipment.
    Where can I stay in the mountains?
    What should I read to my class?
    Which course should I take this summer?
    How can I relax after work?
    What should I eat before a long walk?
    Recommend a podcast for the train.
    What can we do with a rainy Sunday?
    """.strip().splitlines()
)


def run(data: Path, embedder: Embedder, progress: Progress) -> Report:
    """Measure on one file. Raises RefusedInput where it holds no such questions."""
    cache = QuestionCache(embedder)
    questions = questions_of(data)
    requests = [request.strip() for request in REQUESTS]
    cache.prepare([*questions, *requests])
    prototypes = Prototypes.of(embedder)
    lines = _profile(NAMES[0], cache)
    rows = list(_facts(questions, lines, cache, prototypes, progress))
    rows += _names(requests, lines, cache, prototypes, progress)
    return Report("gate", sha256_of(data_files(data)), rows)


def questions_of(data: Path) -> list[str]:
    """`FACTS` questions of the file, evenly from each kind, or all where there are fewer."""
    content = load_json(data)
    kinds = [content[kind] for kind in _KINDS if content.get(kind)] if _is_object(content) else []
    if not kinds:
        raise RefusedInput(f"{data} holds none of {', '.join(_KINDS)}.")
    chosen: list[str] = []
    for entries in kinds:
        wanted = min(FACTS // len(kinds), len(entries))
        places = np.linspace(0, len(entries) - 1, wanted).astype(int)
        chosen += [_worded(entries[place]) for place in dict.fromkeys(places.tolist())]
    return chosen


def _is_object(content: Any) -> bool:
    return isinstance(content, dict)


def _worded(entry: dict[str, Any]) -> str:
    """The question with its options, where it has some, as it is put to a model."""
    options = [str(entry[key]) for key in sorted(entry) if key.startswith("choice")]
    lettered = [f"{letter}. {option}" for letter, option in zip("ABCDEFGH", options, strict=False)]
    return "\n".join([entry["question"].strip(), *lettered])


def _facts(
    questions: Sequence[str],
    lines: Sequence[Line],
    cache: QuestionCache,
    prototypes: Prototypes,
    progress: Progress,
) -> Iterator[Row]:
    gated: list[Gated] = []
    for done, question in enumerate(questions, 1):
        gated.append(_gated(question, lines, cache, prototypes))
        progress("facts", done, len(questions))
    n = len(gated)
    no_line = sum(not each.lines for each in gated) / n
    no_manner = sum(not each.manner for each in gated) / n
    yield Row("lifelore", "no_profile_line", "facts", None, round(no_line, 4), n)
    yield Row("lifelore", "no_rule_of_manner", "facts", None, round(no_manner, 4), n)


def _names(
    requests: Sequence[str],
    lines: Sequence[Line],
    cache: QuestionCache,
    prototypes: Prototypes,
    progress: Progress,
) -> Iterator[Row]:
    first = [_gated(request, lines, cache, prototypes) for request in requests]
    got = sum(bool(each.lines) for each in first) / len(first)
    yield Row("lifelore", "some_profile_line", "requests", None, round(got, 4), len(first))
    same = 0
    for done, name in enumerate(NAMES, 1):
        own = _profile(name, cache)
        for request, expected in zip(requests, first, strict=True):
            same += _decision(_gated(request, own, cache, prototypes)) == _decision(expected)
        progress("names", done, len(NAMES))
    n = len(NAMES) * len(requests)
    yield Row("lifelore", "same_for_every_name", "requests", None, round(same / n, 4), n)


def _decision(gated: Gated) -> tuple[object, ...]:
    return (
        gated.kind,
        [(each.line.text, each.why, round(each.score, 4)) for each in gated.lines],
        [each.line.text for each in gated.manner],
        [each.line.text for each in gated.held],
    )


def _gated(text: str, lines: Sequence[Line], cache: QuestionCache, prototypes: Prototypes) -> Gated:
    vectors = cache.embed([line.text for line in lines])
    return gate(text, cache.embed([text])[0], lines, vectors, prototypes)


def _profile(name: str, cache: QuestionCache) -> list[Line]:
    """The lines that a home makes of the user's words."""
    with empty_home(cache) as store:
        drafts = [
            Draft(
                payload=Message(text=said.format(name=name)),
                session_id="profile",
                origin=Origin.USER,
                at=_SAID_AT,
            )
            for said in PROFILE
        ]
        fill(store, drafts, no_progress)
        lines = store.profile.lines(_SAID_AT)
    cache.prepare([line.text for line in lines])
    return lines
