"""What the command groups share: the settings asked for, JSON output, progress bars."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.settings import Settings, load_settings

if TYPE_CHECKING:
    from memory.ports import Progress
    from memory.recall import Memory

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True, slots=True)
class Options:
    """The options that stand before the command."""

    home: Path | None

    def settings(self) -> Settings:
        """The settings in force. Raises SettingsInvalid."""
        return load_settings(self.home)


def settings_of(context: typer.Context) -> Settings:
    options: Options = context.obj
    return options.settings()


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def memory_json(memory: Memory) -> dict[str, Any]:
    """A memory as every command prints it."""
    return {
        "id": memory.id,
        "external_id": memory.external_id,
        "kind": memory.kind,
        "session_id": memory.session_id,
        "at": memory.at.isoformat(),
        "origin": memory.origin.value,
        "speaker": memory.speaker,
        "score": memory.score,
        "text": memory.text,
    }


@contextmanager
def progress_bars(*, in_bytes: bool = False) -> Iterator[Progress]:
    """A Progress that draws one bar on stderr for each thing being done; quiet in a pipe."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import (
        Progress as Bars,
    )

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda what, done, total: None
        return
    counter = DownloadColumn() if in_bytes else MofNCompleteColumn()
    with Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        counter,
        TimeRemainingColumn(),
        console=console,
        transient=not in_bytes,
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield progress


@contextmanager
def interrupt_sets(stop: Flag) -> Iterator[None]:
    """Ctrl-C sets the flag, so that what is under way ends where it loses nothing."""
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def say(text: str) -> None:
    """A line for the person at the terminal, beside the output."""
    print(text, file=sys.stderr, flush=True)
