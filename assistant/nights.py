"""What the nights did and which adapters came of them, as every front end shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from assistant.adapters import adapters_of
from assistant.settings import Settings
from memory.errors import NotFound

if TYPE_CHECKING:
    from finetune.journal import Entry
    from finetune.manifest import Manifest

Figures = Mapping[str, Mapping[str, float | None]]
"""Scores by name, of `base`, `current` and `candidate`: the model alone, with the adapter that was
in use, and with the new one."""

_SERVER = "A server answers for this home; adapters serve local models only."
_SET = "The adapter that is set in the settings serves, whatever is promoted here."


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened in a night."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Night:
    """One night; what was stopped and went on is one."""

    id: str
    at: datetime
    """When it began."""
    steps: tuple[Step, ...]
    outcome: str
    """How it ended, in a word or two."""
    scores: Figures


@dataclass(frozen=True, slots=True)
class Adapter:
    """One adapter with why it serves or not."""

    number: int
    night: str
    """Id of the night that made it."""
    at: datetime
    base: str
    """Name of the model that it was trained for."""
    texts: int
    """Texts of the user's that it was trained on."""
    memories: int
    """Memories that these were taken from."""
    promoted: bool
    """What the gate decided."""
    verdict: str
    in_use: bool
    usable: bool
    """Whether it still has weights."""
    scores: Figures

    @property
    def gain(self) -> float | None:
        """Nats a token by which the user's held-out words are likelier than with no adapter."""
        alone, new = (self.scores.get(one, {}).get("nll") for one in ("base", "candidate"))
        return None if alone is None or new is None else alone - new

    @property
    def state(self) -> str:
        """What has become of it, in a word or two."""
        if self.in_use:
            return "in use"
        if not self.usable:
            return "deleted"
        return "kept" if self.promoted else "not promoted"


@dataclass(frozen=True, slots=True)
class Page:
    """The nights, newest first, and the adapters, oldest first."""

    nights: tuple[Night, ...]
    adapters: tuple[Adapter, ...]
    notes: tuple[str, ...]
    """What is to be known beside: why no adapter serves, what the next night does."""


class Nights:
    """The nights of one home. Reads files on each call; another process may have a night."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self) -> Page:
        from finetune import journal
        from finetune.workplace import FOLDER

        every = adapters_of(self._settings)
        serving = every.serving
        number = serving.number if serving else None
        made = tuple(
            _adapter(one, in_use=one.number == number, usable=every.weights(one.number).is_file())
            for one in every.all()
        )
        entries = journal.read(self._settings.home / FOLDER)
        notes = [*self._not_served()]
        if every.retraining:
            notes.append(
                "Something an adapter had learnt was forgotten; the next night trains without it."
            )
        return Page(tuple(reversed([*_nights(entries, made)])), made, tuple(notes))

    def promote(self, number: int) -> str:
        """Let an adapter serve from the next turn on, whatever the verdict; a sentence on it.

        Raises NotFound for one that is not there or has lost its weights.
        """
        from finetune.errors import AdapterMissing

        try:
            adapters_of(self._settings).promote(number)
        except AdapterMissing as fault:
            raise NotFound(str(fault)) from fault
        return f"Adapter {number} serves from the next answer on."

    def rollback(self) -> str:
        """Return to what served before; a sentence on it. Raises NotFound where none serves."""
        from finetune.errors import AdapterMissing

        try:
            before = adapters_of(self._settings).rollback()
        except AdapterMissing as fault:
            raise NotFound(str(fault)) from fault
        return (
            f"Adapter {before.number} serves again." if before else "The model serves alone again."
        )

    def _not_served(self) -> Iterator[str]:
        if self._settings.server_url is not None:
            yield _SERVER
        elif self._settings.adapter is not None:
            yield _SET


def verdict(manifest: Manifest) -> str:
    """Why an adapter serves or not."""
    if manifest.detached:
        return "Deleted: something that it was trained on was forgotten."
    return manifest.decision.text


def by_night(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The entries of a journal in the order of the nights, those of one together."""
    first: dict[str, int] = {}
    for entry in entries:
        first.setdefault(entry.night, len(first))
    ordered = sorted(entries, key=lambda entry: first[entry.night])
    return [list(members) for _, members in groupby(ordered, lambda entry: entry.night)]


def _adapter(manifest: Manifest, *, in_use: bool, usable: bool) -> Adapter:
    from finetune.evaluate import figures

    return Adapter(
        number=manifest.number,
        night=manifest.night,
        at=manifest.made_at,
        base=manifest.base_name,
        texts=manifest.measured.trained_on,
        memories=len(manifest.sources),
        promoted=manifest.decision.promote,
        verdict=verdict(manifest),
        in_use=in_use,
        usable=usable,
        scores=figures(manifest.measured),
    )


def _nights(entries: Sequence[Entry], made: Sequence[Adapter]) -> Iterator[Night]:
    of_night = {adapter.night: adapter for adapter in made}
    for members in by_night(entries):
        data: dict[str, Any] = {}
        for entry in members:
            data |= entry.data
        first, last = members[0], members[-1]
        yield Night(
            id=first.night,
            at=first.at,
            steps=tuple(Step(entry.at, entry.text) for entry in members),
            outcome=_outcome(last, of_night.get(last.night)),
            scores=data.get("scores") or {},
        )


def _outcome(last: Entry, adapter: Adapter | None) -> str:
    if last.step in ("stopped", "failed"):
        return "made room" if last.step == "stopped" else "broke off"
    if not last.data.get("ended"):
        return "consolidated" if last.step == "consolidate" else "under way"
    if last.step != "evaluate":
        return "nothing to learn"
    if adapter is None:
        return "adapter deleted"
    return f"adapter {adapter.number} {'promoted' if adapter.promoted else 'not promoted'}"
