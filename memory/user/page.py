"""The profile as a Markdown page that people read and edit, and back again.

A line is `- words [mark] ^id`: the mark tells date and standing, the id is that of the line. Both
may be left where they are, or removed; what counts is the words. Sensitive lines that wait for a
yes are boxes to tick. Whoever edits the page can lose nothing by a slip: what cannot be read is
refused with its line number, and a line that was not shown is not missed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from memory.errors import RefusedInput
from memory.events import Consent, ProfileEdit
from memory.user.fold import Profile, protects, usable
from memory.user.lines import Line, Section

TOKENS = 2000
"""Size of the page at most."""
_CHARACTERS_A_TOKEN = 4
_LONGEST = 1000
"""Characters of a line at most."""

_TITLE = "# About me"
_ASKED = "May I keep this?"
_SHOWN = re.compile(r"^<!-- lines: ([a-z2-7 ]*)-->$")
_COMMENT = re.compile(r"^<!--.*-->$")
_HEADING = re.compile(r"^#{1,6}\s*(?P<name>.*?)\s*#*$")
_ITEM = re.compile(r"^\s*[-*+](?:\s+(?P<body>.*))?$")
_BOX = re.compile(r"^\[(?P<tick>[ xX]?)\]\s+")
_LIKE_BOX = re.compile(r"^\\*\[[ xX]?\]\s")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ID = re.compile(r"\s*\^(?P<id>[a-z2-7]{8})\s*$")
_MARK = re.compile(r"\s*\[\d{4}-\d\d-\d\d[^\[\]]*\]\s*$")
_LEFT_OUT = re.compile(r"^\*\d+ more lines?;.*\*$")

Counter = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Page:
    """The page, the lines that stand on it and how many more there are."""

    text: str
    shown: tuple[Line, ...]
    left_out: int


def tokens(text: str) -> int:
    """Tokens of a text, estimated at four characters each."""
    return ceil(len(text) / _CHARACTERS_A_TOKEN)


def page(profile: Profile, most: int | None = TOKENS, count: Counter = tokens) -> Page:
    """The page of at most so many tokens; the least believed and oldest lines are left out.

    Guards from harm come first, then what the user confirmed, then by belief and by date.
    """
    order = sorted(
        profile.lines,
        key=lambda line: (protects(line), line.confirmed, line.belief, line.last_at),
        reverse=True,
    )
    chosen = list(order)
    if most is not None:
        # Room for the headings and the closing sentence is set apart, so that few rounds remain.
        headings = {f"## {_ASKED}" if _waits(each) else _heading(each.section) for each in order}
        frame = "\n\n".join([_written([], profile, len(order)), *headings])
        room = most - count(frame)
        chosen = []
        for line in order:
            room -= count(_item(line, profile) + "\n")
            if room >= 0:
                chosen.append(line)
        while chosen and count(_written(chosen, profile, len(order) - len(chosen))) > most:
            chosen.pop()
    left_out = len(order) - len(chosen)
    return Page(_written(chosen, profile, left_out), tuple(chosen), left_out)


def editable(shown: Page) -> str:
    """The page with a last line that says what stood on it, so that removals are seen."""
    return f"{shown.text}\n<!-- lines: {' '.join(line.id for line in shown.shown)} -->\n"


def _written(lines: Sequence[Line], profile: Profile, left_out: int) -> str:
    parts = [_TITLE]
    asked = [line for line in lines if _waits(line)]
    for section in Section:
        of = [line for line in lines if line.section is section and line not in asked]
        if of:
            parts += ["", _heading(section)]
            parts += [_item(line, profile) for line in sorted(of, key=lambda each: each.first_at)]
    if asked:
        parts += ["", f"## {_ASKED}"]
        parts += [_item(line, profile) for line in asked]
    if left_out:
        more = "line" if left_out == 1 else "lines"
        parts += ["", f"*{left_out} more {more}; `lifelore profile show --all`*"]
    return "\n".join(parts) + "\n"


def _waits(line: Line) -> bool:
    return line.topic is not None and line.consent is None


def _heading(section: Section) -> str:
    return f"## {section.value[0].upper()}{section.value[1:]}"


def _item(line: Line, profile: Profile) -> str:
    words = _words(line)
    if _LIKE_BOX.match(words):
        words = f"\\{words}"  # words that look like a box are no box
    box = "[ ] " if _waits(line) else ""
    return f"- {box}{words} [{mark(line, profile)}] ^{line.id}"


def mark(line: Line, profile: Profile) -> str:
    """Date and standing of a line: how often it was said, whether confirmed or contradicted."""
    said = [f"{line.last_at.date().isoformat()}"]
    if line.confirmed:
        said.append("confirmed")
    elif parts := profile.merged.get(line.id):
        said.append(f"shows {len(parts)} lines" if len(parts) > 1 else "shortened")
    elif len(line.sources) > 1:
        said.append(f"said {len(line.sources)} times")
    if line.topic is not None:
        said.append(line.topic.value)
        if _waits(line) and usable(line):
            said.append("heeded meanwhile")
    if against := profile.otherwise.get(line.id):
        newest = against[-1]
        verb = "noted" if newest.derived else "you said"
        said.append(f"{verb} otherwise on {newest.at.date().isoformat()}")
    return ", ".join(said)


def _words(line: Line) -> str:
    return " ".join(_CONTROL.sub(" ", line.text).split())


# -- back again


@dataclass(frozen=True, slots=True)
class _Item:
    number: int
    section: Section | None
    words: str
    id: str | None
    ticked: bool


def edits(text: str, profile: Profile) -> list[ProfileEdit | Consent]:
    """What the user changed on an edited page, as drafts in the order of the page.

    A line without an id is the one that has its words, or a new one. A line that stood on the page
    and is gone is retired; a sensitive one that waited for a yes is refused. Raises RefusedInput,
    naming the line of the page, for what cannot be read.
    """
    items, shown_ids = _read(text)
    if not items and not _has_heading(text):
        raise RefusedInput("The page is empty; nothing was changed.")
    shown = {line.id: line for line in profile.lines if line.id in shown_ids}
    found: list[ProfileEdit | Consent] = []
    kept: set[str] = set()
    for item in _matched(items, profile):
        line = shown.get(item.id or "") or _current(profile, item.id)
        if line is not None:
            kept.add(line.id)
        found += _changes(item, line, profile)
    for line in shown.values():
        if line.id in kept:
            continue
        if line.topic is not None and _waits(line):
            found.append(Consent(topic=line.topic.value, answer="no", line=line.id))
        else:
            found.append(ProfileEdit(op="retire", line=line.id, covers=_covers(line, profile)))
    return found


def _changes(item: _Item, line: Line | None, profile: Profile) -> list[ProfileEdit | Consent]:
    section = item.section.value if item.section is not None else None
    if line is None:
        return [ProfileEdit(op="add", section=section, text=item.words)]
    if item.words != _words(line) or item.section not in (None, line.section):
        where = section or line.section.value
        covers = _covers(line, profile)
        return [
            ProfileEdit(op="replace", line=line.id, covers=covers, section=where, text=item.words)
        ]
    if line.topic is not None and _waits(line) and (item.ticked or item.section is not None):
        return [Consent(topic=line.topic.value, answer="yes", line=line.id)]
    return []


def _covers(line: Line, profile: Profile) -> tuple[str, ...]:
    return profile.made_of[line.id]


def _current(profile: Profile, line_id: str | None) -> Line | None:
    return next((line for line in profile.lines if line.id == line_id), None)


def _matched(items: Sequence[_Item], profile: Profile) -> list[_Item]:
    """The items, each with the id of the line that it is; a copied id counts once."""
    known = {line.id for line in profile.lines}
    taken: set[str] = set()
    by_words = {_words(line): line.id for line in profile.lines}
    matched = []
    for item in items:
        own = item.id if item.id in known and item.id not in taken else None
        if own is not None:
            taken.add(own)
        matched.append((item, own))
    found = []
    for item, own in matched:
        if own is None and (same := by_words.get(item.words)) and same not in taken:
            own = same
            taken.add(same)
        found.append(_Item(item.number, item.section, item.words, own, item.ticked))
    return found


def _has_heading(text: str) -> bool:
    return any(_HEADING.match(line) for line in text.splitlines())


def _read(text: str) -> tuple[list[_Item], set[str]]:
    bodies: list[tuple[int, Section | None, str]] = []
    shown: set[str] = set()
    section: Section | None = None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.rstrip()
        if match := _SHOWN.match(line):
            shown.update(match[1].split())
        elif not line.strip() or _COMMENT.match(line) or _LEFT_OUT.match(line):
            continue
        elif match := _HEADING.match(line):
            section = _section(match["name"])
        elif match := _ITEM.match(line):
            bodies.append((number, section, match["body"] or ""))
        elif bodies and raw[:1].isspace():
            # A line that goes on on the next, as editors wrap it.
            bodies[-1] = (*bodies[-1][:2], f"{bodies[-1][2]} {line.strip()}")
        else:
            raise RefusedInput(
                f"Line {number} of the page is neither a heading (## …) nor a line (- …); "
                "nothing was changed."
            )
    return [_item_of(*body) for body in bodies], shown


def _section(name: str) -> Section | None:
    """The section of a heading; None for a heading of the user's own."""
    return next((each for each in Section if each.value == name.strip().lower()), None)


def _item_of(number: int, section: Section | None, body: str) -> _Item:
    body = body.strip()
    ticked, found = False, None
    if box := _BOX.match(body):
        ticked, body = box["tick"].lower() == "x", body[box.end() :]
    if match := _ID.search(body):
        found, body = match["id"], body[: match.start()]
    if body.startswith("\\") and _LIKE_BOX.match(body):
        body = body[1:]
    words = " ".join(_MARK.sub("", body).split())
    fault = None
    if not words:
        fault = "has no words; remove all of it to take it out"
    elif len(words) > _LONGEST:
        fault = f"is longer than {_LONGEST} characters"
    elif _CONTROL.search(words):
        fault = "holds control characters"
    if fault:
        raise RefusedInput(f"Line {number} of the page {fault}; nothing was changed.")
    return _Item(number, section, words, found, ticked)
