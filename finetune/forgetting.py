"""Forgetting reaches what was trained: adapters, playback set, checkpoints and caches.

`forget` is called by whoever erases events from the log, with their ids. A program that died
between the two is caught up with by `reconcile`, before anything serves or trains.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from finetune import dataset as datasets
from finetune.adapters import Adapters
from finetune.errors import DatasetDamaged, NoRoom
from finetune.workplace import Workplace
from memory.log import Log

WAIT_SECONDS = 30.0
"""For a night under way to stop, which takes it seconds."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What went: numbers of the adapters detached, examples taken out of the playback set."""

    adapters: tuple[int, ...] = ()
    examples: int = 0


def forget(home: Path, event_ids: Collection[str]) -> Forgotten:
    """Take away everything that was trained on these events or holds their words, at once.

    Adapters go first, so that no turn is answered with one. A night under way in another process
    is stopped, and begins anew without them. Raises NoRoom.
    """
    adapters, workplace = Adapters(home), Workplace(home)
    detached = set(adapters.detach(event_ids))
    if workplace.ask_to_stop():
        workplace.wait_until_stopped(WAIT_SECONDS)
        # It may have finished an adapter in the meantime.
        detached.update(adapters.detach(event_ids))
    path = home / datasets.DATASET_FILE
    try:
        examples = datasets.forget(path, event_ids)
    except NoRoom:
        path.unlink(missing_ok=True)  # without room for a shorter one; it is derived again
        examples = 1
    if examples or workplace.may_hold(event_ids):
        # Token weights and checkpoints cannot tell whose they are.
        workplace.drop()
    return Forgotten(tuple(sorted(detached)), examples)


def reconcile(home: Path, log: Log) -> Forgotten:
    """Forget what the log has erased and adapters or playback set still rest on."""
    named = {source for m in Adapters(home).all() if not m.detached for source in m.sources}
    if (state := Workplace(home).state) is not None:
        named.update(state.sources)
    present = {event.id for event in log.get(sorted(named)) if event.payload is not None}
    gone = named - present
    path = home / datasets.DATASET_FILE
    if path.exists():
        try:
            gone |= datasets.erased_since(log, datasets.load(path))
        except DatasetDamaged:
            path.unlink()
    return forget(home, gone) if gone else Forgotten()
