"""What comes in a zip archive, and the lists of conversations that assistants export in one."""

from __future__ import annotations

import io
import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, cast
from zipfile import BadZipFile, ZipFile

import ijson

from memory.errors import RefusedInput
from memory.events import Draft
from memory.importers.base import (
    Drafting,
    FileImporter,
    OnProblem,
    Problem,
    Source,
    first_byte,
)

_ZIP_MAGIC = b"PK\x03\x04"


def content_streams(
    source: Source, path: Path, member: re.Pattern[str], expected: str
) -> Iterator[io.BufferedReader]:
    """What a file holds: itself, or, of a zip archive, the files in it with such names.

    Raises RefusedInput for an archive that is damaged or has none of them.
    """
    if source.stream.peek(4)[:4] != _ZIP_MAGIC:
        yield source.stream
        return
    try:
        archive = ZipFile(source.stream)
    except BadZipFile as error:
        raise RefusedInput(f"{path.name} is a damaged archive; expected {expected}.") from error
    with archive:
        names = [each for each in archive.namelist() if member.fullmatch(PurePosixPath(each).name)]
        if not names:
            raise RefusedInput(f"{path.name} has nothing of the kind in it; expected {expected}.")
        for name in sorted(names):
            with _member(archive, name, path, expected) as stream:
                yield stream


def _member(archive: ZipFile, name: str, path: Path, expected: str) -> io.BufferedReader:
    try:
        return io.BufferedReader(cast(io.RawIOBase, archive.open(name)))
    except (RuntimeError, NotImplementedError) as error:  # a password, an odd compression
        raise RefusedInput(f"{path.name} cannot be unpacked; expected {expected}.") from error


CONVERSATIONS = re.compile(r"conversations(-\d+)?\.json")
"""The file with all conversations in the exports of assistants; large ones have numbered parts."""


class ConversationsImporter(FileImporter):
    """An importer of a JSON list of conversations, alone or in the archive that it comes in."""

    name: str
    lacking: ClassVar[str]
    """What an item that is no conversation lacks."""

    def files(self, path: Path) -> Sequence[Path]:
        return [path]

    def drafts(self, source: Source, path: Path, on_problem: OnProblem) -> Iterator[Draft]:
        """The drafts of an export, one conversation held at a time."""
        drafting = Drafting(self.name, on_problem)
        good = False
        for index, item in enumerate(self._items(source, path), start=1):
            place = f"conversation {index}"
            if isinstance(item, dict) and self.holds(item):
                good = True
                yield from self.conversation(item, place, drafting, on_problem)
            elif not good:
                raise RefusedInput(f"{path.name} does not hold {self.expected}.")
            else:
                on_problem(Problem(place, self.lacking))
            source.report()

    def _items(self, source: Source, path: Path) -> Iterator[Any]:
        for stream in content_streams(source, path, CONVERSATIONS, self.expected):
            if first_byte(stream) != b"[":
                raise RefusedInput(f"{path.name} is not {self.expected}.")
            yield from ijson.items(stream, "item")

    @abstractmethod
    def holds(self, item: dict[str, Any]) -> bool:
        """Whether an item of the list is a conversation of this format."""

    @abstractmethod
    def conversation(
        self, item: dict[str, Any], place: str, drafting: Drafting, on_problem: OnProblem
    ) -> Iterator[Draft]:
        """The drafts of one conversation."""
