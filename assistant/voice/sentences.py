"""An answer as it is written, cut into sentences that can be spoken."""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[.!?…])[\"'”’)\]*_]*\s+|\n+|(?<=[。！？])")
_NO_END = re.compile(r"(?:\b(?:e\.g|i\.e|etc|mr|mrs|ms|dr|vs|st|approx|z\.b|bzw)|\b[A-Z])\.$", re.I)
_NUMBERED = re.compile(r"(?:^|\n)\s*\d{1,3}\.$")
_LONGEST = 300
"""Characters after which a comma will do: the listener should not have to wait."""

_FENCE = "```"
_CODE = re.compile(r"`([^`]*)`")
_LINK = re.compile(r"!?\[([^\]]+)\]\([^)]*\)")
_CITED = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
_LINE_START = re.compile(r"^\s*(?:[-*•–>#]+|\d{1,3}[.)])\s+")
_EMPHASIS = re.compile(r"(?<!\w)[*_~]{1,3}(?=\S)|(?<=\S)[*_~]{1,3}(?!\w)")
_URL = re.compile(r"https?://\S+")


class Sentences:
    """Collects the pieces of an answer; gives each sentence once, when it is whole.

    Blocks of code are left out: they are on the screen, and nobody can follow them by ear.
    """

    def __init__(self) -> None:
        self._text = ""
        self._in_code = False

    def feed(self, piece: str) -> list[str]:
        """The sentences that this piece completes."""
        self._text += piece
        found = []
        while (cut := self._cut()) is not None:
            found.append(self._text[:cut])
            self._text = self._text[cut:]
        return self._spoken(found)

    def rest(self) -> list[str]:
        """What is left when the answer has ended."""
        last, self._text = self._text, ""
        return self._spoken([last])

    def _cut(self) -> int | None:
        for end in _END.finditer(self._text):
            before = self._text[: end.start()]
            if end.end() == len(self._text) and not end.group().endswith("\n"):
                return None  # what follows may belong to it
            if "\n" in end.group() or not (_NO_END.search(before) or _NUMBERED.search(before)):
                return end.end()
        if len(self._text) > _LONGEST and (comma := self._text.rfind(", ")) > 0:
            return comma + 2
        return None

    def _spoken(self, pieces: list[str]) -> list[str]:
        found = []
        for piece in pieces:
            fences = piece.count(_FENCE)
            was_code, self._in_code = self._in_code, self._in_code ^ bool(fences % 2)
            if not (was_code or fences) and (plain := spoken(piece)):
                found.append(plain)
        return found


def spoken(text: str) -> str:
    """A sentence without what is only for the eye; empty when there is nothing to say."""
    plain = _LINK.sub(r"\1", _LINE_START.sub("", text))
    plain = _URL.sub("a link", _CITED.sub("", _CODE.sub(r"\1", plain)))
    plain = " ".join(_EMPHASIS.sub("", plain).split())
    return plain if any(character.isalnum() for character in plain) else ""
