"""PrefEval: whether a question brings back the preference that bears on it (Zhao et al., 2025).

The official data is the folder `benchmark_dataset/explicit_preference` of the project
amazon-science/PrefEval, a file a topic; one file `{topic: {explicit: […]}}` is read as well.

As many users are simulated as the largest topic has preferences. Each holds one preference of
every topic, said once in passing among 300 turns of other talk, and asks the questions that were
written for them. Measured without a language model, over the same home in one run:

- `lifelore`: the lines of the profile that the gate lets into the prompt, in its order. A line
  counts as the preference that it was taken from; one said in two sentences may be two lines.
- `recall` and `dense`: the product's recall, and plain search by meaning, over the turns.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.gate import gate
from benchmarks.report import Report, Row, sha256_of
from benchmarks.retrieval import (
    Question,
    QuestionCache,
    empty_home,
    fill,
    load_json,
    systems,
)
from benchmarks.small_talk import everything, small_talk
from memory.errors import RefusedInput
from memory.events import Draft, Message, Origin
from memory.importers.base import data_files, stem
from memory.importers.prefeval import preference_id
from memory.ports import Embedder, Progress
from memory.user.relevance import Prototypes

TALK = 300
"""Turns of other talk."""
KS = {"lifelore": (1, 3), "recall": (1, 3, 5, 10), "dense": (1, 3, 5, 10)}
_DEPTH = 20
"""Turns asked of the searches: enough for every k."""
_START = datetime(2025, 1, 6, 8, tzinfo=UTC)
_MARKS = ' \t\n"“”'
"""Some of the data stands in quotation marks, as a whole."""


@dataclass(frozen=True, slots=True)
class Preference:
    """A preference and the question whose answer hinges on it."""

    id: str
    topic: str
    text: str
    question: str


@dataclass(frozen=True, slots=True)
class Found:
    """The rank of the right preference in what a system gave, counted from 0; None if nowhere."""

    system: str
    topic: str
    rank: int | None


def run(data: Path, embedder: Embedder, progress: Progress) -> Report:
    """Measure on one file, plain or gzip, or a folder of topics."""
    topics = topics_of(data)
    cache = QuestionCache(embedder)
    progress("embedding", 0, 1)
    known = [p for each in topics.values() for p in each]
    cache.prepare([*everything(), *(p.text for p in known), *(p.question for p in known)])
    prototypes = Prototypes.of(embedder)
    users = max(len(each) for each in topics.values())
    found: list[Found] = []
    for user in range(users):
        held = [each[user % len(each)] for each in topics.values()]
        found += _of_user(user, held, cache, prototypes)
        progress("users", user + 1, users)
    return Report("prefeval", sha256_of(data_files(data)), list(_rows(found)))


def topics_of(data: Path) -> dict[str, list[Preference]]:
    """The preferences by topic. Raises RefusedInput for data of another form."""
    topics: dict[str, list[Preference]] = {}
    for file in data_files(data):
        content = load_json(file)
        parts = {stem(file): {"explicit": content}} if isinstance(content, list) else content
        try:
            for topic, kinds in parts.items():
                topics[topic] = [
                    _preference(topic, number, entry)
                    for number, entry in enumerate(kinds["explicit"], start=1)
                ]
        except (KeyError, TypeError, AttributeError) as error:
            raise RefusedInput(f"{file} does not hold PrefEval preferences.") from error
    topics = {topic: each for topic, each in topics.items() if each}
    if not topics:
        raise RefusedInput(f"{data} does not hold PrefEval preferences.")
    return topics


def _preference(topic: str, number: int, entry: dict[str, Any]) -> Preference:
    text, question = entry["preference"].strip(_MARKS), entry["question"].strip(_MARKS)
    return Preference(preference_id(topic, number), topic, text, question)


def drafts_of(user: int, held: Sequence[Preference]) -> Iterator[Draft]:
    """A user's talk with the preferences in it, each in place of nothing: 300 turns and theirs."""
    chance = random.Random(user)
    places = sorted(chance.sample(range(0, TALK, 2), len(held)))
    said = dict(zip(places, chance.sample(list(held), len(held)), strict=True))
    at = _START + timedelta(days=user)
    for turn, (own, text) in enumerate(small_talk(user, TALK)):
        session = f"user-{user}-{turn // 20}"
        at += timedelta(minutes=7)
        if preference := said.get(turn):
            payload = Message(text=preference.text, external_id=preference.id)
            yield Draft(payload=payload, session_id=session, origin=Origin.USER, at=at)
            at += timedelta(minutes=1)
        origin = Origin.USER if own else Origin.ASSISTANT
        payload = Message(text=text, external_id=f"talk:{turn}")
        yield Draft(payload=payload, session_id=session, origin=origin, at=at)


def _of_user(
    user: int, held: Sequence[Preference], cache: QuestionCache, prototypes: Prototypes
) -> Iterator[Found]:
    searches = systems()
    with empty_home(cache) as store:
        drafts = list(drafts_of(user, held))
        fill(store, drafts, lambda *_: None)
        now = drafts[-1].at or _START
        lines = store.profile.lines(now)
        vectors = store.profile.vectors(lines, cache)
        names = {event.id: _name(event.payload) for event in store.log.read_after(0)}
        for each in held:
            vector = cache.embed([each.question])[0]
            chosen = gate(each.question, vector, lines, vectors, prototypes).lines
            by_line = [{names[source] for source in choice.line.sources} for choice in chosen]
            yield Found("lifelore", each.topic, _rank(each.id, by_line))
            question = Question(each.question, each.topic, turns=frozenset({each.id}))
            for name, system in (("recall", "lifelore"), ("dense", "dense")):
                ranking = searches[system](store, cache, question, _DEPTH)
                turns = [{_name(event.payload)} for event in store.log.at(ranking.seqs)]
                yield Found(name, each.topic, _rank(each.id, turns))


def _name(payload: object) -> str:
    return getattr(payload, "external_id", None) or ""


def _rank(wanted: str, given: Sequence[set[str]]) -> int | None:
    """Two lines of one and the same preference take one place."""
    places = list(dict.fromkeys(frozenset(each) for each in given))
    return next((place for place, names in enumerate(places) if wanted in names), None)


def _rows(found: Sequence[Found]) -> Iterator[Row]:
    for system, ks in KS.items():
        of_system = [each for each in found if each.system == system]
        for topic in ["all", *sorted({each.topic for each in of_system})]:
            ranks = [each.rank for each in of_system if topic in ("all", each.topic)]
            for k in ks:
                hits = sum(rank is not None and rank < k for rank in ranks)
                value = round(hits / len(ranks), 4)
                yield Row(system, "preference_recall", topic, k, value, len(ranks))
