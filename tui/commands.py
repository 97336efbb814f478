"""Slash commands: what a line that begins with a slash means."""

from __future__ import annotations

import re

from tui.actions import ACTIONS, Action

_COMMAND = re.compile(r"/(?P<name>[a-z]+)(?: +(?P<argument>\S.*?))? *")
_BEGUN = re.compile(r"/(?P<name>[a-z]*)(?P<rest> .*)?")


def parse(text: str) -> tuple[str, str] | None:
    """The name and the argument of a command; None for anything else, which is to be sent.

    A path such as /home/ada is no command, nor is what has several lines; a space before the
    slash sends any line as it is.
    """
    found = _COMMAND.fullmatch(text)
    return (found["name"], found["argument"] or "") if found else None


def command(name: str) -> Action | None:
    return next((one for one in ACTIONS if name and one.command == name), None)


def matching(text: str) -> list[Action]:
    """The commands that a text in the prompt may become."""
    found = _BEGUN.fullmatch(text)
    if found is None:
        return []
    if found["rest"] is not None:
        exact = command(found["name"])
        return [exact] if exact is not None else []
    return sorted(
        (one for one in ACTIONS if one.command and one.command.startswith(found["name"])),
        key=lambda one: one.command,
    )


def completed(text: str) -> str | None:
    """The text with its command written out as far as it is certain; None without a gain."""
    names = [one.command for one in matching(text)]
    if not names or " " in text:
        return None
    common = names[0]
    while not all(name.startswith(common) for name in names):
        common = common[:-1]
    if len(names) == 1 and names[0]:
        whole = f"/{names[0]} " if _takes(names[0]) else f"/{names[0]}"
    else:
        whole = f"/{common}"
    return whole if len(whole) > len(text) else None


def hint(text: str) -> str:
    """What the status line says while a command is being written."""
    found, whole = matching(text), parse(text)
    # Finished or past mending: what is wrong with it is told before it is sent.
    done = whole is not None and (not found or command(whole[0]) is not None)
    if whole is not None and done and (wrong := mistake(*whole)):
        return wrong
    if len(found) == 1:
        one = found[0]
        return f"{_written(one)}: {one.help[0].lower()}{one.help[1:]}"
    return "  ".join(f"/{one.command}" for one in found)


def mistake(name: str, argument: str) -> str:
    """Why a command cannot be done as it is written; empty when it can."""
    found = command(name)
    if found is None:
        return f"There is no /{name}; /help lists the commands. With a space before it, it is sent."
    if argument and not found.argument:
        return f"/{name} takes nothing after it. With a space before it, the line is sent."
    if not argument and not found.alone:
        return f"Write {_written(found)}."
    return ""


def _takes(name: str) -> bool:
    found = command(name)
    return found is not None and bool(found.argument)


def _written(action: Action) -> str:
    return f"/{action.command} {action.argument}".strip()
