"""Importers: one file a format, found by name in IMPORTERS."""

from memory.errors import RefusedInput
from memory.importers.base import Importer, OnProblem, Problem
from memory.importers.beam import Beam
from memory.importers.chatgpt import ChatGpt
from memory.importers.jsonl import Jsonl
from memory.importers.locomo import Locomo
from memory.importers.personamem import PersonaMem
from memory.importers.prefeval import PrefEval
from memory.importers.realmem import RealMem

_ALL: tuple[Importer, ...] = (
    *(ChatGpt(), Jsonl(), Locomo()),
    *(Beam(), RealMem(), PrefEval(), PersonaMem()),
)
IMPORTERS: dict[str, Importer] = {each.name: each for each in _ALL}


def importer_for(name: str, conversation: int | str | None = None) -> Importer:
    """The importer of a format, for one conversation of the file where the format has several.

    Raises RefusedInput for an unknown format, or one whose conversations cannot be picked.
    """
    if name not in IMPORTERS:
        known = ", ".join(IMPORTERS)
        raise RefusedInput(f"There is no import format {name!r}; choose one of {known}.")
    if conversation is None:
        return IMPORTERS[name]
    if name != Locomo.name:
        raise RefusedInput(f"Picking one conversation works for locomo only, not for {name}.")
    return Locomo(conversation=conversation)


__all__ = [
    "IMPORTERS",
    "Beam",
    "ChatGpt",
    "Importer",
    "Jsonl",
    "Locomo",
    "OnProblem",
    "PersonaMem",
    "PrefEval",
    "Problem",
    "RealMem",
    "importer_for",
]
