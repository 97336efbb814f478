"""Voice notes: the words of a recording as memories, and the recording itself where asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from assistant.voice.kept_recordings import is_whole, keep_recording
from assistant.voice.ports import Segment
from memory.errors import RefusedInput
from memory.events import Draft, Message, Origin
from memory.importers.base import Drafting, ignore_problem, session_id
from memory.ingest import Ingested, ingest
from memory.ports import Progress, no_progress
from memory.store import MemoryStore

SOURCE = "voice"

_PAUSE = 2.0
"""Seconds of silence after which a paragraph begins."""
_FULL = 60
"""Words after which a paragraph ends with its sentence: about what one embedding says well."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Segments that belong together; seconds from the beginning of the recording."""

    text: str
    start: float
    end: float


def paragraphs(segments: Iterable[Segment]) -> list[Paragraph]:
    """The segments joined into the units that recall searches."""
    found: list[Paragraph] = []
    for segment in segments:
        last = found[-1] if found else None
        full = last is not None and len(last.text.split()) >= _FULL and last.text[-1] in ".?!…。"
        if last is None or full or segment.start - last.end >= _PAUSE:
            found.append(Paragraph(segment.text, segment.start, segment.end))
        else:
            found[-1] = Paragraph(f"{last.text} {segment.text}", last.start, segment.end)
    return found


def clock(seconds: float) -> str:
    """A place in a recording as 1:02 or 1:00:02."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@dataclass(frozen=True, slots=True)
class VoiceNote:
    """A recording that is to be remembered.

    `speaker` is None for the user's own words, else the name of who speaks: then nothing said in it
    becomes anything about the user.
    """

    path: Path
    at: datetime
    said: Sequence[Paragraph]
    speaker: str | None = None

    def digest(self) -> str:
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def drafts(self, digest: str) -> Iterator[Draft]:
        """A session with a message a paragraph, each with the file and the place it is from.

        The session has no title, since a file's name would outlive the words.
        """
        drafting = Drafting(SOURCE, ignore_problem)
        yield from drafting.session(digest, "", None, self.at)
        origin = Origin.USER if self.speaker is None else Origin.THIRD_PARTY
        for part in self.said:
            place = f"{self.path.name} {clock(part.start)}–{clock(part.end)}"
            message = Message(text=part.text, speaker=self.speaker, external_id=place)
            at = self.at + timedelta(seconds=part.start)
            yield from drafting.line(digest, "", message, at, origin, place, external_id=place)


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a note: its session, what was added, and where the sound is, if kept."""

    session_id: str
    report: Ingested
    audio: Path | None


def keep(
    store: MemoryStore, note: VoiceNote, *, audio: bool, progress: Progress = no_progress
) -> Kept:
    """Remember what was said; with `audio`, keep a copy of the recording in the home as well.

    Raises RefusedInput for a recording that is remembered already: another model would hear other
    words, and both would stand there.
    """
    digest = note.digest()
    session = session_id(SOURCE, digest, "")
    if is_whole(store.log, session):
        raise RefusedInput(
            f"{note.path.name} is remembered already; to hear it anew, first run "
            f"`lifelore forget --session {session}`."
        )
    report = ingest(store, note.drafts(digest), [], progress)
    kept = keep_recording(store.home, session, note.path) if audio and report.added else None
    return Kept(session, report, kept)
