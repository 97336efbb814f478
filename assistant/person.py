"""The user model as conversations use it: what enters a prompt, what to ask, what to offer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Literal

from assistant.elicit.history import AskedBefore, asked_before
from assistant.elicit.policy import SESSION_LIMIT, Elicitor
from assistant.elicit.questions import NO, NO_MATTER, YES, NewQuestion
from assistant.gate import Gated, Kind, gate
from assistant.nudge.nudger import Nudger
from assistant.updates import Question
from memory.errors import EmbedderUnavailable, NotFound
from memory.events import AskAnswered, Asked, Consent, Draft, Event, Origin
from memory.ports import Clock
from memory.store import MemoryStore
from memory.user.lines import Line
from memory.user.page import edits, page
from memory.user.relevance import Prototypes
from memory.views.profile import ANSWERED
from memory.when import spoken_date

CONSENT = "consent"
"""The domain of questions whether something sensitive may stay in the profile."""
_LATER = timedelta(hours=4)
"""For how long an offer is put off that is wanted later."""


@dataclass(frozen=True, slots=True)
class Known:
    """The lines of the profile that a prompt is given."""

    kind: Kind
    lines: tuple[Line, ...]
    """Best first; what was so before stands behind what took its place."""
    manner: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """Something offered unasked, as a front end shows it."""

    id: str
    topic: str
    text: str
    why: str


class Person:
    """What is known of the user of one home, and how it is asked for. Loads no language model."""

    def __init__(
        self, store: MemoryStore, clock: Clock, elicitor: Elicitor, nudger: Nudger, cache: Path
    ) -> None:
        """`cache` is a folder for what every home shares: the vectors of examples."""
        self._store = store
        self._clock = clock
        self._elicitor = elicitor
        self._nudger = nudger
        self._cache = cache
        self._lock = Lock()
        self._examples: tuple[str, Prototypes] | None = None

    # -- the prompt

    def warm_up(self) -> None:
        """Load what the first gated turn would wait for."""
        with suppress(EmbedderUnavailable):
            self._prototypes()

    def known(self, text: str) -> Known | None:
        """What of the user a prompt for these words is given; None where nothing is.

        Raises EmbedderUnavailable: without it, what is relevant cannot be told.
        """
        if not self._store.profile.lines(self._clock.now()):
            return None
        chosen = self.gated(text)
        about = [each.line for each in chosen.lines]
        if chosen.kind is Kind.ABOUT_USER:
            about += self._before(about)
        return Known(chosen.kind, tuple(about), tuple(each.line for each in chosen.manner))

    def gated(self, text: str) -> Gated:
        """The gate's whole decision with its reasons. Raises EmbedderUnavailable."""
        lines = self._store.profile.lines(self._clock.now())
        embedder = self._store.vector_search().embedder
        vectors = self._store.profile.vectors(lines, embedder)
        return gate(text, embedder.embed([text])[0], lines, vectors, self._prototypes())

    def lines(self, ids: Sequence[str]) -> list[Line]:
        """These lines, in order; those that are gone are left out."""
        now = self._clock.now()
        found = [self._store.profile.line(each, now) for each in ids]
        return [line for line in found if line is not None]

    def _before(self, lines: Sequence[Line]) -> list[Line]:
        """What stood in the place of these lines before."""
        ids = {line.id for line in lines}
        every = self._store.profile.lines(self._clock.now(), all=True)
        return [line for line in every if line.replaced_by in ids]

    def _prototypes(self) -> Prototypes:
        embedder = self._store.vector_search().embedder
        with self._lock:
            if self._examples is None or self._examples[0] != embedder.identity:
                self._examples = (embedder.identity, Prototypes.of(embedder, self._cache))
            return self._examples[1]

    # -- questions

    def ask_after(self, message: Event) -> Question | None:
        """The question that goes with the answer to a message, if one pays; it is in the log.

        Whether something sensitive may be kept comes first. Never more than SESSION_LIMIT in a
        conversation; one that was passed over counts as skipped.
        """
        self._store.catch_up_instant()
        asked = self.asked()
        here = [one for one in asked if one.session_id == message.session_id]
        for waiting in here:
            if waiting.outcome == "waiting":
                self._note(message.session_id, AskAnswered(asked=waiting.id))
        if len(here) >= SESSION_LIMIT:
            return None
        new = self._consent_for(message) or self._taste_for(message)
        return self._put(new, message.session_id, message.id) if new else None

    def answer(self, question_id: str, text: str | None) -> str:
        """Take the answer to a question, None to skip it; says what came of it.

        Asking why, or what cannot be understood, leaves the question open. Raises NotFound.
        """
        question = self._question(question_id)
        if text is None:
            self._note(question.session_id, AskAnswered(asked=question_id))
            return "Skipped; I won't ask that again."
        return self._take(question, text)

    def why(self, question_id: str) -> str:
        """Why it is asked. Raises NotFound."""
        asked = self._question(question_id).payload
        assert isinstance(asked, Asked)
        return asked.why

    def welcome(self) -> list[NewQuestion]:
        """The questions of a first, optional interview."""
        lines = self._store.profile.lines(self._clock.now())
        return self._elicitor.welcome(_stated(lines), self._tastes(), self._clock.now())

    def ask(self, session_id: str, new: NewQuestion) -> Question:
        """Put one of the welcome's questions."""
        return self._put(new, session_id)

    def asked(self) -> list[AskedBefore]:
        """Every question that was put, oldest first."""
        return asked_before(self._store.profile.asked())

    def _tastes(self) -> list[AskedBefore]:
        return [one for one in self.asked() if one.domain != CONSENT]

    def _question(self, question_id: str) -> Event:
        [*found] = self._store.log.get([question_id])
        if not found or not isinstance(found[0].payload, Asked):
            raise NotFound(f"There is no question {question_id}.")
        return found[0]

    def _taste_for(self, message: Event) -> NewQuestion | None:
        now = self._clock.now()
        consents = [one for one in self.asked() if one.domain == CONSENT]
        used = sum(one.session_id == message.session_id for one in consents)
        return self._elicitor.next_question(
            message.text or "",
            _stated(self._store.profile.lines(now)),
            self._tastes(),
            message.session_id,
            now,
            SESSION_LIMIT - used,
        )

    def _consent_for(self, message: Event) -> NewQuestion | None:
        for line in self._store.profile.pending_consents(self._clock.now()):
            if line.sources[-1] == message.id and line.topic is not None:
                return NewQuestion(
                    CONSENT,
                    line.id,
                    "yes_no",
                    f"May I keep “{line.text}” in your profile?",
                    (),
                    f"It is about {line.topic.value}. That is yours alone, so it stays in your "
                    "profile only if you say yes; you can take it back at any time.",
                )
        return None

    def _put(self, new: NewQuestion, session_id: str, reply_to: str | None = None) -> Question:
        payload = Asked(
            domain=new.domain,
            attribute=new.attribute,
            form=new.form,
            question=new.text,
            options=new.options,
            why=new.why,
            reply_to=reply_to,
        )
        draft = Draft(payload=payload, session_id=session_id, origin=Origin.ASSISTANT)
        [event] = self._store.append([draft], needs=[reply_to] if reply_to else [])
        self._store.catch_up_instant()
        return shown(event.id, payload)

    def _take(self, question: Event, text: str) -> str:
        asked = question.payload
        assert isinstance(asked, Asked)
        text = _chosen(text, shown(question.id, asked).options)
        reading = self._elicitor.read_answer(asked, text)
        if reading.kind == "why":
            return asked.why
        if reading.kind == "skip":
            return self.answer(question.id, None)
        if asked.domain == CONSENT:
            return self._take_consent(question, asked, text)
        if reading.kind == "unclear":
            choices = ", ".join(shown(question.id, asked).options)
            return f"I did not understand that; the choices are: {choices}."
        said = None if reading.kind == "no_matter" else f"{asked.question} {text.rstrip('. ')}."
        answer = AskAnswered(asked=question.id, answer=text, statement=said)
        self._note(question.session_id, answer)
        return "Noted; I'll leave that open." if said is None else f"Noted: {text}."

    def _take_consent(self, question: Event, asked: Asked, text: str) -> str:
        line = self._store.profile.line(asked.attribute, self._clock.now())
        yes = text.strip().lower() in ("yes", "y", "yes.", "sure", "ok", "okay")
        if line is None or line.topic is None:
            return "That is not in your profile any more."
        if not yes and text.strip().lower() not in ("no", "n", "no."):
            return "Please answer yes or no."
        consent = Consent(topic=line.topic.value, answer="yes" if yes else "no", line=line.id)
        self._note(question.session_id, AskAnswered(asked=question.id, answer=YES if yes else NO))
        self._note(question.session_id, consent)
        return "It stays in your profile." if yes else "It is not in your profile."

    def _note(self, session_id: str, payload: AskAnswered | Consent) -> None:
        draft = Draft(payload=payload, session_id=session_id, origin=Origin.USER)
        self._store.append([draft])
        self._store.catch_up_instant()

    # -- the page

    def page(self) -> str:
        """The profile as a Markdown page to read and edit."""
        self._store.catch_up_instant()
        return page(self._store.profile.read(self._clock.now())).text

    def save_page(self, text: str) -> str:
        """Take over what was changed on the page; a sentence on it. Raises RefusedInput."""
        self._store.catch_up_instant()
        changes = edits(text, self._store.profile.read(self._clock.now()))
        drafts = [Draft(payload=each, session_id="", origin=Origin.USER) for each in changes]
        self._store.append(drafts)
        self._store.catch_up_instant()
        if not changes:
            return "Nothing was changed."
        return f"{len(changes)} {'change' if len(changes) == 1 else 'changes'} saved."

    # -- offers

    def offers(self) -> list[Offer]:
        """What is to be offered now; each is in the log once it is in this list."""
        made = []
        for due in self._nudger.due():
            if (event := self._nudger.offer(due)) is not None:
                made.append(Offer(event.id, due.topic, due.text, due.why))
        return made

    def answer_offer(
        self,
        offer_id: str,
        outcome: Literal["accepted", "dismissed", "snoozed"],
        rating: int | None = None,
        until: datetime | None = None,
    ) -> None:
        """Note what became of an offer; one put off comes again after some hours, or `until`."""
        if outcome == "snoozed" and until is None:
            until = self._clock.now() + _LATER
        self._nudger.answer(offer_id, outcome, rating, until)


def shown(question_id: str, asked: Asked) -> Question:
    """A question as a front end shows it."""
    options: tuple[str, ...] = ()
    if asked.form == "yes_no":
        options = (YES, NO) if asked.domain == CONSENT else (YES, NO, NO_MATTER)
    elif asked.form == "pick_one":
        options = (*asked.options, NO_MATTER)
    return Question(question_id, asked.question, asked.form, options, asked.why)


def told(line: Line) -> str:
    """A line as the model reads it: the user's words, and when they ceased to hold."""
    if line.until is None:
        return line.text
    return f"Before {spoken_date(line.until)}, no longer so: {line.text}"


def _chosen(text: str, options: Sequence[str]) -> str:
    """The option of a number typed, else the text."""
    number = text.strip().rstrip(".)")
    if number.isdigit() and 0 < int(number) <= len(options):
        return options[int(number) - 1]
    return text


def _stated(lines: Sequence[Line]) -> list[Line]:
    """Lines that are not answers to questions, which are counted as such."""
    return [line for line in lines if line.attribute != ANSWERED]
