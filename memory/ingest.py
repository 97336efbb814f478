"""Bringing a file into the log: batch by batch, so that a stop loses at most a batch unsaid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from memory.events import AnyPayload, Draft, SessionOpened
from memory.forget import texts_of
from memory.ports import Progress, no_progress
from memory.store import MemoryStore

_BATCH = 1000


@dataclass(slots=True)
class Ingested:
    """Counts of what was said, and one line for each thing that could not be taken."""

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
        report.problems.extend(
            f"{draft.at}: already known with other words; the first wording is kept"
            for draft in batch
            if (earlier := known.get(draft.import_key or "")) is not None
            and earlier.payload is not None
            and texts_of(earlier.payload) != texts_of(draft.payload)
        )
        added = sum(_is_said(event.payload) for event in store.append(batch))
        report.added += added
        report.known += sum(_is_said(draft.payload) for draft in batch) - added
    report.behind = store.catch_up(progress)
    return report


def _is_said(payload: AnyPayload | None) -> bool:
    """The opening of a session is nothing that anybody said."""
    return not isinstance(payload, SessionOpened)


def _batches(drafts: Iterable[Draft]) -> Iterator[Sequence[Draft]]:
    source = iter(drafts)
    while batch := list(islice(source, _BATCH)):
        yield batch
