"""Whether to ask, and what: the gain that is expected of an answer against what asking costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from assistant.elicit.belief import BeliefRow, Posterior, posterior_of, rows_of
from assistant.elicit.gain import Worth, worth_of_choice, worth_of_open, worth_of_yes_no
from assistant.elicit.history import AskedBefore, observations_of, prior_wide
from assistant.elicit.observe import (
    MORE,
    OPEN,
    WHOLE,
    Observation,
    from_lines,
    from_words,
    left_out,
    told_openly,
)
from assistant.elicit.prior import Prior, load_prior
from assistant.elicit.questions import Form, NewQuestion, Question, Reading, read_answer, worded
from assistant.elicit.repeated import Wished, observations_of_wishes
from assistant.elicit.request import Task, needs_asking, task_of
from memory.user.lines import Line

SESSION_LIMIT = 5
"""Questions in one session, at most."""
_SKIPS_THAT_END = 2
_RECENT = 10
"""Questions over which the share of skips is looked at."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What a question costs the user, in expected alignment: shares of all that matters in a task.

    Set by hand: a question is put only where the answer is expected to better the recommendation by
    more than this. `information` is what a nat is taken to be worth beyond the gain at once.
    """

    pick_one: float = 0.025
    yes_no: float = 0.02
    open: float = 0.04
    growth: float = 0.15
    """Each question asked in the session makes the next one dearer by this share."""
    skips: float = 1.0
    """The share of skipped questions among the last ones makes each dearer by so much."""
    information: float = 0.1


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that could be put, with its net worth."""

    attribute: str
    form: Form
    options: tuple[str, ...]
    net: float


