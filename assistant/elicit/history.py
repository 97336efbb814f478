"""What was asked and answered, read from the log: the belief is a function of the log alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from assistant.elicit.observe import Observation
from assistant.elicit.prior import Prior
from assistant.elicit.questions import Form, observed
from memory.events import AskAnswered, Asked, Event

Outcome = Literal["waiting", "answered", "skipped", "retracted"]


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """A question that was put, with what became of it."""

    id: str
    session_id: str
    at: datetime
    domain: str
    attribute: str
    form: Form
    options: tuple[str, ...]
    outcome: Outcome = "waiting"
    answer: str | None = None
    answer_id: str | None = None
    """The event of the answer, a skip included."""
    answered_at: datetime | None = None


def asked_before(events: Iterable[Event], retracted: Collection[str] = ()) -> list[AskedBefore]:
    """The questions in a run of events, in order.

    `retracted` holds ids of answers that the user has taken back; an answer that was erased counts
    as taken back too. Such a question may be put again, and says nothing.
    """
    found: dict[str, AskedBefore] = {}
    last_in: dict[str, str] = {}
    for event in events:
        payload = event.payload
        if isinstance(payload, Asked):
            found[event.id] = AskedBefore(
                event.id,
                event.session_id,
                event.at,
                payload.domain,
                payload.attribute,
                payload.form,
                payload.options,
            )
            last_in[event.session_id] = event.id
        elif isinstance(payload, AskAnswered) and payload.asked in found:
            taken_back = event.id in retracted
            skipped = payload.answer is None
            found[payload.asked] = replace(
                found[payload.asked],
                outcome="retracted" if taken_back else "skipped" if skipped else "answered",
                answer=None if taken_back else payload.answer,
                answer_id=event.id,
                answered_at=event.at,
            )
        elif event.kind == "ask_answered" and payload is None:
            # Its words are gone and with them whose answer it was; one question waits at a time.
            asked = found.get(last_in.get(event.session_id, ""))
            if asked is not None and asked.outcome == "waiting":
                found[asked.id] = replace(asked, outcome="retracted", answer_id=event.id)
    return list(found.values())


def observations_of(prior: Prior, asked: Sequence[AskedBefore]) -> list[Observation]:
    """What the answers say; where domains share an attribute, in each of them.

    A question of an older prior that this one does not know says nothing.
    """
    found: list[Observation] = []
    for one in asked:
        if one.outcome not in ("answered", "skipped") or not prior.knows(
            one.domain, one.attribute, one.options
        ):
            continue
        at = one.answered_at or one.at
        found += observed(prior, one, one.answer, at, one.answer_id or one.id)
    return prior_wide(prior, found)


def prior_wide(prior: Prior, observations: Iterable[Observation]) -> list[Observation]:
    """The observations, each repeated for the domains that have the same attribute."""
    return [
        replace(one, domain=domain)
        for one in observations
        for domain in prior.sharing(one.domain, one.attribute)
    ]
