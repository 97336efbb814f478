"""The statements of an event: of the user's words, their answers, and the lines they write."""

from __future__ import annotations

from dataclasses import replace

from memory.events import AskAnswered, Event, ProfileEdit
from memory.user.lines import ANSWERED, Section, Statement
from memory.user.statements import statements, statements_of
from memory.user.topics import topic_of


def stated_in(event: Event) -> list[Statement]:
    """What an event of the user's states of them, in the order of its words."""
    payload = event.payload
    if isinstance(payload, AskAnswered):
        return [] if payload.answer is None else [_answered(payload, payload.answer)]
    if not isinstance(payload, ProfileEdit):
        return statements_of(event)
    if payload.op not in ("add", "replace") or not (payload.text or "").strip():
        return []
    return [by_hand(payload.text or "", payload.section)]


def _answered(payload: AskAnswered, answer: str) -> Statement:
    """The user's answer to a question, as it was put; one without a line ends an earlier one."""
    about = next((each for each in statements(answer) if not each.past), None)
    return Statement(
        section=about.section if about else Section.TASTES,
        attribute=ANSWERED,
        value=answer,
        context="",
        polarity=1,
        strength=0.8,
        text=payload.statement or answer,
        topic=about.topic if about else None,
        past=payload.statement is None,
        question=payload.asked,
    )


def by_hand(text: str, section: str | None) -> Statement:
    """What a line means that the user wrote into the profile: their words, as they are."""
    line = " ".join(text.split())
    meant = statements(line)
    plain = Statement(Section.IDENTITY, "", "", "", 0, 1.0, line)
    # Several statements in one line stay one line, which then is about none of them alone.
    today = [each for each in meant if not each.past]
    found = today[0] if len(today) == 1 else plain
    topic = next((each.topic for each in meant if each.topic), None) or topic_of(line)
    known = {each.value: each for each in Section}
    place = known.get((section or "").lower(), meant[0].section if meant else Section.IDENTITY)
    return replace(found, section=place, text=line, strength=1.0, topic=topic, past=False)
