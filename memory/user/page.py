"""The profile as a Markdown page that people read and edit, and back again.

A line is `- words [mark] ^id`: the mark tells date and standing, the id is that of the line. Both
may be left where they are, or removed; what counts is the words. Sensitive lines that wait for a
yes are boxes to tick. Whoever edits the page can lose nothing by a slip: what cannot be read is
refused with its line number, and a line that was not shown is not missed.

The profile may change while its page is open. So the page tells in its last line how each of its
lines was handed out: only what differs from that is the user's doing. What was forgotten meanwhile
stays forgotten, and a change to a line that is another one by now is refused.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

from memory.errors import RefusedInput
from memory.events import Consent, ProfileEdit
from memory.user.lines import Line, Section
from memory.user.profile import Profile, protects, usable
from memory.user.topics import topic_of

TOKENS = 2000
"""Size of the page at most."""
_CHARACTERS_A_TOKEN = 4
_LONGEST = 1000
"""Characters of a line at most."""

_TITLE = "# About me"
_ASKED = "May I keep this?"
_SHOWN = re.compile(r"^<!-- lines: ([a-z2-9.? ]*)-->$")
_COMMENT = re.compile(r"^<!--.*-->$")
_HEADING = re.compile(r"^#{1,6}\s*(?P<name>.*?)\s*#*$")
_ITEM = re.compile(r"^\s*[-*+](?:\s+(?P<body>.*))?$")
_BOX = re.compile(r"^\[(?P<tick>[ xX]?)\]\s+")
_LIKE_BOX = re.compile(r"^\\*\[[ xX]?\]\s")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ID = re.compile(r"\s*\^(?P<id>[a-z2-7]{8})\s*$")
_MARK = re.compile(r"\s*\[(?P<mark>\d{4}-\d\d-\d\d[^\[\]]*)\]\s*$")
_WAITS = "?"
_PLACES = "abcdefghijklmnopqrstuvwxyz"
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
    """The page with a last line that says what stood on it and how, for `edits` to compare with."""
    listed = " ".join(f"{line.id}.{_handed(line)}" for line in shown.shown)
    return f"{shown.text}\n<!-- lines: {listed} -->\n"


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
class _Handed:
    """How a line stood on the page that was handed out."""

    place: str
    """Of the section's letter, or a question mark where it waited for a yes."""
    print: str
    """Of its words; too short to tell anything but whether they are the same."""

    def __str__(self) -> str:
        return f"{self.place}.{self.print}"


@dataclass(frozen=True, slots=True)
class _Item:
    number: int
    section: Section | None
    words: str
    id: str | None
    ticked: bool
    mark: str | None

    def is_as(self, handed: _Handed) -> bool:
        """Whether the user left the line as it was handed out."""
        moved = self.section is not None and _place(self.section) != handed.place
        agreed = handed.place == _WAITS and self.ticked
        return _print(self.words) == handed.print and not moved and not agreed


def edits(text: str, profile: Profile) -> list[ProfileEdit | Consent]:
    """What the user changed on an edited page, as drafts in the order of the page.

    Compared is with the page as it was handed out (`editable`), so that what else changed in the
    profile meanwhile is left alone. A line without an id is the one that has its words, or a new
    one. A line that stood on the page and is gone is retired; a sensitive one that waited for a
    yes is refused. Only a ticked box is a yes, not that a line is written, rewritten or moved.
    Raises RefusedInput, naming the line of the page, for what cannot be read, for a changed line
    that is gone or another one by now, and for what is about a topic that the user barred.
    """
    items, handed = _read(text)
    if not items and not _has_heading(text):
        raise RefusedInput("The page is empty; nothing was changed.")
    current = {line.id: line for line in profile.lines}
    found: list[ProfileEdit | Consent] = []
    kept: set[str] = set()
    for item in _matched(items, current, handed):
        line_id = item.id or ""
        kept.add(line_id)
        found += _changes(item, current.get(line_id), handed.get(line_id), profile)
    for line_id, before in handed.items():
        if line_id in kept or (line := current.get(line_id)) is None:
            continue
        if _handed(line) != before:
            raise RefusedInput(
                f"A line that you removed reads otherwise by now: {_words(line)} ^{line_id}; "
                "nothing was changed."
            )
        if line.topic is not None and _waits(line):
            found.append(Consent(topic=line.topic.value, answer="no", line=line.id))
        else:
            found.append(ProfileEdit(op="retire", line=line.id, covers=_covers(line, profile)))
    return found


