"""What a user says about the remembering itself: "don't remember this"."""

from __future__ import annotations

import re
from enum import Enum


class Wish(Enum):
    """What is not to be kept."""

    THIS = "this message and its answer"
    BEFORE = "the message before it as well"


_NOT = r"(?:please\s+)?(?:(?:do\s+not|don['’]?t)\s+(?:remember|save|store|keep)|never\s+remember)"
_THIS = re.compile(
    rf"^\W*{_NOT}\s+(?:this|what\s+(?:follows|comes\s+next|i\s+(?:say|tell\s+you)\s+now))"
    rf"(?:\s+please)?\s*(?:[:,;.!—–-]|$)"
    rf"|^\W*off\s+the\s+record\s*[:,;—–-]"
    rf"|(?:^|[.!?;:(—–-]\s*|,\s*(?:and|but|so)?\s*){_NOT}\s+(?:this|it)(?:\s+please)?\s*[.!)]*\s*$",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"^\W*(?:{_NOT}\s+(?:that|what\s+i\s+(?:just\s+)?(?:said|told\s+you|wrote))"
    rf"|(?:please\s+)?forget\s+what\s+i\s+(?:just\s+)?(?:said|told\s+you|wrote))"
    rf"(?:\s+(?:before|above|please|just\s+now))?\s*[.!]*\s*$",
    re.IGNORECASE,
)


def not_to_remember(text: str) -> Wish | None:
    """What the words ask not to be kept, where that is said beyond doubt; else None.

    A whole short sentence is needed to take back what was said before, since erasing is final.
    """
    if _BEFORE.search(text):
        return Wish.BEFORE
    return Wish.THIS if _THIS.search(text) else None
