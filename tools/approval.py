"""Asking the user before a tool acts."""

from __future__ import annotations

from collections.abc import Callable

from tools.base import Arguments, Tool, ToolFailed


class RequiresApproval:
    """A tool that runs only when `approve`, given its name and arguments, says yes."""

    def __init__(self, tool: Tool, approve: Callable[[str, Arguments], bool]) -> None:
        self._tool = tool
        self._approve = approve

    @property
    def name(self) -> str:
        return self._tool.name

    @property
    def purpose(self) -> str:
        return self._tool.purpose

    @property
    def arguments(self) -> type[Arguments]:
        return self._tool.arguments

    def may_help(self, text: str) -> bool:
        return self._tool.may_help(text)

    def run(self, arguments: Arguments) -> str:
        """Ask, then do it. Raises ToolFailed when the user said no."""
        if not self._approve(self.name, arguments):
            raise ToolFailed(f"The user did not approve the use of {self.name}.")
        return self._tool.run(arguments)
