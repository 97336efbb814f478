"""Settings: one TOML file in the home, overridden by LIFELORE_* variables and by options.

Nothing below the composition root reads the environment; it is given these values.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from contextlib import suppress
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from assistant.errors import SettingsInvalid
from assistant.places import SETTINGS_FILE, default_files, default_home, default_models


class Settings(BaseSettings):
    """Every setting with its default. Times in seconds, sizes in tokens."""

    model_config = SettingsConfigDict(env_prefix="LIFELORE_", extra="forbid", frozen=True)

    home: Path = Field(default_factory=default_home)
    models: Path = Field(default_factory=default_models)

    model: str | None = None
    """Catalog name of the LLM, or the path of a GGUF file; None takes the best one installed."""
    embedder: str = "all-minilm-l6-v2"
    """Catalog name of the embedding model."""
    cross_encoder: Path | None = None
    """Folder of a sentence-transformers CrossEncoder that reads the best memories once more with
    the question: better recall, at a second or more a turn on a CPU."""
    adapter: Path | None = None
    """A GGUF LoRA to serve with; None serves with the one that the night promoted."""
    adapters_kept: int = Field(default=5, ge=1)
    """Adapters of past nights that are kept to go back to."""
    night_minutes: float = Field(default=120.0, gt=0)
    """Time that one night may train; it learns as much as fits. It is counted as a quiet machine
    takes it: while other programs need the processor a night gets as far, but lasts up to four
    times as long. A machine that sleeps loses nothing."""

    server_url: str | None = None
    """Base URL of an OpenAI-compatible server to use instead of a local model. What you say and
    what is recalled for it then goes to that server."""
    server_model: str = "default"
    server_key: SecretStr = SecretStr("none")

    chroma_url: str | None = None
    """URL of a Chroma server to search vectors with, for a home that outgrows this machine or is
    used by several programs at once. It is sent vectors, never words."""

    context_tokens: int = Field(default=4096, ge=512)
    """Tokens the model holds: instructions, conversation, memories and answer together."""
    answer_tokens: int = Field(default=512, ge=16)
    first_token_seconds: float = Field(default=3.0, gt=0)
    """Within which the first word of an answer should come. Memories get as many tokens of the
    prompt as the model reads in that time on this machine."""
    memory_tokens: int | None = Field(default=None, ge=64)
    """Tokens of a prompt that memories may take, whatever the speed; None works them out."""
    memories: int | None = Field(default=None, ge=1)
    """Memories looked for in a turn; None goes by the size of the model."""
    relevance: float | None = Field(default=None, ge=0, le=1)
    """Share of the best memory's score below which others stay out of the prompt; None goes by
    the size of the model."""
    temperature: float = Field(default=0.0, ge=0, le=2)
    threads: int | None = None
    derive: bool | None = None
    """Whether facts and summaries are derived in the background while Lifelore is open. None: with
    a local model yes, with a server no, because all that you ever said would go there."""

    speech_model: str | None = None
    """Catalog name of the speech model, or the folder of a CTranslate2 Whisper; None takes the best
    one installed."""
    speech_language: str | None = None
    """Code of the language you speak, such as "de"; None has it detected, at some time."""
    speak: bool = False
    """Whether `lifelore voice` speaks its answers."""
    voice: str = "piper-joe"
    """Catalog name of the voice that speaks, or the path of a Piper voice (.onnx)."""
    microphone: str | None = None
    """A part of the microphone's name; None takes the system's."""

    files: Path = Field(default_factory=default_files)
    """Folder of the files that you ask to have saved; each is shown to you before it is written."""

    nudges: bool = True
    """Whether anything is ever offered unasked: reminders, suggestions, follow-ups."""
    nudge_daily: int = Field(default=3, ge=0)
    """Suggestions a day at most; reminders that you asked for are not counted."""
    quiet_hours: str = Field(
        default="21:00-08:00", pattern=r"^(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d$"
    )
    """Local time in which nothing is offered, reminders included; the same time twice: none."""

    plain: bool = False
    """Whether the screen draws no lines, boxes or colours, to be read aloud."""
    keys: dict[str, str] = {}
    """Other keys of the screen, by the name of the action: `search = "ctrl+k"`, several with commas
    between. A name that is no action is refused with a list of those there are."""

    @property
    def derives(self) -> bool:
        """Whether to derive in the background, with the default worked out."""
        return self.server_url is None if self.derive is None else self.derive

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The file lies in the home, so the home itself comes from the variable or the option.
        home = init_settings().get("home") or env_settings().get("home") or default_home()
        return (
            init_settings,
            env_settings,
            TomlConfigSettingsSource(settings_cls, Path(str(home)).expanduser() / SETTINGS_FILE),
        )


def load_settings(home: Path | None = None) -> Settings:
    """The settings in force. Raises SettingsInvalid with the first thing that is wrong."""
    try:
        found = Settings(home=home) if home is not None else Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "settings"
        raise SettingsInvalid(
            f"Setting {name}: {first['msg']}; check {SETTINGS_FILE} and LIFELORE_* variables."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{SETTINGS_FILE} is not valid TOML: {error}.") from error
    return found.model_copy(
        update={"home": found.home.expanduser(), "models": found.models.expanduser()}
    )


def write_setting(home: Path, name: str, value: str) -> None:
    """Set one setting in the home's file; everything else there stays as its author wrote it.

    By hand, because the libraries that write TOML without losing comments are a dependency for one
    line; what comes out is read back before it is kept. Raises SettingsInvalid.
    """
    file = home / SETTINGS_FILE
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        before = tomllib.loads(text)
        after = _with_setting(text, name, json.dumps(value, ensure_ascii=False))
        # A line of that kind may stand within a longer value; then nothing is written.
        if tomllib.loads(after) != {**before, name: value}:
            raise SettingsInvalid(f"Write {name} = {json.dumps(value)} into {file} yourself.")
        _replace(file, after)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{SETTINGS_FILE} is not valid TOML: {error}.") from error
    except OSError as error:
        raise SettingsInvalid(f"{file} cannot be written: {error.strerror or error}.") from error


def _with_setting(text: str, name: str, value: str) -> str:
    """The text with this line among those before the first table."""
    table = re.search(r"^[ \t]*\[", text, re.MULTILINE)
    head, tables = (text[: table.start()], text[table.start() :]) if table else (text, "")
    line = re.compile(
        rf"""^(?P<key>[ \t]*{name}[ \t]*=[ \t]*)(?:"[^"\n]*"|'[^'\n]*')(?P<rest>.*)$""",
        re.MULTILINE,
    )
    if line.search(head):
        return line.sub(lambda found: found["key"] + value + found["rest"], head, count=1) + tables
    if head and not head.endswith("\n"):
        head += "\n"
    return f"{head}{name} = {value}\n{tables}"


def _replace(file: Path, text: str) -> None:
    """Write so that a reader finds the old content or the new, never half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as open_part:
            open_part.write(text)
            open_part.flush()
            os.fsync(open_part.fileno())
        Path(part).replace(file)
    except BaseException:
        with suppress(OSError):
            Path(part).unlink()
        raise
