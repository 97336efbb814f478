"""Everyday talk with an assistant, for a benchmark's hay: made up from templates, seeded.

Half of the turns are the user's: what they did, small requests, questions, chatter, what others
said, and ordinary statements about themselves (home, work, people, small likes), so that whoever
looks for preferences meets others than those that are asked for. Written for this purpose; from
no data set. Turns are drawn from a common pool, so that their vectors are made once.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from functools import cache

POOL = 1600
"""Different turns of each side in the pool, at most."""

_SLOTS = {
    slot: values.split("|")
    for slot, values in {
        "person": (
            "my sister|my brother|my neighbour|my boss|my aunt|a friend of mine|my cousin"
            "|a colleague|my mother|my uncle|the woman downstairs|our landlord"
        ),
        "name": "Ann|Tomas|Priya|Yusuf|Lena|Marek|Chloe|Hiro|Amara|Diego|Ingrid|Sam",
        "place": (
            "the library|the harbour|the post office|the town hall|the market square"
            "|the old mill|the swimming baths|the garden centre|the dentist|the bank"
            "|the bus station|the school|the allotments|the chapel on the hill"
            "|the hardware store"
        ),
        "city": "Leeds|Ghent|Porto|Graz|Tampere|Bergen|Lyon|Galway|Utrecht|Bologna|Aarhus",
        "day": (
            "yesterday|on Monday|last week|this morning|on Tuesday|the day before yesterday"
            "|last night|on Sunday|earlier today"
        ),
        "thing": (
            "the washing machine|my umbrella|the spare key|the bicycle pump|my old radio"
            "|the kitchen tap|the front door|my watch|the doorbell|the printer|the ladder"
            "|the boiler|my left shoe|the letterbox|the hall lamp"
        ),
        "trouble": (
            "makes a strange noise|is broken again|has gone missing|drips all night"
            "|got stuck|needs a new battery|will not open|smells of smoke"
            "|stopped at ten past three"
        ),
        "weather": "rain|fog|hail|frost|drizzle|wind|sunshine|snow",
        "small": (
            "the smell of rain|the sound of church bells|clean sheets|the first frost"
            "|crosswords|old postcards|long shadows in the evening|the view from our stairs"
            "|the crackle of an open fire|thunderstorms|the colour of ripe wheat|fresh snow"
            "|the quiet after midnight|handwritten letters|the clatter of trams"
        ),
        "nuisance": (
            "ironing|waiting in queues|lost socks|squeaking doors|Monday mornings"
            "|wet gloves|leaf blowers|paperwork|alarm clocks|cold calls|tangled cables"
            "|dull pencils"
        ),
        "chore": (
            "call the plumber|return the ladder|pay the water bill|sort the photographs"
            "|sweep the stairs|renew my passport|fix the fence|collect the parcel"
            "|clear the attic|write to the council|water the ferns|label the boxes"
        ),
        "fact": (
            "how tides work|why leaves turn red|how a lighthouse is built"
            "|what a leap second is|who invented the zip|why the sky is blue"
            "|how glass is made|what a fjord is|how bees find their way home"
            "|why bread rises|what a solstice is|how locks work"
        ),
        "word": "serendipity|palimpsest|lagoon|verdigris|quorum|ballast|filigree|umlaut",
        "topic": (
            "the parking permit|the broken lift|Saturday's choir practice"
            "|the key to the cellar|the lost parcel|the street party|the new bins"
            "|the school play|the roof repair"
        ),
        "job": "nurse|joiner|bookkeeper|bus driver|teacher|librarian|surveyor|baker",
        "habit": (
            "go for a short walk|feed the neighbour's hens|read the paper|wind the clock"
            "|sweep the yard|ring my mother|do a crossword|open all the windows"
        ),
        "goal": (
            "learn the accordion|finish the family tree|write down my grandmother's stories"
            "|build a bird table|learn to juggle|repair the old boat|run a street stall"
        ),
        "number": "three|four|seven|a dozen|two|nine|fifteen",
        "mood": "tired|cheerful|a bit lost|restless|pleased|worn out|curious",
        "pet": "Rex|Minka|Otto|Biscuit|Pip|Luna",
    }.items()
}

_CHATTER = """
I spent the morning at {place} and came home to {weather}.
{Thing} {trouble}.
I met {name} near {place} {day}.
We had {weather} all week here.
{Person} dropped in {day} and stayed for {number} hours.
I forgot to {chore} {day}.
I must {chore} before the weekend.
The queue at {place} was endless {day}.
I found {thing} behind the sofa {day}.
{Name} sent me a photograph of {place}.
I feel {mood} today.
There was a power cut {day}, just when I wanted to {chore}.
{Person} borrowed {thing} and has not brought it back.
It took me {number} attempts to {chore}.
They are digging up the road by {place} again.
I walked past {place} {day} and it was closed.
{Person} says I love {nuisance} far too much.
{Name} told me that {person} hates {small}.
If I had a boat I would name it after {name}.
Someone wrote "I love {small}" on the wall near {place}.
Do you know {fact}?
Can you explain {fact} in two sentences?
What does {word} mean?
What rhymes with {word}?
How many days are there between {number} and twenty?
Please write a short note to {person} about {topic}.
Draft a polite message to {name} about {topic}.
Remind me to {chore}.
Thanks, that helped with {topic}.
Could you make that note about {topic} a little shorter?
Good morning, it is all {weather} here.
Translate "{word}" into Latin for {name}.
""".strip().splitlines()
_OF_ONESELF = """
I love {small}.
I like {small}, always have.
I can't stand {nuisance}.
{nuisance_} gets on my nerves.
I quite enjoy {small}, especially with {weather} outside.
My neighbour {name} is a {job}.
I work as a {job} near {place}.
I live in {city}, close to {place}.
I grew up in {city}.
My friend {name} moved to {city}.
My cat is called {pet}.
Every morning I {habit}.
On Sundays I {habit}.
I want to {goal}.
My goal is to {goal}.
My sister {name} works as a {job}.
I used to live in {city}.
I never find {thing}.
I usually {habit} after work.
My favourite sound is {small}.
""".strip().splitlines()
_REPLIES = """
That sounds like a full day. Did you get {thing} sorted?
Noted: you want to {chore}.
Here is a short version about {topic}; shall I send it?
In short, {fact} comes down to a few simple steps.
I hope the {weather} lets up soon.
{name} seems to be good company.
The word {word} is older than it looks.
Shall I put "{chore}" on the list?
I am glad to hear that. How did it go at {place}?
You could ask {person} about {topic}.
Some people like {small}, others do not care for it at all.
It may help to look at {thing} in daylight.
""".strip().splitlines()
_SELF_SHARE = 0.25
"""Share of the user's turns that say something of themselves."""


