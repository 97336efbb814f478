"""Statements that say the same, put together in the order in which they were said and edited."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from memory.events import ProfileEdit
from memory.user.consents import named
from memory.user.said import Act, Said, in_order
from memory.user.slots import is_single

_ALIKE = 0.8
"""Share of the words that two lines without a value have in common to say the same."""


@dataclass(slots=True, eq=False)
class Group:
    """Statements that say the same, as one line."""

    sensitive: bool
    waits: bool
    """Sensitive and without a yes so far: it bears on no line that holds without one."""
    members: list[Said] = field(default_factory=list)
    keys: set[object] = field(default_factory=set)
    worded: list[frozenset[str]] = field(default_factory=list)
    """The words of each member, where there is no value to compare."""
    until: datetime | None = None
    ended_by: str | None = None
    """Source or edit that ended it."""
    replaced_by: Group | None = None
    by_hand: bool = False
    """Ended by the user's hand."""
    confirmed_at: datetime | None = None
    otherwise: list[Said] = field(default_factory=list)

    @property
    def shown(self) -> Said:
        """The member whose words stand in the profile: the newest, by hand before stated.

        Not those that say it is over, which tell when it ended.
        """
        if len(self.members) == 1:
            return self.members[0]
        return max(self.members, key=lambda s: (not s.past, s.by_hand, not s.derived, *in_order(s)))


