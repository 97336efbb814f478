"""Made-up people with hidden, sparse, dependent tastes, who answer questions about them.

They share the product's vocabulary (domains, attributes, values), since questions are about these,
and nothing else of its model. A world draws its own numbers by seed, and tastes come about in
another way than the product assumes:

near  A factor model with a Gaussian copula: five continuous leanings of a person (thrift, calm, …),
      which load on values by a table of words of its own, decide in one draw for all domains what
      they care about and want. Popularity and care scatter around the product's prior, as those of
      a population would for whom it was written: Dirichlet draws, and half a unit of log-odds.
far   Popularity and care are drawn without a look at the prior, and attributes depend on one
      another through a random tree in each domain. Nothing that the prior believes holds here.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal

import numpy as np

from assistant.elicit.observe import OPEN
from assistant.elicit.prior import Attribute, Prior
from assistant.elicit.questions import Question

Kind = Literal["near", "far"]

_LEANINGS = (
    ("cheap free budget small-sum second-hand hostel little staples staple saver", "luxury upscale "
     "large-sum any-amount any-price premium best special tasting"),
    ("quiet calm slow gentle mild light cosy home alone silence relax few two unwinding",
     "lively loud driving packed intense crowd night thrilling bustle hot city evening dancing"),
    ("new newest hidden lesser-known original discoveries other open challenging local curiosity",
     "popular known familiar famous well-known own recent bestsellers usual classics simple"),
    ("outdoors nature countryside mountains sustainable vegetarian vegan green open-air raw park",
     "indoors gym machines plane online office hotel arena city device screen"),
    ("long detailed details hour planned plan deep epic hardest deadline fixed certificate large",
     "short quick under minutes spontaneous rough easy overview small one-pot delivered video"),
)  # fmt: skip
"""For each leaning the words in a value's label that go with it, and those that go against it."""
_LOADING = 1.1
_STRAY_LOADING = 0.35
_CARE_LOADING = 0.45
_CARE_SCATTER = 0.5
_POPULARITY_CONCENTRATION = 6.0
_INHERITED = 0.7
"""In a far world: how often an attribute follows its parent in the tree."""


_VAGUE = 0.15
"""How often an open question gets a vague answer."""


@dataclass(frozen=True, slots=True)
class Taste:
    """What somebody wants of an attribute they care about."""

    value: int
    weight: float


Tastes = dict[tuple[str, str], Taste]
"""By domain and attribute; what is missing does not matter to them."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody answers."""

    skips: float = 0.0
    contradicts: float = 0.02
    changes: bool = False
    """They change their mind midway."""


class World:
    """A population: draws people. The same seed draws the same people."""

    def __init__(self, prior: Prior, kind: Kind, seed: int) -> None:
        self.prior = prior
        self.kind = kind
        self._rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
        self._popularity: dict[tuple[str, str], np.ndarray] = {}
        self._care: dict[tuple[str, str], float] = {}
        self._loadings: dict[tuple[str, str], np.ndarray] = {}
        self._care_loading: dict[tuple[str, str], np.ndarray] = {}
        self._parent: dict[tuple[str, str], tuple[tuple[str, str], np.ndarray] | None] = {}
        for domain, its in prior.domains.items():
            earlier: list[tuple[str, str]] = []
            for name, attribute in its.attributes.items():
                self._draw_attribute((domain, name), attribute, earlier)
                earlier.append((domain, name))

    def person(self) -> Tastes:
        """The tastes of one person, in all domains."""
        leanings = self._rng.standard_normal(len(_LEANINGS))
        tastes: Tastes = {}
        latent: dict[tuple[str, str], int] = {}
        for key, popularity in self._popularity.items():
            latent[key] = self._value_of(key, popularity, leanings, latent)
            if self._cares(key, leanings, tastes):
                tastes[key] = Taste(latent[key], float(self._rng.gamma(2.0)))
        return tastes

    def changed(self, tastes: Tastes, keys: Sequence[tuple[str, str]]) -> Tastes:
        """The same person after they came to want something else in these attributes."""
        after = dict(tastes)
        for key in keys:
            others = [v for v in range(len(self._popularity[key])) if v != tastes[key].value]
            after[key] = replace(tastes[key], value=int(self._rng.choice(others)))
        return after

    def _draw_attribute(
        self, key: tuple[str, str], attribute: Attribute, earlier: Sequence[tuple[str, str]]
    ) -> None:
        rng, count = self._rng, len(attribute.values)
        if self.kind == "near":
            shipped = np.array([value.popularity for value in attribute.values])
            concentration = _POPULARITY_CONCENTRATION * shipped / shipped.mean()
            self._popularity[key] = rng.dirichlet(concentration)
            odds = np.log(attribute.care / (1 - attribute.care)) + rng.normal(0, _CARE_SCATTER)
            self._care[key] = float(1 / (1 + np.exp(-odds)))
            stray = rng.normal(0, _STRAY_LOADING, (count, len(_LEANINGS)))
            meant = np.array([_meaning(value.label) for value in attribute.values])
            self._loadings[key] = _LOADING * meant + stray
            self._care_loading[key] = rng.normal(0, _CARE_LOADING / 2, len(_LEANINGS))
        else:
            self._popularity[key] = rng.dirichlet(np.ones(count))
            self._care[key] = float(rng.beta(1.6, 2.4))
            if earlier:
                parent = earlier[int(rng.integers(len(earlier)))]
                follows = rng.integers(count, size=len(self._popularity[parent]))
                self._parent[key] = parent, follows

    def _value_of(
        self,
        key: tuple[str, str],
        popularity: np.ndarray,
        leanings: np.ndarray,
        latent: dict[tuple[str, str], int],
    ) -> int:
        if self.kind == "near":
            liking = np.log(popularity) + self._loadings[key] @ leanings
            return int((liking + self._rng.gumbel(size=len(popularity))).argmax())
        parent = self._parent.get(key)
        if parent is not None and self._rng.random() < _INHERITED:
            return int(parent[1][latent[parent[0]]])
        return int(self._rng.choice(len(popularity), p=popularity))

    def _cares(self, key: tuple[str, str], leanings: np.ndarray, tastes: Tastes) -> bool:
        if self.kind == "near":
            loading = self._care_loading[key]
            own = self._rng.standard_normal()
            drawn = (loading @ leanings + own) / np.sqrt(1 + loading @ loading)
            return bool(drawn < NormalDist().inv_cdf(self._care[key]))
        return bool(self._rng.random() < self._care[key])


