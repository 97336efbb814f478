"""Mail: an mbox file, a folder of them, a Maildir, or single .eml files.

The mbox family is described in RFC 4155 and by J. Zawinski; the lines that begin with "From " part
the mails. Of each mail the words of its own author are kept, not what it quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from memory.errors import RefusedInput
from memory.events import Draft, Message, Origin
from memory.importers.base import (
    Drafting,
    FileImporter,
    OnProblem,
    Problem,
    Source,
    regular_files,
    skip_mark,
)
from memory.importers.mail import Mail, UnreadableMail, is_unwanted, parse, read_mail
from memory.own_words import forwarded, own_words

_LARGEST = 4 * 1024 * 1024
"""Bytes of a mail that are held. Its text stands before its attachments, which are not read."""
_SEPARATOR = re.compile(rb"From \S.*\d{1,2}:\d{2}")
_HEADER = re.compile(rb"[!-9;-~]+:|>From ")
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_FILES = (".mbox", ".mbx", ".eml", ".mbox.gz", ".eml.gz")
_MAILDIR = frozenset({"cur", "new"})


@dataclass(frozen=True)
class Mbox(FileImporter):
    """`me` holds the user's addresses; whoever writes from another is a third party."""

    me: tuple[str, ...]
    name: str = "mbox"
    expected = (
        'mail (an mbox file, whose mails begin with a line "From …", a Maildir or .eml files)'
    )

    def __post_init__(self) -> None:
        if not self.me or not all("@" in each for each in self.me):
            raise RefusedInput(
                "Say which mails are yours by your address: --me ann@example.org, once for each "
                "address that you write from. A name is not enough, since anyone may use it."
            )

    def files(self, path: Path) -> Iterable[Path]:
        if not path.is_dir():
            return [path]
        files = [file for file in regular_files(path) if _holds_mail(file)]
        if not files:
            raise RefusedInput(f"{path} holds no {self.expected}.")
        return files

    def drafts(self, source: Source, path: Path, on_problem: OnProblem) -> Iterator[Draft]:
        reading = _Reading(self.me, Drafting(self.name, on_problem), on_problem)
        for number, raw in enumerate(self._mails(source, path), start=1):
            yield from reading.mail(raw, f"{path.name}, mail {number}")
            source.report()
        reading.sum_up(path.name)

    def _mails(self, source: Source, path: Path) -> Iterator[bytes]:
        skip_mark(source.stream)
        start = source.stream.peek(5)[:5]
        if start == b"From ":
            yield from split_mails(source)
            return
        head = source.stream.peek(200)
        if not re.match(rb"[!-9;-~]{2,60}:[ \t]", head) or b"\x00" in head:
            raise RefusedInput(f"{path.name} is not {self.expected}.")
        raw = source.stream.read(_LARGEST)
        if not re.search(rb"^from:", raw, re.MULTILINE | re.IGNORECASE):
            raise RefusedInput(f"{path.name} is not {self.expected}.")
        yield raw


def split_mails(source: Source) -> Iterator[bytes]:
    """The mails of an mbox, each cut at four megabytes.

    A line "From …" parts two mails only after a blank line and before a header: not every
    program marks those lines of a text that begin so.
    """
    held: list[bytes] = []
    size, blank, separator = 0, True, b""
    source.stream.readline(_LARGEST)
    while line := source.stream.readline(64 * 1024):
        source.report()
        if separator:
            if _HEADER.match(line):
                yield _ESCAPED.sub(rb"\1", b"".join(held))
                held, size = [], 0
            else:
                held.append(separator)
            separator = b""
        if blank and _SEPARATOR.match(line):
            separator = line
        elif size < _LARGEST:
            held.append(line)
            size += len(line)
        blank = not line.strip()
    yield _ESCAPED.sub(rb"\1", b"".join(held))


class _Reading:
    """The drafts of one file of mails, and counts of what is not worth a line each."""

    def __init__(self, me: tuple[str, ...], drafting: Drafting, on_problem: OnProblem) -> None:
        self._me = {address.strip().strip("<>").casefold() for address in me}
        self._drafting = drafting
        self._on_problem = on_problem
        self._attachments = self._empty = self._unwanted = self._doubtful = 0

    def mail(self, raw: bytes, place: str) -> Iterator[Draft]:
        try:
            message = parse(raw)
            if is_unwanted(message):
                self._unwanted += 1
                return
            mail = read_mail(message)
        except UnreadableMail as error:
            self._on_problem(Problem(place, f"{error}; left out"))
            return
        except Exception as error:  # noqa: BLE001 - the library raises anything on hostile mails
            reason = f"cannot be read as a mail ({type(error).__name__}); left out"
            self._on_problem(Problem(place, reason))
            return
        self._attachments += mail.attachments
        if mail.odd_charset:
            self._on_problem(
                Problem(place, "in an unknown character set, read as well as it can be")
            )
        yield from self._drafts(mail, place)

    def _drafts(self, mail: Mail, place: str) -> Iterator[Draft]:
        origin = Origin.USER if mail.address in self._me else Origin.THIRD_PARTY
        if origin is Origin.USER and mail.doubtful:
            self._doubtful += 1
            origin = Origin.THIRD_PARTY
        passed_on = forwarded(mail.text) if mail.forwards else None
        words = own_words(mail.text)
        if not words and passed_on is None:
            self._empty += 1
        if words:
            yield from self._draft(mail, words, mail.speaker, origin, mail.message_id, place)
        if passed_on is not None:
            speaker = (passed_on.sender or "").partition("<")[0].strip(' "*') or None
            external_id = mail.message_id and f"{mail.message_id}#forwarded"
            yield from self._draft(
                mail, passed_on.text, speaker, Origin.THIRD_PARTY, external_id, place
            )

    def _draft(
        self,
        mail: Mail,
        words: str,
        speaker: str | None,
        origin: Origin,
        external_id: str | None,
        place: str,
    ) -> Iterator[Draft]:
        thread = mail.thread or f"{mail.at.isoformat()} {mail.address}"
        payload = Message(text=words, speaker=speaker, external_id=external_id)
        drafts = self._drafting.line(
            "", thread, payload, mail.at, origin, place, external_id=external_id
        )
        yield from chain(self._drafting.session("", thread, mail.subject, mail.at), drafts)

    def sum_up(self, file: str) -> None:
        for count, what in (
            (self._attachments, "attachments were not read"),
            (self._empty, "mails without words of their sender's own were left out"),
            (self._unwanted, "mails marked as junk or deleted were left out"),
            (
                self._doubtful,
                "mails from your address that their server could not prove to be "
                "yours count as somebody else's",
            ),
        ):
            if count:
                self._on_problem(Problem(file, f"{count} {what}"))


def _holds_mail(file: Path) -> bool:
    if file.name.lower().endswith(_FILES) or file.parent.name in _MAILDIR:
        return True
    try:
        with file.open("rb") as raw:
            return raw.read(5) == b"From "
    except OSError:
        return False