class Groups:
    """The groups so far, and where to look for the one that a statement belongs to."""

    def __init__(self, edits: Sequence[Act], waiting: Collection[str] = frozenset()) -> None:
        """`waiting` are ids of sensitive statements without a yes."""
        self.all: list[Group] = []
        self._waiting = waiting
        self._of: dict[str, Group] = {}
        self._slots: dict[object, list[Group]] = defaultdict(list)
        self._keyed: dict[object, list[Group]] = defaultdict(list)
        self._worded: dict[str, list[Group]] = defaultdict(list)
        self._ended_by: dict[str, list[Group]] = defaultdict(list)
        self._active = {edit.id for edit in edits}
        self._ended_ids = _named(edits, "retire", "replace")
        self._confirmed_ids = _named(edits, "confirm")

    def add(self, each: Said | Act) -> None:
        """Take in what comes next in the order of time."""
        if isinstance(each, Act):
            self._act(each)
        elif each.by_hand:
            self._add_by_hand(each)
        elif each.derived and each.id in self._ended_ids:
            return
        elif each.past:
            self._add_past(each)
        else:
            self._add_stated(each)

    # -- what the user did

    def _act(self, act: Act) -> None:
        edit = act.payload
        assert isinstance(edit, ProfileEdit)
        for group in dict.fromkeys(self._of[i] for i in named(edit) if i in self._of):
            if edit.op == "confirm":
                group.confirmed_at = group.confirmed_at or act.at
            elif edit.op in ("retire", "replace"):
                group.until = group.until or act.at
                group.ended_by, group.by_hand = act.id, True
                self._ended_by[act.id].append(group)

    def _add_by_hand(self, said: Said) -> None:
        edit = said.sources[0]
        if edit not in self._active:
            return
        group = self._insert(said)
        group.confirmed_at = said.at
        for other in self._in_slot(said):
            if other is not group and other.until is None:
                self._end(other, group, said)
                other.by_hand = True
        for other in self._ended_by[edit]:
            if other.ended_by == edit:
                other.replaced_by = group

    # -- what the user said

    def _add_stated(self, said: Said) -> None:
        near = [group for group in self._same(said) if self._is_of_kind(group, said)]
        current = [group for group in near if group.until is None]
        if current:
            self._join(current[-1], said)
        elif (ended := [group for group in near if group.by_hand]) and _is_absorbed(ended, said):
            self._join(ended[-1], said)
        else:
            self._open(said)

    def _add_past(self, said: Said) -> None:
        """What was so once: it ends the line that says it is, unless that is by hand."""
        answer = bool(said.statement.question)
        near = self._in_slot(said) if answer else self._same(said)
        same = [group for group in near if not group.by_hand]
        own = [group for group in same if self._is_of_kind(group, said)][-1:]
        noted = []
        for group in [*own, *(each for each in same if not self._is_of_kind(each, said))]:
            if group.until is not None:
                continue
            if said.derived or (group.confirmed_at and not is_single(said.statement)):
                group.otherwise.append(said)
                noted.append(group)
            else:
                group.until, group.ended_by = said.at, said.sources[0]
        if own:
            if own != noted[:1]:
                self._join(own[0], said)
        elif not noted and not answer:
            group = self._insert(said)
            group.until, group.ended_by = said.at, said.sources[0]

    def _open(self, said: Said) -> None:
        held = [
            group
            for group in self._in_slot(said)
            if group.until is None and said.key not in group.keys
        ]
        single = is_single(said.statement)
        for group in held:
            if not _may_end(group, said, single):
                group.otherwise.append(said)
                return
        opened = self._insert(said)
        for group in held:
            self._end(group, opened, said)
        if single:
            for group in self._in_slot(said):
                # "I left Ghent for Lyon" ends the one and begins the other.
                if group.ended_by == said.sources[0] and group.replaced_by is None:
                    group.replaced_by = opened if group is not opened else None

    @staticmethod
    def _end(group: Group, by: Group, said: Said) -> None:
        group.until, group.ended_by, group.replaced_by = said.at, said.sources[0], by

    def _insert(self, said: Said) -> Group:
        group = Group(said.statement.topic is not None, said.id in self._waiting)
        self.all.append(group)
        if said.slot is not None:
            self._slots[said.slot].append(group)
        self._join(group, said)
        return group

    def _join(self, group: Group, said: Said) -> None:
        group.members.append(said)
        self._of[said.id] = group
        if said.id in self._confirmed_ids and said.derived:
            group.confirmed_at = group.confirmed_at or said.at
        if said.slot is not None:
            if said.key not in group.keys:
                group.keys.add(said.key)
                self._keyed[said.slot, said.key].append(group)
            return
        group.worded.append(said.words)
        for word in said.words:
            held = self._worded[word]
            if not held or held[-1] is not group:
                held.append(group)

    # -- where to look

    def _is_of_kind(self, group: Group, said: Said) -> bool:
        """Whether they may be one line: what is sensitive stands apart, with its own consent."""
        sensitive = said.statement.topic is not None
        return (group.sensitive, group.waits) == (sensitive, said.id in self._waiting)

    def _reached(self, groups: Iterable[Group], said: Said) -> list[Group]:
        """Those that it may bear on: what waits for a yes, on what waits as well alone."""
        if said.id not in self._waiting:
            return list(groups)
        return [group for group in groups if group.waits]

    def _in_slot(self, said: Said) -> list[Group]:
        if said.slot is None:
            return []
        return self._reached(self._slots[said.slot], said)

    def _same(self, said: Said) -> list[Group]:
        """Groups that say the same and that it may bear on, oldest first."""
        if said.slot is None:
            return self._reached(self._alike(said), said)
        return self._reached(self._keyed.get((said.slot, said.key), ()), said)

    def _alike(self, said: Said) -> list[Group]:
        shared: Counter[Group] = Counter()
        for word in said.words:
            shared.update(dict.fromkeys(self._worded[word], 1))
        near = [group for group, count in shared.items() if count >= _ALIKE * len(said.words)]
        found = [group for group in near if _is_alike(group, said)]
        return sorted(found, key=lambda group: in_order(group.members[0]))


def _is_absorbed(ended: Sequence[Group], said: Said) -> bool:
    """Whether what was retired or replaced by hand swallows this."""
    if said.derived:
        return True
    if is_single(said.statement):
        return False  # the newest explicit words on what only one thing can be true of
    return any(said.words == member.words for group in ended for member in group.members)


def _may_end(group: Group, said: Said, single: bool) -> bool:
    if said.derived:
        return all(member.derived for member in group.members) and not group.confirmed_at
    return group.confirmed_at is None or single


def _named(edits: Iterable[Act], *ops: str) -> set[str]:
    return {
        line
        for act in edits
        if isinstance(act.payload, ProfileEdit) and act.payload.op in ops
        for line in named(act.payload)
    }


def _is_alike(group: Group, said: Said) -> bool:
    first, own = group.members[0].statement, said.words
    if (first.polarity, first.context) != (said.statement.polarity, said.statement.context):
        return False
    return any(len(held & own) >= _ALIKE * len(held | own) for held in group.worded)
