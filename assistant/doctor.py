"""A check of everything a home and a machine need, with what to do about each finding."""

from __future__ import annotations

import platform
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version

from assistant.build import local_model, open_store, reading_of
from assistant.errors import AssistantFault
from assistant.models.catalog import shipped_catalog
from assistant.models.fetch import check, installed
from assistant.settings import Settings
from memory.errors import MemoryFault
from memory.ports import Progress, no_progress
from memory.store import MemoryStore

_LIBRARIES = (
    "lifelore",
    "llama-cpp-python",
    "chromadb",
    "sentence-transformers",
    "torch",
    "langgraph",
    "textual",
    "sqlite-utils",
    "pydantic",
)
_ROOM = 1 << 30
"""Free disk below which writing soon fails, in bytes."""


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    ok: bool
    found: str
    advice: str | None = None


def examine(settings: Settings, progress: Progress = no_progress) -> list[Finding]:
    """Every check in turn; one that cannot be made is a finding itself."""
    findings = [_versions(), *_disk(settings), *_models(settings, progress)]
    try:
        store = open_store(settings)
    except MemoryFault as fault:
        return [*findings, Finding("home", False, str(fault))]
    try:
        findings += _memory(store, progress)
    finally:
        store.close()
    return findings


def _versions() -> Finding:
    listed = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return Finding(
        "versions",
        True,
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {listed}",
    )


def _disk(settings: Settings) -> Iterator[Finding]:
    for name, folder in (("home disk", settings.home), ("models disk", settings.models)):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(there).free
        yield Finding(
            name,
            free >= _ROOM,
            f"{free / 1e9:.1f} GB free at {folder}",
            None if free >= _ROOM else "free some space; nothing new can be kept on a full disk",
        )


def _models(settings: Settings, progress: Progress) -> Iterator[Finding]:
    for role in ("llm", "embedding", "speech", "voice"):
        yield from _installed(settings, role, progress)
    if settings.server_url is not None:
        yield Finding("language model", True, f"served by {settings.server_url}")
        yield Finding("reading speed", True, reading_of(settings).describe())
        return
    try:
        name, path = local_model(settings)
    except AssistantFault as fault:
        yield Finding("language model", False, str(fault))
        return
    here = path is not None and path.is_file()
    yield Finding(
        "language model",
        here,
        f"{name} serves" if here else "none",
        None if here else "run `lifelore setup`",
    )
    if here:
        reading = reading_of(settings)
        unknown = reading.speed is None
        advice = "run `lifelore setup` to measure it" if unknown else None
        yield Finding("reading speed", True, reading.describe(), advice)


def _installed(settings: Settings, role: str, progress: Progress) -> Iterator[Finding]:
    entries = [entry for entry in shipped_catalog().models if entry.role == role]
    for number, entry in enumerate(entries):
        wanted = role == "embedding" and entry.name == settings.embedder
        folder = settings.models / entry.name
        if not folder.exists():
            if wanted:
                yield Finding(entry.name, False, "missing", "run `lifelore setup`")
            continue
        progress("checking models", number, len(entries))
        problems = check(entry, settings.models)
        whole = not problems and installed(entry, settings.models) is not None
        yield Finding(
            entry.name,
            whole,
            "whole (sha256)" if whole else "; ".join(problems) or "incomplete",
            None if whole else f"run `lifelore setup --model {entry.name}` to fetch it again",
        )


def _memory(store: MemoryStore, progress: Progress) -> Iterator[Finding]:
    result = store.verify()
    yield Finding(
        "log",
        result.ok,
        f"{result.events} events, {result.erased} erased, chain intact"
        if result.ok
        else "; ".join(result.problems[:3]),
        None if result.ok else "restore the newest backup; keep this folder as it is",
    )
    noticed = f"repaired {', '.join(store.noticed)}; " if store.noticed else ""
    yield _guarded("indexes", lambda: _indexes(store, progress, noticed))


def _indexes(store: MemoryStore, progress: Progress, noticed: str) -> Finding:
    behind = store.catch_up(progress)
    searched = "Chroma" if store.holds_index else "cached vectors (another process has Chroma)"
    if behind:
        return Finding("indexes", False, f"{noticed}{behind}", "run `lifelore setup`")
    if store.migrating:
        return Finding(
            "indexes",
            True,
            f"{noticed}level with the log; new embedding model under way",
            "run `lifelore rebuild vectors` to finish it now",
        )
    return Finding("indexes", True, f"{noticed}level with the log, searched through {searched}")


def _guarded(name: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except MemoryFault as fault:
        return Finding(name, False, str(fault), "run `lifelore rebuild`")
