"""The nightly run, entered with what the system has for it: systemd, launchd or cron.

It asks `lifelore sleep --due` every hour; whether to begin is decided there (`assistant/due.py`).
Nothing is written outside the user's own configuration folders.
"""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.errors import SetupNeeded

Run = Callable[[Sequence[str], str | None], tuple[int, str]]
"""Runs a command with this input; (exit status, output)."""
NAME = "lifelore-night"
_LABEL = "org.lifelore.night"
_MARK = "# lifelore night"


class Scheduler(Protocol):
    """One way to have something run every hour."""

    name: str

    def install(self, command: Sequence[str]) -> None: ...
    def remove(self) -> bool:
        """Whether there was anything to remove."""

    def installed(self) -> str | None:
        """The command line that is run, or None."""


def run_command(command: Sequence[str], given: str | None = None) -> tuple[int, str]:
    """Run a program of the system. Raises SetupNeeded when it does not start."""
    try:
        done = subprocess.run(
            list(command), input=given, capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupNeeded(f"{command[0]} cannot be used here ({error}).") from error
    return done.returncode, done.stdout + done.stderr


def command_line(home: Path, *, anytime: bool) -> list[str]:
    """What the scheduler runs: this very Python, for this home."""
    options = ["--anytime"] if anytime else []
    return [sys.executable, "-m", "assistant.cli", "--home", str(home), "sleep", "--due", *options]


def scheduler(
    platform: str = sys.platform,
    run: Run = run_command,
    environment: Mapping[str, str] | None = None,
    which: Callable[[str], str | None] = shutil.which,
) -> Scheduler:
    """What this system has. Raises SetupNeeded when it has none that is known here."""
    environment = os.environ if environment is None else environment
    user = Path(environment.get("HOME") or Path.home())
    if platform == "darwin":
        return Launchd(user / "Library" / "LaunchAgents", run)
    if which("systemctl") and environment.get("XDG_RUNTIME_DIR"):
        config = Path(environment.get("XDG_CONFIG_HOME") or user / ".config")
        return Systemd(config / "systemd" / "user", run)
    if which("crontab"):
        return Cron(run)
    raise SetupNeeded(
        "Neither systemd, launchd nor cron is here; have `lifelore sleep --due` run every hour by "
        "what you use."
    )


@dataclass(slots=True)
class Systemd:
    """A timer of the user's own systemd."""

    folder: Path
    run: Run
    name: str = "systemd"

    def install(self, command: Sequence[str]) -> None:
        # Percent signs and dollars are systemd's own in ExecStart.
        quoted = " ".join(_systemd_quoted(part) for part in command)
        service = (
            f"[Unit]\nDescription=Lifelore's night\n\n[Service]\nType=oneshot\n"
            f"ExecStart={quoted}\nNice=15\nIOSchedulingClass=idle\nSuccessExitStatus=130\n"
        )
        timer = (
            "[Unit]\nDescription=Lifelore's night, asked for every hour\n\n"
            "[Timer]\nOnCalendar=hourly\nPersistent=true\nRandomizedDelaySec=10min\n\n"
            "[Install]\nWantedBy=timers.target\n"
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{NAME}.service").write_text(service)
        (self.folder / f"{NAME}.timer").write_text(timer)
        _must(self.run, ["systemctl", "--user", "daemon-reload"])
        _must(self.run, ["systemctl", "--user", "enable", "--now", f"{NAME}.timer"])

    def remove(self) -> bool:
        files = [self.folder / f"{NAME}.{kind}" for kind in ("timer", "service")]
        if not any(file.exists() for file in files):
            return False
        self.run(["systemctl", "--user", "disable", "--now", f"{NAME}.timer"], None)
        for file in files:
            file.unlink(missing_ok=True)
        self.run(["systemctl", "--user", "daemon-reload"], None)
        return True

    def installed(self) -> str | None:
        try:
            lines = (self.folder / f"{NAME}.service").read_text().splitlines()
        except OSError:
            return None
        started = [line.removeprefix("ExecStart=") for line in lines if line[:10] == "ExecStart="]
        return started[0] if started else None


def _systemd_quoted(part: str) -> str:
    escaped = part.replace("\\", "\\\\").replace('"', '\\"')
    return '"{}"'.format(escaped.replace("%", "%%").replace("$", "$$"))


@dataclass(slots=True)
class Launchd:
    """An agent of the user's own launchd; an hour slept through is made up for on waking."""

    folder: Path
    run: Run
    name: str = "launchd"

    @property
    def _file(self) -> Path:
        return self.folder / f"{_LABEL}.plist"

    def install(self, command: Sequence[str]) -> None:
        agent = {
            "Label": _LABEL,
            "ProgramArguments": list(command),
            "StartInterval": 3600,
            "Nice": 15,
            "LowPriorityIO": True,
            "ProcessType": "Background",
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        self.run(["launchctl", "unload", str(self._file)], None)
        self._file.write_bytes(plistlib.dumps(agent))
        _must(self.run, ["launchctl", "load", "-w", str(self._file)])

    def remove(self) -> bool:
        if not self._file.exists():
            return False
        self.run(["launchctl", "unload", "-w", str(self._file)], None)
        self._file.unlink()
        return True

    def installed(self) -> str | None:
        try:
            agent = plistlib.loads(self._file.read_bytes())
        except (OSError, ValueError):
            return None
        return shlex.join(agent.get("ProgramArguments", []))


@dataclass(slots=True)
class Cron:
    """A line of the user's own crontab; the other lines stay as they are."""

    run: Run
    name: str = "cron"

    def install(self, command: Sequence[str]) -> None:
        # A percent sign ends the command in a crontab. What is printed would be mailed every hour;
        # the journal tells it.
        called = shlex.join(command).replace("%", "\\%")
        line = f"17 * * * * nice -n 15 {called} >/dev/null 2>&1"
        self._write([*self._others(), f"{line} {_MARK}"])

    def remove(self) -> bool:
        if self.installed() is None:
            return False
        self._write(self._others())
        return True

    def installed(self) -> str | None:
        mine = [line for line in self._lines() if line.endswith(_MARK)]
        return mine[0].removesuffix(_MARK).strip() if mine else None

    def _lines(self) -> list[str]:
        code, printed = self.run(["crontab", "-l"], None)
        return printed.splitlines() if code == 0 else []  # without a crontab it fails

    def _others(self) -> list[str]:
        return [line for line in self._lines() if not line.endswith(_MARK)]

    def _write(self, lines: Sequence[str]) -> None:
        _must(self.run, ["crontab", "-"], "".join(f"{line}\n" for line in lines))


def _must(run: Run, command: Sequence[str], given: str | None = None) -> None:
    """Raise SetupNeeded when the command fails."""
    code, printed = run(command, given)
    if code != 0:
        said = " ".join(printed.split())[:200]
        raise SetupNeeded(f"`{shlex.join(command)}` failed: {said or f'exit status {code}'}.")
