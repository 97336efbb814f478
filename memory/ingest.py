"""Bringing a file into the log: batch by batch, so that a stop loses at most a batch unsaid."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from memory.events import Draft, Event
from memory.forget import texts_of
from memory.ports import Progress, no_progress
from memory.store import MemoryStore

_BATCH = 1000


@dataclass(slots=True)
class Ingested:
    """Counts of an import, and one line for each thing that could not be taken."""

    added: int = 0
    known: int = 0
    problems: list[str] = field(default_factory=list)
    behind: str | None = None
    """Why the vectors could not follow, if they could not."""


def ingest(
    store: MemoryStore,
    drafts: Iterable[Draft],
    problems: list[str],
    progress: Progress = no_progress,
) -> Ingested:
    """Append what the log does not hold yet, then bring the views level.

    Each batch is one durable transaction; running it again after a stop goes on where it was.
    """
    report = Ingested(problems=problems)
    for batch in _batches(drafts):
        known = store.log.imported([d.import_key for d in batch if d.import_key])
        taken = []
        for draft in batch:
            if _other_words(known.get(draft.import_key or ""), draft):
                if draft.revisable:
                    draft = _revision(store, draft)
                else:
                    problem = "already known with other words; the first wording is kept"
                    report.problems.append(f"{draft.at}: {problem}")
            taken.append(draft)
        added = len(store.append(taken))
        report.added += added
        report.known += len(batch) - added
    report.behind = store.catch_up(progress)
    return report


def _other_words(earlier: Event | None, draft: Draft) -> bool:
    """Whether the log holds this line with other words. What was erased has none, and stays so."""
    return (
        earlier is not None
        and earlier.payload is not None
        and texts_of(earlier.payload) != texts_of(draft.payload)
    )


def _revision(store: MemoryStore, draft: Draft) -> Draft:
    """The draft under the key of the wording it is: known already, erased, or the next one.

    The keys of later wordings are made from the first one's, not from any words.
    """
    key = draft.import_key or ""
    while _other_words(store.log.imported([key]).get(key), draft):
        key = hashlib.sha256(f"{key} revised".encode()).hexdigest()
    return draft.model_copy(update={"import_key": key})


def _batches(drafts: Iterable[Draft]) -> Iterator[Sequence[Draft]]:
    source = iter(drafts)
    while batch := list(islice(source, _BATCH)):
        yield batch
