"""From everything the user said and did to the lines of their profile: a pure function.

The rules, in the order of their rank:

1. **The user's hand wins for ever.** A line that they wrote, replaced or confirmed is changed by
   nothing that was derived and by nothing said before; what speaks against it is noted beside it.
   A line that they retired or replaced does not come back from old, derived or same-worded
   evidence. Taking the edit back (`undo`) lifts this.
2. **The user's newest explicit words win where only one thing can be true.** "I moved to Lyon"
   ends "I live in Ghent" also where that was written by hand before: the line becomes history,
   with the day on which it ended. Of tastes written by hand a later contrary word is only noted.
3. **Contradiction refines before it overwrites.** Liking coffee and not drinking it at work are
   two lines; only the same context ends the earlier one. Allergies are never ended by a liking.
4. **The same thing said again strengthens** the line that is there, whose text is the newest.
5. **What a model read out (facts) is weaker**: it supports lines and adds new ones, but ends only
   what was derived as well.
6. **Sensitive lines** stand apart and wait for a yes, also where they were written by hand; what
   waits ends and changes no other line. A no takes the line, or all of its topic, out.
7. **A model's patches** come last: what they merge shows as one line, as long as all of it stands.

Everything stands in the order in which it was said, not in which it reached the log.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from memory.events import ProfileEdit
from memory.user.consents import Consents, active
from memory.user.groups import Group, Groups
from memory.user.lines import Line, Section
from memory.user.patches import Patch, patched
from memory.user.profile import Profile
from memory.user.said import Act, Said, in_order
from memory.user.slots import PROTECTING

HALF_LIVES = {Section.TASTES: 730, Section.HABITS: 365, Section.GOALS: 180, Section.MANNER: 730}
"""Days after which an unconfirmed line counts half; who someone is and what guards them lasts.

Set by hand: goals are reached or dropped within months, habits within a year, tastes keep for
some years.
"""

_SAID, _STRONGER, _DERIVED, _MOST = 0.5, 0.45, 0.7, 0.98
"""Belief in something said once: 0.5 + 0.45 strength; read out by a model: 0.7 of that."""


def fold(
    said: Sequence[Said], acts: Sequence[Act], now: datetime, patches: Sequence[Patch] = ()
) -> Profile:
    """The profile as of `now`, which matters only for how much older lines are believed."""
    standing = active(acts)
    edits = [act for act in standing if isinstance(act.payload, ProfileEdit)]
    consents = Consents(standing)
    said = consents.inherited(said)
    answers = _answers(said, edits, consents)
    waiting = {each for each, answer in answers.items() if answer is None}
    told = [each for each in said if answers.get(each.id) is not False]
    profile = _profile(_grouped(told, edits, waiting), consents, now)
    shown = patched(profile.lines, profile.made_of, profile.otherwise, patches)
    return replace(
        profile,
        lines=shown.lines,
        made_of=shown.made_of,
        merged=shown.merged,
        patches=shown.applied,
    )


def _answers(
    said: Sequence[Said], edits: Sequence[Act], consents: Consents
) -> dict[str, bool | None]:
    """By id of each sensitive statement: the user's answer on it and what says the same."""
    sensitive = [each for each in said if each.statement.topic is not None]
    found = {each.id: consents.answer([each]) for each in sensitive}
    for group in _grouped(sensitive, edits):
        answer = consents.answer(group.members)
        found.update((member.id, answer) for member in group.members)
    return found


def _grouped(
    said: Sequence[Said], edits: Sequence[Act], waiting: Collection[str] = frozenset()
) -> list[Group]:
    groups = Groups(edits, waiting)
    timeline: list[Said | Act] = [*said, *edits]
    for each in sorted(timeline, key=in_order):
        groups.add(each)
    return groups.all


# -- from groups to lines


def _profile(groups: Sequence[Group], consents: Consents, now: datetime) -> Profile:
    ids = {group: _line_id(group) for group in groups}
    lines = {group: _line(group, ids, now) for group in groups}
    return Profile(
        lines=tuple(line for group, line in lines.items() if group.until is None),
        history=tuple(line for group, line in lines.items() if group.until is not None),
        otherwise={ids[g]: tuple(g.otherwise) for g in groups if g.otherwise},
        made_of={ids[g]: tuple(s.id for s in g.members) for g in groups},
        barred=consents.barred(),
    )


def _line_id(group: Group) -> str:
    return min(group.members, key=lambda s: (s.derived, s.seq, s.part)).id


def _line(group: Group, ids: Mapping[Group, str], now: datetime) -> Line:
    statement = group.shown.statement
    topics = (m.statement.topic for m in group.members if m.statement.topic)
    by = group.replaced_by
    return Line(
        id=ids[group],
        section=statement.section,
        attribute=statement.attribute,
        value=statement.value,
        context=statement.context,
        polarity=statement.polarity,
        belief=1.0 if group.confirmed_at else round(belief(group.members, now), 3),
        text=statement.text,
        topic=next(topics) if group.sensitive else None,
        sources=tuple(dict.fromkeys(i for m in group.members for i in m.sources)),
        first_at=group.members[0].at,
        last_at=group.members[-1].at,
        confirmed=group.confirmed_at is not None,
        consent=True if group.sensitive and not group.waits else None,
        until=group.until,
        replaced_by=ids[by] if by is not None else None,
        ended_by=group.ended_by,
    )


def belief(members: Sequence[Said], now: datetime) -> float:
    """How sure it is, 0 to 1, that this holds: independent sources, each fading with its age.

    Noisy or: 1 minus the product of each source's doubt. The same source counts once.
    """
    doubt = 1.0
    strongest: dict[tuple[str, ...], float] = {}
    for said in members:
        statement = said.statement
        weight = (_SAID + _STRONGER * statement.strength) * (_DERIVED if said.derived else 1.0)
        if (days := HALF_LIVES.get(statement.section)) and statement.attribute not in PROTECTING:
            age = max((now - said.at).total_seconds() / 86_400, 0.0)
            weight *= float(0.5 ** (age / days))
        strongest[said.sources] = max(weight, strongest.get(said.sources, 0.0))
    for weight in strongest.values():
        doubt *= 1 - weight
    return min(1 - doubt, _MOST)
