"""Questions to the user: whether one goes with an answer, and what becomes of theirs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.elicit.history import AskedBefore, asked_before
from assistant.elicit.policy import SESSION_LIMIT, Elicitor
from assistant.elicit.questions import NO, NO_MATTER, YES, NewQuestion
from assistant.elicit.repeated import NEWEST, Wished, wished_in
from assistant.updates import Question
from memory.errors import NotFound
from memory.events import AskAnswered, Asked, Consent, Draft, Event, Origin
from memory.ports import Clock
from memory.store import MemoryStore
from memory.user.lines import ANSWERED, Line

CONSENT = "consent"
"""The domain of questions whether something sensitive may stay in the profile."""
_PLEASE = r"(?:[\s,]*(?:please|thanks|thank you))?\W*"
_YES = re.compile(
    rf"\W*(?:y|yes|yeah|yep|sure|ok|okay|please do|of course|(?:yes,? )?you may|keep it){_PLEASE}",
    re.IGNORECASE,
)
"""Whole replies that say yes; what is not one of a closed list is asked for once more."""
_NO = re.compile(
    rf"\W*(?:n|no|nope|never|no,? don['’]?t|don['’]?t|do not|please don['’]?t|please do not"
    rf"|of course not|rather not|no way|don['’]?t keep it){_PLEASE}",
    re.IGNORECASE,
)
_SKIP = re.compile(r"\W*(?:skip|later|not now|pass)\W*", re.IGNORECASE)
_WHY = re.compile(r"\W*why\b", re.IGNORECASE)


class Questions:
    """Puts questions of one home, one at a time, and takes the answers. All of it is in the log."""

    def __init__(self, store: MemoryStore, clock: Clock, elicitor: Elicitor) -> None:
        self._store = store
        self._clock = clock
        self._elicitor = elicitor
        self._wished: dict[str, list[Wished]] = {}

    def after(self, message: Event) -> Question | None:
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
        new = self._consent_for(message, asked) or self._taste_for(message)
        return self._put(new, message.session_id, message.id) if new else None

    def answer(self, question_id: str, text: str | None) -> str:
        """Take the answer to a question, None to skip it; says what came of it.

        Asking why, or what cannot be understood, leaves the question open. Raises NotFound.
        """
        question = self._question(question_id)
        if text is None:
            self._note(question.session_id, AskAnswered(asked=question_id))
            return "Skipped; I won't ask that again."
        asked = question.payload
        assert isinstance(asked, Asked)
        text = _chosen(text.strip(), shown(question_id, asked).options)
        take = self._take_consent if asked.domain == CONSENT else self._take
        return take(question, asked, text)

    def why(self, question_id: str) -> str:
        """Why it is asked. Raises NotFound."""
        asked = self._question(question_id).payload
        assert isinstance(asked, Asked)
        return asked.why

    def welcome(self) -> list[NewQuestion]:
        """The questions of a first, optional interview."""
        lines = self._store.profile.lines(self._clock.now())
        return self._elicitor.welcome(_stated(lines), self._tastes(), self._clock.now())

    def put(self, session_id: str, new: NewQuestion) -> Question:
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
            self._wishes(),
        )

    def _wishes(self) -> list[Wished]:
        """What the newest messages ask for; each is read once, and an erased one is let go."""
        written = self._store.profile.written(NEWEST)
        self._wished = {
            event.id: self._wished[event.id]
            if event.id in self._wished
            else wished_in(self._elicitor.prior, event)
            for event in written
        }
        return [one for wishes in self._wished.values() for one in wishes]

    def _consent_for(self, message: Event, asked: Sequence[AskedBefore]) -> NewQuestion | None:
        """Whether to ask for a line of this conversation that waits for a yes, each once."""
        put = {one.attribute for one in asked if one.domain == CONSENT}
        for line in self._store.profile.pending_consents(self._clock.now()):
            if line.id in put or line.topic is None:
                continue
            said_in = {event.session_id for event in self._store.log.get(line.sources)}
            if message.session_id in said_in:
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

    def _take(self, question: Event, asked: Asked, text: str) -> str:
        """An answer of taste."""
        reading = self._elicitor.read_answer(asked, text)
        if reading.kind == "why":
            return asked.why
        if reading.kind == "skip":
            return self.answer(question.id, None)
        if reading.kind == "unclear":
            choices = ", ".join(shown(question.id, asked).options)
            return f"I did not understand that; the choices are: {choices}."
        said = None if reading.kind == "no_matter" else f"{asked.question} {text.rstrip('. ')}."
        answer = AskAnswered(asked=question.id, answer=text, statement=said)
        self._note(question.session_id, answer)
        return "Noted; I'll leave that open." if said is None else f"Noted: {text}"

    def _take_consent(self, question: Event, asked: Asked, text: str) -> str:
        line = self._store.profile.line(asked.attribute, self._clock.now())
        if _WHY.match(text):
            return asked.why
        if line is None or line.topic is None:
            return "That is not in your profile any more."
        if _SKIP.fullmatch(text):
            return self.answer(question.id, None)
        yes = _YES.fullmatch(text) is not None
        if not yes and not _NO.fullmatch(text):
            return "Please answer yes or no."
        self._note(
            question.session_id,
            AskAnswered(asked=question.id, answer=YES if yes else NO),
            Consent(topic=line.topic.value, answer="yes" if yes else "no", line=line.id),
        )
        return "It stays in your profile." if yes else "It is not in your profile."

    def _note(self, session_id: str, *payloads: AskAnswered | Consent) -> None:
        """Record what the user answered, all of it or nothing."""
        self._store.append(
            [
                Draft(payload=payload, session_id=session_id, origin=Origin.USER)
                for payload in payloads
            ]
        )
        self._store.catch_up_instant()


def shown(question_id: str, asked: Asked) -> Question:
    """A question as a front end shows it."""
    options: tuple[str, ...] = ()
    if asked.form == "yes_no":
        options = (YES, NO) if asked.domain == CONSENT else (YES, NO, NO_MATTER)
    elif asked.form == "pick_one":
        options = (*asked.options, NO_MATTER)
    return Question(question_id, asked.question, asked.form, options, asked.why)


def _chosen(text: str, options: Sequence[str]) -> str:
    """The option of a number typed, else the text."""
    number = text.strip().rstrip(".)")
    if number.isdigit() and 0 < int(number) <= len(options):
        return options[int(number) - 1]
    return text


def _stated(lines: Sequence[Line]) -> list[Line]:
    """Lines that are not answers to questions, which are counted as such."""
    return [line for line in lines if line.attribute != ANSWERED]
