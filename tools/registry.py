"""The tools of an assistant: which may help, how a model may choose, and calling one safely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tools.approval import ActingTool, Approve, refuse
from tools.base import Arguments, Offered, Tool, ToolFailed

AnyTool = Tool | ActingTool

NO_TOOL = "none"
"""What a model answers when it needs no tool."""
NOT_APPROVED = "Nothing was done: it needs your yes, which it did not get."


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What came of a call, in words for the model: the result, or why there is none."""

    ok: bool
    result: str


class Registry:
    """Tools by name, in the order given. Raises ValueError for a name given twice."""

    def __init__(self, tools: Iterable[AnyTool] = ()) -> None:
        self._tools: dict[str, AnyTool] = {}
        for tool in tools:
            if tool.name in self._tools or tool.name == NO_TOOL:
                raise ValueError(f"the tool name {tool.name!r} is taken")
            self._tools[tool.name] = tool

    @property
    def tools(self) -> tuple[AnyTool, ...]:
        return tuple(self._tools.values())

    def acts(self, name: str) -> bool:
        """Whether this tool changes something outside memory."""
        return isinstance(self._tools.get(name), ActingTool)

    def candidates(self, text: str) -> tuple[Offered, ...]:
        """The tools worth asking the model about for these words of the user."""
        return tuple(tool for tool in self._tools.values() if tool.may_help(text))

    def choice_schema(self, tools: Sequence[Offered] | None = None) -> dict[str, Any]:
        """The JSON schema of a choice among the tools (all by default), or of none of them.

        Kept to what llama.cpp's conversion to a grammar understands: no references, formats
        or patterns.
        """
        chosen = self.tools if tools is None else tools
        return {"oneOf": [*map(_branch, chosen), _object({"tool": {"const": NO_TOOL}})]}

    def call(
        self, name: str, raw_arguments: Mapping[str, Any] | str, approve: Approve = refuse
    ) -> ToolOutcome:
        """Run a tool with arguments as a model wrote them, a mapping or JSON text.

        One that acts outside memory is run only where `approve` says yes. What the model or the
        tool got wrong becomes an outcome; a defect of a tool is raised.
        """
        tool = self._tools.get(name)
        if tool is None:
            known = ", ".join(self._tools) or "none"
            return ToolOutcome(False, f"There is no tool {name!r}; there are: {known}.")
        try:
            arguments = _validated(tool.arguments, raw_arguments)
        except ValidationError as error:
            return ToolOutcome(False, f"Wrong arguments for {name}: {_readable(error)}.")
        try:
            return _run(tool, arguments, approve)
        except ToolFailed as failure:
            return ToolOutcome(False, str(failure))


def _run(tool: AnyTool, arguments: Arguments, approve: Approve) -> ToolOutcome:
    if not isinstance(tool, ActingTool):
        return ToolOutcome(True, tool.run(arguments))
    proposal = tool.propose(arguments)
    if not approve(proposal):
        return ToolOutcome(False, NOT_APPROVED)
    return ToolOutcome(True, tool.carry_out(proposal))


def _validated(arguments: type[Arguments], raw: Mapping[str, Any] | str) -> Arguments:
    if isinstance(raw, str):
        return arguments.model_validate_json(raw)
    return arguments.model_validate(raw)


def _readable(error: ValidationError) -> str:
    """What is wrong with each argument, for a model to correct it by."""
    each = error.errors(include_url=False, include_context=False)
    return "; ".join(
        ": ".join(filter(None, (".".join(map(str, one["loc"])), one["msg"]))) for one in each[:5]
    )


# -- the schema ------------------------------------------------------------------------------

_PLAIN = ("type", "enum", "const", "description", "minItems", "maxItems")


def _branch(tool: Offered) -> dict[str, Any]:
    full = tool.arguments.model_json_schema()
    arguments = _inlined(full, full.get("$defs", {}))
    return _object({"tool": {"const": tool.name}, "arguments": arguments})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _inlined(schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A part of pydantic's schema with references written out and unknown keywords dropped.

    Pydantic still checks what is dropped (bounds, formats) when the tool is called.
    """
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions)
    plain: dict[str, Any] = {key: schema[key] for key in _PLAIN if key in schema}
    for key in ("anyOf", "oneOf"):
        if key in schema:
            plain[key] = [_inlined(each, definitions) for each in schema[key]]
    if isinstance(schema.get("items"), dict):
        plain["items"] = _inlined(schema["items"], definitions)
    if "properties" in schema:
        plain["properties"] = {
            name: _inlined(each, definitions) for name, each in schema["properties"].items()
        }
        plain["required"] = schema.get("required", [])
        plain["additionalProperties"] = False
    return plain
