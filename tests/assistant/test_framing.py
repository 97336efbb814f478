"""The night's prompts and those of a turn are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant import prompts
from assistant.framing import framed
from assistant.models.fakes import ScriptedModel
from assistant.session import Assistant
from finetune.examples import Said
from memory.pack import render
from tests.assistant.builders import answer_to, open_scripted

TODAY = re.compile(r"Today is [A-Z][a-z]+ \d+ [A-Z][a-z]+ \d{4}\.")


@pytest.fixture
def assistant(home: Path) -> Iterator[Assistant]:
    opened = open_scripted(home)
    yield opened
    opened.close()


def asked(assistant: Assistant) -> list[tuple[str, str]]:
    model = assistant.model.get()
    assert isinstance(model, ScriptedModel)
    return undated([(m.role, m.content) for m in model.calls[-1].messages])


def undated(messages: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    found = [(role, TODAY.sub("Today.", text)) for role, text in messages]
    assert "Today." in found[-1][1]
    return found


def of_night(text: str, notes: Sequence[str] = ()) -> list[tuple[str, str]]:
    return undated([(m.role, m.text) for m in framed([Said(role="user", text=text)], notes)])


@pytest.mark.parametrize(
    "text", ["Write a short message to Ruth about the boiler.", "I had a nice walk.", "Is it hot?"]
)
def test_a_request_stands_as_in_a_turn_without_notes(assistant: Assistant, text: str) -> None:
    answer_to(assistant, text)
    assert of_night(text) == asked(assistant)


def test_notes_stand_as_in_a_turn_with_notes(assistant: Assistant) -> None:
    for told in ("My sister is allergic to walnuts", "My sister bakes walnut bread on Sundays"):
        answer_to(assistant, told)
    text = "Write a message to my sister about the walnuts."
    answered = answer_to(assistant, text)
    assert answered.memories
    assert of_night(text, list(map(render, answered.memories))) == asked(assistant)


def test_a_request_always_gets_the_same_day_and_different_ones_different_days() -> None:
    days = {TODAY.findall(framed([Said(role="user", text=f"Say {n}.")])[-1].text)[0] for n in "abc"}
    assert len(days) == 3
    one = [Said(role="user", text="Say so.")]
    assert framed(one) == framed(one)
    assert framed(one)[0].text == prompts.SYSTEM
