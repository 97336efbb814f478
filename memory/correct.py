"""Correcting an answer: the user's own version stands in its place from then on."""

from __future__ import annotations

from memory.errors import NotFound, RefusedInput
from memory.events import Correction, Draft, Event, Message, Origin
from memory.log import Log
from memory.text import repair


def answer_of(log: Log, event_id: str) -> Event:
    """The answer with this id, with the words that stand. Raises NotFound and RefusedInput."""
    [*found] = log.get([event_id])
    if not found or found[0].payload is None:
        raise NotFound(f"There is no answer {event_id}.")
    [event] = found
    if event.text is None or not (
        isinstance(event.payload, Message) and event.origin is Origin.ASSISTANT
    ):
        raise RefusedInput(f"{event_id} is no answer of the assistant's; only those are corrected.")
    return event


def correct(log: Log, answer_id: str, text: str) -> Event | None:
    """Put the user's words in the place of an answer; None where they stand there already.

    The first words stay in the log. To write them again takes the correction back. Raises NotFound,
    RefusedInput for what is no answer and for empty words, and Erased.
    """
    text = repair(text)[0].strip()
    if not text:
        raise RefusedInput("There is nothing to put there: the corrected answer is empty.")
    answer = answer_of(log, answer_id)
    if text == (answer.text or "").strip():
        return None
    draft = Draft(
        payload=Correction(answer=answer_id, text=text),
        session_id=answer.session_id,
        origin=Origin.USER,
    )
    [event] = log.append([draft], needs=[answer_id])
    return event
