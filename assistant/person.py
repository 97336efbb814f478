"""The user model as conversations use it: what enters a prompt, what to ask, what to offer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Literal

from assistant.elicit.policy import Elicitor
from assistant.gate import Gated, Kind, gate
from assistant.nudge.nudger import Nudger
from assistant.questions import Questions
from memory.errors import EmbedderUnavailable
from memory.events import Draft, Origin
from memory.ports import Clock
from memory.query import state_of
from memory.recall import Memory
from memory.store import MemoryStore
from memory.user.lines import Line
from memory.user.page import editable, edits, page
from memory.user.profile import protects, usable
from memory.user.relevance import Prototypes
from memory.when import spoken_date

_LATER = timedelta(hours=4)
"""For how long an offer is put off that is wanted later."""


@dataclass(frozen=True, slots=True)
class Known:
    """The lines of the profile that a prompt is given."""

    kind: Kind
    lines: tuple[Line, ...]
    """Best first; what was so before stands behind what took its place."""
    manner: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """Something offered unasked, as a front end shows it."""

    id: str
    topic: str
    text: str
    why: str


class Person:
    """What is known of the user of one home, and how it is asked for. Loads no language model."""

    def __init__(
        self, store: MemoryStore, clock: Clock, elicitor: Elicitor, nudger: Nudger, cache: Path
    ) -> None:
        """`cache` is a folder for what every home shares: the vectors of examples."""
        self.questions = Questions(store, clock, elicitor)
        self._store = store
        self._clock = clock
        self._nudger = nudger
        self._cache = cache
        self._lock = Lock()
        self._examples: tuple[str, Prototypes] | None = None

    # -- the prompt

    def warm_up(self) -> None:
        """Load what the first gated turn would wait for."""
        with suppress(EmbedderUnavailable):
            self._prototypes()

    def known(self, text: str) -> Known | None:
        """What of the user a prompt for these words is given; None where nothing is.

        Raises EmbedderUnavailable: without it, what is relevant cannot be told.
        """
        if not self._store.profile.lines(self._clock.now()):
            return None
        chosen = self.gated(text)
        about = [each.line for each in chosen.lines]
        if chosen.kind is Kind.ABOUT_USER and state_of(text) != "now":
            about += self._before(about)
        return Known(chosen.kind, tuple(about), tuple(each.line for each in chosen.manner))

    def gated(self, text: str) -> Gated:
        """The gate's whole decision with its reasons. Raises EmbedderUnavailable."""
        lines = self._store.profile.lines(self._clock.now())
        embedder = self._store.vector_search().embedder
        vectors = self._store.profile.vectors(lines, embedder)
        return gate(text, embedder.embed([text])[0], lines, vectors, self._prototypes())

    def lines(self, ids: Sequence[str]) -> list[Line]:
        """These lines, in order; those that are gone are left out."""
        now = self._clock.now()
        found = [self._store.profile.line(each, now) for each in ids]
        return [line for line in found if line is not None]

    def _before(self, lines: Sequence[Line]) -> list[Line]:
        """What stood in the place of these lines before."""
        ids = {line.id for line in lines}
        every = self._store.profile.lines(self._clock.now(), all=True)
        return [line for line in every if line.replaced_by in ids and usable(line)]

    def _prototypes(self) -> Prototypes:
        embedder = self._store.vector_search().embedder
        with self._lock:
            if self._examples is None or self._examples[0] != embedder.identity:
                self._examples = (embedder.identity, Prototypes.of(embedder, self._cache))
            return self._examples[1]

    # -- the page

    def page(self) -> str:
        """The profile as a Markdown page to read and edit; its last line tells how it stood."""
        self._store.catch_up_instant()
        return editable(page(self._store.profile.read(self._clock.now())))

    def save_page(self, text: str) -> str:
        """Take over what was changed on the page; a sentence on it. Raises RefusedInput."""
        self._store.catch_up_instant()
        changes = edits(text, self._store.profile.read(self._clock.now()))
        drafts = [Draft(payload=each, session_id="", origin=Origin.USER) for each in changes]
        self._store.append(drafts)
        self._store.catch_up_instant()
        if not changes:
            return "Nothing was changed."
        return f"{len(changes)} {'change' if len(changes) == 1 else 'changes'} saved."

    def line_sources(self, line_id: str) -> list[Memory]:
        """The words that a line was taken from, oldest first; none for an unknown line."""
        self._store.catch_up_instant()
        lines = self._store.profile.lines(self._clock.now(), all=True)
        return self._store.memories(
            [id_ for line in lines if line.id == line_id for id_ in line.sources]
        )

    # -- offers

    def offers(self) -> list[Offer]:
        """What is to be offered now; each is in the log once it is in this list."""
        made = []
        for due in self._nudger.due():
            if (event := self._nudger.offer(due)) is not None:
                made.append(Offer(event.id, due.topic, due.text, due.why))
        return made

    def answer_offer(
        self,
        offer_id: str,
        outcome: Literal["accepted", "dismissed", "snoozed"],
        rating: int | None = None,
        until: datetime | None = None,
    ) -> None:
        """Note what became of an offer; one put off comes again after some hours, or `until`."""
        if outcome == "snoozed" and until is None:
            until = self._clock.now() + _LATER
        self._nudger.answer(offer_id, outcome, rating, until)


def settled(
    store: MemoryStore, lines: Sequence[Line], found: Sequence[Memory], now: datetime
) -> tuple[list[Line], list[Memory]]:
    """The lines that stand, and the memories with the sources of the other lines before them.

    Words that may have overtaken a line, and of which the profile makes nothing, make it a matter
    of dated notes. Tastes, what guards from harm and what the user confirmed always stand.
    """
    open_ = [
        line
        for line in lines
        if not (line.polarity or line.until or line.confirmed or protects(line)) and line.sources
    ]
    overtaken = store.overtaken(store.memories([line.sources[-1] for line in open_]), now)
    doubtful = {
        line.id: line.sources[-1]
        for line in open_
        if (change := overtaken.get(line.sources[-1])) is not None
        and not (change.newer and change.newer.id in line.sources)
    }
    best = max((memory.score for memory in found), default=0.0)
    first = store.memories(list(dict.fromkeys(doubtful.values())))
    known = {memory.id for memory in first}
    return (
        [line for line in lines if line.id not in doubtful],
        [
            *(replace(memory, score=best) for memory in first),
            *(memory for memory in found if memory.id not in known),
        ],
    )


def told(line: Line) -> str:
    """A line as the model reads it: the user's words, and when they ceased to hold."""
    if line.until is None:
        return line.text
    return f"Before {spoken_date(line.until)}, no longer so: {line.text}"
