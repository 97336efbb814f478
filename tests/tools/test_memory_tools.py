"""The tools that keep and look up memories."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from memory.errors import HomeUnusable
from memory.events import Origin
from memory.recall import Memory
from tools.base import ToolFailed
from tools.remember import Remember, RememberArguments
from tools.search_memory import SearchMemory, SearchMemoryArguments

MEMORIES = [
    Memory(
        id="01A",
        seq=1,
        kind="message",
        session_id="s",
        at=datetime(2023, 5, 8, 13, 56, tzinfo=UTC),
        origin=Origin.USER,
        speaker="Caroline",
        score=0.9,
        text="I went there\nyesterday",
    ),
    Memory(
        id="01B",
        seq=2,
        kind="note",
        session_id="s",
        at=datetime(2024, 1, 2, 3, 4, tzinfo=UTC),
        origin=Origin.USER,
        speaker=None,
        score=0.5,
        text="Tea, no milk",
    ),
]


def test_remember_stores_the_trimmed_note_and_names_it() -> None:
    kept: list[str] = []

    def store(text: str) -> str:
        kept.append(text)
        return "01X"

    result = Remember(store).run(RememberArguments(note="  I take no milk \n"))
    assert kept == ["I take no milk"]
    assert result == "It is noted: I take no milk"


def test_remember_refuses_nothing_and_reports_a_full_disk() -> None:
    def full(text: str) -> str:
        raise HomeUnusable("The disk is full.")

    with pytest.raises(ToolFailed, match="empty"):
        Remember(full).run(RememberArguments(note=" \n"))
    with pytest.raises(ToolFailed, match="The disk is full"):
        Remember(full).run(RememberArguments(note="x"))


def test_search_prints_numbered_dated_lines() -> None:
    asked: list[tuple[str, int]] = []

    def search(query: str, k: int) -> Sequence[Memory]:
        asked.append((query, k))
        return MEMORIES

    result = SearchMemory(search).run(SearchMemoryArguments(query="tea", limit=3))
    assert asked == [("tea", 3)]
    first, second = result.split("\n")
    assert first.startswith("1. ")
    assert "[8 May 2023]" in first
    assert first.endswith('Caroline: I went there on 7 May 2023 ("yesterday")')
    assert second.startswith("2. ")
    assert second.endswith(": Tea, no milk")


def test_search_without_results_or_query() -> None:
    tool = SearchMemory(lambda query, k: [])
    assert tool.run(SearchMemoryArguments(query="tea")) == "Nothing in memory matches."
    with pytest.raises(ToolFailed, match="empty"):
        tool.run(SearchMemoryArguments(query=" "))
    with pytest.raises(ValidationError):
        SearchMemoryArguments(query="tea", limit=0)


def test_search_reports_a_fault_of_the_memory() -> None:
    def broken(query: str, k: int) -> Sequence[Memory]:
        raise HomeUnusable("The home cannot be read.")

    with pytest.raises(ToolFailed, match="cannot be read"):
        SearchMemory(broken).run(SearchMemoryArguments(query="tea"))


@pytest.mark.parametrize(
    "text",
    [
        "Remember that I take no milk",
        "please remember my sister's name is Ann",
        "Hi! Remember: the code is blue",
        "Can you remember this for me?",
        "I want you to remember that I moved",
        "don't forget that I'm allergic to nuts",
        "And don’t forget to ask me tomorrow",
        "Note that I work on Fridays",
        "please make a note of this",
        "Keep in mind that I hate mornings",
        "could you keep that in mind?",
    ],
)
def test_requests_to_remember_are_recognised(text: str) -> None:
    assert Remember(str).may_help(text)


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "do you remember that day?",
        "Remember that time we got lost?",
        "I remember that well",
        "I can't remember the name",
        "I'll never forget it",
        "I forget things",
        "I got a note from her",
        "",
    ],
)
def test_talk_of_remembering_is_not(text: str) -> None:
    assert not Remember(str).may_help(text)


@pytest.mark.parametrize(
    "text",
    [
        "search your memory for tea",
        "look it up in your memories",
        "Look in our past chats",
        "What did I say about the car?",
        "when did I last see the dentist?",
        "When was the last time I ran?",
        "what have I told you about Ann?",
        "did I ever mention my uncle?",
        "what do you know about my sister",
        "Do you remember my birthday?",
    ],
)
def test_questions_about_the_past_are_recognised(text: str) -> None:
    assert SearchMemory(lambda query, k: []).may_help(text)


@pytest.mark.parametrize(
    "text", ["hello", "what did you say?", "search the web", "I said hello", "my memory is bad", ""]
)
def test_other_talk_is_not_a_search(text: str) -> None:
    assert not SearchMemory(lambda query, k: []).may_help(text)
