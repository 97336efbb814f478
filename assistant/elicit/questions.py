"""A question in words, and what an answer in words says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import numpy as np

from assistant.elicit.cues import normalised, phrases_of
from assistant.elicit.observe import (
    MORE,
    OPEN,
    WHOLE,
    Named,
    Observation,
    from_words,
    named_in,
    no_matter_likelihood,
    skip_likelihood,
    unnamed_likelihood,
    value_likelihood,
    yes_no_likelihood,
)
from assistant.elicit.prior import Array, Prior

Form = Literal["open", "yes_no", "pick_one"]

NO_MATTER = "It doesn't matter"
YES, NO = "Yes", "No"


class Question(Protocol):
    """What reading an answer needs of a question, put now or long ago."""

    @property
    def domain(self) -> str: ...
    @property
    def attribute(self) -> str: ...
    @property
    def form(self) -> Form: ...
    @property
    def options(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class NewQuestion:
    """A question to put to the user. An LLM may reword `text`; all else stays as it is."""

    domain: str
    attribute: str
    """WHOLE or MORE for an open question about the domain."""
    form: Form
    text: str
    options: tuple[str, ...]
    """The values asked about: all of them to pick from, the one of yes or no, none where open."""
    why: str
    """The answer to "why do you ask?"."""

    @property
    def choices(self) -> tuple[str, ...]:
        """What to offer for choosing; free text and skipping are always possible beside it."""
        if self.form == "open":
            return ()
        return ((YES, NO) if self.form == "yes_no" else self.options) + (NO_MATTER,)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply is. Only "answer" and "no_matter" say something of the user's taste."""

    kind: Literal["answer", "no_matter", "skip", "why", "unclear"]
    named: tuple[Named, ...] = ()
    """For an answer: the values of the domain it speaks of, the question's attribute first."""


_WHY = re.compile(
    r"^(?:but |and |hm+,? )?why\b(?!.*\bnot\b)|^what for\b|\bwhy (?:do|are|would) you ask"
)
_SKIP = re.compile(
    r"^(?:skip|pass|next|later|not now|no comment|never mind|stop|(?:i'd |i would )?rather not|"
    r"(?:i )?(?:don't|do not) (?:want to (?:say|answer)|know)|not sure|no idea)\b"
)
_NO_MATTER = re.compile(
    r"\b(?:(?:doesn't|does not|don't|do not|didn't) (?:really |much )?(?:matter|mind|care)|"
    r"no (?:particular |strong )?preference|no matter|any(?:thing)?|whatever|whichever|either|both|"
    r"all the same|not important|up to you|you (?:choose|decide)|surprise me|all of them)\b"
)
_NOTHING = re.compile(
    r"^(?:no|nope|nothing(?: special| in particular| really| much)?|none)\W*$|"
    r"^(?:no,? )?that(?:'s| is) (?:all|it)\b"
)
_YES = re.compile(
    r"^(?:yes|yeah|yep|yup|sure|right|correct|exactly|of course|definitely|absolutely|ok|okay|"
    r"please|i do|true|always|usually|mostly)\b"
)
_NO = re.compile(
    r"^(?:no|nope|nah|not|wrong|never|rarely|hardly|i don't|i do not|definitely not|false)\b"
)
_NUMBER = re.compile(r"^(?:option |number |no\.? ?|#)?(\d{1,2})[.)]?$")


def worded(prior: Prior, domain: str, attribute: str, form: Form, value: str = "") -> str:
    """The question as it is put where no LLM words it."""
    about = prior.domains[domain].about
    if attribute == MORE:
        return f"What else should I mind, as to {about}?"
    if attribute == WHOLE:
        return f"What matters most to you in {about}?"
    ask = prior.domains[domain].attributes[attribute].ask
    if form == "yes_no":
        return f"For {about}: would “{value}” be right for you, as to {attribute}?"
    return f"For {about}: {ask[0].lower()}{ask[1:]}"


