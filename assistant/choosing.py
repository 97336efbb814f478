"""Choosing the language model: what there is, what is here, and changing to it while it is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING

from assistant.errors import SetupNeeded
from assistant.models.catalog import MODEL_SHARE, ModelEntry, shipped_catalog
from assistant.places import SETTINGS_FILE
from assistant.settings import Settings, load_settings, write_setting
from memory.errors import RefusedInput

if TYPE_CHECKING:
    from assistant.session import Assistant
    from memory.ports import Progress

_SERVER = (
    f"A server answers for this home; take server_url out of {SETTINGS_FILE} to use a model here."
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One language model that can be chosen."""

    name: str
    value: str
    """What the setting `model` says for it: a name of the catalog, or the path of a file."""
    title: str
    bytes: int
    """Of the file, or of the download."""
    memory_bytes: int | None
    """Memory that it takes when loaded; None where nobody knows."""
    here: bool
    fits: bool
    """Whether this machine has the memory for it, as far as is known."""
    in_use: bool
    notes: str = ""


class Models:
    """The language models of one home."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: Assistant | None = None

    def attend(self, assistant: Assistant) -> Assistant:
        """What is chosen from now on is this assistant's model at once."""
        self._open = assistant
        return assistant

    @property
    def served_elsewhere(self) -> str:
        """Why a choice would change nothing; empty where it would."""
        return _SERVER if self._settings.server_url is not None else ""

    def choices(self) -> list[Choice]:
        """What is here and what can be fetched, in the order of the catalog."""
        return [*self._own_file(), *self._catalog()]

    def fetch(
        self, value: str, progress: Progress | None = None, cancel: Flag | None = None
    ) -> str:
        """Fetch a model of the catalog; a sentence on it. Raises DownloadFailed."""
        from assistant.models.fetch import fetch
        from memory.ports import no_progress

        entry = shipped_catalog().find(value)
        fetch(entry, self._settings.models, progress or no_progress, cancel)
        return f"{entry.title} is here."

    def choose(self, value: str) -> str:
        """Answer with this model from now on, and at every start; a sentence on it.

        Waits for a turn under way. Raises RefusedInput where a server answers, SetupNeeded for a
        model that is not here, ModelBroken for one that cannot be loaded (the one before stays in
        use), and SettingsInvalid where the choice cannot be kept.
        """
        from assistant.build import local_model, model_slot, turn_limits

        if self.served_elsewhere:
            raise RefusedInput(self.served_elsewhere)
        chosen = self._settings.model_copy(update={"model": value})
        name, path = local_model(chosen)
        if path is None or not path.is_file():
            raise SetupNeeded(f"{name} is not here yet; fetch it first.")
        if self._open is not None:
            self._open.change_model(model_slot(chosen), turn_limits(chosen))
        self._settings = chosen
        write_setting(chosen.home, "model", value)
        if load_settings(chosen.home).model != value:
            return (
                f"{name} answers from now on; at the next start it is another one, because "
                f"LIFELORE_MODEL outranks {SETTINGS_FILE}."
            )
        return f"{name} answers from now on."

    def _own_file(self) -> Iterator[Choice]:
        """A file that the settings name."""
        value = self._settings.model
        if value is None or self.served_elsewhere:
            return
        from assistant.build import local_model

        name, path = local_model(self._settings)
        if path is not None and all(name != entry.name for entry in shipped_catalog().models):
            size = path.stat().st_size if path.is_file() else 0
            yield Choice(name, value, path.name, size, None, path.is_file(), True, in_use=True)

    def _catalog(self) -> Iterator[Choice]:
        from assistant.build import local_model
        from assistant.machine import this_machine
        from assistant.models.fetch import installed

        room = this_machine().memory_bytes * MODEL_SHARE
        in_use = "" if self.served_elsewhere else local_model(self._settings)[0]
        for entry in shipped_catalog().models:
            path = installed(entry, self._settings.models)
            if entry.role == "llm" and (path is not None or not entry.test_only):
                yield _choice(entry, path, room, in_use)


def _choice(entry: ModelEntry, path: Path | None, room: float, in_use: str) -> Choice:
    return Choice(
        name=entry.name,
        value=entry.name,
        title=entry.title,
        bytes=entry.download_bytes,
        memory_bytes=entry.memory_bytes,
        here=path is not None,
        fits=entry.memory_bytes <= room,
        in_use=entry.name == in_use,
        notes=entry.notes,
    )
