"""Consent to what is sensitive: what the user decided on a line or a topic, and what took it back.

Nothing but a yes is a yes: an answer, or a box that was ticked. Writing, moving or confirming a
line is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from memory.events import ProfileEdit
from memory.user.lines import Topic
from memory.user.said import Act, Said, in_order

_Answer = tuple[datetime, int, bool]


def active(acts: Sequence[Act]) -> list[Act]:
    """The edits and consents that were not taken back, in order; an undo can be undone."""
    undone: set[str] = set()
    found = []
    for act in sorted(acts, key=lambda a: a.seq, reverse=True):
        if act.id in undone:
            continue
        if isinstance(act.payload, ProfileEdit) and act.payload.op == "undo":
            undone.add(act.payload.undoes or "")
        else:
            found.append(act)
    return found[::-1]


def named(edit: ProfileEdit) -> tuple[str, ...]:
    """Ids of all statements that an edit is about."""
    return tuple(each for each in (edit.line, *edit.covers) if each)


class Consents:
    """What the user decided, by the acts that stand."""

    def __init__(self, acts: Iterable[Act]) -> None:
        self._of_line: dict[str, list[_Answer]] = defaultdict(list)
        self._of_topic: dict[str, list[_Answer]] = defaultdict(list)
        self._written: dict[str, tuple[Act, ProfileEdit]] = {}
        self._replaced: dict[str, tuple[str, ...]] = {}
        for act in acts:
            if isinstance(act.payload, ProfileEdit):
                self._written[act.id] = (act, act.payload)
                continue
            answer = (act.at, act.seq, act.payload.answer == "yes")
            if act.payload.line is None:
                self._of_topic[act.payload.topic].append(answer)
            else:
                self._of_line[act.payload.line].append(answer)

    def inherited(self, said: Sequence[Said]) -> list[Said]:
        """The statements; what was written in the place of a sensitive line is sensitive as well.

        It has the consents of that line too, and of what that one replaced.
        """
        topics = {each.id: each.statement.topic for each in said if each.statement.topic}
        found = {each.id: each for each in said}
        for each in sorted((one for one in said if one.by_hand), key=in_order):
            if (written := self._written.get(each.sources[0])) is None:
                continue
            act, edit = written
            if edit.agreed:
                self._of_line[each.id].append((act.at, act.seq, True))
            before = named(edit)
            self._replaced[each.id] = tuple(
                place for one in before for place in (one, *self._replaced.get(one, ()))
            )
            topic = next((topics[one] for one in before if one in topics), None)
            if each.statement.topic is None and topic is not None:
                topics[each.id] = topic
                found[each.id] = replace(each, statement=replace(each.statement, topic=topic))
        return list(found.values())

    def answer(self, members: Collection[Said]) -> bool | None:
        """The newest answer on sensitive statements that say the same, or on their topic."""
        answers: list[_Answer] = []
        for each in members:
            for place in (each.id, *self._replaced.get(each.id, ())):
                answers += self._of_line.get(place, ())
            answers += self._of_topic.get(each.statement.topic or "", ())
        return max(answers)[2] if answers else None

    def barred(self) -> frozenset[Topic]:
        """Topics of which the user wants nothing in the profile."""
        return frozenset(
            topic for topic in Topic if (said := self._of_topic.get(topic)) and not max(said)[2]
        )
