"""What the TUI needs of an assistant.

Every call may block and is made from a worker thread, except `SessionLike.cancel`,
`AssistantLike.stop_anticipating` and the reading of `SessionLike.id` and `SessionLike.temporary`.
One turn runs at a time, but everything else may be called from another thread while it runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path
    from threading import Event as Flag

    from assistant.choosing import Choice
    from assistant.nights import Page
    from assistant.portrait import Portrait
    from assistant.updates import Question, Update, Working
    from assistant.voice.ports import Heard
    from memory.events import Origin
    from memory.forget import ForgetPlan
    from memory.ports import Progress
    from memory.recall import Memory

Outcome = Literal["accepted", "dismissed", "snoozed"]
"""What became of an offer."""


class SummaryLike(Protocol):
    """One line of the list of sessions."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def last_at(self) -> datetime: ...
    @property
    def turns(self) -> int: ...


class TurnLike(Protocol):
    """Words already in the log. `memories` are the ids of what an answer was given."""

    @property
    def id(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def origin(self) -> Origin: ...
    @property
    def speaker(self) -> str | None: ...
    @property
    def text(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def memories(self) -> tuple[str, ...]: ...
    @property
    def document(self) -> bool:
        """Whether it is a file that was put into the conversation, named by `speaker`."""

    @property
    def first(self) -> str | None:
        """What an answer said before the user corrected it."""


class OfferLike(Protocol):
    """Something the assistant offers unasked: a reminder, a suggestion, a follow-up."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def topic(self) -> str: ...


class SessionLike(Protocol):
    """One conversation."""

    @property
    def id(self) -> str: ...

    @property
    def temporary(self) -> bool:
        """Whether nothing of it is kept."""

    def send(self, text: str, edits: str | None = None) -> Iterator[Update]:
        """Run one turn: Accepted first, Answered last.

        `edits` is the message that these words were written in place of. Raises MemoryFault or
        AssistantFault before Accepted when the words cannot be accepted.
        """

    def regenerate(self, message_id: str) -> Iterator[Update]:
        """Answer a message of this conversation anew; updates as of `send`. Raises NotFound."""

    def correct(self, answer_id: str, text: str) -> None:
        """Put the user's words in the place of an answer. Raises NotFound and RefusedInput."""

    def fork(self, before: str) -> SessionLike:
        """A conversation that begins as this one did, up to a message. Raises NotFound."""

    def cancel(self) -> None:
        """End the running turn soon; does nothing when none runs. Any thread may call it."""

    def anticipate(self, draft: str) -> bool:
        """Read ahead of words that are still being typed, so that sending them finds it done.

        Nothing of it is kept. Says whether all was done.
        """

    def turns(self) -> Sequence[TurnLike]:
        """Every turn, oldest first."""

    def last_turns(self, most: int) -> Sequence[TurnLike]:
        """The end of `turns`, at most about so many, at once however many there are."""

    def attach(self, path: Path, progress: Progress) -> TurnLike:
        """Put the words of a file into the conversation; the card to show. Raises RefusedInput."""

    def close(self) -> None:
        """Let go of the words of a temporary conversation; another one is not affected."""


class DictationLike(Protocol):
    """What turns speech into text."""

    def record(self, done: Flag) -> Iterator[Heard]:
        """What is said until `done` is set. Raises AssistantFault."""


class NightsLike(Protocol):
    """What the nights did, and the adapters that came of them."""

    def read(self) -> Page: ...

    def promote(self, number: int) -> str:
        """Let an adapter serve from the next turn on; one sentence. Raises NotFound."""

    def rollback(self) -> str:
        """Return to what served before; one sentence. Raises NotFound."""


class ModelsLike(Protocol):
    """The language models, and which of them answers."""

    @property
    def served_elsewhere(self) -> str:
        """Why a choice would change nothing; empty where it would."""

    def choices(self) -> Sequence[Choice]: ...

    def fetch(self, value: str, progress: Progress, cancel: Flag) -> str:
        """Fetch one; a sentence on it. Raises AssistantFault, also when it is cancelled."""

    def choose(self, value: str) -> str:
        """Answer with this one from now on; a sentence. Raises AssistantFault and MemoryFault."""


class WelcomeLike(Protocol):
    """The first minute in a home."""

    @property
    def topics(self) -> Sequence[str]:
        """What is sensitive, by name."""

    def first_time(self) -> bool:
        """Whether to show it now; it says so once."""

    def introduce(self, name: str, may_keep: Collection[str]) -> None:
        """Keep a name, if any, and a yes to these topics."""

    def question(self) -> Question | None:
        """The next question; None when there is no more to ask."""


class AssistantLike(Protocol):
    """The assistant as a front end sees it."""

    @property
    def model_name(self) -> str: ...

    @property
    def context_tokens(self) -> int: ...

    @property
    def welcome(self) -> WelcomeLike: ...

    def sessions(self) -> Sequence[SummaryLike]:
        """Every session, newest first."""

    def session(self, session_id: str | None = None) -> SessionLike:
        """The session with this id, or a new one. Raises NotFound."""

    def temporary_session(self) -> SessionLike:
        """A new conversation that leaves nothing."""

    def anticipate(self, draft: str) -> bool:
        """Read ahead of words that would begin a new session; see SessionLike."""

    def stop_anticipating(self) -> None:
        """End it soon; does not wait. Any thread may call it."""

    def memories(self, ids: Sequence[str]) -> Sequence[Memory]:
        """What these ids stand for; an id that has been forgotten is left out."""

    def search(self, text: str, limit: int = 50) -> Sequence[Memory]:
        """Words anywhere ever said, best first."""

    def plan_forgetting(self, ids: Sequence[str]) -> ForgetPlan:
        """What would go with these events."""

    def forget(self, plan: ForgetPlan) -> str:
        """Erase what the plan names; one sentence that says what went."""

    def rate(self, message_id: str, rating: int, comment: str | None = None) -> None:
        """Keep what the user thinks of an answer: 1 bad, 4 good. Raises NotFound."""

    def answer_question(self, question_id: str, answer: str | None) -> str:
        """Answer a question of the assistant's, or skip it with None; one sentence to show."""

    def profile_page(self) -> str:
        """The profile as Markdown, as it can be edited."""

    def save_profile(self, page: str) -> str:
        """Take in an edited page; one sentence. Raises RefusedInput, which names the line."""

    def line_sources(self, line_id: str) -> Sequence[Memory]:
        """What a line of the profile was taken from, oldest first; none for an unknown id."""

    def portrait(self) -> Portrait:
        """What the user likes, and whom they speak of."""

    def offers(self) -> Sequence[OfferLike]:
        """What is worth saying unasked now, the most useful first."""

    def answer_offer(self, offer_id: str, outcome: Outcome, rating: int | None = None) -> None:
        """Keep what the user made of an offer; the rating is 1 to 4."""

    def activity(self) -> Sequence[tuple[date, int]]:
        """Days on which anything was said, with the number of turns."""

    def export_session(self, session_id: str) -> str:
        """A conversation as Markdown. Raises NotFound."""

    def warm_up(self) -> Iterator[Working]:
        """Load the models and bring the indexes up to date."""

    def close(self) -> None: ...
