"""The keys that a user chose for actions: what of them cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from tui.actions import ACTIONS, Action, remapped

_MODIFIERS = {"ctrl", "shift", "alt", "super", "hyper", "meta"}
_NAMED = {*(key.value for key in Keys), *KEY_NAME_REPLACEMENTS.values()}


def mistake(keymap: Mapping[str, str]) -> str:
    """The first thing that is wrong with a keymap, as one sentence; empty for none."""
    return next(_mistakes(keymap), "")


def _mistakes(keymap: Mapping[str, str]) -> Iterator[str]:
    names = [one.name for one in ACTIONS]
    for name, keys in keymap.items():
        if name not in names:
            yield f"No action is called {name!r}; there are {', '.join(names)}."
        for key in keys.split(","):
            if not _is_key(key):
                yield (
                    f"{key!r} for {name} is no key; keys are written as ctrl+k, f2 or "
                    "question_mark, several with commas and no spaces between."
                )
    yield from _clashes(remapped(keymap))


def _clashes(actions: tuple[Action, ...]) -> Iterator[str]:
    taken: dict[tuple[str, str], str] = {}
    for one in actions:
        for key in filter(None, one.keys.split(",")):
            other = taken.setdefault((one.place, key), one.name)
            if other != one.name:
                yield f"The key {key} would stand for both {other} and {one.name}."


def _is_key(key: str) -> bool:
    *modifiers, last = key.split("+")
    known = last in _NAMED or (last.isalnum() and len(last) == 1) or _is_spelled(last)
    return known and _MODIFIERS.issuperset(modifiers)


def _is_spelled(name: str) -> bool:
    """Whether it is the name of a character, as question_mark is."""
    return len(name) > 1 and key_to_character(name) is not None
