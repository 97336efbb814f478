"""Fetch model files from the model hub over plain HTTP, resuming where an earlier try stopped.

Only the address and the offline switch come from huggingface_hub, so that a mirror the user has
configured there is used. Its own downloader is not, because it can neither be cancelled at once
nor report bytes to us, and the hub must fail within seconds where it cannot be reached.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import httpx

from assistant.models.catalog import HubSource, ModelFile
from assistant.models.transfer import SourceFailed, Transfer, sha256_of

CONNECT_SECONDS = 4.0
READ_SECONDS = 20.0
_SHA256 = re.compile(r"[0-9a-f]{64}")


def fetch_from_hub(
    source: HubSource, files: Sequence[ModelFile], transfer: Transfer
) -> dict[str, str]:
    """Download the files and return the sha256 of each, by path.

    Raises SourceFailed when the hub cannot be reached, has other bytes than the catalog says, or
    states no checksum for a file that the catalog has none for either.
    """
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    digests = {}
    with httpx.Client(timeout=timeout, follow_redirects=True) as client:
        for file in files:
            try:
                digests[file.path] = _fetch_file(client, source, file, transfer)
            except httpx.HTTPError as error:
                reason = next(iter(str(error).splitlines()), type(error).__name__)
                raise SourceFailed(f"the model hub could not be used ({reason})") from error
            transfer.done += file.bytes
    return digests


def _address(source: HubSource, path: str) -> str:
    from huggingface_hub import constants, hf_hub_url

    if constants.HF_HUB_OFFLINE:
        raise SourceFailed("the model hub is switched off (HF_HUB_OFFLINE)")
    return hf_hub_url(source.repo, path, revision=source.revision)


def _fetch_file(
    client: httpx.Client, source: HubSource, file: ModelFile, transfer: Transfer
) -> str:
    """One file; bytes of an earlier try are continued, and checked with the rest at the end."""
    partial = transfer.work / f"{file.path}.download"
    partial.parent.mkdir(parents=True, exist_ok=True)
    have = partial.stat().st_size if partial.is_file() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with client.stream("GET", _address(source, file.path), headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            size, digest = _stated(response, file)
            size = size or have
        else:
            response.raise_for_status()
            resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
            size, digest = _stated(response, file)
            transfer.require_space((size or file.bytes) - (have if resumed else 0))
            _receive(response, partial, have if resumed else 0, transfer)
    return _accept(partial, file, size, digest, transfer)


def _stated(response: httpx.Response, file: ModelFile) -> tuple[int | None, str]:
    """Size and sha256 the file must have. Raises SourceFailed when the hub has another file."""
    headers = [answer.headers for answer in (*response.history, response)]
    etags = [h.get("x-linked-etag", "").strip('"').removeprefix('W/"') for h in headers]
    linked = next((etag for etag in etags if _SHA256.fullmatch(etag)), None)
    sizes = [h["x-linked-size"] for h in headers if h.get("x-linked-size", "").isdigit()]
    size = int(sizes[0]) if sizes else None
    if file.sha256 is None:
        if linked is None:
            raise SourceFailed(f"the model hub states no checksum for {file.path}")
        return size, linked
    if (linked or file.sha256) != file.sha256 or (size or file.bytes) != file.bytes:
        raise SourceFailed(f"the model hub has another version of {file.path}")
    return file.bytes, file.sha256


def _receive(response: httpx.Response, partial: Path, have: int, transfer: Transfer) -> None:
    with partial.open("ab" if have else "wb") as output:
        for block in response.iter_bytes():
            transfer.check_cancelled()
            output.write(block)
            have += len(block)
            transfer.report(have)
        output.flush()
        os.fsync(output.fileno())


def _accept(
    partial: Path, file: ModelFile, size: int | None, digest: str, transfer: Transfer
) -> str:
    """Place the file when it is the stated one, else delete it."""
    found = sha256_of(partial, transfer.cancel)
    transfer.check_cancelled()
    if found != digest or (size is not None and partial.stat().st_size != size):
        partial.unlink()
        raise SourceFailed(f"{file.path} from the model hub failed its checksum")
    transfer.place(partial, file.path)
    return found
