"""What this machine is, and which language model suits it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from assistant.models.catalog import Catalog, ModelEntry


@dataclass(frozen=True, slots=True)
class Machine:
    memory_bytes: int
    cores: int

    def describe(self) -> str:
        return f"{self.memory_bytes / 1e9:.0f} GB memory, {self.cores} cores"

    def suggest(self, catalog: Catalog) -> Sequence[ModelEntry]:
        """Language models in the order to try them, the most suitable first.

        Reading a prompt is what a user waits for without a GPU, and its time grows with model
        size over cores: a model whose file has more than half a gigabyte a core comes after
        those that answer soon, even where memory would hold it.
        """
        fitting = catalog.candidates(self.memory_bytes, "llm")
        quick = [e for e in fitting if e.download_bytes <= self.cores * 550_000_000]
        return [*quick, *(e for e in reversed(fitting) if e not in quick)]


_PROFILE = Path("/sys/firmware/acpi/platform_profile")
"""Where Linux tells the power profile that the user chose."""
_LOW_PERCENT = 20


def saves_power() -> bool:
    """Whether work that can be left undone should be: a battery runs low, or the user wants it.

    False where the machine does not tell.
    """
    with suppress(OSError):
        if _PROFILE.read_text(encoding="ascii").strip() == "low-power":
            return True
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return battery is not None and not battery.power_plugged and battery.percent <= _LOW_PERCENT


def this_machine() -> Machine:
    return Machine(psutil.virtual_memory().total, psutil.cpu_count(logical=False) or 1)
