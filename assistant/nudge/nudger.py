"""Offers things unasked: due now by memory, chosen by the policy, recorded in the log."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from zlib import crc32

from assistant.nudge.candidates import KINDS, Candidate, candidates
from assistant.nudge.policy import Chooser, Past, Policy, QuietHours
from assistant.settings import Settings
from memory.errors import Erased, NotFound, RefusedInput
from memory.events import Draft, Event, Origin, Suggested, SuggestionAnswered
from memory.ports import Clock
from memory.store import MemoryStore
from memory.views.suggestions import Suggestion
from memory.when import spoken_day

Outcome = Literal["accepted", "dismissed", "snoozed", "ignored"]
OFF_FILE = "nudges.off"
"""While this file is in the home nothing is offered, whatever the settings say."""
_LEARNT_FROM = timedelta(days=365)
_AGAIN = re.compile(r"^Again \(of [^)]*\): ")


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to say to the user unasked: a sentence, and the reason for it."""

    item: str
    kind: str
    topic: str
    text: str
    why: str
    sources: tuple[str, ...]
    earlier: int = 0
    """How often it was offered before; of two processes that offer it again, one is passed over."""


class Nudger:
    """Decides what to offer, and notes what became of it. Loads no model.

    Ask `due`, pass what is shown to `offer`, and what the user makes of it to `answer`. With
    `settings.nudges` off or the switch of the home off, nothing is ever due or offered.
    """

    def __init__(
        self,
        store: MemoryStore,
        clock: Clock,
        settings: Settings,
        *,
        chooser: Chooser | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._allowed = settings.nudges
        self._quiet = QuietHours.parse(settings.quiet_hours)
        self._chooser = chooser or Policy(
            settings.nudge_daily, self._quiet, seed=crc32(str(store.home).encode())
        )

    # -- the switch

    @property
    def on(self) -> bool:
        """Whether anything may be offered; looked up each time, since another process may turn."""
        return self._allowed and not self._off_file.exists()

    def turn(self, on: bool) -> None:
        """Turn all offers of this home off or on; settings that say off stay in force."""
        if on:
            self._off_file.unlink(missing_ok=True)
        else:
            self._off_file.touch()

    @property
    def _off_file(self) -> Path:
        return self._store.home / OFF_FILE

    # -- offering

    def due(self, now: datetime | None = None) -> list[Offer]:
        """What to offer now, best first: reminders, and what else the day's budget allows.

        Brings the views level with the log. Asking changes nothing; asking again gives the same.
        """
        at = now or self._clock.now()
        local = _local(at)
        if not self._may(local):
            return []
        self._store.catch_up_instant()
        found = candidates(self._store.plans.open(local.date()), local)
        shown = {each.item for each in found}
        again = [each for each in self._snoozed(at, local) if each.item not in shown]
        chosen = self._chooser.choose(local, [*again, *found], self._past(at, [*again, *found]))
        made = Counter(
            each.item for each in self._store.suggestions.of_items([each.item for each in chosen])
        )
        return [replace(_offer(each), earlier=made[each.item]) for each in chosen]

    def offer(self, offer: Offer) -> Event | None:
        """Record that this is shown to the user; the event's id is what `answer` takes.

        None when it must not be shown: offers were turned off, quiet hours began, another process
        was first, or what it rests on was erased.
        """
        if not self._may(_local(self._clock.now())):
            return None
        draft = Draft(
            payload=Suggested(
                topic=offer.topic,
                text=offer.text,
                why=offer.why,
                sources=offer.sources,
                item=offer.item,
            ),
            session_id="",
            origin=Origin.ASSISTANT,
            at=self._clock.now(),
            import_key=f"nudge:{offer.item}:{offer.earlier}",
        )
        try:
            events = self._store.append([draft], needs=offer.sources)
        except Erased:
            return None
        return events[0] if events else None

    def answer(
        self,
        suggestion_id: str,
        outcome: Outcome,
        rating: int | None = None,
        until: datetime | None = None,
    ) -> Event:
        """Record what became of an offer; `until` (aware) goes with "snoozed" and nothing else.

        Raises NotFound, and RefusedInput for a rating or a time that makes no sense.
        """
        self._store.catch_up_instant()
        if self._store.suggestions.get(suggestion_id) is None:
            raise NotFound(f"There is no suggestion {suggestion_id}.")
        if rating is not None and not 1 <= rating <= 4:
            raise RefusedInput(f"A rating is 1, 2, 3 or 4, not {rating}.")
        if (outcome == "snoozed") != (until is not None):
            raise RefusedInput("Say until when to snooze; nothing else has such a time.")
        if until is not None and until <= self._clock.now():
            raise RefusedInput("That time is over; choose one that lies ahead.")
        payload = SuggestionAnswered(
            suggested=suggestion_id, outcome=outcome, rating=rating, until=until
        )
        draft = Draft(payload=payload, session_id="", origin=Origin.USER, at=self._clock.now())
        [event] = self._store.append([draft], needs=[suggestion_id])
        return event

    def _may(self, local: datetime) -> bool:
        return self.on and not self._quiet.holds(local.time())

    def _past(self, at: datetime, due: Sequence[Candidate]) -> list[Past]:
        """What was offered in the last year, and earlier for these very occasions."""
        found = {
            each.id: each
            for each in (
                *self._store.suggestions.of_items([each.item for each in due]),
                *self._store.suggestions.since(at - _LEARNT_FROM),
            )
        }
        return [past_of(each) for each in sorted(found.values(), key=lambda each: each.at)]

    def _snoozed(self, at: datetime, local: datetime) -> Iterator[Candidate]:
        """What was put off until now and is neither done nor off."""
        for each in self._store.suggestions.snoozed(at):
            kind = next((kind for kind in KINDS if each.item.startswith(f"{kind}:")), None)
            [event] = self._store.log.get([each.id])
            said = event.payload
            if kind is None or not isinstance(said, Suggested):
                continue
            _, source, place, _ = each.item.split(":")
            if self._store.plans.is_over(source, int(place)):
                continue
            first_said = f"Again (of {spoken_day(_local(each.at).date())}): "
            yield Candidate(
                item=each.item,
                kind=kind,
                topic=said.topic,
                text=first_said + _AGAIN.sub("", said.text),
                why=said.why,
                sources=said.sources,
                opens=local,
                closes=local + timedelta(days=1),
            )


def _offer(each: Candidate) -> Offer:
    return Offer(each.item, each.kind, each.topic, each.text, each.why, each.sources)


def past_of(each: Suggestion) -> Past:
    """An earlier offer as the policy learns from it."""
    return Past(
        item=each.item,
        topic=each.topic,
        at=_local(each.at),
        outcome=each.outcome,
        rating=each.rating,
        until=None if each.until is None else _local(each.until),
    )


def _local(at: datetime) -> datetime:
    """The time on the user's own clock."""
    return at.astimezone().replace(tzinfo=None)
