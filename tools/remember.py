"""Keeping something because the user asked to."""

from __future__ import annotations

import re
from collections.abc import Callable

from pydantic import Field

from memory.errors import MemoryFault
from tools.base import Arguments, ToolFailed
from tools.requests import ASKING


class RememberArguments(Arguments):
    note: str = Field(description="what to keep, as a full sentence in the user's words")


class Remember:
    """Stores a note; `store` takes its text and returns its id."""

    name = "remember"
    purpose = "Keeps a note for good. Use it when the user asks to remember something."
    arguments: type[Arguments] = RememberArguments

    def __init__(self, store: Callable[[str], str]) -> None:
        self._store = store

    def may_help(self, text: str) -> bool:
        return bool(_REQUEST.search(text))

    def run(self, arguments: Arguments) -> str:
        assert isinstance(arguments, RememberArguments)
        note = arguments.note.strip()
        if not note:
            raise ToolFailed("There is nothing to remember: the note is empty.")
        try:
            self._store(note)
        except MemoryFault as fault:
            raise ToolFailed(str(fault)) from fault
        return f"It is noted: {note}"


_REQUEST = re.compile(
    rf"{ASKING}(?:"
    r"remember(?:\s*:|,?\s+(?:that\b(?!\s*[?]|\s+(?:day|time|night)\b)|this\b|to\b|my\b|i\b|i['’]m\b"
    r"|we\b|the\b|our\b))"
    r"|(?:don['’]?t|do\snot|never)\s+forget\b(?!\s+it\b)"
    r"|note\s+(?:that|down|this)\b|take\s+(?:a\s+)?note\b|make\s+a\s+note\b"
    r"|(?:keep|bear)\s+(?:this\s+|that\s+|it\s+)?in\s+mind\b"
    r"|write\s+(?:this|that|it)\s+down\b)",
    re.IGNORECASE,
)
