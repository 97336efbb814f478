"""PersonaMem: does memory help a model to the answer that fits what its user has told it?
(Jiang et al., "Know Me, Respond to Me", 2025.)

The data is one file: `documents`, the sessions of each context, and `queries`, the user's words
with four possible replies. A query whose words stand in a session is asked at that point, when
only what was said before it is known; any other after the last session.

Three systems answer with the same model, and every option is scored in the same way
(`benchmarks/choice.py`): with no memory; with ours, what the product would put into the prompt of
that turn; and with all that was said before as the conversation, its earliest turns left out where
the model's window is too small. Reading whole contexts takes long, so that they are read for a few
contexts only; half of the sample is drawn from these, and what the systems score on that half
stands under its own category.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.build import embedder_for, notes_of
from assistant.models.base import ChatMessage
from assistant.reading import NoteLimits
from assistant.settings import Settings
from benchmarks.choice import Answered, KeptScores, ScoringModel, accuracy_rows, choose, open_model
from benchmarks.prompting import Remembering, bare
from benchmarks.report import Report, Row, sha256_of
from benchmarks.retrieval import QuestionCache, empty_home, fill, load_json
from benchmarks.sampling import Sampling, stratified
from memory.errors import RefusedInput
from memory.events import Draft, Message, Origin
from memory.importers import PersonaMem
from memory.importers.personamem import unlabelled
from memory.ports import Embedder, Progress, no_progress
from memory.store import MemoryStore
from memory.user.relevance import Prototypes

WINDOW = 32_768
"""Tokens of the window that whole contexts are read in, where the model has as many."""
_SHORT_WINDOW = 8192
_WHOLE = "contexts read whole"
_SPARE = 64
"""Tokens left free for what a template puts between messages."""
_SAME = 80
"""Characters at its beginning by which a query's words are found in a session."""
_OPTION = re.compile(r"\n\(([a-d])\) ")
_NAMED = re.compile(r"User: [^\n]*\n\n")
"""The user's name above their words, which they did not say."""


@dataclass(frozen=True, slots=True)
class Query:
    """What the user says, the possible replies, and which of them is right."""

    id: str
    context: str
    kind: str
    text: str
    options: tuple[str, ...]
    gold: int


@dataclass(frozen=True, slots=True)
class Context:
    """One life: what was said, in order, and each query with how much of that came before it."""

    name: str
    drafts: Sequence[Draft]
    queries: Sequence[tuple[int, Query]]
    """In the order of their points."""


@dataclass(slots=True)
class _Run:
    """One run: the systems' answers, and the tokens of what they were given."""

    model: ScoringModel
    scores: KeptScores
    progress: Progress
    total: int
    whole: frozenset[str]
    """The contexts that are read whole."""
    answered: list[Answered] = field(default_factory=list)
    tokens: dict[str, list[int]] = field(default_factory=dict)

    def answer(self, system: str, messages: Sequence[ChatMessage], query: Query) -> None:
        chosen = choose(self.scores, messages, query.options)
        categories = (query.kind, *([_WHOLE] if query.context in self.whole else []))
        right, by_mean = chosen.by_gain == query.gold, chosen.by_mean == query.gold
        self.answered.append(Answered(system, categories, right, by_mean))
        tokens = self.model.count_tokens(messages) - self.model.count_tokens(bare(query.text))
        self.tokens.setdefault(system, []).append(tokens)
        done = sum(each.system == system for each in self.answered)
        self.progress(system, done, self.total)


def run(data: Path, settings: Settings, sampling: Sampling, progress: Progress) -> Report:
    """Measure on the official file, plain or gzip, with the configured local model."""
    model = open_model(settings, WINDOW if sampling.contexts else _SHORT_WINDOW)
    try:
        embedder = embedder_for(settings, settings.embedder)
        return measure(data, model, embedder, notes_of(settings), sampling, progress)
    finally:
        model.close()


def measure(
    data: Path,
    model: ScoringModel,
    embedder: Embedder,
    limits: NoteLimits,
    sampling: Sampling,
    progress: Progress,
) -> Report:
    """Measure with this model."""
    contexts, whole = sample(contexts_of(data), sampling)
    total = sum(len(context.queries) for context in contexts)
    scores, cache = KeptScores(model, sampling.cache), QuestionCache(embedder)
    at_work = _Run(model, scores, progress, total, whole)
    remembering = Remembering(model, cache, Prototypes.of(cache), limits)
    for context in contexts:
        with empty_home(cache) as store:
            for query, now in _as_they_come(store, context):
                at_work.answer("no_memory", bare(query.text), query)
                at_work.answer("lifelore", remembering.prompt(store, query.text, now), query)
    # Afterwards, so that nothing else is read between the questions on one context.
    for context in contexts:
        if context.name in whole:
            turns, left_out = _whole(context, model)
            for point, query in context.queries:
                instructions, question = bare(query.text)
                said = turns[left_out:point]
                at_work.answer("full_context", [instructions, *said, question], query)
    report = Report("personamem", sha256_of([data]), accuracy_rows(at_work.answered))
    report.rows += list(_token_rows(at_work))
    report.rows += _sample_rows(sampling, contexts)
    return report


# -- the data


