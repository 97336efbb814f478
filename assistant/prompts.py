"""The words put before the model, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from memory.query import asks_for_everything, asks_memory
from tools.base import Offered

SYSTEM = (
    "You are Lifelore, a personal assistant that remembers what its user tells it. "
    "A message may come with notes: dated lines from earlier conversations. "
    "Answer from the notes when they hold the answer, with names and dates exactly as they "
    "stand there. Asked about the user, when they do not hold it, say that you do not remember. "
    "Never invent something about the user. Be brief and plain."
)


@dataclass(frozen=True, slots=True)
class Brief:
    """The user's words, with what goes with them whatever memories there are."""

    text: str
    results: Sequence[str]
    """Lines of what tools found."""
    now: datetime
    about: Sequence[str] = ()
    """What the user said of themselves that the answer hinges on, best first."""
    manner: Sequence[str] = ()
    """How they want to be answered."""


NO_NOTES = "You have no notes about this."
_QUESTION = re.compile(
    r"\?|^\W*(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|"
    r"will|would|should|may|have|has)\b",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"\b(?:I|my|mine|me|we|our|ours|us)\b", re.IGNORECASE)
_REQUEST = re.compile(
    r"^\W*(?:please\s+)?(?:tell|show|list|give|explain|describe|write|draft|make|suggest|compare|"
    r"summari[sz]e|translate|help|plan|find|name|remind)\b",
    re.IGNORECASE,
)
_BROAD = re.compile(
    r"\b(?:summar\w+|sum\s+(?:\w+\s+){0,2}up|overview|recap|catch\s+me\s+up|highlights"
    r"|how\s+(?:has|have|had|is|are|was|were|did)\b.{1,60}\b(?:been|going|gone|go|went|develop\w*"
    r"|chang\w+|progress\w*|evolv\w+)"
    r"|what\s+(?:have|did|do|has|had)\s+(?:we|i)\s+(?:been\s+|usually\s+)?(?:\w+ed|talk|discuss"
    r"|do|done|said|say|doing)\b"
    r"|(?:tell\s+me|what\s+do\s+you\s+know)\s+(?:all\s+|everything\s+|more\s+)?about)\b",
    re.IGNORECASE,
)


def not_remembered(nearest: str | None) -> str:
    """The answer where memory holds none; `nearest` is the line of the nearest memory."""
    said = "I don't remember that."
    return (
        f"{said} The nearest I find, which may be about something else: {nearest}"
        if nearest
        else said
    )


def is_broad(text: str) -> bool:
    """Whether this asks for the whole of something, of which single memories are only parts."""
    return _BROAD.search(text) is not None


def more_fit(count: int) -> str:
    """What is said of memories that fit a question for everything and found no room."""
    return (
        f"{count} more memories fit the question than could be read at once; ask about a part of "
        "it, such as one year, or see them with `lifelore recall`."
    )


def framed(text: str) -> str:
    """The user's words, with what is expected of the answer to a question, a request or a remark.

    A small model that is not told takes a remark for a question, and its notes for the answer.
    """
    if _REQUEST.search(text):
        return f"The user asks you to do this:\n{text}"
    if _QUESTION.search(text):
        # Told so beside any question, a small model no longer knows how many legs a spider has.
        unknown = " If the notes do not tell, say that you do not remember."
        unknown = unknown if _asks_of_user(text) else ""
        return f"Answer in a sentence or two.{unknown}\nQuestion: {text}"
    # Asked for a reply, one says that it does not remember what it is being told.
    return (
        "The user says this to you. Show them in one short, friendly sentence that you have "
        f"understood it; call them you:\n{text}"
    )


def _asks_of_user(text: str) -> bool:
    return _PERSONAL.search(text) is not None and asks_memory(text)


def _is_wish(text: str) -> bool:
    return not _asks_of_user(text) and bool(_REQUEST.search(text) or _QUESTION.search(text))


def question(brief: Brief, notes: Sequence[str] = (), overview: Sequence[str] = ()) -> str:
    """The last message of a prompt: what is remembered, what tools found, then the user's words.

    All that changes from turn to turn stands here, behind the part of the prompt that the
    prefix cache keeps. `notes` come best first and are written best last: small models heed most
    what stands next to the question. Where everything is asked for they come newest first and are
    written in the order of time. `overview` are lines of summaries, in the order of time.
    """
    now = brief.now
    parts = []
    if overview:
        parts.append("In short, what was said:\n" + "\n".join(f"- {line}" for line in overview))
    if notes:
        listed = "\n".join(f"- {line}" for line in reversed(notes))
        order = (
            "in the order of time" if asks_for_everything(brief.text) else "the most relevant last"
        )
        parts.append(f"Notes, {order}:\n{listed}")
    elif not overview and not brief.about and asks_memory(brief.text):
        # Told so beside a remark or a wish, a small model answers that it does not remember.
        parts.append(NO_NOTES)
    if brief.results:
        parts.append("Results of tools:\n" + "\n".join(brief.results))
    parts.append(f"Today is {now:%A} {now.day} {now:%B %Y}.")
    about = []
    if brief.about:
        listed = "\n".join(f"- {line}" for line in reversed(brief.about))
        about = [f"The user has said of themselves, and your answer must respect it:\n{listed}"]
    manner = []
    if brief.manner:
        manner = ["How they want to be answered:\n" + "\n".join(f"- {m}" for m in brief.manner)]
    asked = framed(brief.text)
    # Before a wish a small model overlooks what must be respected: seafood for who is allergic to
    # shellfish. Behind anything else it takes the last line for what is asked.
    parts += [*manner, asked, *about] if _is_wish(brief.text) else [*about, *manner, asked]
    return "\n\n".join(parts)


def tool_choice(text: str, tools: Sequence[Offered], results: Sequence[str], now: datetime) -> str:
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
