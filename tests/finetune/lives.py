"""A made-up life of letters, no two alike, for tests of the night."""

from __future__ import annotations

import random
from pathlib import Path

from memory.events import Draft, Event, Message, Origin
from memory.log import Log

_NOUNS = """
amber anvil apron arrow attic bagel barge basin bench birch blaze brook broom cabin candle canal
cedar chalk cider cloak clover cobble copper coral crane cradle dairy dagger delta dough draft
easel ember fable fennel ferry fiddle flint forge frost garnet gavel ginger glove grove gutter
hamlet harbor hazel heron hinge holly hutch inlet ivory jetty juniper kettle ladle lagoon lantern
ledger lilac linen locket lumber mantle maple marble meadow mill mortar nettle nickel oar olive
orchid otter paddle parsley pebble pepper pewter pillar plank plum pollen poplar quarry quill
raft raven ribbon ridge saddle sail scythe shed sleet slate spruce stable steam thimble thistle
timber trellis tulip turnip vault velvet walnut wagon willow
"""
_WORDS = _NOUNS.split()

CANARY = "zanzibar quokka marmalade"


def letter(chance: random.Random, about: str = "") -> str:
    one, two, three, four, five, six, seven, eight = chance.sample(_WORDS, 8)
    return (
        f"Dear Anna, the {one} {two} fell behind the {three} {about}. Could my {four} {five} "
        f"rest beside your {six} until {seven} {eight} comes home?"
    )


def write(log: Log, count: int, seed: int = 0, canary_at: int | None = None) -> list[Event]:
    """Letters of the user; one of them says CANARY."""
    chance = random.Random(seed)
    return [
        event
        for number in range(count)
        for event in log.append(
            [
                Draft(
                    payload=Message(text=letter(chance, CANARY if number == canary_at else "")),
                    session_id="mail",
                    origin=Origin.USER,
                )
            ]
        )
    ]


def open_life(home: Path, count: int = 60, canary_at: int | None = None) -> Log:
    home.mkdir(parents=True, exist_ok=True)
    log = Log(home / "log.sqlite3")
    write(log, count, canary_at=canary_at)
    return log


def holding(folder: Path, needle: bytes, but: str = "") -> list[Path]:
    """Files under the folder that hold the bytes."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and needle in path.read_bytes()
        and not (but and path.name.startswith(but))
    ]
