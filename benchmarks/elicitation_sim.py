"""Simulated sessions of elicitation: somebody asks for something, a system asks back.

People come from `made_users`. A system asks questions, reads the answers and recommends the
likeliest value of each attribute. All systems read and recommend by the same belief; they differ in
what they ask (the ablation of the belief excepted).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np

from assistant.elicit.belief import BeliefRow
from assistant.elicit.history import AskedBefore
from assistant.elicit.observe import OPEN, from_words
from assistant.elicit.policy import Costs, Elicitor
from assistant.elicit.prior import Persona, Prior
from assistant.elicit.questions import Form, Question
from benchmarks.made_users import REQUESTS, Kind, Manner, Person, Request, Taste, World
from memory.user.lines import Line, Section

CURVE = 10
"""Questions up to which alignment is reported; a real session ends at five."""
STEPS = 14
"""Questions that can be asked of a domain, at most."""
HERE = "session"
START = datetime(2026, 1, 5, 18, tzinfo=UTC)
WORLDS = 4
"""Populations that the people of a category come from, in turn."""
_SAYS_SO = 0.7
"""How often somebody who changed their mind takes back what they said."""

CATEGORIES: dict[str, tuple[Kind, Manner]] = {
    "well-specified": ("near", Manner()),
    "misspecified": ("far", Manner()),
    "skipping": ("near", Manner(skips=0.3)),
    "contradicting": ("near", Manner(contradicts=0.1)),
    "changing": ("near", Manner(changes=True)),
}
"""Kinds of people; their sessions together are `all`."""

RANDOM = "random order"
REACHABLE = "reachable"

Asked = tuple[AskedBefore, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody with a request."""

    category: str
    request: Request
    before: Person
    after: Person
    """The same person once they changed their mind; those who do not stay as they are."""
    seed: int
    changes_after: int = 0
    """Steps after which they do."""
    corrections: tuple[tuple[str, Line], ...] = ()
    """By attribute, what they say of it by themselves, if they had said something else before."""

    @property
    def open_attributes(self) -> list[str]:
        """What the answer hinges on and the request itself leaves open."""
        prior, domain = self.before.prior, self.request.domain
        said = from_words(prior, domain, self.request.text, START, "")
        given = {*self.request.beside, *(one.attribute for one in said)}
        return [name for name in prior.domains[domain].attributes if name not in given]

    def person_at(self, step: int) -> Person:
        return self.before if step < self.changes_after else self.after

    def wanted_at(self, step: int = 0) -> dict[str, Taste]:
        """What matters to them in it, by attribute."""
        domain, tastes = self.request.domain, self.person_at(step).tastes
        return {
            name: tastes[domain, name] for name in self.open_attributes if (domain, name) in tastes
        }

    def known_at(self, step: int, asked: Asked) -> tuple[Line, ...]:
        """What they took back by then."""
        if step < self.changes_after:
            return ()
        prior, domain = self.before.prior, self.request.domain
        said = told(prior, domain, asked[: self.changes_after])
        return tuple(line for attribute, line in self.corrections if attribute in said)

    def alignment(self, rows: Sequence[BeliefRow], step: int) -> float:
        """The share of what matters that the likeliest values meet. Something must matter."""
        recommended = {row.attribute: row.value for row in rows}
        attributes = self.before.prior.domains[self.request.domain].attributes
        wanted = self.wanted_at(step)
        met = sum(
            taste.weight
            for name, taste in wanted.items()
            if recommended[name] == attributes[name].labels[taste.value]
        )
        return met / sum(taste.weight for taste in wanted.values())


@dataclass(frozen=True, slots=True)
class Put:
    """A question as a system without judgement puts it."""

    domain: str
    attribute: str
    form: Form
    options: tuple[str, ...]


Chooser = Callable[[Session, Asked, Sequence[Line]], Question | None]
"""The next question of a system, after those asked so far and what the user said beside them."""


@dataclass(frozen=True, slots=True)
class System:
    """What asks, and the belief that reads the answers and recommends."""

    chooser: Chooser
    elicitor: Elicitor


@dataclass(frozen=True, slots=True)
class Curve:
    """One session, after each of the steps in which a question may be asked, from none on."""

    alignment: tuple[float, ...]
    asked: tuple[int, ...]
    """How many questions were asked until then; fewer than steps once a system rests."""


def systems_of(prior: Prior) -> dict[str, System]:
    """What is compared, by name. `reachable` asks all that can be asked of the domain."""
    elicitor = Elicitor(prior)

    def shuffled(session: Session) -> list[str]:
        names = [*OPEN, *prior.domains[session.request.domain].attributes]
        return [str(name) for name in np.random.default_rng(session.seed).permutation(names)]

    def shuffled_open(session: Session) -> list[str]:
        meant = {*OPEN, *session.open_attributes}
        return [name for name in shuffled(session) if name in meant]

    def by_care(session: Session) -> list[str]:
        its = prior.domains[session.request.domain].attributes
        return [*sorted(its, key=lambda name: -its[name].care * its[name].weight), *OPEN]

    def listed(order: Callable[[Session], Sequence[str]]) -> System:
        return System(partial(_by_list, prior, order), elicitor)

    def judged(judge: Elicitor) -> System:
        return System(partial(_by_worth, judge), judge)

    return {
        "lifelore": judged(elicitor),
        "without open questions": judged(Elicitor(prior, Costs(open=float("inf")))),
        "without dependence": judged(Elicitor(without_dependence(prior))),
        RANDOM: listed(shuffled),
        "random, relevant only": listed(shuffled_open),
        "fixed order": listed(by_care),
    }


