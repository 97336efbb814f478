"""The words of a mail or message that are its author's: no quotes, forwards and signatures.

By the form of the lines alone. Where it is unsure, words count as somebody else's: what is taken
for the author's may become something about them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_QUOTED = re.compile(r"^\s*(>|\|\s)")
_WROTE = r"(wrote|writes|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|skrev|napisał\(a\))"
_ATTRIBUTION = re.compile(
    rf"^\s*(on|am|le|el|il|op|em|den|w dniu)\b.{{6,300}}?\b{_WROTE}[^\n:]{{0,120}}:\s*$",
    re.IGNORECASE | re.DOTALL,
)
_NAME_WROTE = re.compile(
    rf"^\s*[\"']?(?!(?:I|We)\b)[^\W\d_][\w.,'’-]*(?: [\w.,'’-]+){{0,4}}[\"']?"
    rf"(?: <[^<>\s]{{3,80}}>)? {_WROTE}\s*:\s*$"
)
_ATTRIBUTION_LINES = 3
"""Mail programs break the line "On …, … wrote:" at most twice."""
_LONGEST_ATTRIBUTION = 500

_FORWARD = re.compile(
    r"^\s*(-{2,}\s*(original message|forwarded message|forwarded by .{1,80}|"
    r"ursprüngliche nachricht|weitergeleitete nachricht|message d'origine|message transféré|"
    r"mensaje original|mensaje reenviado|messaggio originale|messaggio inoltrato|"
    r"oorspronkelijk bericht|doorgestuurd bericht)\s*-{2,}|begin forwarded message:|"
    r"anfang der weitergeleiteten nachricht:|début du message (transféré|réexpédié)\s?:|"
    r"inizio messaggio inoltrato:|_{20,})\s*$",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"^\s*\*{0,2}(?P<name>from|sent|date|to|cc|subject|reply-to|von|gesendet|datum|an|betreff|de|"
    r"envoyé|à|objet|enviado|para|asunto|da|inviato|oggetto|van|verzonden|aan|onderwerp)"
    r"\s?:\*{0,2}\s+(?P<value>\S.*)",
    re.IGNORECASE,
)
_FROM = frozenset({"from", "von", "de", "da", "van"})
_HEADERS_IN_A_ROW = 3

_DELIMITER = re.compile(r"^--\s?$")
_SENT_FROM = re.compile(
    r"^\s*(sent from my \w+|get outlook for \w+|von meinem \w+ gesendet|"
    r"envoyé de mon \w+|enviado desde mi \w+)",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"^\s*(((with|many) )?(kind(est)?|best|warm(est)?|all the best|many|with best)? ?"
    r"(regards|wishes|best|thanks|cheers|love|yours( \w+)?|sincerely|thank you|"
    r"all the best|speak soon|take care)( again| in advance)?|(mit )?(freundlichen|beste[n]?|"
    r"viele|liebe) grüße[n]?|lg|cordialement|bien à vous|saludos|un abrazo)\s*[,.!–-]*\s*$",
    re.IGNORECASE,
)
_NAME = re.compile(r"^[^\W\d_][\w.'’-]*( [\w.'’-]+){0,4}[.!]?$")
_AFTER_SIGNING = 10
"""Lines after a signed name that may be a block of contact data; a longer text goes on."""
_POSTSCRIPT = re.compile(r"^\s*p\.? ?p?\.?s\b", re.IGNORECASE)

_WRAPPED = 58
"""A line at least this long that is followed by text was broken by the mail program."""
_LIST_ITEM = re.compile(r"^\s*([-*•+]|\d{1,3}[.)])\s")


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A mail that stands inside another: who it says it is from, and its text."""

    sender: str | None
    text: str


def own_words(text: str) -> str:
    """The text its sender wrote themselves, line breaks of the mail program undone.

    Greeting, sign-off and name stay: they are manner. Empty where nothing was their own.
    """
    return _unwrapped(_without_signature(_without_others(_lines(text)))).strip()


