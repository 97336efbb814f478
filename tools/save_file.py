"""Saving an answer as a file of the user's, after they have seen what would be written."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydantic import Field

from tools.approval import Proposal
from tools.base import Arguments, ToolFailed
from tools.requests import ASKING

_KINDS = (".md", ".txt")
_LONGEST = 100
_FILE = r"[\w][\w .()-]*?\.(?:md|txt)\b"


class SaveFileArguments(Arguments):
    file: str = Field(description="name of the file, such as packing-list.md")


class SaveFile:
    """Writes `last_answer`'s words into a file of the folder, and nowhere else.

    `said` is what the user asked; a file name that stands in it is taken over the model's.
    """

    name = "save_file"
    purpose = (
        "Saves your last answer as a file. Use it when the user asks to save it, or to put it "
        "into a file."
    )
    arguments: type[Arguments] = SaveFileArguments

    def __init__(self, folder: Path, said: str, last_answer: Callable[[], str | None]) -> None:
        self._folder = folder
        self._said = said
        self._last_answer = last_answer

    def may_help(self, text: str) -> bool:
        return bool(_REQUEST.search(text))

    def propose(self, arguments: Arguments) -> Proposal:
        assert isinstance(arguments, SaveFileArguments)
        asked = _REQUEST.search(self._said)
        if asked is not None and _TO_WRITE.search(self._said[: asked.start() + 1]):
            raise ToolFailed("What is to be saved is not written yet; ask again when it is.")
        path = self._folder / self._name(arguments.file)
        text = self._last_answer()
        if text is None:
            raise ToolFailed("There is no answer in this conversation yet that could be saved.")
        after = text.rstrip() + "\n"
        before = _content(path)
        if before is not None and before.splitlines() == after.splitlines():
            raise ToolFailed(f"{path} holds exactly this already.")
        return Proposal(path, before, after)

    def carry_out(self, proposal: Proposal) -> str:
        path = proposal.path
        if _content(path) != proposal.before:
            raise ToolFailed(f"{path} has changed meanwhile, so nothing was written.")
        part = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("w", encoding="utf-8") as file:
                file.write(proposal.after)
                file.flush()
                os.fsync(file.fileno())
            if proposal.before is not None:
                shutil.copymode(path, part)
            part.replace(path)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise ToolFailed(f"{path} could not be written: {error.strerror}.") from error
        return f"It is saved in {path}."

    def _name(self, wanted: str) -> str:
        """A plain file name of a kind that holds text. Raises ToolFailed."""
        name = " ".join((_named_in(self._said) or wanted).split())
        if Path(name).suffix.lower() not in _KINDS:
            name += _KINDS[0]
        if len(name) > _LONGEST or not re.fullmatch(_FILE, name, re.IGNORECASE):
            raise ToolFailed(
                f"{name[:_LONGEST]!r} is no name for a file; it takes letters, digits,"
                " spaces, dots and dashes, and no folders."
            )
        return name


def _content(path: Path) -> str | None:
    """What stands in the file; None where there is none. Raises ToolFailed."""
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise ToolFailed(f"{path} is not a plain file, so it is left alone.")
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise ToolFailed(f"{path} holds something other than text, so it is left alone.") from None
    except OSError as error:
        raise ToolFailed(f"{path} cannot be read: {error.strerror}.") from error


def _named_in(said: str) -> str | None:
    """The file that the request names: the words after its last "as", "called" or the like."""
    asked = _REQUEST.search(said)
    sentence = re.split(r"(?<=[.?!])\s+", said[asked.start() if asked else 0 :].lstrip(".?!,; "))[0]
    if quoted := _QUOTED.search(sentence):
        return quoted["name"]
    for marks in (r"as|file|called|named|folder", r"to|in|into"):
        pieces = re.split(rf"\b(?:{marks})\s+", sentence, flags=re.IGNORECASE)
        if len(pieces) > 1 and (name := re.match(_FILE, pieces[-1], re.IGNORECASE)):
            return name[0]
    return None


_QUOTED = re.compile(rf"[\"'“‘`](?P<name>{_FILE})[\"'”’`]", re.IGNORECASE)
_TO_WRITE = re.compile(
    rf"{ASKING}(?:write|make|create|draft|compose|give|list|plan|prepare|suggest|translate"
    r"|summari[sz]e|explain|tell)\b",
    re.IGNORECASE,
)
_WHAT = r"(?:it|this|that|these|those|(?:the|your|my|this|that)\s[^.?!\n]{1,60}?)"
_REQUEST = re.compile(
    rf"{ASKING}(?:save|store|export|write|put)\s+{_WHAT}\s+"
    rf"(?:as|to|in|into)\s+(?:(?:a|the|my|some)\s[^.?!\n]{{0,40}}?\bfile\b|[\"'“‘`]?{_FILE})"
    rf"|{ASKING}save\s+{_WHAT}\s+(?:as|to|in|into)\s+(?:a|the|my)\s+(?:note|document|text)\b",
    re.IGNORECASE,
)
