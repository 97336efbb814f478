"""Which adapter the running model serves with: the one set, or the one that the night promoted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import ModelBroken, SetupNeeded
from assistant.models.base import LanguageModel
from assistant.settings import Settings

if TYPE_CHECKING:
    from finetune.adapters import Adapters


def adapters_of(settings: Settings) -> Adapters:
    """The adapters of the home."""
    from finetune.adapters import Adapters

    return Adapters(settings.home, settings.adapters_kept)


def training_cache(settings: Settings) -> Path:
    """Where de-quantised bases lie, shared by all homes; nothing personal is there."""
    return settings.models / "training"


class ServingAdapter:
    """Keeps a model on the adapter that is to serve, switching without a reload."""

    def __init__(self, settings: Settings, base: Path | None) -> None:
        self._settings, self._base = settings, base
        self._seen: object = None
        self._served: LanguageModel | None = None

    def follow(self, model: LanguageModel) -> str | None:
        """Switch to what is to serve by now, which another process may have changed.

        Called before each turn, so it only looks at the dates of files unless one has changed.
        Returns what the user should know, if it serves with less than was promoted.
        """
        now = self._stamp()
        if model is self._served and now == self._seen:
            return None
        fresh = model is not self._served
        if fresh and self._settings.adapter is not None:
            model.use_adapter(self._settings.adapter)
        self._served, self._seen = model, now
        if self._settings.adapter is not None:
            return None
        wanted, notice = self._wanted()
        if wanted is None and fresh:
            return notice
        try:
            model.use_adapter(wanted)
        except (ModelBroken, SetupNeeded) as fault:
            model.use_adapter(None)
            return f"{fault} Until then the model serves without it."
        return notice

    def _wanted(self) -> tuple[Path | None, str | None]:
        if self._seen is None or self._base is None:
            return None, None
        from finetune.maker import digest_of_model

        adapters = adapters_of(self._settings)
        if (serving := adapters.serving) is None:
            return None, None
        if serving.base_digest != digest_of_model(self._base, training_cache(self._settings)):
            return None, (
                f"Adapter {serving.number} was trained for {serving.base_name} and does not fit "
                f"{self._base.stem}; it is not used. `lifelore sleep` trains one for this model."
            )
        return adapters.weights(serving.number), None

    def _stamp(self) -> object:
        """What changes with what is to serve; None while no adapter was ever promoted."""
        folder = self._settings.home / "adapters"
        try:
            stat = (folder / "serving.json").stat()
        except OSError:
            return None
        weights = frozenset(path.parent.name for path in folder.glob("*/adapter.gguf"))
        return stat.st_mtime_ns, stat.st_ino, weights
