"""Made-up people who talk of their plans and rate what they are offered.

Nothing here is shared with what is measured: people like kinds of things that the product has no
names for, favour hours in windows of their own, and lose patience after a number of offers that
is theirs. What they think of an offer is the sum of these, with some noise, on the scale of 1 to 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

# (to do it, having done it) of each kind of thing.
_DEEDS_TEXT = {
    "kin": """call my grandmother|called my grandmother; visit my cousin|visited my cousin
        write to my aunt|wrote to my aunt; meet Joost for coffee|met Joost for coffee
        send photos to my brother|sent photos to my brother; phone my godson|phoned my godson""",
    "moving": """swim thirty lengths|swam thirty lengths; go for a long run|went for a long run
        stretch my back|stretched my back; cycle to the lake|cycled to the lake
        climb at the hall|climbed at the hall; row on the canal|rowed on the canal""",
    "paper": """pay the water bill|paid the water bill; renew my passport|renewed my passport
        file the tax return|filed the tax return; scan the receipts|scanned the receipts
        cancel the phone contract|cancelled the phone contract
        answer the landlord|answered the landlord""",
    "house": """clean the oven|cleaned the oven; fix the dripping tap|fixed the dripping tap
        vacuum the stairs|vacuumed the stairs; wash the curtains|washed the curtains
        oil the hinges|oiled the hinges; sort the cellar|sorted the cellar""",
    "arts": """see the Vermeer exhibition|saw the Vermeer exhibition
        practise the cello|practised the cello
        watch the new Kaurismäki film|watched the new Kaurismäki film
        sketch in the park|sketched in the park; restring the mandolin|restrung the mandolin
        develop the old negatives|developed the old negatives""",
    "study": """read the chapter on enzymes|read the chapter on enzymes
        revise Portuguese verbs|revised Portuguese verbs
        solve the chess puzzles|solved the chess puzzles
        watch the lecture on volcanoes|watched the lecture on volcanoes
        write up my notes|wrote up my notes; memorise the star map|memorised the star map""",
    "away": """book the ferry|booked the ferry
        plan the hike in the Vosges|planned the hike in the Vosges
        pack the tent|packed the tent; compare hostels in Porto|compared hostels in Porto
        reserve seats on the sleeper|reserved seats on the sleeper
        mend the rucksack|mended the rucksack""",
    "table": """bake a rye loaf|baked a rye loaf; pickle the cucumbers|pickled the cucumbers
        try the dumpling recipe|tried the dumpling recipe; roast the chestnuts|roasted the chestnuts
        order spices|ordered spices; plan the dinner for six|planned the dinner for six""",
}
_EVENTS = {
    "kin": ("lunch with my uncle", "christening"),
    "moving": ("rowing regatta", "badminton match"),
    "paper": ("meeting at the bank", "hearing at the town hall"),
    "house": ("visit of the plumber", "handover of the flat"),
    "arts": ("choir rehearsal", "vernissage"),
    "study": ("statistics exam", "seminar"),
    "away": ("ferry crossing", "train to Basel"),
    "table": ("tasting at the vineyard", "cooking class"),
}
_CHATTER = (
    "The weather is dull again.",
    "I slept badly last night.",
    "What is the capital of Mongolia?",
    "My neighbour has a new dog.",
    "Thanks, that was helpful.",
    "I had soup for lunch.",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WINDOWS = ((8, 13), (9, 12), (13, 17), (16, 21))
KINDS = tuple(_DEEDS_TEXT)


def _deeds(text: str) -> list[tuple[str, str]]:
    parts = [part.strip() for line in text.splitlines() for part in line.split(";")]
    pairs = [part.split("|") for part in parts if part]
    return [(now, done) for now, done in pairs]


_DEEDS = {kind: _deeds(text) for kind, text in _DEEDS_TEXT.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """A turn of the person; `kind` is what it is about, None for talk without plans."""

    text: str
    at: datetime
    """Local, naive."""
    kind: str | None = None
    done: str | None = None
    """What they would say having done it."""


class Person:
    """Tastes, hours and patience; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random = np.random.default_rng(seed)
        order = list(random.permutation(KINDS))
        self.tastes = {
            **{kind: float(random.uniform(1.0, 1.5)) for kind in order[:3]},
            **{kind: float(random.uniform(-0.3, 0.3)) for kind in order[3:5]},
            **{kind: float(-random.uniform(0.8, 1.5)) for kind in order[5:]},
        }
        self.window = _WINDOWS[int(random.integers(len(_WINDOWS)))]
        self.patience = int(random.integers(1, 5))
        """Offers a day that are accepted."""
        self._at_odd_hours = float(random.uniform(0.3, 1.0))
        self._one_too_many = float(random.uniform(0.8, 1.6))
        self._answers = float(random.uniform(0.85, 1.0))

    def opinion(self, kind: str, at: datetime, before: int) -> int:
        """1 to 4, of an offer at this local time with so many before it that day."""
        opinion = 2.6 + self.tastes[kind] + self._random.normal(0.0, 0.35)
        opinion -= 0.0 if self.window[0] <= at.hour < self.window[1] else self._at_odd_hours
        opinion -= self._one_too_many if before >= self.patience else 0.0
        return int(np.clip(round(opinion), 1, 4))

    def answers(self) -> bool:
        """Whether they say what they think this time."""
        return bool(self._random.random() < self._answers)

    def day(self, day: date) -> Iterator[Said]:
        """What they say on a day, in order: some eight plans and some small talk."""
        count = 11
        minutes = np.sort(self._random.choice(np.arange(8 * 60, 20 * 60, 7), count, False))
        for minute in minutes:
            at = datetime.combine(day, time()) + timedelta(minutes=int(minute))
            if self._random.random() < 0.27:
                yield Said(str(self._random.choice(_CHATTER)), at)
            else:
                yield self._plan(at)

    def _plan(self, at: datetime) -> Said:
        kind = KINDS[int(self._random.integers(len(KINDS)))]
        deeds = _DEEDS[kind]
        now, done = deeds[int(self._random.integers(len(deeds)))]
        event = str(self._random.choice(_EVENTS[kind]))
        ahead = _DAYS[(at.weekday() + int(self._random.integers(1, 6))) % 7]
        sentence = (
            f"I want to {now} on {ahead}.",
            f"I need to {now} this week.",
            f"I should {now} by {ahead}.",
            f"I'm planning to {now} tomorrow.",
            f"I have a {event} on {ahead}.",
            f"I'll let you know how the {event} on {ahead} went.",
            f"Every {ahead} I {now}.",
            f"Remind me to {now} on {ahead}.",
        )
        share = (0.25, 0.13, 0.15, 0.15, 0.12, 0.06, 0.11, 0.03)
        which = int(self._random.choice(len(sentence), p=share))
        return Said(sentence[which], at, kind, f"I {done}." if which < 4 else None)
