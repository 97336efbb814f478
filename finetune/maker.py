"""The real trainer of the night: de-quantise the served base once, train with PEFT, export."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from finetune.arguments import Arguments
from finetune.base import digest_of
from finetune.dataset import Dataset
from finetune.errors import BaseMissing, NoRoom
from finetune.files import write_whole
from finetune.manifest import ADAPTER_FILE
from finetune.night import Made
from finetune.ports import Framing, StopFlag, unframed
from finetune.ports import Progress as Step
from memory.ports import Progress

_DIGESTS_FILE = "digests.json"
_STAGES = {
    "token weights": "weighing your words",
    "answers": "learning your manner",
    "preferences": "learning your choices",
}
"""A stage of training -> what it is called while the user watches."""


def digest_of_model(path: Path, cache: Path) -> str:
    """SHA-256 of a model file, computed once for each state of the file; seconds a gigabyte.

    Raises BaseMissing.
    """
    _require(path)
    stat = path.stat()
    key = f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}"
    known = _digests(cache)
    if key not in known:
        known[key] = digest_of([path])
        with suppress(NoRoom):
            write_whole(cache / _DIGESTS_FILE, json.dumps(known, indent=2) + "\n")
    return known[key]


def _require(path: Path | None) -> Path:
    if path is None or not path.is_file():
        named = "language model" if path is None else f"model {path}"
        raise BaseMissing(f"There is no {named} to train from; run `lifelore setup`.")
    return path


def _digests(cache: Path) -> dict[str, str]:
    try:
        held = json.loads((cache / _DIGESTS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}


class PeftTrainer:
    """Trains on one GGUF file. `cache` holds the de-quantised base; nothing personal is there."""

    def __init__(
        self, base: Path | None, cache: Path, arguments: Arguments, frame: Framing = unframed
    ) -> None:
        self.base_name = base.stem if base else "no model"
        self.keeps: tuple[str, ...] = ("token_weights.safetensors",)
        self._base, self._cache, self._arguments = base, cache, arguments
        self._frame = frame

    def base_digest(self) -> str:
        return digest_of_model(_require(self._base), self._cache)

    def make(self, dataset: Dataset, work: Path, stop: StopFlag, progress: Progress) -> Made:
        """Raises as finetune.train.train and finetune.export.export do."""
        from finetune.base import prepare
        from finetune.export import export
        from finetune.train import RESULT_FILE, train

        def show(step: Step) -> None:
            progress(_STAGES.get(step.stage, step.stage), step.step, step.steps)

        progress("preparing the base", 0, 1)
        base = prepare(_require(self._base), self._cache)
        trained = train(
            dataset, base, work, self._arguments, frame=self._frame, stop=stop, progress=show
        )
        export(trained.folder, base, work / ADAPTER_FILE)
        return Made(
            weights=work / ADAPTER_FILE,
            arguments=trained.arguments.model_dump(),
            training=json.loads((work / RESULT_FILE).read_text(encoding="utf-8")),
        )
