"""The first minute in a home: a name, what may be kept, and questions for whoever wants them."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from ulid import ULID

from assistant.questions import Questions
from assistant.updates import Question
from memory.events import Draft, Origin, ProfileEdit
from memory.store import MemoryStore
from memory.user.lines import Section, Topic

MARK = "welcomed"
"""An empty file in the home, once the welcome was shown."""
_QUESTIONS = 5


class Welcome:
    """Shown once, in a home in which nothing was said yet."""

    def __init__(self, store: MemoryStore, questions: Questions) -> None:
        self._store = store
        self._questions = questions
        self._session = str(ULID())
        self._put = 0

    @property
    def topics(self) -> tuple[str, ...]:
        """What is sensitive, by name."""
        return tuple(topic.value for topic in Topic)

    def first_time(self) -> bool:
        """Whether to show it now; it says so once, and never where anything was said before."""
        if (self._store.home / MARK).exists() or self._store.log.head() > 0:
            return False
        with suppress(OSError):  # a home for reading only shows it again
            (self._store.home / MARK).touch()
        return True

    def introduce(self, name: str, may_keep: Collection[str]) -> None:
        """Keep a name, if one is given, and a yes to each of these topics; durable at once."""
        if name.strip():
            edit = ProfileEdit(
                op="add", section=Section.IDENTITY.value, text=f"My name is {name.strip()}."
            )
            self._store.append([Draft(payload=edit, session_id="", origin=Origin.USER)])
        for topic in may_keep:
            self._store.answer_consent(Topic(topic), "yes")
        self._store.catch_up_instant()

    def question(self) -> Question | None:
        """The next question of the interview; None when there is no more to ask."""
        left = self._questions.welcome() if self._put < _QUESTIONS else []
        if not left:
            return None
        self._put += 1
        return self._questions.put(self._session, left[0])
