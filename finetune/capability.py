"""General skill that an adapter must not cost: short questions with one right answer of four.

Written for this project. The model is never asked to write: the share of probability that it
gives to the right option is its score, which tells small losses from chance with far fewer items
than right or wrong would.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """`options` has the right one first; the others are of its kind and about as long."""

    question: str
    options: tuple[str, ...]


def _items(frame: str, rows: str) -> list[Item]:
    """One item a line: what is asked about, then the right and the wrong options."""
    found = []
    for row in rows.strip().splitlines():
        about, *options = (part.strip() for part in row.split("|"))
        found.append(Item(frame.format(about), tuple(options)))
    return found


ITEMS: tuple[Item, ...] = (
    *_items(
        "What is the capital of {}? Answer with its name alone.",
        """
        France | Paris | Rome | Madrid | Vienna
        Italy | Rome | Paris | Lisbon | Athens
        Japan | Tokyo | Seoul | Beijing | Bangkok
        Egypt | Cairo | Tunis | Lagos | Nairobi
        Canada | Ottawa | Boston | Havana | Lima
        Norway | Oslo | Dublin | Warsaw | Bern
        """,
    ),
    *_items(
        "What is {}? Answer with the number alone.",
        """
        2 + 3 | 5 | 6 | 4 | 9
        10 - 4 | 6 | 5 | 8 | 3
        3 times 3 | 9 | 6 | 7 | 12
        half of 8 | 4 | 2 | 5 | 6
        7 + 8 | 15 | 14 | 16 | 13
        20 - 9 | 11 | 12 | 10 | 29
        6 times 4 | 24 | 28 | 20 | 18
        100 divided by 5 | 20 | 25 | 15 | 50
        """,
    ),
    *_items(
        "What is the opposite of {}? Answer with one word.",
        """
        hot | cold | warm | dry | loud
        up | down | left | over | out
        early | late | soon | often | never
        empty | full | open | wide | clean
        buy | sell | take | find | lend
        asleep | awake | alone | ahead | above
        """,
    ),
    *_items(
        "What comes next: {}? Answer with one word.",
        """
        Monday, Tuesday, Wednesday | Thursday | Saturday | Sunday | Monday
        January, February, March | April | August | June | May
        one, two, three | four | ten | six | one
        spring, summer, autumn | winter | summer | spring | July
        A, B, C | D | F | A | X
        second, minute, hour | day | week | second | clock
        """,
    ),
    *_items(
        "Which of these is {}? Answer with one word.",
        """
        an animal: chair, horse, spoon, cloud | horse | chair | spoon | cloud
        a fruit: apple, hammer, river, shirt | apple | hammer | river | shirt
        a colour: green, seven, table, quickly | green | seven | table | quickly
        a tool: hammer, tulip, ocean, lemon | hammer | tulip | ocean | lemon
        a planet: Mars, Lisbon, Oxygen, Piano | Mars | Lisbon | Oxygen | Piano
        a metal: iron, cotton, bread, paper | iron | cotton | bread | paper
        """,
    ),
    *_items(
        "What is the plural of {}? Answer with one word.",
        """
        child | children | childs | childes | childrens
        mouse | mice | mouses | mices | meese
        foot | feet | foots | feets | footes
        city | cities | citys | cityes | citties
        """,
    ),
    *_items(
        "What is the past tense of {}? Answer with one word.",
        """
        go | went | goed | gone | going
        write | wrote | writed | writes | writing
        buy | bought | buyed | buys | buying
        see | saw | seed | sees | seeing
        """,
    ),
    *_items(
        "{} Answer with one word.",
        """
        What do bees make? | honey | milk | silk | bread
        What is frozen water called? | ice | steam | sand | salt
        Which star does the Earth go round? | the Sun | the Moon | Mars | Sirius
        How many legs has a spider? | eight | six | four | ten
        What do plants take from the air? | carbon dioxide | helium gas | pure hydrogen | ozone gas
        What language is spoken in Brazil? | Portuguese | Spanish | French | Italian
        What do you use to cut paper? | scissors | a spoon | a comb | a pillow
        Who treats sick animals? | a vet | a baker | a judge | a pilot
        What is H2O? | water | salt | sugar | air
        In which direction does the sun rise? | east | west | north | south
        """,
    ),
    *_items(
        "{} Answer yes or no.",
        """
        Is fire hot? | Yes | No
        Can a fish ride a bicycle? | No | Yes
        Is ten more than five? | Yes | No
        Is a whale smaller than a mouse? | No | Yes
        Is snow white? | Yes | No
        Does a week have nine days? | No | Yes
        """,
    ),
)


def share_of_right(log_probs: Sequence[float]) -> float:
    """The share of probability on the first option; `log_probs` are of the whole options."""
    top = max(log_probs)
    weights = [math.exp(value - top) for value in log_probs]
    return weights[0] / sum(weights)
