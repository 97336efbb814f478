"""Importers: one file a format, found by name in IMPORTERS."""

from collections.abc import Callable, Sequence

from memory.errors import RefusedInput
from memory.importers.base import Importer, OnProblem, Problem
from memory.importers.beam import Beam
from memory.importers.chatgpt import ChatGpt
from memory.importers.claude import Claude
from memory.importers.jsonl import Jsonl
from memory.importers.locomo import Locomo
from memory.importers.mbox import Mbox
from memory.importers.personamem import PersonaMem
from memory.importers.prefeval import PrefEval
from memory.importers.realmem import RealMem

_ALL: tuple[Importer, ...] = (
    *(ChatGpt(), Claude(), Jsonl(), Locomo()),
    *(Beam(), RealMem(), PrefEval(), PersonaMem()),
)
IMPORTERS: dict[str, Importer] = {each.name: each for each in _ALL}
_ASKS_WHO: dict[str, Callable[[tuple[str, ...]], Importer]] = {"mbox": Mbox}
"""Formats that do not say which of the people in them is the user."""


def importer_for(
    name: str, conversation: int | str | None = None, me: Sequence[str] = ()
) -> Importer:
    """The importer of a format, for one conversation of the file where the format has several.

    `me` says who the user is in files that do not: mail addresses or names, as the format has it.
    Raises RefusedInput for an unknown format, for one whose conversations cannot be picked, and
    where `me` is missing or of no use.
    """
    if name not in IMPORTERS and name not in _ASKS_WHO:
        known = ", ".join((*_ASKS_WHO, *IMPORTERS))
        raise RefusedInput(f"There is no import format {name!r}; choose one of {known}.")
    if conversation is not None and name != Locomo.name:
        raise RefusedInput(f"Picking one conversation works for locomo only, not for {name}.")
    if name in _ASKS_WHO:
        return _ASKS_WHO[name](tuple(each for each in me if each.strip()))
    if me:
        known = " and ".join(_ASKS_WHO)
        raise RefusedInput(
            f"{name} files say themselves whose words are whose; --me is for {known} only."
        )
    return IMPORTERS[name] if conversation is None else Locomo(conversation=conversation)


__all__ = [
    "IMPORTERS",
    "Beam",
    "ChatGpt",
    "Claude",
    "Importer",
    "Jsonl",
    "Locomo",
    "Mbox",
    "OnProblem",
    "PersonaMem",
    "PrefEval",
    "Problem",
    "RealMem",
    "importer_for",
]
