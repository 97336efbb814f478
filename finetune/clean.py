"""The user's own words of a message: without quotes, forwards, signatures and others' words."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"^\s*(>|\|\s)")
_ATTRIBUTION = re.compile(
    r"^\s*(on|am|le|el|il|op|em)\b.{6,300}?\b(wrote|schrieb|a écrit|escribió|ha scritto|schreef|"
    r"escreveu)\b[^\n:]{0,120}:\s*$",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTION_LINES = 3
"""Mail programs break the line "On …, … wrote:" at most twice."""

_FORWARD = re.compile(
    r"^\s*(-{2,}\s*(original message|forwarded message|ursprüngliche nachricht|"
    r"message d'origine|mensaje original)\s*-{2,}|begin forwarded message:|_{20,})\s*$",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"^\s*\*?(from|sent|date|to|cc|subject|von|gesendet|an|betreff|de|envoyé|à|objet):\*?\s+\S",
    re.IGNORECASE,
)
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


def own_words(text: str) -> str:
    """The text its sender wrote themselves, line breaks of the mail program undone.

    Greeting, sign-off and name stay: they are manner. Empty where nothing was their own.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = _without_forwards(lines)
    lines = _without_quotes(lines)
    lines = _without_signature(lines)
    return _unwrapped(lines).strip()


def _without_forwards(lines: list[str]) -> list[str]:
    """All before a forwarded or replied-to mail, which begins with a rule or with its headers."""
    for index, line in enumerate(lines):
        block = lines[index : index + _HEADERS_IN_A_ROW]
        if _FORWARD.match(line):
            return lines[:index]
        if len(block) == _HEADERS_IN_A_ROW and all(_HEADER.match(part) for part in block):
            return lines[:index]
    return lines


def _without_quotes(lines: list[str]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if not _QUOTED.match(line):
            kept.append(line)
            continue
        _drop_attribution(kept)
    _drop_attribution(kept)
    return kept


def _drop_attribution(kept: list[str]) -> None:
    """Remove "On …, … wrote:" at the end of what was kept, however it is broken."""
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    for count in range(1, min(_ATTRIBUTION_LINES, end) + 1):
        if _ATTRIBUTION.match("\n".join(kept[end - count : end])):
            del kept[end - count :]
            return


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
