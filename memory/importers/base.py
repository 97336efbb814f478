"""What every importer shares: opening a file, identities that hold no text, and reporting.

An importer turns a file of somebody else's format into drafts for the log, one at a time, so
that an export of hundreds of megabytes needs no more memory than its largest conversation.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import ClassVar, Protocol
from zipfile import BadZipFile

import ijson

from memory.errors import RefusedInput
from memory.events import AnyPayload, Draft, Message, Note, Origin, SessionOpened
from memory.ports import Progress, no_progress
from memory.text import repair

_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PROGRESS_STEP = 256 * 1024

DAMAGE = (ijson.JSONError, EOFError, zlib.error, BadZipFile, UnicodeError, OSError)
"""What a damaged or truncated file raises while it is read."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of the file that was left out, and why. Quotes nothing of the text."""

    place: str
    """Where in the file, in the reader's terms: "line 12", "session_3, turn D3:7"."""
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


OnProblem = Callable[[Problem], None]


def ignore_problem(problem: Problem) -> None:
    """The OnProblem for callers that only want what could be read."""


class Importer(Protocol):
    @property
    def name(self) -> str:
        """The format, as `lifelore import` calls it."""

    def read(
        self,
        path: Path,
        on_problem: OnProblem = ignore_problem,
        progress: Progress = no_progress,
    ) -> Iterator[Draft]:
        """The drafts of a file in its order, read lazily; progress counts bytes of the file.

        Raises RefusedInput, before the first draft, when the file is not of this format.
        What is wrong further on is reported to `on_problem` and left out.
        """


class Source:
    """An open file: its bytes, decompressed where needed, and how far it has been read."""

    def __init__(self, raw: io.BufferedReader, size: int, what: str, progress: Progress) -> None:
        self.raw = raw
        packed = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        # GzipFile reads one buffer ahead, so positions are right to a few kilobytes.
        self.stream: io.BufferedReader = (
            io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw
        )
        self._size = size
        self._what = what
        self._progress = progress
        self._shown = 0

    def report(self) -> None:
        """Tell the progress how many bytes of the file (not of its contents) are read."""
        position = min(self.raw.tell(), self._size)
        if position - self._shown >= _PROGRESS_STEP:
            self._shown = position
            self._progress(self._what, position, self._size)

    def finish(self) -> None:
        self._progress(self._what, self._size, self._size)


@contextmanager
def opened(path: Path, progress: Progress) -> Iterator[Source]:
    """A file to import, plain or gzip. Raises RefusedInput when it cannot be opened."""
    try:
        raw = path.open("rb")
    except OSError as error:
        raise RefusedInput(f"Cannot read {path}: {error.strerror or error}.") from error
    with raw:
        size = os.fstat(raw.fileno()).st_size
        yield Source(raw, size, f"import {path.name}", progress)


def skip_mark(stream: io.BufferedReader) -> None:
    """Step over the byte order mark that Windows programs put before UTF-8."""
    if stream.peek(3)[:3] == _BYTE_ORDER_MARK:
        stream.read(3)


def first_byte(stream: io.BufferedReader) -> bytes:
    """The first byte that is not white space, left in the stream; empty for a blank file."""
    skip_mark(stream)
    while head := stream.peek(1):
        rest = head.lstrip()
        stream.read(len(head) - len(rest))
        if rest:
            return rest[:1]
    return b""


