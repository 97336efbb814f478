"""What is known of an adapter: where it came from, how it scored, and why it serves or not."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from finetune.files import write_whole
from finetune.gate import Decision
from finetune.scores import Measured

MANIFEST_FILE = "manifest.json"
ADAPTER_FILE = "adapter.gguf"


class Manifest(BaseModel):
    """Beside each adapter. Holds ids, numbers and our own sentences, none of the user's words."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    number: int
    night: str
    """Id of the night that made it."""
    made_at: datetime
    base_name: str
    base_digest: str
    """SHA-256 of the model file that it was trained from and fits."""
    arguments: dict[str, Any]
    """The resolved arguments of its training."""
    log_position: int
    """Up to which its playback set was derived."""
    boundary: int
    """Log position from which on nothing trained it."""
    sources: tuple[str, ...]
    """Ids of the events that it was trained on."""
    training: dict[str, Any]
    """What the training took and gave."""
    measured: Measured
    decision: Decision
    strength: float = 1.0
    """Share of what was trained at which it serves; see finetune.strength."""
    detached: Literal["", "forgotten"] = ""
    """Why its weights were deleted, if they were."""

    def save(self, folder: Path) -> None:
        """Raises NoRoom."""
        write_whole(folder / MANIFEST_FILE, self.model_dump_json(indent=2) + "\n")


def load(folder: Path) -> Manifest | None:
    """The manifest of an adapter's folder; None where it is missing or damaged."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError):
        return None
