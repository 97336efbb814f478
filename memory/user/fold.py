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
6. **Sensitive lines** wait for a yes. A no takes the line, or all of its topic, out.
7. **A model's patches** come last: what they merge shows as one line, as long as all of it stands.

Everything stands in the order in which it was said, not in which it reached the log.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from memory.derive.ground import stems
from memory.events import Consent, ProfileEdit
from memory.user.lines import Line, Section, Statement, Topic
from memory.user.patches import Patch, patched
from memory.user.slots import PROTECTING, SINGLE, is_past, key_of, slot_of

HALF_LIVES = {Section.TASTES: 730, Section.HABITS: 365, Section.GOALS: 180, Section.MANNER: 730}
"""Days after which an unconfirmed line counts half; who someone is and what guards them lasts.

Set by hand: goals are reached or dropped within months, habits within a year, tastes keep for
some years.
"""

_SAID, _STRONGER, _DERIVED, _MOST = 0.5, 0.45, 0.7, 0.98
"""Belief in something said once: 0.5 + 0.45 strength; read out by a model: 0.7 of that."""
_ALIKE = 0.8
"""Share of the words that two lines without a value have in common to say the same."""


def line_id(event_id: str, place: str) -> str:
    """Eight letters and digits that name what stands at this place of an event.

    Made of an opaque id only, so that nothing of the words can be guessed from it.
    """
    digest = hashlib.sha256(f"{event_id}:{place}".encode()).digest()
    return base64.b32encode(digest[:5]).decode().lower()


@dataclass(frozen=True, slots=True)
class Said:
    """A statement with its place in the log."""

    id: str
    """The line's id where this is its first source."""
    sources: tuple[str, ...]
    """Ids of the events that it was taken from."""
    seq: int
    part: int
    at: datetime
    statement: Statement
    by_hand: bool = False
    """Written by the user into the profile."""
    derived: bool = False
    """Read out or counted by a program rather than stated in so many words."""


@dataclass(frozen=True, slots=True)
class Act:
    """What the user did to the profile."""

    id: str
    seq: int
    at: datetime
    payload: ProfileEdit | Consent


@dataclass(frozen=True, slots=True)
class Profile:
    """The lines that hold, those that held once, and what stands beside them."""

    lines: tuple[Line, ...]
    history: tuple[Line, ...]
    """What is over, by the user's words or hand, in the order it was said."""
    otherwise: Mapping[str, tuple[Said, ...]]
    """By id of a line: what was said against it, and not applied."""
    made_of: Mapping[str, tuple[str, ...]]
    """By id of a line: the ids of all statements that it was made of."""
    barred: frozenset[Topic]
    """Topics of which the user wants nothing in the profile."""
    merged: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)
    """By id of a line that a patch made: the lines that it shows, oldest first."""

    def line(self, line_id: str) -> Line | None:
        """The line with this id, or the one that the statement with this id became part of."""
        for line in (*self.lines, *self.history):
            if line_id == line.id or line_id in self.made_of[line.id]:
                return line
        return None

    def pending(self) -> list[Line]:
        """Sensitive lines about which the user was not asked yet."""
        return [line for line in self.lines if line.topic is not None and line.consent is None]


def protects(line: Line) -> bool:
    """Whether the line guards the user from harm, and is heeded before they said yes to it."""
    return line.topic is Topic.HEALTH and line.attribute in PROTECTING


def usable(line: Line) -> bool:
    """Whether the line may be used: not sensitive, agreed to, or a guard from harm."""
    return line.topic is None or line.consent is True or (line.consent is None and protects(line))


@dataclass(slots=True)
class _Group:
    """Statements that say the same, as one line."""

    members: list[Said] = field(default_factory=list)
    keys: set[object] = field(default_factory=set)
    worded: list[frozenset[str]] = field(default_factory=list)
    """The words of each member, where there is no value to compare."""
    until: datetime | None = None
    ended_by: str | None = None
    """Source or edit that ended it."""
    replaced_by: _Group | None = None
    by_hand: bool = False
    """Ended by the user's hand."""
    confirmed_at: datetime | None = None
    otherwise: list[Said] = field(default_factory=list)

    @property
    def shown(self) -> Said:
        """The member whose words stand in the profile: the newest, by hand before stated.

        Not those that say it is over, which tell when it ended.
        """
        return max(
            self.members,
            key=lambda s: (not is_past(s.statement), s.by_hand, not s.derived, *_order(s)),
        )

    @property
    def ids(self) -> set[str]:
        return {said.id for said in self.members}


def fold(
    said: Sequence[Said], acts: Sequence[Act], now: datetime, patches: Sequence[Patch] = ()
) -> Profile:
    """The profile as of `now`, which matters only for how much older lines are believed."""
    active = active_edits(acts)
    state = _State(active)
    timeline: list[Said | Act] = [*said, *active]
    for each in sorted(timeline, key=_order):
        if isinstance(each, Act):
            state.act(each)
        else:
            state.add(each)
    profile = _profile(state.groups, acts, now)
    shown = patched(profile.lines, profile.made_of, profile.otherwise, patches)
    return replace(profile, lines=shown.lines, made_of=shown.made_of, merged=shown.merged)


