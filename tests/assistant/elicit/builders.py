"""Lines, questions and answers for the tests of elicitation."""

from __future__ import annotations

from datetime import UTC, datetime

from assistant.elicit.history import AskedBefore
from assistant.elicit.questions import Question
from memory.user.lines import Line, Section, Topic

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def line(text: str, polarity: int = 1, topic: Topic | None = None, **changes: object) -> Line:
    fields: dict[str, object] = {
        "id": f"line: {text}",
        "section": Section.TASTES,
        "attribute": "",
        "value": "",
        "context": "",
        "polarity": polarity,
        "belief": 0.9,
        "text": text,
        "topic": topic,
        "sources": ("event",),
        "first_at": NOW,
        "last_at": NOW,
        "confirmed": False,
        "consent": None,
        **changes,
    }
    return Line(**fields)  # type: ignore[arg-type]


def answered(
    question: Question, answer: str | None, number: int = 0, session: str = "s", at: datetime = NOW
) -> AskedBefore:
    return AskedBefore(
        f"asked {number}",
        session,
        at,
        question.domain,
        question.attribute,
        question.form,
        question.options,
        "skipped" if answer is None else "answered",
        answer,
        f"answer {number}",
        at,
    )