def without_others(text: str) -> str:
    """The text line by line, without what was quoted, forwarded or pasted from a mail.

    For words that are no mail, where what looks like a signature may be anything.
    """
    return "\n".join(_without_others(_lines(text)))


def forwarded(text: str) -> Forwarded | None:
    """The mail that is forwarded in this one, whole but for its headers; None without one."""
    lines = _lines(text)
    start = _start_of_forward(lines)
    if start is None:
        return None
    if _FORWARD.match(lines[start]):
        start += 1
    inside = lines[start:]
    if all(_QUOTED.match(line) for line in inside if line.strip()):
        inside = [re.sub(r"^\s*[>|] ?", "", line) for line in inside]
    sender, begin = None, len(inside)
    for index, line in enumerate(inside):
        header = _HEADER.match(line)
        if header and sender is None and header["name"].lower() in _FROM:
            sender = header["value"].strip()
        if line.strip() and not header:
            begin = index
            break
    text = _unwrapped(inside[begin:]).strip()
    return Forwarded(sender, text) if text else None


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _without_others(lines: list[str]) -> list[str]:
    return _without_quotes(lines[: _start_of_forward(lines)])


def _start_of_forward(lines: list[str]) -> int | None:
    """Where a forwarded or replied-to mail begins: with a rule or with its headers."""
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        block = lines[index : index + _HEADERS_IN_A_ROW]
        if _FORWARD.match(line):
            return index
        if len(block) == _HEADERS_IN_A_ROW and all(_HEADER.match(part) for part in block):
            return index
        if _is_sender(line):
            return index
    return None


def _is_sender(line: str) -> bool:
    """Whether the line is a mail's "From: … address"."""
    header = _HEADER.match(line)
    return header is not None and header["name"].lower() in _FROM and "@" in header["value"]


def _without_quotes(lines: list[str]) -> list[str]:
    """Without quoted lines, and without all that follows "… wrote:" where no line is marked."""
    kept: list[str] = []
    for line in lines:
        if _QUOTED.match(line):
            _drop_attribution(kept)
        elif line.strip():
            if _drop_attribution(kept):
                return kept
            kept.append(line)
        elif kept and kept[-1]:
            kept.append("")
    _drop_attribution(kept)
    return kept


def _drop_attribution(kept: list[str]) -> bool:
    """Remove "On …, … wrote:" at the end of what was kept, however it is broken."""
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    if not end or not kept[end - 1].rstrip().endswith(":"):
        return False
    for count in range(1, min(_ATTRIBUTION_LINES, end) + 1):
        said = "\n".join(kept[end - count : end])
        if len(said) <= _LONGEST_ATTRIBUTION and (
            _ATTRIBUTION.match(said) or (count == 1 and _NAME_WROTE.match(said))
        ):
            del kept[end - count :]
            return True
    return False


def _without_signature(lines: list[str]) -> list[str]:
    for index, line in enumerate(lines):
        if _DELIMITER.match(line) or _SENT_FROM.match(line):
            lines = lines[:index]
            break
    for index in range(len(lines) - 1, -1, -1):
        if _SIGN_OFF.match(lines[index]):
            return lines[: _end_of_signing(lines, index)]
    return lines


def _end_of_signing(lines: list[str], sign_off: int) -> int:
    """Position behind the sign-off and the name under it, or the end where more text follows."""
    end = sign_off + 1
    while end < len(lines) and not lines[end].strip():
        end += 1
    if end < len(lines) and _NAME.match(lines[end].strip()):
        end += 1
    rest = [line for line in lines[end:] if line.strip()]
    if len(rest) > _AFTER_SIGNING or any(_POSTSCRIPT.match(line) for line in rest):
        return len(lines)
    return end


def _unwrapped(lines: list[str]) -> str:
    joined: list[str] = []
    before = ""
    for line in lines:
        line = line.rstrip()
        goes_on = len(before) >= _WRAPPED and line.strip() and not _LIST_ITEM.match(line)
        if joined and goes_on:
            joined[-1] += " " + line.strip()
        else:
            joined.append(line)
        before = line
    return re.sub(r"\n{3,}", "\n\n", "\n".join(joined))
