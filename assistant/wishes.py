"""What a user says about the remembering itself: "don't remember this"."""

from __future__ import annotations

import re
from enum import Enum


class Wish(Enum):
    """What is not to be kept."""

    THIS = "this message and its answer"
    BEFORE = "the message before it as well"


_NOT = r"(?:(?:do\s+not|don['’]?t)\s+(?:ever\s+)?|never\s+)"
_KEEP = r"(?:remember|save|store|keep)"
_THIS = re.compile(
    # At the beginning, before what is not to be kept.
    rf"^\W*(?:please\s+)?{_NOT}{_KEEP}\s+(?:this|what\s+(?:follows|comes\s+next))(?:\s+please)?\s*[:—–]"
    rf"|^\W*(?:please\s+)?{_NOT}remember\s+this(?:\s+please)?\s*(?:[,;.!-]|$)"
    rf"|^\W*off\s+the\s+record\s*[:,;—–-]"
    # At the end, behind it.
    rf"|(?:[.!?;:(—–-]\s*|,\s*(?:and|but|so)\s+)(?:please\s+{_NOT}(?:{_KEEP}\s+this|remember\s+it)"
    rf"|{_NOT}remember\s+this)(?:\s+please)?\s*[.!)]*\s*$",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"^\W*(?:please\s+{_NOT}{_KEEP}\s+that|(?:please\s+)?(?:{_NOT}{_KEEP}|forget)"
    rf"\s+what\s+i\s+(?:just\s+)?(?:said|told\s+you|wrote))"
    rf"(?:\s+(?:before|above|please|just\s+now))?\s*[.!]*\s*$",
    re.IGNORECASE,
)


def not_to_remember(text: str) -> Wish | None:
    """What the words ask not to be kept, where that is said beyond doubt; else None.

    Erasing is final, so that a bare "Don't remember that", which as often means "I don't", is no
    wish; "please", or saying what, makes it one.
    """
    if _BEFORE.search(text):
        return Wish.BEFORE
    return Wish.THIS if _THIS.search(text) else None
