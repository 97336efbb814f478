"""From a question to the turns that may hold what it asks for, each described by its evidence.

Search by meaning and search by words propose candidates, and the best bring their neighbours; what
may not be recalled is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from memory.events import Message, Origin
from memory.evidence import REACH, Candidates, Evidence, gather
from memory.log import Log, to_ms
from memory.marks import Marks
from memory.ports import Clock, Vectors
from memory.query import Query, understand
from memory.ranking import RecallSettings
from memory.views.facts import Facts
from memory.views.fulltext import Fulltext, Traits
from memory.views.sessions import Place, Sessions
from memory.views.summaries import Summaries
from memory.views.vectors import VectorSearch


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, with its vector where there is one, and what may not answer it."""

    query: Query
    vector: Vectors | None
    excluded: frozenset[int]
    until: datetime | None


class CandidateSearch:
    """Searches the views of one home."""

    def __init__(
        self,
        log: Log,
        sessions: Sessions,
        fulltext: Fulltext,
        clock: Clock,
        facts: Facts | None,
        summaries: Summaries | None,
    ) -> None:
        self._log = log
        self._sessions = sessions
        self._fulltext = fulltext
        self._clock = clock
        self._facts = facts
        self._summaries = summaries

    def understood(self, text: str, until: datetime | None, settings: RecallSettings) -> Query:
        """What a text asks for, as of `until` or now."""
        now = until or self._clock.now()
        last = min(now, self._sessions.last_at() or now)
        query = understand(text, self._sessions.speakers(), now, last)
        return query if settings.speakers_view else replace(query, meaning=text)

    def evidence(
        self, asked: Asked, depth: int, vectors: VectorSearch, settings: RecallSettings
    ) -> Evidence:
        """The candidates of `find`, each described."""
        return gather(asked.query, asked.vector, self.find(asked, depth, vectors, settings))

    def find(
        self,
        asked: Asked,
        depth: int,
        vectors: VectorSearch,
        settings: RecallSettings,
        also: Collection[int] = (),
    ) -> Candidates:
        """The `depth` best turns by meaning and by words, those in `also`, and what is beside."""
        query, vector = asked.query, asked.vector
        # What lies after `until` is only dropped once it was found: look further then.
        depth = depth if asked.until is None else 10 * depth
        lexical = dict(self._fulltext.search(query.searched, depth))
        dense = {} if vector is None else dict(vectors.search(vector, depth))
        facts, summaries = self._derived(asked, depth, settings)
        hits = {*dense, *lexical, *facts, *also}
        places = self._sessions.around(sorted(hits), REACH)
        traits = self._fulltext.traits(list(places))
        stems = self._fulltext.stems_of(query.text)
        usable = _usable(asked, places, traits, stems, self._made_here)
        best = _first_ranking(dense, lexical)[: settings.expand]
        by_place = {(place.session_id, place.position): seq for seq, place in places.items()}
        beside = {
            by_place.get((places[seq].session_id, places[seq].position + step), seq)
            for seq in best
            if seq in places
            for step in (-1, 1)
        }
        return Candidates(
            places=places,
            scored=(hits | beside) & usable,
            traits=traits,
            parts={} if vector is None else vectors.vectors_of(list(places)),
            rarity=self._fulltext.rarity(query.terms),
            mean_length=self._fulltext.size()[1],
            facts=facts,
            summaries=summaries,
        )

    def _made_here(self, seqs: Collection[int]) -> set[int]:
        """Those that this assistant answered; what was imported says not what it answers."""
        return {
            event.seq
            for event in self._log.at(sorted(seqs))
            if isinstance(event.payload, Message) and event.payload.reply_to is not None
        }

    def _derived(
        self, asked: Asked, depth: int, settings: RecallSettings
    ) -> tuple[dict[int, float], dict[str, float]]:
        """Cosines by way of derived facts and summaries; only ever a route to turns."""
        facts: dict[int, float] = {}
        summaries: dict[str, float] = {}
        if self._facts is not None and (settings.among_people.fact or settings.assisted.fact):
            facts = dict(self._facts.routes([], asked.vector, depth).dense)
        if self._summaries is not None and (
            settings.among_people.summary or settings.assisted.summary
        ):
            summaries = dict(self._summaries.routes([], asked.vector, depth).dense)
        return facts, summaries


def _first_ranking(dense: dict[int, float], lexical: dict[int, float]) -> list[int]:
    top = max(lexical.values(), default=1.0) or 1.0
    first = {seq: dense.get(seq, 0.0) + lexical.get(seq, 0.0) / top for seq in {*dense, *lexical}}
    return sorted(first, key=lambda seq: (-first[seq], seq))


def _usable(
    asked: Asked,
    places: Mapping[int, Place],
    traits: Mapping[int, Traits],
    stems: frozenset[int],
    made_here: Callable[[Collection[int]], set[int]],
) -> set[int]:
    """Which turns may be recalled.

    Not the query itself, asked before: it would be the best hit and is worth nothing. Nor what was
    answered then, which was made from memories that are there themselves; what another assistant
    answered, in a conversation that was imported, was not. Of what was asked here, that goes for
    other questions on the same thing, too, unless they are what is asked for.
    """
    last = None if asked.until is None else to_ms(asked.until)
    asking = [seq for seq, turn in traits.items() if turn.marks & Marks.ASKS.value]
    echoes = {seq for seq in asking if stems and _echoes(traits[seq], stems)}
    akin = {seq for seq in asking if stems and _is_akin(traits[seq], stems)} - echoes
    if _AFTER_QUESTIONS.search(asked.query.text):
        akin = set()
    after = {
        (place.session_id, place.position): seq
        for seq, place in places.items()
        if place.origin is Origin.ASSISTANT
    }
    replies = {
        seq: reply
        for seq in echoes | akin
        if (reply := after.get((places[seq].session_id, places[seq].position + 1))) is not None
    }
    made = made_here(set(replies.values())) if replies else set()
    hidden = echoes | made | {seq for seq in akin if replies.get(seq) in made}
    return {
        seq
        for seq, place in places.items()
        if seq not in asked.excluded and seq not in hidden and (last is None or place.at <= last)
    }


_AFTER_QUESTIONS = re.compile(r"\b(?:ask\w*|questions?|wonder\w*|know|curious)\b", re.IGNORECASE)


def _is_akin(traits: Traits, stems: frozenset[int]) -> bool:
    """Whether it is a bare question, and at least half of what it says is asked again."""
    said = set(traits.stems["stem"].tolist())
    return bool(traits.marks & Marks.ONLY_ASKS.value) and len(said & stems) * 2 >= len(said)


def _echoes(traits: Traits, stems: frozenset[int]) -> bool:
    said = set(traits.stems["stem"].tolist())
    return len(said & stems) >= 0.8 * len(said | stems)