def without_dependence(prior: Prior) -> Prior:
    """The prior with a single persona, that leans nowhere: attributes are independent."""
    nobody = {"anybody": Persona(share=1, leans={})}
    domains = {
        name: domain.model_copy(update={"personas": nobody})
        for name, domain in prior.domains.items()
    }
    return Prior(model=prior.model, domains=domains)


def simulate(session: Session, system: System) -> Curve:
    """One session with one system. Each recommendation is held against the tastes of its moment."""
    asked: Asked = ()
    alignment, count = [], []
    for step in range(STEPS + 1):
        now = START + timedelta(minutes=step)
        known = session.known_at(step, asked)
        rows = system.elicitor.beliefs(session.request.domain, known, asked, now)
        alignment.append(session.alignment(rows, step))
        count.append(len(asked))
        question = system.chooser(session, asked, known)
        if question is not None:
            asked = (*asked, _answered(session, question, asked, step))
        elif step >= session.changes_after:
            break
    rest = STEPS + 1 - len(count)
    return Curve((*alignment, *alignment[-1:] * rest), (*count, *count[-1:] * rest))


def told(prior: Prior, domain: str, asked: Asked) -> set[str]:
    """The attributes that answers spoke of."""
    found = {one.attribute for one in asked if one.outcome == "answered"}
    for one in asked:
        found |= {o.attribute for o in from_words(prior, domain, one.answer or "", START, "")}
    return found


def _answered(session: Session, question: Question, asked: Asked, step: int) -> AskedBefore:
    """The question with what the person says to it."""
    number = len(asked)
    person = session.person_at(step)
    answer = person.answer(
        question, session.open_attributes, told(person.prior, question.domain, asked)
    )
    return AskedBefore(
        f"{session.request.domain} {number}",
        HERE,
        START + timedelta(minutes=step),
        question.domain,
        question.attribute,
        question.form,
        question.options,
        "skipped" if answer is None else "answered",
        answer,
        f"{session.request.domain} answer {number}",
    )


def _by_worth(
    elicitor: Elicitor, session: Session, asked: Asked, known: Sequence[Line]
) -> Question | None:
    now = START + timedelta(minutes=STEPS)
    return elicitor.next_question(session.request.text, known, asked, HERE, now, limit=CURVE)


def _by_list(
    prior: Prior,
    order: Callable[[Session], Sequence[str]],
    session: Session,
    asked: Asked,
    known: Sequence[Line],
) -> Question | None:
    names = order(session)
    if len(asked) == len(names):
        return None
    domain, name = session.request.domain, names[len(asked)]
    if name in OPEN:
        return Put(domain, name, "open", ())
    return Put(domain, name, "pick_one", prior.domains[domain].attributes[name].labels)


def made_sessions(prior: Prior, count: int, seed: int) -> Iterator[Session]:
    """`count` sessions of each request in each category, people from several populations."""
    for category, (kind, manner) in CATEGORIES.items():
        for number in range(count):
            # Categories of a kind of world share its populations, and so differ in manner alone.
            world = World(prior, kind, seed + number % WORLDS)
            rng = np.random.default_rng([seed, number, zlib.crc32(category.encode())])
            for request in REQUESTS:
                yield _session(category, request, world, manner, int(rng.integers(2**32)))


def _session(category: str, request: Request, world: World, manner: Manner, seed: int) -> Session:
    person = Person(world.prior, world.person(), manner, seed)
    session = Session(category, request, person, person, seed)
    if not manner.changes:
        return session
    rng = np.random.default_rng(seed)
    keys = [(request.domain, name) for name in session.wanted_at()]
    chosen = [keys[i] for i in rng.permutation(len(keys))[:2]]
    after = Person(world.prior, world.changed(person.tastes, chosen), manner, seed + 1)
    changes_after = int(rng.integers(1, 5))
    at = START + timedelta(minutes=changes_after)
    corrections = tuple(
        (key[1], line_of(world.prior, key, after.tastes[key], at))
        for key in chosen
        if rng.random() < _SAYS_SO
    )
    return Session(category, request, person, after, seed, changes_after, corrections)


def line_of(prior: Prior, key: tuple[str, str], taste: Taste, at: datetime) -> Line:
    """A taste as a line of the profile, stated at a time."""
    domain, attribute = key
    label = prior.domains[domain].attributes[attribute].labels[taste.value]
    text = f"As to {prior.domains[domain].about}, I want {label}."
    return Line(
        id=attribute,
        section=Section.TASTES,
        attribute="",
        value=label,
        context="",
        polarity=1,
        belief=0.9,
        text=text,
        topic=None,
        sources=(attribute,),
        first_at=at,
        last_at=at,
        confirmed=False,
        consent=None,
    )
