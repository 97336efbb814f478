"""Statements, edits and consents for tests of the fold and the page, without a log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from memory.events import Consent, ProfileEdit
from memory.user.fold import fold
from memory.user.lines import Line, Section, Statement, Topic
from memory.user.profile import Profile
from memory.user.said import Act, Said

START = datetime(2024, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


class Life:
    """What a user said and did, a position of the log each; day by day where nothing is given."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.acts: list[Act] = []
        self._seq = 0

    def say(
        self,
        text: str,
        attribute: str = "",
        value: str = "",
        *,
        section: Section = Section.TASTES,
        context: str = "",
        polarity: int = 0,
        strength: float = 0.6,
        topic: Topic | None = None,
        past: bool = False,
        derived: bool = False,
        on: int | None = None,
    ) -> str:
        self._seq += 1
        statement = Statement(
            section, attribute, value, context, polarity, strength, text, topic, past
        )
        found = Said(
            id=f"line{self._seq:04d}".translate(str.maketrans("0189", "wxyz")),
            sources=(f"event{self._seq}",),
            seq=self._seq,
            part=0,
            at=day(self._seq if on is None else on),
            statement=statement,
            derived=derived,
        )
        self.said.append(found)
        return found.id

    def again(self, text: str, attribute: str, value: str, **rest: Any) -> str:
        """Says it in the same event as the last, as its next part."""
        last = self.said[-1]
        made = self.say(text, attribute, value, **rest)
        self._seq -= 1
        found = self.said.pop()
        self.said.append(
            Said(
                id=made + "b",
                sources=last.sources,
                seq=last.seq,
                part=last.part + 1,
                at=last.at,
                statement=found.statement,
            )
        )
        return made + "b"

    def do(self, payload: ProfileEdit | Consent, *, on: int | None = None) -> str:
        self._seq += 1
        act = Act(f"edit{self._seq}", self._seq, day(self._seq if on is None else on), payload)
        self.acts.append(act)
        return act.id

    def write(self, payload: ProfileEdit, statement: Statement, *, on: int | None = None) -> str:
        """An edit that adds or replaces, with what its text means."""
        edit = self.do(payload, on=on)
        act = self.acts[-1]
        name = f"hand{self._seq:04d}".translate(str.maketrans("0189", "wxyz"))
        self.said.append(Said(name, (edit,), act.seq, 0, act.at, statement, by_hand=True))
        return name

    def profile(self, on: int = 0) -> Profile:
        return fold(self.said, self.acts, day(on or self._seq))


def texts(lines: Sequence[Line]) -> list[str]:
    return [line.text for line in lines]


def home(text: str, value: str) -> Statement:
    return Statement(Section.HOME, "home", value, "", 0, 1.0, text)