def active_edits(acts: Sequence[Act]) -> list[Act]:
    """The edits that were not taken back, in order; an undo can be undone."""
    undone: set[str] = set()
    active = []
    for act in sorted(acts, key=lambda a: a.seq, reverse=True):
        if act.id in undone or not isinstance(act.payload, ProfileEdit):
            continue
        if act.payload.op == "undo":
            undone.add(act.payload.undoes or "")
        else:
            active.append(act)
    return active[::-1]


def _order(each: Said | Act) -> tuple[datetime, int, int]:
    # A line written by hand stands behind the edit that makes room for it.
    return (each.at, each.seq, each.part if isinstance(each, Said) else -1)


class _State:
    """The groups so far, and where to look for the one that a statement belongs to."""

    def __init__(self, edits: Sequence[Act]) -> None:
        self.groups: list[_Group] = []
        self._of: dict[str, _Group] = {}
        self._slots: dict[object, list[_Group]] = defaultdict(list)
        self._worded: dict[str, list[_Group]] = defaultdict(list)
        self._active = {edit.id for edit in edits}
        self._ended_ids = _named(edits, "retire", "replace")
        self._confirmed_ids = _named(edits, "confirm")

    # -- what the user did

    def act(self, act: Act) -> None:
        edit = act.payload
        assert isinstance(edit, ProfileEdit)
        named = (edit.line, *edit.covers)
        touched = {id(g): g for i in named if i and (g := self._of.get(i)) is not None}
        for group in touched.values():
            if edit.op == "confirm":
                group.confirmed_at = group.confirmed_at or act.at
            elif edit.op in ("retire", "replace"):
                group.until = group.until or act.at
                group.ended_by, group.by_hand = act.id, True

    # -- what the user said

    def add(self, said: Said) -> None:
        if said.by_hand:
            self._add_by_hand(said)
            return
        if said.derived and said.id in self._ended_ids:
            return
        slot = slot_of(said.statement)
        if is_past(said.statement):
            self._add_past(said, slot)
            return
        near = self._same(said, slot)
        current = [g for g in near if g.until is None]
        if current:
            self._join(current[-1], said, slot)
        elif (ended := [g for g in near if g.by_hand]) and self._is_absorbed(ended, said):
            self._join(ended[-1], said, slot)
        else:
            self._open(said, slot)

    def _add_by_hand(self, said: Said) -> None:
        if said.sources[0] not in self._active:
            return
        slot = slot_of(said.statement)
        group = self._insert(said, slot)
        group.confirmed_at = said.at
        for other in self._slots[slot] if slot is not None else []:
            if other is not group and other.until is None:
                self._end(other, group, said)
                other.by_hand = True
        for other in self.groups:
            if other.ended_by == said.sources[0] and other is not group:
                other.replaced_by = group

    @staticmethod
    def _is_absorbed(ended: Sequence[_Group], said: Said) -> bool:
        """Whether what was retired or replaced by hand swallows this."""
        if said.derived:
            return True
        if said.statement.attribute in SINGLE:
            return False  # the newest explicit words on what only one thing can be true of
        known = [frozenset(stems(m.statement.text)) for group in ended for m in group.members]
        return frozenset(stems(said.statement.text)) in known

    def _add_past(self, said: Said, slot: object | None) -> None:
        """What was so once: it ends the line that says it is, unless that is by hand."""
        same = [g for g in self._same(said, slot) if not g.by_hand]
        if not same:
            group = self._insert(said, slot)
            group.until, group.ended_by = said.at, said.sources[0]
            return
        group = same[-1]
        single = said.statement.attribute in SINGLE
        if group.until is None and (said.derived or (group.confirmed_at and not single)):
            group.otherwise.append(said)
            return
        if group.until is None:
            group.until, group.ended_by = said.at, said.sources[0]
        self._join(group, said, slot)

    def _open(self, said: Said, slot: object | None) -> None:
        held = [g for g in self._slots[slot] if g.until is None] if slot is not None else []
        single = said.statement.attribute in SINGLE
        for group in held:
            if not self._may_end(group, said, single):
                group.otherwise.append(said)
                return
        opened = self._insert(said, slot)
        for group in held:
            self._end(group, opened, said)
        if slot is not None and single:
            for group in self._slots[slot]:
                # "I left Ghent for Lyon" ends the one and begins the other.
                if group.ended_by == said.sources[0] and group.replaced_by is None:
                    group.replaced_by = opened if group is not opened else None

    @staticmethod
    def _may_end(group: _Group, said: Said, single: bool) -> bool:
        if said.derived:
            return all(member.derived for member in group.members) and not group.confirmed_at
        return group.confirmed_at is None or single

    @staticmethod
    def _end(group: _Group, by: _Group, said: Said) -> None:
        group.until, group.ended_by, group.replaced_by = said.at, said.sources[0], by

    def _insert(self, said: Said, slot: object | None) -> _Group:
        group = _Group()
        self.groups.append(group)
        if slot is not None:
            self._slots[slot].append(group)
        self._join(group, said, slot)
        return group

    def _join(self, group: _Group, said: Said, slot: object | None) -> None:
        group.members.append(said)
        self._of[said.id] = group
        if said.id in self._confirmed_ids and said.derived:
            group.confirmed_at = group.confirmed_at or said.at
        if slot is not None:
            group.keys.add(key_of(said.statement))
            return
        own = frozenset(stems(said.statement.text))
        group.worded.append(own)
        for word in own:
            held = self._worded[word]
            if not held or held[-1] is not group:
                held.append(group)

    def _same(self, said: Said, slot: object | None) -> list[_Group]:
        """Groups that say the same, oldest first."""
        if slot is None:
            return self._alike(said.statement)
        key = key_of(said.statement)
        return [group for group in self._slots[slot] if key in group.keys]

    def _alike(self, statement: Statement) -> list[_Group]:
        own = frozenset(stems(statement.text))
        shared: Counter[int] = Counter()
        groups: dict[int, _Group] = {}
        for word in own:
            for group in {id(g): g for g in self._worded[word]}.values():
                shared[id(group)] += 1
                groups[id(group)] = group
        near = [groups[i] for i, count in shared.items() if count >= _ALIKE * len(own)]
        found = [group for group in near if _is_alike(group, statement, own)]
        return sorted(found, key=lambda group: _order(group.members[0]))


