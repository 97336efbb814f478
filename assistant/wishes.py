"""What a user says about the remembering itself, "don't remember this", and doing as they ask."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from itertools import takewhile

from assistant.runs import Runs
from memory.events import Event, Origin
from memory.store import MemoryStore
from memory.threads import conversation


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


class Unremembering:
    """Erases what is not to be kept: as its turn ends or, after a crash, at the next start."""

    def __init__(self, store: MemoryStore, runs: Runs) -> None:
        self._store = store
        self._runs = runs

    def promise(self, event: Event, wish: Wish) -> list[str]:
        """Note what is to go, so that a crash is made up for; the ids of it, the event's last."""
        before = []
        if wish is Wish.BEFORE:
            said = conversation(self._store.log, event.session_id)
            earlier = takewhile(lambda each: each.id != event.id, said)
            before = [each.id for each in earlier if each.origin is Origin.USER and each.text]
        ids = [*before[-1:], event.id]
        self._runs.promise(ids)
        return ids

    def keep(self, ids: Sequence[str]) -> int:
        """Erase what was promised with all that is from it; how many events went."""
        erased = self._erase(ids)
        self._runs.keep_promises()
        return erased

    def make_up(self) -> None:
        """Keep what runs that died had promised."""
        for run, ids in self._runs.broken_promises().items():
            self._erase(ids)
            self._runs.keep_promises(run)

    def _erase(self, ids: Sequence[str]) -> int:
        plan = self._store.plan_forgetting(ids=ids)
        return self._store.forget(plan).erased if plan.ids else 0
