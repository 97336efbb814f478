"""The worker that fills the derived layers, one small piece at a time.

What is to be done stands in the views themselves, so that a stop at any moment loses the piece
under way and nothing else. Each piece is made outside of any lock and stored in one transaction,
and only if what it was made of is still as it was read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from memory.derive import facts as reading
from memory.derive import profile as refining
from memory.derive import summaries as summing
from memory.derive.ground import readable, speaker_of
from memory.errors import EmbedderUnavailable
from memory.events import Event, Message, Origin
from memory.log import Log
from memory.ports import Clock, Embedder, Extractor
from memory.projection import Views
from memory.user.lines import Line
from memory.user.patches import may_patch
from memory.views import facts, patches, profile, summaries
from memory.views.facts import Facts
from memory.views.patches import Patches
from memory.views.profile import Profiles
from memory.views.summaries import Method, Node, Summaries

_BATCH = 64
"""Rows of one piece of the work that needs no language model."""

_TIDY_EVERY = 8
"""Turns read until their facts get vectors, and rows of such a pause: a user may be waiting."""


@dataclass(frozen=True, slots=True)
class Left:
    """How far deriving is: turns read for facts and places of the tree summed up by a model."""

    turns: int
    turns_in_all: int
    summaries: int
    summaries_in_all: int


class Deriver:
    """Derives facts and summaries of one home. Safe to share between threads."""

    def __init__(
        self,
        log: Log,
        views: Views,
        facts: Facts,
        summaries: Summaries,
        profiles: Profiles,
        patches: Patches,
        embedder: Callable[[], Embedder],
        clock: Clock,
    ) -> None:
        self._log = log
        self._views = views
        self._facts = facts
        self._summaries = summaries
        self._profiles = profiles
        self._patches = patches
        self._embedder = embedder
        self._clock = clock
        self._steps = 0
        self._of_two: tuple[tuple[str, int], bool] | None = None

    def left(self) -> Left:
        """How far it is, as of the last catch-up."""
        return Left(*self._facts.progress(), *self._summaries.progress())

    # -- without a language model

    def tidy(self, most: int = _BATCH) -> bool:
        """Extracts for places without a summary, and missing vectors, `most` of them.

        Returns whether there was anything to do. Without the embedding model the vectors wait.
        """
        stale = self._summaries.stale(most)
        for node in stale:
            self._fill(node)
        return bool(stale) or self._embed(most)

    def _fill(self, node: Node) -> None:
        parts = self._summaries.parts(node)
        lines = self._lines(node, parts)
        if not lines:
            with self._views.writing() as db:
                summaries.remove_summary(db, node)
            return
        digest = _digest(lines)
        with self._views.writing() as db:
            if node.kind != "stretch" and len(parts) == 1:
                method, model, done = self._summaries.method_of(parts[0][0])
                summaries.store_summary(
                    db, node, parts[0][1], method, digest, done=done,
                    deriver=summing.DERIVER, model=model,
                )  # fmt: skip
            elif node.method == "model" and not summing.is_short(lines):
                # The model's text of what was there before tells more than an extract of it all.
                summaries.keep_summary(db, node, digest)
            else:
                summaries.store_summary(
                    db, node, summing.extract(lines), "extract", digest,
                    done=summing.is_short(lines), deriver=summing.DERIVER, model=None,
                )  # fmt: skip

    def _embed(self, most: int) -> bool:
        embedder = self._embedder()
        for table in (profile.TABLE, patches.TABLE, facts.TABLE, summaries.TABLE):
            with self._views.reading() as db:
                rows = table.without_vector(db, embedder.identity, most)
            if not rows:
                continue
            try:
                vectors = embedder.embed([text for _, text in rows])
            except EmbedderUnavailable:
                return False
            with self._views.writing() as db:
                table.set_vectors(db, embedder.identity, rows, vectors)
            return True
        return False

    # -- with one

    def step(self, extractor: Extractor, *, settle: bool = False) -> bool:
        """One piece: a turn read for facts or a place summed up, the newest first; then a group
        of lines of the profile.

        False when nothing is left. What may still change, such as a conversation under way, is
        left alone unless `settle`. Raises ExtractorUnavailable and Interrupted; nothing is lost.
        """
        self._steps += 1
        turn = self._facts.newest_due()
        if (turn is None or self._steps % _TIDY_EVERY == 0) and self.tidy(_TIDY_EVERY):
            return True
        if turn is not None:
            self._read(turn, extractor)
            return True
        node = self._summaries.due(None if settle else self._clock.now())
        if node is None:
            return self._refine(extractor)
        self._sum_up(node, extractor)
        return True

    def _read(self, seq: int, extractor: Extractor) -> None:
        [event] = self._log.at([seq])
        found = reading.extract(event, extractor, self._is_of_two)
        with self._views.writing() as db:
            if facts.is_due(db, seq):
                facts.store_facts(db, seq, found, reading.DERIVER, extractor.identity)

    def _is_of_two(self, event: Event) -> bool:
        """Whether the event is from a conversation between the user and one other person."""
        asked = (event.session_id, self._log.head())
        if self._of_two is None or self._of_two[0] != asked:
            speakers = {
                (each.origin, each.payload.speaker)
                for each in self._log.session(event.session_id)
                if isinstance(each.payload, Message)
            }
            origins = [origin for origin, _ in speakers]
            two = sorted(origins) == sorted((Origin.USER, Origin.THIRD_PARTY))
            self._of_two = (asked, two)
        return self._of_two[1]

    def _refine(self, extractor: Extractor) -> bool:
        """Patches for a group of lines of the profile; False when none is due today."""
        now = self._clock.now()
        if self._patches.groups_on(now.date()) >= refining.GROUPS_A_DAY:
            return False
        group = self._due_group()
        if group is None:
            return False
        found = refining.refine(group, extractor)
        with self._views.writing() as db:
            patches.count_group(db, now.date())
            read = {line.id: self._sources(line) for line in group}
            if not all(read.values()):
                return True  # a turn was forgotten meanwhile
            for line in group:
                patches.mark_read(db, line, read[line.id])
            for made in found.kept:
                sources = sorted({seq for line in made.lines for seq in read[line.id]})
                patches.store_patch(
                    db, made, sources, now, refining.DERIVER, extractor.identity
                )  # fmt: skip
        for line in self._profiles.lines(now):
            # What was just made of them is not read again by itself.
            if any(line.text == made.text for made in found.kept):
                with self._views.writing() as db:
                    patches.mark_read(db, line, self._sources(line))
        return True

    def _due_group(self) -> tuple[Line, ...] | None:
        """The group with the newest line among those with a line that no model was given."""
        profile = self._profiles.read(self._clock.now())
        lines = [
            line for line in profile.lines if may_patch(line) and line.id not in profile.otherwise
        ]
        new = {line.id for line in lines if not self._patches.is_read(line)}
        if not new:
            return None
        try:
            vectors = self._profiles.vectors(lines, self._embedder())
        except EmbedderUnavailable:
            vectors = None
        found = refining.groups(lines, vectors)
        due = [group for group in found if any(line.id in new for line in group)]
        return max(due, key=lambda group: max(line.last_at for line in group), default=None)

    def _sources(self, line: Line) -> list[int]:
        """Log positions of the turns under a line; none where one of them is erased."""
        events = self._log.get(line.sources)
        gone = len(events) < len(line.sources) or any(e.payload is None for e in events)
        return [] if gone else [event.seq for event in events]

    def _sum_up(self, node: Node, extractor: Extractor) -> None:
        lines = self._lines(node, self._summaries.parts(node))
        digest = _digest(lines)
        known = self._summaries.model_text(digest)
        deriver, model = summing.DERIVER, extractor.identity
        if known is not None:
            text, deriver, model = known
        else:
            text = self._made(self._told(node) or lines, extractor) or ""
        method: Method = "model" if text else "extract"
        with self._views.writing() as db:
            # Where nothing stood the check the extract stays; it is not tried for ever.
            summaries.store_summary(
                db, node, text or summing.extract(lines), method, digest, done=True,
                deriver=deriver, model=model if text else None,
            )  # fmt: skip

    def _told(self, node: Node) -> list[str]:
        """What was read out of a stretch, a fact a line: checked, dated and with names.

        Even a small model sums up facts; from a conversation it takes whose deed was whose wrong.
        """
        if node.kind != "stretch":
            return []
        found = self._facts.of_turns([seq for seq, _ in self._summaries.parts(node)])
        return [fact.statement for fact in sorted(found, key=lambda fact: fact.sources)]

    def _made(self, lines: Sequence[str], extractor: Extractor) -> str | None:
        told = not any(summing.is_spoken(line) for line in lines)
        if told and summing.is_short(lines):
            return " ".join(lines)
        made = self._folded(lines, extractor)
        return summing.extract(lines) if made is None and told else made

    def _folded(self, lines: Sequence[str], extractor: Extractor) -> str | None:
        """A summary of many lines: of summaries of as many as fit a prompt."""
        groups = _groups(lines, summing.PROMPT_CHARACTERS)
        made = [summing.summarise(group, extractor) for group in groups]
        kept = [text for text in made if text is not None]
        if len(groups) == 1 or len(kept) < 2:
            return kept[0] if kept else None
        return self._folded(kept, extractor)

    def _lines(self, node: Node, parts: Sequence[tuple[int, str]]) -> list[str]:
        if node.kind != "stretch":
            return [line for _, text in parts for line in text.splitlines()]
        return [
            f"{speaker_of(event)}: {readable(event.text, event.at)}"
            for event in self._log.at([seq for seq, _ in parts])
            if event.text is not None
        ]


def _groups(lines: Sequence[str], most: int) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    for line in lines:
        if groups[-1] and sum(map(len, groups[-1])) + len(line) > most:
            groups.append([])
        groups[-1].append(line)
    return groups


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("\x1e".join(lines).encode("utf-8", "replace")).hexdigest()[:32]
