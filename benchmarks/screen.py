"""What the screen costs, beside bare Textual apps and a bare FTS5 query.

A scripted model answers; everything else is the product. What is compared takes turns in one run,
and a ratio is of as many samples on either side.
"""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.first_paint import PIPE
from benchmarks.made_life import Life, MadeEmbedder
from benchmarks.report import Report, Row, quantile
from benchmarks.screen_stage import conversation
from benchmarks.screen_steps import LONG, SHORT, mark
from memory.fakes import HashEmbedder
from memory.ports import Progress
from memory.store import MemoryStore

MESSAGES = {LONG: 10_000, SHORT: 100}
SEARCHED = 1_000_000
_ROUNDS = 5
_PAINTS = 20
_BATCH = 1000
_ROOT = Path(__file__).parents[1]


def run(cache: Path | None, progress: Progress) -> Report:
    """Measure everything. The home of a million messages is kept in `cache`, where one is given."""
    report = Report("screen", None)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        _make_home(home)
        report.rows += _first_paints(Path(folder), progress)
        # Before the keys, whose answers come after the words that an opening waits for.
        report.rows += _openings(_step("opening", home, progress))
        report.rows += _keys(home, progress)
        for step, system in (("grown_alone", "assistant alone"), ("grown_screen", "lifelore")):
            weighed = _step(step, Path(folder) / step, progress)
            report.rows += [
                Row(system, "rss_mb", f"after {turns} turns", None, round(value, 1), 1)
                for turns, value in weighed.items()
            ]
        searched = (cache or Path(folder)) / "million"
        _make_searched(searched, SEARCHED, progress)
        report.rows += _searches(_step("search", searched, progress))
    return report


def _step(step: str, home: Path, progress: Progress) -> dict[str, Any]:
    """What a step found, in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.screen_steps", step, str(home)]
    found: dict[str, Any] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            what, *rest = json.loads(line)
            if what == "progress":
                progress(*rest)
            else:
                found = rest[0]
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return found


# -- homes


def _make_home(home: Path) -> None:
    """A long conversation and a short one."""
    store = MemoryStore(home, HashEmbedder())
    for session_id, messages in MESSAGES.items():
        store.append(list(conversation(session_id, messages, mark(session_id))))
    store.catch_up()
    store.close()


def _make_searched(home: Path, messages: int, progress: Progress) -> None:
    """As many messages without vectors; going on where an earlier run was stopped."""
    store = MemoryStore(home, MadeEmbedder())
    drafts = Life().drafts(messages)
    done = 0
    while batch := list(islice(drafts, _BATCH)):
        if not store.log.imported([batch[-1].import_key or ""]):
            store.append(batch)
        done += len(batch)
        progress("a life to search", done, messages)
    # The other views bear nothing on a search, and would take many times as long.
    views = [view for view in store._instant if view.name == "fulltext"]
    store._projector.catch_up(progress, only=views)
    store.close()


# -- figures


def _keys(home: Path, progress: Progress) -> Iterator[Row]:
    seconds: dict[str, list[float]] = {"bare_keys": [], "chat_keys": []}
    paces: list[float] = []
    for number in range(_ROUNDS):
        progress("keys", number, _ROUNDS)
        for step in sorted(seconds, reverse=bool(number % 2)):
            found = _step(step, home, progress)
            seconds[step] += found["seconds"]
            paces += [found["tokens_a_second"]] if "tokens_a_second" in found else []
    bare, ours = seconds["bare_keys"], seconds["chat_keys"]
    yield from _beside("keystroke_to_paint", "", {"bare Input": bare, "lifelore": ours})
    yield Row("lifelore", "tokens_a_second", "at least", None, round(min(paces), 1), len(paces))


def _openings(found: dict[str, Any]) -> Iterator[Row]:
    for place, what in enumerate(("last words", "first page")):
        yield from _beside(
            "opening",
            what,
            {
                f"{MESSAGES[session_id]:,} messages": [pair[place] for pair in found[session_id]]
                for session_id in (SHORT, LONG)
            },
        )


def _searches(found: dict[str, Any]) -> Iterator[Row]:
    for kind, pairs in {**found, "all": [one for each in found.values() for one in each]}.items():
        ours, bare = ([pair[place] for pair in pairs] for place in (0, 1))
        yield from _beside("search", kind, {"bare FTS5": bare, "lifelore": ours})


def _beside(what: str, category: str, seconds: Mapping[str, Sequence[float]]) -> Iterator[Row]:
    """Median and 95th percentile of each, and the ratio of the second to the first."""
    (base, first), (system, second) = seconds.items()
    for share in (0.5, 0.95):
        values = [quantile(each, share) for each in (first, second)]
        name = f"p{share * 100:.0f}"
        for label, value in zip((base, system), values, strict=True):
            n = len(seconds[label])
            yield Row(label, f"{what}_ms_{name}", category, None, round(value * 1000, 2), n)
        ratio = round(values[1] / values[0], 3)
        yield Row(f"{system} / {base}", f"{what}_{name}", category, None, ratio, len(second))


# -- the first paint


def _first_paints(folder: Path, progress: Progress) -> Iterator[Row]:
    """From the start of a process until its prompt is painted, on a terminal."""
    environ = {**os.environ, "LIFELORE_HOME": str(folder / "new"), "TERM": "xterm-256color"}
    environ |= {"LIFELORE_MODELS": str(folder / "models")}
    environ |= {"TEXTUAL_DRIVER": "benchmarks.first_paint:Told"}
    commands = {"bare app": "benchmarks.first_paint", "lifelore": "assistant.cli"}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(_PAINTS + 1):
        progress("first paint", number, _PAINTS + 1)
        for name in sorted(commands, reverse=bool(number % 2)):
            one, loaded = _first_paint(commands[name], environ)
            if loaded:
                raise RuntimeError(f"{', '.join(loaded)} was imported before the first paint.")
            if number:  # the first of each reads the files from the disk
                seconds[name].append(one)
    yield from _beside("first_paint", "", seconds)


def _first_paint(module: str, environ: dict[str, str]) -> tuple[float, list[str]]:
    master, slave = pty.openpty()
    told, pipe = os.pipe()
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=_ROOT,
        env={**environ, PIPE: str(pipe)},
        pass_fds=[pipe],
        start_new_session=True,
    )
    os.close(slave)
    os.close(pipe)
    try:
        while True:
            ready, _, _ = select.select([told, master], [], [], 60)
            if told in ready or not ready:
                break
            os.read(master, 65536)
        if not ready or not (line := os.read(told, 4096)):
            raise RuntimeError(f"{module} painted no prompt.")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(master)
        os.close(told)
    painted, loaded = json.loads(line)
    return painted - started, loaded
