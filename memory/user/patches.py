"""Patches: lines that say related things, shown as one line in the words that they have.

A patch rests on the lines as they were read. Where one of them is gone, says something else, was
confirmed or contradicted, it has no effect and the lines stand for themselves again; so what the
user says or does later needs no rule of its own here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from memory.user.lines import ANSWERED, Line, Section
from memory.user.slots import PROTECTING, SINGLE

_LEFT_ALONE = SINGLE | PROTECTING | {ANSWERED}
"""One has one of them, they guard from harm, or they are answers to questions."""


@dataclass(frozen=True, slots=True)
class Patch:
    """The words in which some lines are shown together, or one line shorter."""

    lines: tuple[str, ...]
    """Fingerprints of the lines as they were read."""
    text: str


@dataclass(frozen=True, slots=True)
class Patched:
    """The lines that hold after all patches, and what the patched ones were."""

    lines: tuple[Line, ...]
    made_of: Mapping[str, tuple[str, ...]]
    merged: Mapping[str, tuple[Line, ...]]
    """By id of a patched line: the lines that it was made of, oldest first."""
    applied: Mapping[str, tuple[Patch, ...]]
    """By id of a patched line: the patches that made it, in order."""


def fingerprint(line: Line) -> str:
    """What a line is, by its id and all that it says."""
    says = (line.id, line.section, line.context, str(line.polarity), line.text)
    return hashlib.sha256("\x1f".join(says).encode("utf-8", "replace")).hexdigest()[:32]


def may_patch(line: Line) -> bool:
    """Whether a model's patch may touch the line: nothing that is sensitive or in the user's hand.

    Neither what one has one of, nor rules for the assistant's manner, where each word counts.
    """
    return (
        line.topic is None
        and not line.confirmed
        and line.until is None
        and line.section is not Section.MANNER
        and line.attribute not in _LEFT_ALONE
    )


def patched(
    lines: Sequence[Line],
    made_of: Mapping[str, tuple[str, ...]],
    disputed: Collection[str],
    patches: Sequence[Patch],
) -> Patched:
    """The lines with the patches applied in order; a later one may build on an earlier one.

    `disputed` are ids of lines that something speaks against; they stay as they are.
    """
    standing = {line.id: line for line in lines}
    parts = dict(made_of)
    merged: dict[str, tuple[Line, ...]] = {}
    applied: dict[str, tuple[Patch, ...]] = {}
    near = {
        fingerprint(line): line
        for line in (lines if patches else ())
        if may_patch(line) and line.id not in disputed
    }
    for patch in patches:
        if any(each not in near for each in patch.lines):
            continue
        found = [near.pop(each) for each in dict.fromkeys(patch.lines)]
        found.sort(key=lambda line: (line.first_at, line.id))
        made = _together(found, patch.text)
        merged[made.id] = tuple(one for line in found for one in merged.pop(line.id, (line,)))
        before = [one for line in found for one in applied.pop(line.id, ())]
        applied[made.id] = (*before, patch)
        parts[made.id] = tuple(one for line in found for one in parts[line.id])
        for line in found[1:]:
            del standing[line.id], parts[line.id]
        standing[made.id] = near[fingerprint(made)] = made
    return Patched(tuple(standing.values()), parts, merged, applied)


def _together(lines: Sequence[Line], text: str) -> Line:
    """One line in the place of these, oldest first; as sure as the least sure of them."""
    attributes = {line.attribute for line in lines}
    values = {line.value for line in lines}
    said = next((line for line in lines if line.text == text), None)
    return replace(
        said or lines[0],
        id=lines[0].id,
        attribute=said.attribute if said else attributes.pop() if len(attributes) == 1 else "",
        value=said.value if said else values.pop() if len(values) == 1 else "",
        text=text,
        belief=said.belief if said else min(line.belief for line in lines),
        sources=tuple(dict.fromkeys(i for line in lines for i in line.sources)),
        first_at=lines[0].first_at,
        last_at=max(line.last_at for line in lines),
    )