class Elicitor:
    """Chooses questions. All that is known comes with each call; only what was read out of the
    lines of the last one is kept, since reading them takes a millisecond each.

    `known` are the lines of the profile, `asked` what was asked before (`history.asked_before`),
    `wished` what earlier requests named (`repeated.wished_in`).
    """

    def __init__(self, prior: Prior | None = None, costs: Costs | None = None) -> None:
        self.prior = prior or load_prior()
        self.costs = costs or Costs()
        self._read: dict[Line, list[Observation]] = {}

    def needs_asking(self, request: str) -> bool:
        """Whether a good answer to the request hinges on the user's tastes at all."""
        return needs_asking(self.prior, request)

    def next_question(
        self,
        request: str,
        known: Sequence[Line],
        asked: Sequence[AskedBefore],
        session_id: str,
        now: datetime,
        limit: int = SESSION_LIMIT,
        wished: Sequence[Wished] = (),
    ) -> NewQuestion | None:
        """The question to put before answering; None where a plain answer does as well.

        None, too, while a question of the session waits for its answer, after `limit`
        questions, and after two skips in a row.
        """
        task = task_of(self.prior, request)
        here = [one for one in asked if one.session_id == session_id]
        if task is None or not _may_ask(here, limit):
            return None
        said = prior_wide(self.prior, from_words(self.prior, task.domain, request, now, ""))
        before = [one for one in wished if one.session_id != session_id]
        observations = [*self.observations(known, asked, before), *said]
        posterior = posterior_of(self.prior, task.domain, observations, now)
        best = self._best(task, posterior, asked, observations, len(here))
        return None if best is None else self._question(task.domain, best, posterior)

    def read_answer(self, question: Question, text: str) -> Reading:
        """What a reply is, by its words."""
        return read_answer(self.prior, question, text)

    def welcome(
        self,
        known: Sequence[Line],
        asked: Sequence[AskedBefore],
        now: datetime,
        limit: int = SESSION_LIMIT,
    ) -> list[NewQuestion]:
        """The questions of the welcome interview, the most useful first, one a domain at most.

        None is open: an interview is to be done with a click a question.
        After an answer the rest may be asked for anew, with what was answered in `asked`.
        """
        observations = self.observations(known, asked)
        ranked = []
        for domain in self.prior.domains:
            posterior = posterior_of(self.prior, domain, observations, now)
            task = Task(domain, np.ones(len(posterior.weight)))
            best = self._best(task, posterior, asked, observations, 0, ("pick_one", "yes_no"))
            if best is not None:
                worth = best.net * self.prior.domains[domain].frequency
                ranked.append((worth, self._question(domain, best, posterior)))
        ranked.sort(key=lambda pair: -pair[0])
        return [question for _, question in ranked[:limit]]

    def beliefs(
        self, domain: str, known: Sequence[Line], asked: Sequence[AskedBefore], now: datetime
    ) -> list[BeliefRow]:
        """What is believed of the user in a domain, surest first. Raises KeyError for no domain."""
        observations = self.observations(known, asked)
        posterior = posterior_of(self.prior, domain, observations, now)
        return rows_of(self.prior, domain, posterior, observations)

    def observations(
        self,
        known: Sequence[Line],
        asked: Sequence[AskedBefore],
        wished: Sequence[Wished] = (),
    ) -> list[Observation]:
        """All that lines, answers and earlier requests say."""
        lines = prior_wide(self.prior, from_lines(self.prior, known, self._read))
        lines += left_out(self.prior, lines)
        wishes = observations_of_wishes(self.prior, wished)
        return [*lines, *observations_of(self.prior, asked), *wishes]

    def _best(
        self,
        task: Task,
        posterior: Posterior,
        asked: Sequence[AskedBefore],
        observations: Sequence[Observation],
        asked_here: int,
        forms: Sequence[Form] = ("open", "pick_one", "yes_no"),
    ) -> Candidate | None:
        """The question of the greatest net worth, if it is worth more than it costs."""
        settled = {
            (domain, one.attribute)
            for one in asked
            if one.outcome != "retracted"
            for domain in self.prior.sharing(one.domain, one.attribute)
        } | {(one.domain, one.attribute) for one in observations if one.settles}
        if told_openly(observations, task.domain):
            settled |= {(task.domain, name) for name in OPEN}
        elif not _named_openly(asked, observations, task.domain):
            settled.add((task.domain, MORE))
        recent = [one for one in asked if one.outcome != "retracted"][-_RECENT:]
        skipped = sum(one.outcome == "skipped" for one in recent) / _RECENT
        dearer = (1 + self.costs.growth * asked_here) * (1 + self.costs.skips * skipped)
        best = None
        for attribute, form, options, worth in self._candidates(task, posterior):
            if form not in forms or (task.domain, attribute) in settled:
                continue
            net = worth.alignment + self.costs.information * worth.information
            net -= dearer * getattr(self.costs, form)
            if net > 0 and (best is None or net > best.net):
                best = Candidate(attribute, form, options, net)
        return best

    def _candidates(
        self, task: Task, posterior: Posterior
    ) -> Iterator[tuple[str, Form, tuple[str, ...], Worth]]:
        attributes = self.prior.domains[task.domain].attributes
        counts = tuple(len(one.values) for one in attributes.values())
        openly = worth_of_open(posterior, task.relevance, counts)
        yield from ((name, "open", (), openly) for name in OPEN)
        marginal = posterior.marginal
        for a, (name, attribute) in enumerate(attributes.items()):
            choice = worth_of_choice(posterior, task.relevance, a, counts[a])
            yield name, "pick_one", attribute.labels, choice
            value = int(marginal[a, 1 : 1 + counts[a]].argmax())
            yes_no = worth_of_yes_no(posterior, task.relevance, a, counts[a], value)
            yield name, "yes_no", (attribute.labels[value],), yes_no

    def _question(self, domain: str, chosen: Candidate, posterior: Posterior) -> NewQuestion:
        value = chosen.options[0] if chosen.form == "yes_no" else ""
        text = worded(self.prior, domain, chosen.attribute, chosen.form, value)
        why = self._why(domain, chosen, posterior)
        return NewQuestion(domain, chosen.attribute, chosen.form, text, chosen.options, why)

    def _why(self, domain: str, chosen: Candidate, posterior: Posterior) -> str:
        about = self.prior.domains[domain].about
        if chosen.attribute == MORE:
            return (
                f"You have told me what matters most to you in {about}. If there is more, I would "
                "rather hear it from you than guess."
            )
        if chosen.attribute == WHOLE:
            return (
                f"What suits you in {about} depends on what you care about, and I know little of "
                "that yet. A sentence from you tells me more than several questions."
            )
        attributes = self.prior.domains[domain].attributes
        a = list(attributes).index(chosen.attribute)
        labels = attributes[chosen.attribute].labels
        likely = posterior.marginal[a, 1 : 1 + len(labels)].argsort()[::-1]
        first, second = labels[int(likely[0])], labels[int(likely[1])]
        return (
            f"What I suggest as to {about} depends on it, and you have not told me. Without an "
            f"answer I would guess “{first}”; it could as well be “{second}”, or not matter to you."
        )


def _may_ask(here: Sequence[AskedBefore], limit: int) -> bool:
    """Whether the session still has room: one question at a time, and skips are heard."""
    if len(here) >= limit or any(one.outcome == "waiting" for one in here):
        return False
    last = [one.outcome for one in here[-_SKIPS_THAT_END:]]
    return last != ["skipped"] * _SKIPS_THAT_END


def _named_openly(
    asked: Sequence[AskedBefore], observations: Sequence[Observation], domain: str
) -> bool:
    """Whether the open question was answered with something; only then more is asked for."""
    answers = {one.answer_id for one in asked if one.domain == domain and one.attribute == WHOLE}
    return any(one.settles and one.source in answers for one in observations)