def to_utc(at: datetime) -> datetime:
    """An aware time in UTC; a naive one is taken as UTC, since no format says more."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def session_id(source: str, conversation: str, session: str) -> str:
    """The opaque id in the log of an imported session, the same at every import."""
    return "imp_" + _digest(source, conversation, session).hex()[:26]


def _digest(*parts: object) -> bytes:
    """SHA-256 over the parts, told apart whatever characters they hold."""
    return hashlib.sha256(json.dumps(parts).encode()).digest()


def _repaired(payload: AnyPayload) -> AnyPayload:
    """The payload with lone surrogates replaced, which the log would refuse."""
    if isinstance(payload, Note):
        return payload.model_copy(update={"text": repair(payload.text)[0]})
    if isinstance(payload, Message):
        fields = ("text", "speaker", "external_id")
        given = ((name, getattr(payload, name)) for name in fields)
        return payload.model_copy(update={name: repair(text)[0] for name, text in given if text})
    return payload


class Drafting:
    """Makes the drafts of one reading of one file, with identities that survive a re-import.

    An import key holds nothing of the text: it outlives an erasure, so that the line is not
    brought back by the next import, and from it a short secret could be guessed.
    """

    def __init__(self, source: str, on_problem: OnProblem) -> None:
        self._source = source
        self._on_problem = on_problem
        self._sessions: set[str] = set()
        # 64 bits of each identity, not the keys themselves: a large file has millions.
        self._seen: set[int] = set()
        self._repeats: dict[int, int] = {}

    def session(
        self, conversation: str, session: str, title: str | None, at: datetime
    ) -> Iterator[Draft]:
        """The opening of a session, the first time it is asked for; nothing after that.

        Its key leaves the time out, so that a later part of the same session, in another
        file, does not open it again.
        """
        key = session_id(self._source, conversation, session)
        if key in self._sessions:
            return
        self._sessions.add(key)
        yield Draft(
            payload=SessionOpened(title=title and repair(title)[0], source=self._source),
            session_id=key,
            origin=Origin.TOOL,
            at=at,
            import_key=_digest(self._source, conversation, session, "session").hex(),
        )

    def line(
        self,
        conversation: str,
        session: str,
        payload: AnyPayload,
        at: datetime,
        origin: Origin,
        place: str,
        *,
        external_id: str | None = None,
    ) -> Iterator[Draft]:
        """The draft of one line, or a problem when its external id was there before."""
        payload = _repaired(payload)
        speaker = payload.speaker if isinstance(payload, Message) else None
        identity = (conversation, session, at.isoformat(), origin.value, speaker, external_id)
        times = self._times_seen(_digest(*identity))
        if external_id is not None and times:
            reason = f"the same external_id, time and speaker as an earlier line ({external_id!r})"
            self._on_problem(Problem(place, reason))
            return
        ordinal = times if external_id is None else None
        yield Draft(
            payload=payload,
            session_id=session_id(self._source, conversation, session),
            origin=origin,
            at=at,
            import_key=_digest(self._source, *identity, ordinal).hex(),
        )

    def _times_seen(self, digest: bytes) -> int:
        identity = int.from_bytes(digest[:8])
        if identity not in self._seen:
            self._seen.add(identity)
            return 0
        self._repeats[identity] = self._repeats.get(identity, 0) + 1
        return self._repeats[identity]


def until_damage(
    drafts: Iterator[Draft], path: Path, expected: str, on_problem: OnProblem
) -> Iterator[Draft]:
    """Pass the drafts on until the file turns out to be damaged.

    Before the first draft that is a refusal; later it is a problem, because what came
    before may be stored already and is good.
    """
    some = False
    try:
        for draft in drafts:
            some = True
            yield draft
    except DAMAGE as error:
        if not some:
            raise RefusedInput(f"{path.name} cannot be read as {expected}.") from error
        reason = "the file is damaged or cut short here; what came before was read"
        on_problem(Problem("after the last message read", reason))


def data_files(path: Path) -> list[Path]:
    """The file itself, or the JSON files, plain or gzip, that stand in a folder, by name.

    Raises RefusedInput for a folder without any.
    """
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.name.endswith((".json", ".json.gz")))
    if not files:
        raise RefusedInput(f"{path} holds no .json or .json.gz file.")
    return files


def regular_files(folder: Path) -> list[Path]:
    """The files in a folder and its folders, by path; without hidden ones, pipes and devices."""
    files = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(parent, name) for name in names if not name.startswith("."))
        files += [file for file in paths if file.is_file()]
    return sorted(files)


def stem(path: Path) -> str:
    """The name of a file without what says its format: "1" of 1.json.gz."""
    return path.name.removesuffix(".gz").removesuffix(".json")


def each_file(
    files: Iterable[Path], read: Callable[[Path], Iterator[Draft]], on_problem: OnProblem
) -> Iterator[Draft]:
    """The drafts of several files; one that is refused is a problem beside others that are good.

    Raises RefusedInput when every file is refused.
    """
    good = False
    refused: list[tuple[Path, RefusedInput]] = []
    for file in files:
        try:
            yield from read(file)
            good = True
        except RefusedInput as error:
            refused.append((file, error))
    if refused and not good:
        raise refused[0][1]
    for file, refusal in refused:
        on_problem(Problem(file.name, str(refusal)))


def joined(path: Path, files: Sequence[Path], progress: Progress) -> Callable[[Path], Progress]:
    """Progress for the reading of several files as one: of each, what goes on from those before."""
    sizes = [file.stat().st_size for file in files]
    total = sum(sizes)
    before = dict(zip(files, accumulate([0, *sizes]), strict=False))

    def of(file: Path) -> Progress:
        return lambda what, done, size: progress(f"import {path.name}", before[file] + done, total)

    return of


class FileImporter(ABC):
    """An importer of one file or a folder of them, plain or gzip, read as a stream."""

    expected: ClassVar[str]
    """What a good file is, for the sentence that refuses another."""

    def read(
        self,
        path: Path,
        on_problem: OnProblem = ignore_problem,
        progress: Progress = no_progress,
    ) -> Iterator[Draft]:
        """The drafts of the file or folder, one conversation or session held at a time."""

        files = list(self.files(path))
        progress_of = joined(path, files, progress) if len(files) > 1 else lambda file: progress

        def of(file: Path) -> Iterator[Draft]:
            with opened(file, progress_of(file)) as source:
                drafts = self.drafts(source, file, on_problem)
                yield from until_damage(drafts, file, self.expected, on_problem)
                source.finish()

        yield from each_file(files, of, on_problem)

    def files(self, path: Path) -> Iterable[Path]:
        """The files to read, of a file or a folder."""
        return data_files(path)

    @abstractmethod
    def drafts(self, source: Source, path: Path, on_problem: OnProblem) -> Iterator[Draft]:
        """The drafts of one file. Raises RefusedInput where it is none of the kind."""


def wrong_fields(errors: Sequence[tuple[tuple[int | str, ...], str]]) -> str:
    """Pydantic's errors as (location, message) in one line, without the values."""
    return "; ".join(f"{'.'.join(map(str, where)) or 'line'}: {why}" for where, why in errors)