class Person:
    """Somebody who is asked. Answers are words, as a user would type or choose them."""

    def __init__(self, prior: Prior, tastes: Tastes, manner: Manner, seed: int) -> None:
        self.prior = prior
        self.tastes = tastes
        self.manner = manner
        self._seed = seed

    def answer(
        self, question: Question, relevant: Sequence[str], told: Collection[str]
    ) -> str | None:
        """What they say; None is a skip.

        Openly they do not tell again what they told already. Apart from that it does not depend on
        what was asked before, so that systems which ask the same hear the same.
        """
        about = f"{question.domain}/{question.attribute}/{question.form}/{question.options}"
        rng = np.random.default_rng([self._seed, zlib.crc32(about.encode())])
        if rng.random() < self.manner.skips:
            return None
        if question.attribute in OPEN:
            return self._openly(
                question.domain, [name for name in relevant if name not in told], rng
            )
        attribute = self.prior.domains[question.domain].attributes[question.attribute]
        taste = self.tastes.get((question.domain, question.attribute))
        wanted = None if taste is None else taste.value
        if rng.random() < self.manner.contradicts:
            wanted = int(rng.integers(len(attribute.values)))
        if wanted is None and rng.random() < 0.65:
            return "It doesn't matter"
        if question.form == "yes_no":
            value = attribute.labels.index(question.options[0])
            return "Yes" if (rng.random() < 0.5 if wanted is None else wanted == value) else "No"
        if wanted is None:
            wanted = int(rng.integers(len(attribute.values)))
        return attribute.labels[wanted]

    def _openly(self, domain: str, relevant: Sequence[str], rng: np.random.Generator) -> str:
        """The one to three things that come to mind, what weighs most being likeliest; or nothing
        that says anything.
        """
        if rng.random() < _VAGUE:
            return "Hard to say, it should just feel right."
        cared = [
            (self.tastes[domain, name].weight * rng.gamma(3.0), name)
            for name in relevant
            if (domain, name) in self.tastes
        ]
        names = [name for _, name in sorted(cared, reverse=True)][
            : int(rng.choice([1, 2, 3], p=[0.4, 0.4, 0.2]))
        ]
        said = []
        for name in names:
            value = self.tastes[domain, name].value
            attribute = self.prior.domains[domain].attributes[name]
            if rng.random() < self.manner.contradicts:
                value = int(rng.integers(len(attribute.values)))
            said.append(str(rng.choice(attribute.values[value].phrases)))
        return ", and ".join(said) if said else "Nothing special"


def _meaning(label: str) -> np.ndarray:
    """(leanings,): 1, -1 or 0, by the words in a label."""
    plain = re.sub(r"[^a-z]+", "-", label.lower())
    words = {*plain.split("-"), plain}

    def has(listed: str) -> bool:
        return any(word in words or f"-{word}-" in f"-{plain}-" for word in listed.split())

    return np.array([float(has(towards)) - float(has(away)) for towards, away in _LEANINGS])


@dataclass(frozen=True, slots=True)
class Request:
    """Something that a person asks for."""

    domain: str
    text: str
    beside: tuple[str, ...] = ()
    """Attributes that a good answer to it has nothing to do with."""


