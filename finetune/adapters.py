"""The adapters of a home: `adapters/N/` each with its manifest, and which of them serves.

The pointer is one small file that is replaced atomically, so that there is always exactly one
answer to what serves. An adapter whose weights may hold something forgotten loses its weights at
once; its manifest stays, to tell what became of it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from pathlib import Path

from finetune.errors import AdapterMissing, NoRoom
from finetune.files import write_whole
from finetune.manifest import ADAPTER_FILE, Manifest, load

FOLDER = "adapters"
_POINTER = "serving.json"
_QUEUE = "retrain.json"


class Adapters:
    """Opens the folder; makes nothing before something is added. `keep` bounds their number."""

    def __init__(self, home: Path, keep: int = 5) -> None:
        self.folder = home / FOLDER
        self._keep = keep

    # -- what there is

    def all(self) -> list[Manifest]:
        """Every manifest, oldest first."""
        found = [load(path) for path in self.folder.glob("[0-9]*") if path.name.isdigit()]
        return sorted((m for m in found if m is not None), key=lambda m: m.number)

    def get(self, number: int) -> Manifest:
        """Raises AdapterMissing."""
        if (manifest := load(self._place(number))) is None:
            raise AdapterMissing(
                f"There is no adapter {number}; `lifelore adapter list` shows all."
            )
        return manifest

    def next_number(self) -> int:
        taken = [int(path.name) for path in self.folder.glob("[0-9]*") if path.name.isdigit()]
        return max([*taken, self._pointer()[1], 0]) + 1

    def weights(self, number: int) -> Path:
        """Where its GGUF file is, or was."""
        return self._place(number) / ADAPTER_FILE

    @property
    def serving(self) -> Manifest | None:
        """The adapter that serves, if any; one without weights does not."""
        history, _ = self._pointer()
        if not history or not self.weights(history[-1]).is_file():
            return None
        return load(self._place(history[-1]))

    # -- what changes

    def add(self, weights: Path, manifest: Manifest) -> None:
        """Move the GGUF in beside its manifest; again after a kill does no harm. Raises NoRoom."""
        place = self._place(manifest.number)
        if load(place) is not None:
            return
        part = place.with_name(f"{place.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)
        try:
            part.mkdir(parents=True)
            # A copy, so that after a kill the night finds its own and does this again.
            shutil.copyfile(weights, part / ADAPTER_FILE)
            manifest.save(part)
            part.rename(place)
        except OSError as error:
            shutil.rmtree(part, ignore_errors=True)
            raise NoRoom(f"The adapter cannot be kept in {place}: {error}.") from error

    def promote(self, number: int) -> Manifest:
        """Let it serve from now on. Raises AdapterMissing when it has no weights any more."""
        manifest = self.get(number)
        if not self.weights(number).is_file():
            raise AdapterMissing(
                f"Adapter {number} has no weights any more, because something that it was trained "
                "on was forgotten; `lifelore sleep` trains a new one."
            )
        history, _ = self._pointer()
        self._point([*(n for n in self._usable(history) if n != number), number])
        return manifest

    def rollback(self) -> Manifest | None:
        """Return to what served before, None being the base alone.

        Raises AdapterMissing when no adapter serves.
        """
        if self.serving is None:
            raise AdapterMissing("No adapter is in use; there is nothing to return from.")
        history, _ = self._pointer()
        self._point(self._usable(history[:-1]))
        return self.serving

    def prune(self) -> None:
        """Delete all but the newest few, what serves, and what served before it."""
        history, _ = self._pointer()
        kept = {m.number for m in self.all()[-self._keep :]} | set(self._usable(history)[-2:])
        for manifest in self.all():
            if manifest.number not in kept:
                shutil.rmtree(self._place(manifest.number), ignore_errors=True)
        for left in self.folder.glob("*.part"):
            shutil.rmtree(left, ignore_errors=True)

    def detach(self, event_ids: Collection[str]) -> list[int]:
        """Take away every adapter trained on any of these events, and queue training without.

        What served before and never saw them serves instead. Returns the numbers detached.
        Adapters without a readable manifest go too: nobody can tell what they were trained on.
        """
        gone = set(event_ids)
        affected = [m for m in self.all() if not m.detached and not gone.isdisjoint(m.sources)]
        numbers = {m.number for m in affected}
        unknown = [path for path in self.folder.glob("[0-9]*") if load(path) is None]
        # First the weights, so that neither a kill nor a full disk leaves any in use.
        for manifest in affected:
            self.weights(manifest.number).unlink(missing_ok=True)
        for path in unknown:
            shutil.rmtree(path, ignore_errors=True)
        if affected or unknown:
            write_whole(self.folder / _QUEUE, "{}\n")
        history, _ = self._pointer()
        if numbers.intersection(history):
            self._point(self._usable(history))
        for manifest in affected:
            manifest.model_copy(update={"detached": "forgotten"}).save(self._place(manifest.number))
        return sorted(numbers)

    @property
    def retraining(self) -> bool:
        """Whether an adapter was taken away since the last night that came to a decision."""
        return (self.folder / _QUEUE).exists()

    def retrained(self) -> None:
        (self.folder / _QUEUE).unlink(missing_ok=True)

    # -- the pointer

    def _pointer(self) -> tuple[list[int], int]:
        """(adapters that served, the one that serves last; highest number ever given)."""
        try:
            held = json.loads((self.folder / _POINTER).read_text(encoding="utf-8"))
            return [int(n) for n in held["history"]], int(held["highest"])
        except (OSError, ValueError, KeyError, TypeError):
            return [], 0

    def _point(self, history: list[int]) -> None:
        highest = max([*history, self.next_number() - 1])
        held = {"history": history, "highest": highest}
        write_whole(self.folder / _POINTER, json.dumps(held) + "\n")

    def _usable(self, history: list[int]) -> list[int]:
        return [n for n in history if self.weights(n).is_file()]

    def _place(self, number: int) -> Path:
        return self.folder / str(number)