def contexts_of(data: Path) -> list[Context]:
    """The contexts of the file, in its order. Raises RefusedInput for another file."""
    content = load_json(data)
    if not isinstance(content, dict) or not isinstance(content.get("queries"), list):
        raise RefusedInput(f"{data} does not hold PersonaMem documents and queries.")
    said: dict[str, list[Draft]] = {}
    owners = {document["id"]: document["user_id"] for document in content["documents"]}
    for draft in PersonaMem().read(data):
        if isinstance(draft.payload, Message):
            document, _, _ = (draft.payload.external_id or "").rpartition(":")
            said.setdefault(owners[document], []).append(draft)
    queries: dict[str, list[Query]] = {}
    for entry in content["queries"]:
        query = query_of(entry)
        queries.setdefault(query.context, []).append(query)
    return [
        Context(name, drafts, _placed(queries.get(name, []), drafts))
        for name, drafts in said.items()
    ]


def query_of(entry: dict[str, Any]) -> Query:
    """A query of the file; its options stand in its text, the letter of the right one beside."""
    text, *parts = _OPTION.split(entry["query"])
    _, letter = entry["gold_answers"]
    text = unlabelled(_NAMED.sub("", text, count=1).strip())
    options = tuple(part.strip() for part in parts[1::2])
    return Query(
        entry["id"],
        entry["user_id"],
        entry["meta"]["question_type"],
        text,
        options,
        parts[::2].index(letter),
    )


def _placed(queries: Sequence[Query], drafts: Sequence[Draft]) -> list[tuple[int, Query]]:
    """Each query with how many messages came before it: those before its own, or all."""
    places: dict[str, int] = {}
    for place, draft in enumerate(drafts):
        if draft.origin is Origin.USER:
            places.setdefault(_beginning(_words(draft)), place)
    placed = [(places.get(_beginning(query.text), len(drafts)), query) for query in queries]
    return sorted(placed, key=lambda pair: pair[0])


def _beginning(text: str) -> str:
    return " ".join(text.split())[:_SAME]


def sample(contexts: Sequence[Context], sampling: Sampling) -> tuple[list[Context], frozenset[str]]:
    """The contexts with the sampled queries, and the names of those that are read whole."""
    rng = random.Random(sampling.seed)
    names = [context.name for context in contexts]
    whole = frozenset(rng.sample(names, min(sampling.contexts, len(names))))
    queries = [query for context in contexts for _, query in context.queries]
    inside = [query for query in queries if query.context in whole]
    outside = [query for query in queries if query.context not in whole]
    half = max(sampling.questions // 2, sampling.questions - len(outside)) if whole else 0
    of_whole = stratified(inside, half, lambda q: q.kind, rng)
    others = stratified(outside, sampling.questions - len(of_whole), lambda q: q.kind, rng)
    chosen = {query.id for query in (*of_whole, *others)}
    kept = [
        Context(
            context.name,
            context.drafts,
            [(point, query) for point, query in context.queries if query.id in chosen],
        )
        for context in contexts
    ]
    return [context for context in kept if context.queries], whole


# -- what each system is given


def _as_they_come(store: MemoryStore, context: Context) -> Iterator[tuple[Query, datetime]]:
    """The queries in order, each when all that was said before it is in the home, and its time."""
    done = 0
    for point, query in context.queries:
        fill(store, context.drafts[done:point], no_progress)
        done = point
        yield query, _time_of(context.drafts, point)


def _time_of(drafts: Sequence[Draft], point: int) -> datetime:
    """Of the message at this place; after the last one, the day after."""
    if point < len(drafts):
        at = drafts[point].at
    else:
        last = drafts[-1].at
        at = None if last is None else last + timedelta(days=1)
    assert at is not None, "imported messages are dated"
    return at


def _whole(context: Context, model: ScoringModel) -> tuple[list[ChatMessage], int]:
    """All that was said, a message for each draft, and how many must be left out to fit.

    What does not fit before the last query is left out for all, so that they share their prefix.
    """
    turns = [
        ChatMessage("user" if draft.origin is Origin.USER else "assistant", _words(draft))
        for draft in context.drafts
    ]
    last, _ = context.queries[-1]
    asked = max(
        model.count_tokens([*bare(query.text), ChatMessage("assistant", option)])
        for _, query in context.queries
        for option in query.options
    )
    left_out = 0
    while left_out < last and model.count_tokens(turns[left_out:last]) + asked > _room(model):
        left_out += 1
    return turns, left_out


def _room(model: ScoringModel) -> int:
    return model.context_tokens - _SPARE


def _words(draft: Draft) -> str:
    return draft.payload.text if isinstance(draft.payload, Message) else ""


# -- the report


def _token_rows(at_work: _Run) -> Iterator[Row]:
    """The mean tokens of what a system was given beside the question."""
    for system, metric in (("lifelore", "memory_tokens"), ("full_context", "context_tokens")):
        if counts := at_work.tokens.get(system):
            mean = round(sum(counts) / len(counts), 1)
            yield Row(system, metric, "all", None, mean, len(counts))
            yield Row(system, f"{metric}_max", "all", None, max(counts), len(counts))


def _sample_rows(sampling: Sampling, contexts: Sequence[Context]) -> list[Row]:
    questions = sum(len(context.queries) for context in contexts)
    return [
        Row("sample", "seed", "all", None, sampling.seed, questions),
        Row("sample", "contexts", "all", None, len(contexts), questions),
    ]
