"""Where a training stands, on disk as a whole or not at all.

The order of the data and the chance in each step follow from the seed and the step's number, so
weights, optimiser and position are the whole state.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.errors import NoRoom


@dataclass(slots=True)
class Checkpoint:
    """`fingerprint` names the data, base and arguments; a checkpoint of others is not used."""

    fingerprint: str
    stage: str
    step: int
    """Whole steps of the stage that are done."""
    seconds: float
    """Time spent in the stage."""
    adapter: dict[str, Any]
    optimiser: dict[str, Any]
    reference: list[float] | None = None
    """Of the preference stage: log-probabilities of its answers before it began."""


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Replace the checkpoint. Raises NoRoom; then the one before is still there."""
    import torch

    temporary = path.with_suffix(".tmp")
    data = {name: getattr(checkpoint, name) for name in Checkpoint.__slots__}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            torch.save(data, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, RuntimeError) as error:
        # Torch reports a full disk as a RuntimeError of its file writer.
        temporary.unlink(missing_ok=True)
        raise NoRoom(f"The checkpoint {path} cannot be written: {error}.") from error


def load(path: Path, fingerprint: str) -> Checkpoint | None:
    """The checkpoint of this very run, or None; one of other data must not be gone on from,
    since an example in it may have been forgotten since, so it is deleted."""
    import torch

    path.with_suffix(".tmp").unlink(missing_ok=True)
    if not path.exists():
        return None
    try:
        data = torch.load(path, map_location="cpu", weights_only=True)
        found = Checkpoint(**data)
    # A damaged file fails with whatever its bytes lead to; it is as good as none.
    except Exception:  # noqa: BLE001
        found = None
    if found is None or found.fingerprint != fingerprint:
        path.unlink()
        return None
    return found
