"""The words put before the model, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from tools.base import Tool

SYSTEM = (
    "You are Lifelore, a personal assistant that remembers what its user tells it. "
    "Each question may come with memories: dated notes of what was said in earlier conversations. "
    "Answer from the memories when they hold the answer, with names and dates exactly as they "
    "stand there. When they do not hold it, say that you do not remember. "
    "Never invent something about the user. Be brief and plain."
)

NO_MEMORIES = "You remember nothing about this."


def question(
    text: str, memories: Sequence[str], results: Sequence[str], now: datetime
) -> str:
    """The last message of a prompt: what is remembered, what tools found, then the question.

    All that changes from turn to turn stands here, behind the part of the prompt that the
    prefix cache keeps.
    """
    parts = []
    if memories:
        listed = "\n".join(f"{n}. {line}" for n, line in enumerate(memories, 1))
        parts.append(f"Memories:\n{listed}")
    else:
        parts.append(f"Memories: {NO_MEMORIES}")
    if results:
        parts.append("Results of tools:\n" + "\n".join(results))
    parts.append(f"Today is {now:%A} {now.day} {now:%B %Y}.")
    parts.append(text)
    return "\n\n".join(parts)


def tool_choice(text: str, tools: Sequence[Tool], results: Sequence[str], now: datetime) -> str:
    """Ask which tool to call next, if any; the answer is constrained to JSON."""
    described = "\n".join(
        f"- {tool.name}: {tool.purpose} Arguments: "
        + json.dumps(tool.arguments.model_json_schema().get("properties", {}))
        for tool in tools
    )
    parts = [
        f"Tools:\n{described}\n- none: no tool is needed (any more).",
        *(["Results so far:\n" + "\n".join(results)] if results else []),
        f"Today is {now:%A} {now.day} {now:%B %Y}, {now:%H:%M}.",
        f'The user says: "{text}"',
        "Which tool should be called now? Answer in JSON.",
    ]
    return "\n\n".join(parts)


def result_line(tool: str, result: str) -> str:
    """One outcome of a tool; tools word their results as statements that stand alone."""
    return f"{tool}: {result}"