def _named(edits: Iterable[Act], *ops: str) -> set[str]:
    found: set[str] = set()
    for act in edits:
        if isinstance(act.payload, ProfileEdit) and act.payload.op in ops:
            found.update(i for i in (act.payload.line, *act.payload.covers) if i)
    return found


def _is_alike(group: _Group, statement: Statement, own: frozenset[str]) -> bool:
    first = group.members[0].statement
    if (first.polarity, first.context) != (statement.polarity, statement.context):
        return False
    return any(len(held & own) >= _ALIKE * len(held | own) for held in group.worded)


# -- from groups to lines


def _profile(groups: Sequence[_Group], acts: Sequence[Act], now: datetime) -> Profile:
    consents = [(a, a.payload) for a in acts if isinstance(a.payload, Consent)]
    answers = {id(group): _consent(group, consents) for group in groups}
    kept = [group for group in groups if answers[id(group)] is not False]
    ids = {id(group): _line_id(group) for group in kept}
    lines = {
        id(group): _line(group, ids, answers[id(group)], belief(group.members, now))
        if group.confirmed_at is None
        else _line(group, ids, answers[id(group)], 1.0)
        for group in kept
    }
    return Profile(
        lines=tuple(lines[id(g)] for g in kept if g.until is None),
        history=tuple(lines[id(g)] for g in kept if g.until is not None),
        otherwise={ids[id(g)]: tuple(g.otherwise) for g in kept if g.otherwise},
        made_of={ids[id(g)]: tuple(s.id for s in g.members) for g in kept},
        barred=frozenset(
            topic for topic in Topic if _answer(c for _, c in consents if _bars(c, topic)) == "no"
        ),
    )


def _line_id(group: _Group) -> str:
    return min(group.members, key=lambda s: (s.derived, s.seq, s.part)).id


def _line(group: _Group, ids: Mapping[int, str], consent: bool | None, believed: float) -> Line:
    shown = group.shown
    statement = shown.statement
    topic = next((m.statement.topic for m in group.members if m.statement.topic), None)
    by = group.replaced_by
    return Line(
        id=ids[id(group)],
        section=statement.section,
        attribute=statement.attribute,
        value=statement.value,
        context=statement.context,
        polarity=statement.polarity,
        belief=round(believed, 3),
        text=statement.text,
        topic=topic,
        sources=tuple(dict.fromkeys(i for m in group.members for i in m.sources)),
        first_at=group.members[0].at,
        last_at=group.members[-1].at,
        confirmed=group.confirmed_at is not None,
        consent=consent,
        until=group.until,
        replaced_by=ids.get(id(by)) if by is not None else None,
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


def _consent(group: _Group, consents: Sequence[tuple[Act, Consent]]) -> bool | None:
    """The newest answer on this line or its topic; writing it by hand is a yes."""
    topics = {m.statement.topic for m in group.members if m.statement.topic}
    if not topics:
        return None
    newest: tuple[datetime, int, bool] | None = None
    if group.confirmed_at is not None:
        newest = (group.confirmed_at, 0, True)
    for act, consent in consents:
        if consent.line in group.ids or (consent.line is None and consent.topic in topics):
            answer = (act.at, act.seq, consent.answer == "yes")
            newest = answer if newest is None else max(newest, answer)
    return None if newest is None else newest[2]


def _bars(consent: Consent, topic: Topic) -> bool:
    return consent.line is None and consent.topic == topic


def _answer(consents: Iterable[Consent]) -> str | None:
    answers = [consent.answer for consent in consents]
    return answers[-1] if answers else None
