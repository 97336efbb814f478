"""Reading ahead: what a turn would begin with is done while its words are still being typed.

The words are recalled for and the model reads the prompt that they would get. Where they are sent
as they are, and nothing was said or forgotten meanwhile, the turn takes what was recalled; else it
does everything anew. Nothing is stored, and nothing has to be true of words that change.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event as Flag
from threading import Lock
from time import monotonic

from ulid import ULID

from assistant import nodes
from assistant.asking import answer_prompt, choice_prompt
from assistant.models.base import LanguageModel
from assistant.turn import Foreseen, TurnContext, TurnState
from memory.events import Event, Message, Origin

LEAST_CHARACTERS = 12
"""Shorter drafts say too little to recall for, and their prompts are read soon enough."""


STALE_SECONDS = 120.0
"""After which words are recalled for anew: what was derived of the log since may serve them."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a draft recalled, and for which turn that holds."""

    text: str
    conversation: str
    """Id of its session; empty for one in which nothing was said."""
    head: int
    """Position of the log."""
    foreseen: Foreseen
    at: float = field(default_factory=monotonic)

    def serves(self, text: str, conversation: str, head: int) -> bool:
        """Whether a turn with these words would recall the same."""
        same = (self.text, self.conversation, self.head) == (text, conversation, head)
        return same and monotonic() - self.at < STALE_SECONDS


def is_worth_reading(draft: str) -> bool:
    """Whether the words typed so far are more than a beginning."""
    return len(draft.strip()) >= LEAST_CHARACTERS and len(draft.split()) > 1


def drafted(draft: str, session_id: str, now: datetime) -> Event:
    """The message as it would be in the log."""
    return Event(
        seq=0,
        id=str(ULID()),
        kind="message",
        version=1,
        session_id=session_id,
        at=now,
        origin=Origin.USER,
        payload=Message(text=draft),
    )


def recall_ahead(turn: TurnContext, draft: Event) -> Foreseen | None:
    """What the turn of the draft would recall; None when it was cancelled."""
    if turn.cancel.is_set():
        return None
    state = nodes.recall({"session_id": draft.session_id, "message_id": draft.id}, turn)
    return Foreseen(state, turn.watch.marks.get("recall", 0.0))


def read_ahead(turn: TurnContext, foreseen: Foreseen, model: LanguageModel) -> bool:
    """Have the model read the prompt that would follow, up to where it would speak.

    False when it was cancelled, and where the model cannot read ahead.
    """
    read = getattr(model, "read_ahead", None)
    if read is None or turn.draft is None or turn.cancel.is_set():
        return False
    state: TurnState = {"session_id": turn.draft.session_id, "message_id": turn.draft.id}
    state |= foreseen.state
    state |= nodes.know_user(state, turn)
    candidates = turn.registry.candidates(turn.draft.text or "")
    if candidates:
        messages = choice_prompt(state, turn, model, candidates)
    elif nodes.is_answered_without_model(state):
        return True
    else:
        messages = answer_prompt(state, turn, model).prompt.messages
    return bool(read(messages, turn.cancel))


class Foresight:
    """Decides when reading ahead may go on: one draft at a time, and never beside a turn."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._turns = 0
        self._cancel = Flag()
        self._kept: _Kept | None = None

    def keep(self, text: str, conversation: str, head: int, foreseen: Foreseen) -> None:
        """For a turn that may come."""
        self._kept = _Kept(text, conversation, head, foreseen)

    def take(self, text: str, conversation: str, head: int) -> Foreseen | None:
        """What was kept, if it serves this turn; it is not kept longer than to the next turn."""
        kept, self._kept = self._kept, None
        return kept.foreseen if kept and kept.serves(text, conversation, head) else None

    def begin(self) -> Flag | None:
        """End what was read ahead before, and begin: the flag that ends it; None within a turn."""
        with self._lock:
            self._cancel.set()
            if self._turns:
                return None
            self._cancel = Flag()
            return self._cancel

    def stop(self) -> None:
        """End it soon; does not wait. Any thread may call it."""
        with self._lock:
            self._cancel.set()

    @contextmanager
    def standing_aside(self) -> Iterator[None]:
        """Nothing is read ahead within; what was under way ends soon."""
        with self._lock:
            self._turns += 1
            self._cancel.set()
        try:
            yield
        finally:
            with self._lock:
                self._turns -= 1
