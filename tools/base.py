"""What a tool is: a name, a purpose, arguments checked by pydantic, and an outcome in words."""

from __future__ import annotations

from typing import Protocol

from pydantic import BaseModel, ConfigDict


class Arguments(BaseModel):
    """Base of every tool's arguments; its JSON schema constrains the model's choice."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolFailed(Exception):
    """The tool could not do it; the text tells the model (and the user) why."""


class Offered(Protocol):
    """What a model is told of a tool, and whether to tell it."""

    @property
    def name(self) -> str: ...

    @property
    def purpose(self) -> str:
        """One line for the model: what it does, when to use it."""

    @property
    def arguments(self) -> type[Arguments]: ...

    def may_help(self, text: str) -> bool:
        """A cheap look at the user's words: is it worth asking the model about this tool?"""


class Tool(Offered, Protocol):
    """A tool that looks something up, or keeps it in memory."""

    def run(self, arguments: Arguments) -> str:
        """Do it. Raises ToolFailed with a sentence when it cannot be done."""
