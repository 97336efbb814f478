"""Looking into memory on purpose, beyond what recall put into the prompt."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pydantic import Field

from memory.errors import MemoryFault
from memory.pack import render
from memory.recall import Memory
from tools.base import Arguments, ToolFailed

_MOST = 20


class SearchMemoryArguments(Arguments):
    query: str = Field(description="what to look for, in a few words")
    limit: int = Field(default=5, ge=1, le=_MOST, description="how many memories at most")


class SearchMemory:
    """Prints what `search` finds, one numbered line a memory, with relative dates resolved."""

    name = "search_memory"
    purpose = "Searches everything the user ever said. Use it for what was said or done before."
    arguments: type[Arguments] = SearchMemoryArguments

    def __init__(self, search: Callable[[str, int], Sequence[Memory]]) -> None:
        self._search = search

    def may_help(self, text: str) -> bool:
        return bool(_REQUEST.search(text))

    def run(self, arguments: Arguments) -> str:
        assert isinstance(arguments, SearchMemoryArguments)
        if not arguments.query.strip():
            raise ToolFailed("There is nothing to look for: the query is empty.")
        try:
            memories = self._search(arguments.query, arguments.limit)
        except MemoryFault as fault:
            raise ToolFailed(str(fault)) from fault
        if not memories:
            return "Nothing in memory matches."
        return "\n".join(f"{i}. {render(memory)}" for i, memory in enumerate(memories, start=1))


_TOLD = r"(?:say|said|tell|told|mention|mentioned|write|wrote|talk|talked|think|thought)"
_REQUEST = re.compile(
    r"\b(?:search|look(?:\s\w+){0,4}?\sup|look|check|go\sthrough|dig)\s[^.?!\n]{0,40}?"
    r"\b(?:memory|memories|(?:past|old|earlier|previous|our|my)\s(?:conversations?|chats?|notes))\b"
    rf"|\b(?:what|when|where|who|which|how\soften)\b[^.?!\n]{{0,40}}?\b(?:did|have|had|do)\s(?:i|we)\s"
    rf"(?:\w+\s){{0,2}}?{_TOLD}\b"
    rf"|\b(?:did|have)\si\s(?:ever\s|already\s)?{_TOLD}\b"
    r"|\bwhen\s(?:did|was|were)\s(?:i|we)\s(?:\w+\s)?last\b|\bwhen\swas\sthe\slast\stime\s(?:i|we)\b"
    r"|\bwhat\sdo\syou\s(?:know|remember)\sabout\b|\bdo\syou\sremember\b",
    re.IGNORECASE,
)