def read_answer(prior: Prior, question: Question, text: str) -> Reading:
    """What a reply to a question is, by its words; "unclear" where they are not understood."""
    plain = normalised(text)
    if _WHY.search(plain):
        return Reading("why")
    picked = _picked(prior, question, plain)
    if picked is not None:
        return Reading("answer", (picked,))
    if not plain or _SKIP.search(plain):
        return Reading("skip")
    if plain.strip(".! ") == normalised(NO_MATTER):
        return Reading("no_matter")
    named = _question_first(question, named_in(prior, question.domain, text))
    if question.form == "open":
        if named or not (_NOTHING.match(plain) or _NO_MATTER.search(plain)):
            return Reading("answer", named)
        return Reading("no_matter")
    if any(one.attribute == question.attribute for one in named):
        return Reading("answer", named)
    if _NO_MATTER.search(plain):
        return Reading("no_matter", named)
    if question.form == "yes_no" and (_YES.match(plain) or _NO.match(plain)):
        value = _place(prior, question, question.options[0])
        return Reading(
            "answer", (Named(question.attribute, value, bool(_YES.match(plain))), *named)
        )
    return Reading("unclear")


def observed(
    prior: Prior, question: Question, text: str | None, at: datetime, source: str
) -> list[Observation]:
    """What the answer to a question says; None is a skip. What is not understood says nothing."""
    reading = Reading("skip") if text is None else read_answer(prior, question, text)
    if reading.kind in ("why", "unclear"):
        return []
    attributes = prior.domains[question.domain].attributes

    def said(attribute: str, likelihood: Array, stated: bool = True) -> Observation:
        return Observation(
            question.domain, attribute, tuple(likelihood.tolist()), stated, at, source
        )

    if question.attribute in OPEN:
        if reading.kind == "skip":
            return []
        found = from_words(prior, question.domain, text or "", at, source)
        if not found and reading.kind == "answer":
            # Words that the prior does not know say nothing of what they leave out.
            return []
        spoken = {one.attribute for one in found}
        return found + [
            said(name, unnamed_likelihood(len(attribute.values)), False)
            for name, attribute in attributes.items()
            if name not in spoken
        ]
    count = len(attributes[question.attribute].values)
    if reading.kind == "skip":
        return [said(question.attribute, skip_likelihood(count), False)]
    if reading.kind == "no_matter":
        own = no_matter_likelihood(count)
    else:
        own = _likelihood(question, reading.named, count)
    beside = [
        one
        for one in from_words(prior, question.domain, text or "", at, source)
        if one.attribute != question.attribute
    ]
    return [said(question.attribute, own), *beside]


def _likelihood(question: Question, named: Sequence[Named], count: int) -> Array:
    """(1 + count,): of the values that the answer names; several wanted ones share the claim."""
    own = [one for one in named if one.attribute == question.attribute]
    if question.form == "yes_no" and len(own) == 1:
        return yes_no_likelihood(count, own[0].value, own[0].wanted)
    wanted = [value_likelihood(count, one.value, True) for one in own if one.wanted]
    ruled_out = [value_likelihood(count, one.value, False) for one in own if not one.wanted]
    likelihood: Array = np.max(wanted, axis=0) if wanted else np.ones(1 + count)
    for one in ruled_out:
        likelihood = likelihood * one
    return likelihood


def _picked(prior: Prior, question: Question, plain: str) -> Named | None:
    """An option chosen by its number or its label alone."""
    if question.form != "pick_one":
        return None
    number = _NUMBER.match(plain)
    if number and 1 <= int(number[1]) <= len(question.options):
        label = question.options[int(number[1]) - 1]
        return Named(question.attribute, _place(prior, question, label), True)
    bare = plain.strip(".! ")
    for label in question.options:
        if bare in phrases_of(label):
            return Named(question.attribute, _place(prior, question, label), True)
    return None


def _place(prior: Prior, question: Question, label: str) -> int:
    return prior.domains[question.domain].attributes[question.attribute].labels.index(label)


def _question_first(question: Question, named: Sequence[Named]) -> tuple[Named, ...]:
    return tuple(sorted(named, key=lambda one: one.attribute != question.attribute))
