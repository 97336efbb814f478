"""What a request is about, and whether a good answer to it hinges on the user's tastes.

By surface form alone: a question must not cost a model call, and who asks for a fact is never asked
back. English only, as the prior's words are; a request in another language is answered plainly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from assistant.elicit.cues import find, normalised
from assistant.elicit.prior import Array, Prior

_BESIDE_THE_SUBJECT = 0.1
"""Relevance of an attribute of other subjects: a seat on the plane, when a hotel is asked for."""

_DO = (
    r"(?:recommend|suggest|propose|choose|pick|select|plan|book|reserve|order|buy|get|find|give|make|"
    r"put together|organi[sz]e|arrange|design|help|advise)"
)
_ADVICE = r"(?:recommendations?|suggestions?|ideas?|tips|advice|inspiration)"
_GOOD = r"(?:good|nice|great|fun|suitable|ideal|best|popular|highly[- ]rated|must-\w+)"
_ACT = r"(?:watch|read|cook|bake|eat|visit|buy|give|do|try|play|listen|stay|see|learn|get|wear|go)"
_TASK = re.compile(
    "|".join(
        (
            # Told to: "Book a table", "please suggest", "can you find".
            rf"(?:^|[.!?;:,] |\b(?:please|then|and|now|hi|hello|hey),? ){_DO}\b",
            rf"\b(?:can|could|would|will) you (?:please |maybe |perhaps )?{_DO}\b",
            # Asked for advice: "any ideas", "gift ideas for my mother", "you'd recommend".
            rf"\b(?:do you have|got|any|some|give me|need|want|for) (?:\w+ )?{_ADVICE}\b",
            rf"\b{_ADVICE}(?: (?:for|on|please|do you have|you)\b|\W*$)",
            r"\b(?:you|you'd|you would|do you|would you) (?:recommend|suggest|choose|pick)\b",
            # Asked what to do: "which film should I watch", "where to eat".
            r"\b(?:what|which|where)\b[^.?!]{0,60}\b(?:could|can|would|do) (?:i|we)\b",
            r"\b(?:should|shall) (?:i|we|my \w+ and i)\b",
            rf"\b(?:what|where) to {_ACT}\b",
            rf"\bwhat(?:'s| is| are| would be)\b[^.?!]*\b{_GOOD}\b[^.?!]*"
            rf"\b(?:for (?:me|us|my|our|tonight|dinner|lunch)|to {_ACT}|(?:i|we) \w+)\b",
            # Said to be wanted: "I'm looking for a novel", "we'd like to go to a concert".
            r"\b(?:i'm|i am|we're|we are) (?:looking for|in the mood for|searching for|"
            r"trying to (?:find|choose|decide|pick|plan))\b",
            rf"\b(?:i|we) (?:need|want|would like) (?:a|an|some|something|to {_ACT})\b",
            rf"\b(?:i|we)'d (?:like|love) (?:a|an|some|something|to {_ACT})\b",
        )
    )
)

_SO = r"^(?:so |and |ok,? |please )*"
_FACTUAL = re.compile(
    rf"{_SO}(?:how (?:many|much|long|far|old|tall|big|high|often)|define|explain|translate|"
    r"summari[sz]e|convert|calculate|compute|rewrite|proofread|correct|fix|debug)\b"
    r"|\bhow (?:many|much)\b[^?]*\?\W*$|\bmeaning of\b|\baccording to\b|\btrue or false\b"
    r"|\bwhich of the following\b|\bwhat can (?:i|we) (?:infer|conclude)\b"
)
"""Has an answer of its own, whoever asks."""
_ASKS_FOR_A_FACT = re.compile(
    rf"{_SO}(?:who|whose|when|why|how (?:does|did|do you (?:spell|say|pronounce))|"
    r"what (?:does|did|year|time|date|happens|happened|causes|caused)|"
    r"what(?:'s| is| are| was| were) the (?:difference|definition|capital|name|origin|boiling|"
    r"history|plot|price)|is it|is there|are there|was|were|did|does|has|describe|list the|"
    r"tell me (?:about|who|when|why|what))\b"
    r"|\b(?:i|we) need to know\b|\bwant to know\b"
)
"""The same, unless it says that it is for the user."""
_FOR_THE_USER = re.compile(
    r"\b(?:recommend|suggest|for (?:me|us)|(?:should|shall) (?:i|we)|my taste|"
    r"i(?:'d| would) (?:like|enjoy|love))\b"
)
_TECHNICAL = re.compile(
    r"```|\b(?:code|function|variable|bug|error|exception|regex|sql|python|javascript|java|compiler|"
    r"algorithm|database|api|equation|theorem|integral|probability that|css|html|query|script|"
    r"spreadsheet formula|docker|git|unit tests?)\b"
)


@dataclass(frozen=True, slots=True)
class Task:
    """A request whose answer hinges on tastes."""

    domain: str
    relevance: Array
    """(A,): 0 to 1, how much a good answer hinges on each attribute of the domain."""


def needs_asking(prior: Prior, request: str) -> bool:
    """Whether the user's tastes decide what a good answer is."""
    return task_of(prior, request) is not None


def task_of(prior: Prior, request: str) -> Task | None:
    """What is to be recommended, planned, chosen or bought; None where taste does not come in."""
    text = normalised(request)
    if not _TASK.search(text) or _TECHNICAL.search(text) or _FACTUAL.search(text):
        return None
    if _ASKS_FOR_A_FACT.search(text) and not _FOR_THE_USER.search(text):
        return None
    domain = _domain_of(prior, text)
    return None if domain is None else Task(domain, _relevance(prior, domain, text))


def _domain_of(prior: Prior, text: str) -> str | None:
    """The domain with the most different words in the text; of equals the one named first."""
    best: tuple[int, int] | None = None
    found = None
    for name, domain in prior.domains.items():
        hits = find(text, domain.words)
        if not hits:
            continue
        rank = (-len({text[hit.start : hit.end] for hit in hits}), hits[0].start)
        if best is None or rank < best:
            best, found = rank, name
    return found


def _relevance(prior: Prior, domain: str, text: str) -> Array:
    """(A,): attributes of the subjects that the text names, and those that go with any subject.

    Where the text names no subject, all of them count.
    """
    attributes = tuple(prior.domains[domain].attributes.values())
    named = [bool(one.subjects) and bool(find(text, one.subjects)) for one in attributes]
    if not any(named):
        return np.ones(len(attributes))
    return np.array(
        [
            1.0 if hit or not one.subjects else _BESIDE_THE_SUBJECT
            for one, hit in zip(attributes, named, strict=True)
        ]
    )
