"""`lifelore transcribe`: recordings to text, and to memories."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.common import AsJson, print_json, progress_bars, say, settings_of

if TYPE_CHECKING:
    from assistant.settings import Settings
    from assistant.voice.notes import Kept
    from assistant.voice.ports import Segment
    from assistant.voice.recording import Recording

Language = Annotated[
    str | None,
    typer.Option(
        help="Code of the language spoken, such as de; else it is detected.", show_default=False
    ),
]


def register(app: typer.Typer) -> None:
    app.command()(transcribe)


def transcribe(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A sound or video file.")],
    language: Language = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Remember what was said, as a voice note of yours.")
    ] = False,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="NAME",
            help="With --keep: who speaks, where it is not you. It becomes nothing about you.",
            show_default=False,
        ),
    ] = None,
    keep_audio: Annotated[
        bool, typer.Option("--keep-audio", help="With --keep: keep a copy of the recording too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write down what is said in a recording, with times. Nothing is kept unless you say so."""
    if (by is not None or keep_audio) and not keep:
        raise typer.BadParameter("--by and --keep-audio go with --keep")
    settings = settings_of(context)
    recording, said = _read(settings, path, language)
    kept = _remember(settings, path, recording, said, by, keep_audio) if keep and said else None
    if as_json:
        print_json(_json(path, recording, said, kept))
        return
    _show(path, said)
    if kept is not None:
        _tell(path, kept)


def _read(settings: Settings, path: Path, language: str | None) -> tuple[Recording, list[Segment]]:
    from assistant.build import stay_local
    from assistant.voice.build import transcriber_of
    from assistant.voice.credible import clean, credible
    from assistant.voice.recording import read_recording

    stay_local()
    transcriber = transcriber_of(settings, language=language, recording=True)
    transcriber.load()  # before a long file is read for nothing
    said = []
    with progress_bars() as progress:
        recording = read_recording(path, progress)
        total = round(recording.seconds)
        progress("transcribing", 0, total)
        for segment in transcriber.transcribe(recording.sound):
            progress("transcribing", round(segment.end), total)
            if credible(segment):
                said.append(replace(segment, text=clean(segment.text)))
    return recording, said


def _remember(
    settings: Settings,
    path: Path,
    recording: Recording,
    said: list[Segment],
    by: str | None,
    keep_audio: bool,
) -> Kept:
    from assistant.build import open_store
    from assistant.voice.notes import VoiceNote, keep, paragraphs

    note = VoiceNote(path, recording.at, paragraphs(said), by)
    store = open_store(settings)
    try:
        with progress_bars() as progress:
            return keep(store, note, audio=keep_audio, progress=progress)
    finally:
        store.close()


def _show(path: Path, said: list[Segment]) -> None:
    from assistant.voice.notes import clock

    for segment in said:
        print(f"[{clock(segment.start)}–{clock(segment.end)}] {segment.text}")
    if not said:
        say(f"(Nothing is said in {path.name}.)")


def _tell(path: Path, kept: Kept) -> None:
    if kept.report.added:
        say(f"Remembered; `lifelore forget --session {kept.session_id}` erases it again.")
    else:
        say(f"(What was said in {path.name} was forgotten on your wish, and is not brought back.)")
    if kept.audio is not None:
        say(f"The recording is kept as {kept.audio}, and goes with the words.")
    if kept.report.behind:
        say(f"({kept.report.behind})")


def _json(
    path: Path, recording: Recording, said: list[Segment], kept: Kept | None
) -> dict[str, Any]:
    return {
        "file": str(path),
        "at": recording.at.isoformat(),
        "seconds": round(recording.seconds, 2),
        "language": said[0].language if said else None,
        "text": " ".join(segment.text for segment in said),
        "segments": [
            {
                "start": round(segment.start, 2),
                "end": round(segment.end, 2),
                "text": segment.text,
                "no_speech": round(segment.no_speech, 3),
                "confidence": round(segment.confidence, 3),
            }
            for segment in said
        ],
        "session_id": kept.session_id if kept else None,
        "added": kept.report.added if kept else 0,
        "audio": str(kept.audio) if kept and kept.audio else None,
    }
