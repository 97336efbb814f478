"""The registry: candidates, the schema of a choice, safe calls; and approval."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, ValidationError

from tools.approval import Proposal
from tools.base import Arguments, Offered, Tool, ToolFailed
from tools.calculator import Calculator
from tools.clock import ClockTool
from tools.registry import NOT_APPROVED, Registry, ToolOutcome
from tools.remember import Remember
from tools.search_memory import SearchMemory

jsonschema = pytest.importorskip("jsonschema")


class FixedClock:
    def now(self) -> datetime:
        return datetime(2024, 2, 28, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Size(Arguments):
    width: int
    unit: str | None = None


class PaintArguments(Arguments):
    colour: Colour
    sizes: list[Size] = Field(default_factory=list, max_length=3)
    on: datetime | None = None
    name: str = Field(default="x", pattern="^[a-z]+$", max_length=9)
    coats: int = Field(default=1, ge=1, le=3)


class Paint:
    """A tool with nested arguments, formats, patterns and bounds."""

    name = "paint"
    purpose = "Paints."
    arguments: type[Arguments] = PaintArguments

    def may_help(self, text: str) -> bool:
        return "paint" in text

    def run(self, arguments: Arguments) -> str:
        assert isinstance(arguments, PaintArguments)
        if arguments.coats == 3:
            raise ToolFailed("The pot is empty.")
        if arguments.coats == 2:
            raise ZeroDivisionError
        return f"painted {arguments.colour}"


def all_tools() -> list[Tool]:
    clock = ClockTool(FixedClock(), UTC)
    return [clock, Calculator(), Remember(str), SearchMemory(lambda query, k: []), Paint()]


@pytest.fixture
def registry() -> Registry:
    return Registry(all_tools())


def names(tools: Sequence[Offered]) -> list[str]:
    return [each.name for each in tools]


def test_candidates_are_the_tools_that_may_help(registry: Registry) -> None:
    assert registry.candidates("how are you?") == ()
    assert names(registry.candidates("what is 3 + 4?")) == ["calculator"]
    assert names(registry.candidates("What time is it? And 2 * 2?")) == ["clock", "calculator"]
    assert Registry().candidates("what is 3 + 4?") == ()


def test_names_are_unique() -> None:
    with pytest.raises(ValueError, match="calculator"):
        Registry([Calculator(), Calculator()])
    none = Calculator()
    none.name = "none"
    with pytest.raises(ValueError, match="none"):
        Registry([none])


def _schemas(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for each in children:
        yield from _schemas(each)


def test_the_choice_schema_has_only_what_a_grammar_can_be_made_of(registry: Registry) -> None:
    schema = registry.choice_schema()
    forbidden = {"$ref", "$defs", "format", "pattern", "default", "title", "maximum", "minimum"}
    for each in _schemas({"oneOf": schema["oneOf"]}):
        assert not forbidden & set(each)
    jsonschema.Draft202012Validator.check_schema(schema)
    branches = [each["properties"]["tool"]["const"] for each in schema["oneOf"]]
    assert branches == ["clock", "calculator", "remember", "search_memory", "paint", "none"]


@pytest.mark.parametrize(
    ("choice", "valid"),
    [
        ({"tool": "none"}, True),
        ({"tool": "calculator", "arguments": {"expression": "1+1"}}, True),
        ({"tool": "clock", "arguments": {"operation": "now"}}, True),
        ({"tool": "paint", "arguments": {"colour": "red", "sizes": [{"width": 1}]}}, True),
        ({"tool": "calculator", "arguments": {}}, False),
        ({"tool": "calculator"}, False),
        ({"tool": "clock", "arguments": {"operation": "stop"}}, False),
        ({"tool": "paint", "arguments": {"colour": "green"}}, False),
        ({"tool": "none", "arguments": {}}, False),
        ({"tool": "other"}, False),
    ],
)
def test_the_choice_schema_admits_calls_and_nothing_else(
    registry: Registry, choice: dict[str, Any], valid: bool
) -> None:
    assert jsonschema.Draft202012Validator(registry.choice_schema()).is_valid(choice) is valid


@pytest.mark.parametrize("count", [0, 1, 5])
def test_llama_cpp_makes_a_grammar_of_the_choice(registry: Registry, count: int) -> None:
    from llama_cpp import LlamaGrammar

    schema = registry.choice_schema(registry.tools[:count])
    grammar = LlamaGrammar.from_json_schema(json.dumps(schema), verbose=False)
    assert "root ::=" in grammar._grammar
    assert r'"\"none\""' in grammar._grammar


def test_calls(registry: Registry) -> None:
    done = ToolOutcome(True, "0.1+0.2 = 0.3")
    assert registry.call("calculator", {"expression": "0.1+0.2"}) == done
    assert registry.call("calculator", '{"expression": "0.1+0.2"}') == done


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("hammer", {}, "There is no tool 'hammer'; there are: clock, calculator"),
        ("calculator", {"expression": "1/0"}, "divided by zero"),
        ("calculator", {}, "Wrong arguments for calculator: expression: Field required."),
        ("calculator", {"expression": "1", "x": 2}, "x: Extra inputs are not permitted"),
        ("calculator", "not json", "Wrong arguments for calculator: Invalid JSON"),
        ("clock", {"operation": "stop"}, "operation: Input should be 'now'"),
        ("paint", {"colour": "red", "sizes": [{}]}, "sizes.0.width: Field required"),
        ("paint", {"colour": "red", "coats": 9}, "coats: Input should be less than"),
        ("paint", {"colour": "red", "coats": 3}, "The pot is empty."),
    ],
)
def test_what_goes_wrong_is_told_in_words(
    registry: Registry, name: str, arguments: Any, said: str
) -> None:
    outcome = registry.call(name, arguments)
    assert not outcome.ok
    assert said in outcome.result
    assert "pydantic" not in outcome.result


def test_a_defect_of_a_tool_is_not_hidden(registry: Registry) -> None:
    with pytest.raises(ZeroDivisionError):
        registry.call("paint", {"colour": "red", "coats": 2})


class Etch:
    """A tool that acts: it notes what it did, and only after a yes."""

    name = "etch"
    purpose = "Etches."
    arguments: type[Arguments] = PaintArguments

    def __init__(self) -> None:
        self.done: list[Proposal] = []

    def may_help(self, text: str) -> bool:
        return "etch" in text

    def propose(self, arguments: Arguments) -> Proposal:
        assert isinstance(arguments, PaintArguments)
        if arguments.coats == 3:
            raise ToolFailed("The plate is worn out.")
        return Proposal(Path("plate.txt"), None, arguments.colour)

    def carry_out(self, proposal: Proposal) -> str:
        self.done.append(proposal)
        return f"etched {proposal.after}"


def test_what_acts_outside_memory_is_done_only_after_a_yes() -> None:
    asked: list[Proposal] = []
    answers = iter([True, False])

    def approve(proposal: Proposal) -> bool:
        asked.append(proposal)
        return next(answers)

    etch = Etch()
    registry = Registry([etch])
    assert names(registry.candidates("etch it")) == ["etch"]
    assert not registry.call("etch", {"colour": "green"}, approve).ok
    worn = registry.call("etch", {"colour": "red", "coats": 3}, approve)
    assert worn == ToolOutcome(False, "The plate is worn out.")
    assert asked == [], "what cannot be done is not worth a question"
    assert registry.call("etch", {"colour": "red"}, approve) == ToolOutcome(True, "etched red")
    assert registry.call("etch", {"colour": "blue"}, approve) == ToolOutcome(False, NOT_APPROVED)
    assert asked == [Proposal(Path("plate.txt"), None, each) for each in ("red", "blue")]
    assert etch.done == asked[:1]


def test_where_nobody_can_be_asked_nothing_is_done() -> None:
    etch = Etch()
    assert not Registry([etch]).call("etch", {"colour": "red"}).ok
    assert etch.done == []


def test_arguments_are_frozen() -> None:
    with pytest.raises(ValidationError):
        setattr(Size(width=1), "width", 2)  # noqa: B010 - the types forbid it as well
