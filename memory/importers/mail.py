"""One mail: who wrote it, when, in which thread, and its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

from memory.importers.base import to_utc
from memory.importers.html_text import visible_text

LONGEST_TEXT = 200_000
"""Characters of text; a longer mail is a file or a log, not writing."""
_LONGEST_HTML = 500_000
_LONGEST_HEADER = 20_000
"""Characters of a header that is parsed; a longer one is hostile, and parsing is slow."""
_PARSER = BytesParser(policy=policy.default)

_ID = re.compile(r"<([^<>\s]+)>")
_REPLY = re.compile(r"\s*(?:re|aw|antw|antwort|sv|vs|odp|ref|rif|r)(?:\[\d+\])?\s*:", re.I)
_FORWARD = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i|doorst|weitergeleitet)\s*:", re.I)
_PASSED = re.compile(r"\bdmarc\s*=\s*pass\b", re.I)
_SIGNED = re.compile(r"\bdkim\s*=\s*pass\b[^;]*?\bheader\.[di]\s*=\s*\S*?@?([\w.-]+)", re.I)
_MOZILLA_DELETED = 0x8


class UnreadableMail(Exception):
    """What this mail lacks to be remembered, for the problem that is reported."""


@dataclass(frozen=True, slots=True)
class Mail:
    message_id: str | None
    thread: str | None
    """Message-ID of the mail that the thread began with."""
    subject: str | None
    """Without Re: and Fwd:."""
    address: str
    speaker: str
    at: datetime
    forwards: bool
    """Whether it passes another mail on, rather than answers it."""
    doubtful: bool
    """Its server could not prove that it comes from the address that it gives."""
    text: str
    attachments: int
    odd_charset: bool


def is_unwanted(message: EmailMessage) -> bool:
    """Junk, or deleted by its owner but still in the file."""
    labels = {label.strip().lower() for label in _header(message, "X-Gmail-Labels").split(",")}
    status = _header(message, "X-Mozilla-Status")
    deleted = False
    with suppress(ValueError):
        deleted = bool(int(status, 16) & _MOZILLA_DELETED)
    junk = _header(message, "X-Spam-Flag").strip().lower() == "yes"
    return junk or deleted or bool(labels & {"spam", "trash"})


def parse(raw: bytes) -> EmailMessage:
    message = _PARSER.parsebytes(raw)
    assert isinstance(message, EmailMessage)
    return message


def read_mail(message: EmailMessage) -> Mail:
    """The mail in a parsed message. Raises UnreadableMail where sender, date or text is missing.

    What the email library itself fails on is raised as it comes.
    """
    sender = _sender(message)
    at = _date(message)
    if at is None:
        raise UnreadableMail("no Date that can be read")
    subject = str(message["Subject"]) if 0 < len(_header(message, "Subject")) < 2000 else ""
    own_id = _first_id(_header(message, "Message-ID"))
    replied = _first_id(_header(message, "In-Reply-To"))
    forwards = bool(_FORWARD.match(subject)) or (not _REPLY.match(subject) and replied is None)
    text, odd_charset = _body(message)
    if len(text) > LONGEST_TEXT:
        raise UnreadableMail(f"longer than {LONGEST_TEXT} characters")
    return Mail(
        message_id=own_id,
        thread=_first_id(_header(message, "References")) or replied or own_id,
        subject=bare_subject(subject) or None,
        address=sender.addr_spec.casefold(),
        speaker=" ".join(sender.display_name.split()) or sender.addr_spec,
        at=at,
        forwards=forwards,
        doubtful=_is_doubtful(message, sender.domain.casefold()),
        text=text,
        attachments=sum(1 for _ in _attachments(message)),
        odd_charset=odd_charset,
    )


def bare_subject(subject: str) -> str:
    """The subject without the Re:, Fwd:, AW: and WG: that mail programs put before it."""
    subject = " ".join(subject.split())
    while found := _REPLY.match(subject) or _FORWARD.match(subject):
        subject = subject[found.end() :].strip()
    return subject


def _header(message: EmailMessage, name: str) -> str:
    """The first header of this name as it stands in the mail; empty where there is none."""
    wanted = name.lower()
    raw = next((value for key, value in message.raw_items() if key.lower() == wanted), "")
    return str(raw)[:_LONGEST_HEADER]


def _first_id(header: str) -> str | None:
    found = _ID.search(header)
    return found[1] if found else None


def _sender(message: EmailMessage) -> Address:
    if 0 < len(_header(message, "From")) < 1000:
        addresses = message["From"].addresses
        if addresses and addresses[0].addr_spec.strip("<>@ "):
            sender: Address = addresses[0]
            return sender
    raise UnreadableMail("no From with an address")


def _date(message: EmailMessage) -> datetime | None:
    """When it was sent, or, where that cannot be read, received."""
    received = _header(message, "Received").rpartition(";")[2]
    for written in (_header(message, "Date"), received):
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            at = to_utc(parsedate_to_datetime(" ".join(written.split())))
            if at >= datetime(1970, 1, 1, tzinfo=UTC):
                return at
    return None


def _is_doubtful(message: EmailMessage, domain: str) -> bool:
    """Whether the receiving server looked for proof of the sender (RFC 8601) and found none.

    Anybody can write any address into From; a mail in one's own folder of sent ones was never
    received and has no such header.
    """
    result = _header(message, "Authentication-Results")
    if not result or _PASSED.search(result):
        return False
    return all(found[1].casefold() != domain for found in _SIGNED.finditer(result))


def _body(message: EmailMessage) -> tuple[str, bool]:
    """The plain text of the mail, else its HTML as text; and whether its charset was guessed."""
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return "", False
    text, guessed = _decoded(part)
    if part.get_content_subtype() == "html":
        if len(text) > _LONGEST_HTML:
            raise UnreadableMail(f"its HTML is longer than {_LONGEST_HTML} characters")
        text = visible_text(text)
    return text.replace("\x00", ""), guessed


def _decoded(part: MIMEPart) -> tuple[str, bool]:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return "", False
    charset = str(part.get_content_charset() or "utf-8")
    with suppress(LookupError, UnicodeError, ValueError):
        return raw.decode("utf-8" if charset == "us-ascii" else charset), False
    with suppress(UnicodeError):
        return raw.decode("utf-8"), True
    return raw.decode("cp1252", "replace"), True


def _attachments(message: EmailMessage) -> Iterator[EmailMessage]:
    with suppress(AttributeError, KeyError, MessageError):
        yield from message.iter_attachments()
