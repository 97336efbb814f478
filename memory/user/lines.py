"""The values of the user model: statements as they were made, and the lines they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

ANSWERED = "asked"
"""Attribute of lines that were answers to a question of the assistant's."""


class Section(StrEnum):
    """A section of the profile, in the order of the page."""

    IDENTITY = "identity"
    PEOPLE = "people"
    WORK = "work"
    HOME = "home"
    TASTES = "tastes"
    HABITS = "habits"
    GOALS = "goals"
    HEALTH = "health"
    MANNER = "how to talk to me"


class Topic(StrEnum):
    """What is sensitive: kept in the profile only with the user's yes, never inferred."""

    HEALTH = "health"
    RELIGION = "religion"
    ORIENTATION = "orientation"
    POLITICS = "politics"
    ETHNICITY = "ethnicity"
    FINANCES = "finances"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that the user said of themselves, or that was derived from their words."""

    section: Section
    attribute: str
    """What it is about, in lower case: name, home, job, allergy, … ; empty where nothing fits."""
    value: str
    """The value of the attribute in the user's words; empty where there is none apart."""
    context: str
    """When it holds ("when travelling"); empty where always."""
    polarity: int
    """1 for what is liked, wanted or so; -1 for what is disliked or avoided; 0 where neither."""
    strength: float
    """0 to 1: how strongly it was put ("never", "severe" 1.0; "I like" 0.6; "a bit" 0.3)."""
    text: str
    """The line as it stands in the profile: the user's own sentence, without what is beside it."""
    topic: Topic | None = None
    past: bool = False
    """It was so once ("I used to live in Ghent"); history, not the present."""
    question: str = ""
    """Id of the question of the assistant's that it answers; empty for anything else."""


@dataclass(frozen=True, slots=True)
class Line:
    """What statements about the same thing add up to."""

    id: str
    """Opaque and stable: made from the event and the place in it of its first source."""
    section: Section
    attribute: str
    value: str
    context: str
    polarity: int
    belief: float
    """0 to 1: how sure it is that this holds today, from strength, repetition, and age."""
    text: str
    topic: Topic | None
    sources: tuple[str, ...]
    """Ids of the events that it was taken from, oldest first."""
    first_at: datetime
    last_at: datetime
    confirmed: bool
    """The user wrote, edited or confirmed the line; nothing derived changes it any more."""
    consent: bool | None
    """For a sensitive line: the user's answer; None while they have not been asked."""
    until: datetime | None = None
    """When it ceased to hold; None while it holds."""
    replaced_by: str | None = None
    """Id of the line that took its place."""
    ended_by: str | None = None
    """Id of the event by which it ceased to hold."""