_LODGING = ("lodging", "location", "amenities")
_GOING = ("seat", "stops")
_STAYING = ("landscape", "pace", "activities", "crowds", "climate")
_CONCERT = ("venue", "ticket")
_LISTENING = ("vocals", "language", "lyrics", "setting")
_WORN = ("colour", "style")
_DEVICE = ("size", "system")
_GETTING = ("animal", "size", "activity", "coat", "origin")
_KEEPING = ("training", "food", "away")

REQUESTS = (
    Request("dining", "Where should we have dinner on Saturday?"),
    Request("dining", "Book me a table in Lyon for tomorrow evening, please."),
    Request("dining", "Can you suggest a restaurant near the theatre?"),
    Request("cooking", "What should I cook tonight?", ("sweetness",)),
    Request("cooking", "Give me a recipe for Sunday lunch.", ("sweetness",)),
    Request("cooking", "I'm looking for recipes for this week.", ("sweetness",)),
    Request("travel", "Plan a week's vacation in June for me.", (*_LODGING, *_GOING)),
    Request("travel", "Find me accommodation in Porto.", (*_STAYING, *_GOING, "transport")),
    Request("travel", "Book a flight to Oslo for the 3rd.", (*_LODGING, *_STAYING)),
    Request("films", "What should I watch tonight?"),
    Request("films", "Recommend something to watch at the weekend."),
    Request("films", "I'm in the mood for the cinema. Any suggestions?"),
    Request("music", "Make me a playlist.", _CONCERT),
    Request("music", "Which album should I buy next?", _CONCERT),
    Request("music", "Which concert should I go to next month?", _LISTENING),
    Request("books", "What should I read next?"),
    Request("books", "Recommend me a book for the train."),
    Request("books", "Any ideas for our book club?"),
    Request("fitness", "Put together a workout for me."),
    Request("fitness", "I'd like to get fitter. What would you recommend?"),
    Request("fitness", "Which fitness class should I join?"),
    Request("learning", "How should I learn Spanish?"),
    Request("learning", "Recommend a course on photography."),
    Request("learning", "Make me a study plan for statistics."),
    Request("work", "Plan my week."),
    Request("work", "Can you arrange my day tomorrow?"),
    Request("work", "Suggest a better routine for my mornings."),
    Request("shopping", "Which shoes should I buy?", _DEVICE),
    Request("shopping", "Help me choose a laptop.", _WORN),
    Request("shopping", "I need a new jacket. What do you suggest?", _DEVICE),
    Request("gifts", "What could be a good gift for my sister?"),
    Request("gifts", "Ideas for a birthday present, please."),
    Request("gifts", "Help me find a wedding present for a colleague."),
    Request("pets", "Which pet would you recommend for us?", _KEEPING),
    Request("pets", "What should I feed my rabbit?", (*_GETTING, "training", "away")),
    Request("pets", "What should I do with my dog while I am away?", (*_GETTING, "training")),
    Request("social", "What could we do on Friday night?"),
    Request("social", "Plan something for Saturday with my friends."),
    Request("social", "How should I celebrate passing my driving test?"),
)  # fmt: skip
"""Three of each domain, with what they do not hinge on, written for this benchmark."""

PLAIN = (
    "Who wrote Anna Karenina?",
    "How long does the flight from Rome to Oslo take?",
    "What does al dente mean?",
    "Which restaurant was the first to get three Michelin stars?",
    "When did the first cinema open?",
    "How many calories does a run of five kilometres burn?",
    "Why do cats purr?",
    "What year did that band break up?",
    "Translate this menu into English.",
    "What is the difference between a hotel and a hostel?",
    "Fix this function: it returns None for an empty list.",
    "Convert 180 degrees Celsius to Fahrenheit for my recipe.",
    "Is the museum open on Mondays?",
    "How do I reset my phone?",
    "What time is my meeting tomorrow?",
    "Remind me to call the vet on Friday.",
    "I had a wonderful dinner with Anna yesterday.",
    "We got a puppy last week!",
    "Summarise the plot of the novel Dracula.",
    "What is the capital of Portugal?",
    "How do I boil an egg?",
    "Does the course start in May?",
    "Who won the match last night?",
    "Write an SQL query that lists the books of an author.",
    "What did I say about the party last month?",
    "My laptop makes a strange noise when it starts.",
    "How far is the beach from the station?",
    "Explain how vinyl albums are pressed.",
    "What is 15 % of 240?",
    "Did I already buy a present for Tom?",
    "Which of the following is a mammal: a shark, a dolphin or a trout?",
    "Tell me about the history of jazz.",
    "The film starts at eight, so I leave at seven.",
    "How is bread baked in a steam oven?",
    "What are the visiting hours of the hospital?",
    "Proofread this sentence: the gift were lovely.",
    "Who is the author of the textbook?",
    "Delete my playlist from last year.",
    "Thanks, the hotel was great.",
    "What causes muscle soreness after a workout?",
)
"""Requests that hinge on nobody's tastes, most with words of a domain in them."""