def small_talk(user: int, turns: int, seed: int = 5) -> Iterator[tuple[bool, str]]:
    """The turns of a simulated user as (whether it is theirs, text), the user's first."""
    chance = random.Random(f"{seed}:{user}")
    chatter, of_oneself, replies = (_pool(name, seed) for name in ("chatter", "self", "replies"))
    for turn in range(turns):
        if turn % 2:
            yield False, chance.choice(replies)
        elif chance.random() < _SELF_SHARE:
            yield True, chance.choice(of_oneself)
        else:
            yield True, chance.choice(chatter)


def everything(seed: int = 5) -> list[str]:
    """All texts that `small_talk` draws from, to embed them in one go."""
    return [text for name in ("chatter", "self", "replies") for text in _pool(name, seed)]


_POOLS = {"chatter": (_CHATTER, POOL // 2), "self": (_OF_ONESELF, POOL // 4),
          "replies": (_REPLIES, POOL // 4)}  # fmt: skip


@cache
def _pool(name: str, seed: int) -> list[str]:
    templates, size = _POOLS[name]
    chance = random.Random(f"{name}:{seed}")
    made: dict[str, None] = {}
    for template in itertools.islice(itertools.cycle(templates), 2 * size):
        made[_filled(template, chance)] = None
        if len(made) == size:
            break
    return list(made)


def _filled(template: str, chance: random.Random) -> str:
    drawn = {slot: chance.choice(values) for slot, values in _SLOTS.items()}
    capitals = {slot.capitalize(): _upper(value) for slot, value in drawn.items()}
    return template.format(**drawn, **capitals, nuisance_=_upper(drawn["nuisance"]))


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]