def _changes(
    item: _Item, line: Line | None, handed: _Handed | None, profile: Profile
) -> list[ProfileEdit | Consent]:
    if handed is not None and item.is_as(handed):
        return []
    section = item.section.value if item.section is not None else None
    if line is None and item.id is None:
        _may_write(item, None, profile)
        return [ProfileEdit(op="add", section=section, text=item.words, agreed=item.ticked)]
    rewritten = line is None or item.words != _words(line)
    if line is None or _is_another(item, line, handed, profile, rewritten=rewritten):
        raise RefusedInput(
            f"Line {item.number} of the page was changed or forgotten meanwhile; nothing was "
            "changed. Without its ^id it is taken as a new line."
        )
    if rewritten or item.section not in (None, line.section):
        _may_write(item, line, profile)
        edit = ProfileEdit(
            op="replace",
            line=line.id,
            covers=_covers(line, profile),
            section=section or line.section.value,
            text=item.words,
            agreed=item.ticked,
        )
        return [edit]
    if line.topic is not None and _waits(line) and item.ticked:
        return [Consent(topic=line.topic.value, answer="yes", line=line.id)]
    return []


def _is_another(
    item: _Item, line: Line, handed: _Handed | None, profile: Profile, *, rewritten: bool
) -> bool:
    """Whether the line is not the one that the user changed."""
    if handed is not None:
        return _handed(line) != handed and not (line.consent and item.ticked and not rewritten)
    # A page without the list of its lines, as `show` prints it: the mark tells, where it stands.
    return rewritten and item.mark is not None and item.mark != mark(line, profile)


def _may_write(item: _Item, line: Line | None, profile: Profile) -> None:
    """Raises RefusedInput for words on a topic of which the user wants nothing kept."""
    topic = topic_of(item.words)
    if topic in profile.barred and (line is None or line.topic is not topic):
        raise RefusedInput(
            f"Line {item.number} of the page is about {topic}, of which you want nothing kept; "
            f"nothing was changed. `lifelore consent give {topic}` allows it again."
        )


def _covers(line: Line, profile: Profile) -> tuple[str, ...]:
    return profile.made_of[line.id]


def _handed(line: Line) -> _Handed:
    return _Handed(_WAITS if _waits(line) else _place(line.section), _print(_words(line)))


def _place(section: Section) -> str:
    return _PLACES[list(Section).index(section)]


def _print(words: str) -> str:
    digest = hashlib.sha256(words.encode("utf-8", "replace")).digest()
    return base64.b32encode(digest[:5]).decode().lower()


def _matched(
    items: Sequence[_Item], current: Mapping[str, Line], handed: Mapping[str, _Handed]
) -> list[_Item]:
    """The items, each with the id of the line that it is; copies of a line are left out."""
    owners: dict[int, str] = {}
    for item in items:
        if item.id in {*current, *handed} - set(owners.values()):
            owners[item.number] = item.id
    by_words: dict[str, list[str]] = {}
    for line_id, before in handed.items():
        by_words.setdefault(before.print, []).append(line_id)
    for line in current.values():
        if line.id not in by_words.get(print_ := _print(_words(line)), []):
            by_words.setdefault(print_, []).append(line.id)
    found = []
    for item in items:
        own = owners.get(item.number)
        same = by_words.get(_print(item.words), [])
        if own is None or (own not in current and _print(item.words) != handed[own].print):
            # Saved before under a new id, or its id was removed.
            free = [each for each in same if each not in owners.values()]
            if free:
                own = owners[item.number] = free[0]
            elif own is None and same:
                continue
        if own is None and item.id is not None and item.id not in owners.values():
            own = item.id
        found.append(replace(item, id=own))
    return found


def _has_heading(text: str) -> bool:
    return any(_HEADING.match(line) for line in text.splitlines())


def _read(text: str) -> tuple[list[_Item], dict[str, _Handed]]:
    bodies: list[tuple[int, Section | None, str]] = []
    handed: dict[str, _Handed] = {}
    section: Section | None = None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.rstrip()
        if match := _SHOWN.match(line):
            for each in match[1].split():
                line_id, _, before = each.partition(".")
                place, _, print_ = before.partition(".")
                handed[line_id] = _Handed(place, print_)
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
    return [_item_of(*body) for body in bodies], handed


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
    marked = _MARK.search(body)
    words = " ".join(body[: marked.start() if marked else None].split())
    fault = None
    if not words:
        fault = "has no words; remove all of it to take it out"
    elif len(words) > _LONGEST:
        fault = f"is longer than {_LONGEST} characters"
    elif _CONTROL.search(words):
        fault = "holds control characters"
    if fault:
        raise RefusedInput(f"Line {number} of the page {fault}; nothing was changed.")
    return _Item(number, section, words, found, ticked, marked["mark"] if marked else None)
