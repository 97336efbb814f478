"""Speaking instead of typing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event as Flag

import pytest

from assistant.errors import NoAudioDevice
from assistant.voice.ports import Began, Heard, Nothing, Partial, Utterance
from tests.tui.conftest import Stage, stage
from tests.tui.fakes import FakeAssistant
from tui.ports import DictationLike
from tui.widgets.prompt import Prompt


class FakeDictation:
    """Hears the first part at once and the rest when the key is pressed again."""

    def __init__(self, before: list[Heard], after: list[Heard]) -> None:
        self._before, self._after = before, after
        self.done = Flag()

    def record(self, done: Flag) -> Iterator[Heard]:
        yield from self._before
        assert done.wait(60), "listening was not ended"
        self.done.set()
        yield from self._after


def opener(dictation: DictationLike) -> Callable[[], DictationLike]:
    return lambda: dictation


async def speak(standing: Stage, dictation: FakeDictation) -> None:
    standing.chat.open_dictation = opener(dictation)
    await standing.pilot.press("f4")


async def test_what_is_said_goes_into_the_prompt_and_is_not_sent() -> None:
    heard = FakeDictation([Began(), Partial("Buy")], [Utterance("Buy milk.", "en", 1.0, 0.5)])
    assistant = FakeAssistant()
    async with stage(assistant) as standing:
        await standing.type("Please:")
        await speak(standing, heard)
        await standing.until(lambda: standing.status == "Buy")
        await standing.pilot.press("f4")
        await standing.rest()
        assert standing.one(Prompt).text == "Please: Buy milk."
        assert standing.one(Prompt).has_focus
        assert assistant.sent == []


async def test_escape_ends_listening_too() -> None:
    heard = FakeDictation([Began()], [Utterance("Buy milk.", "en", 1.0, 0.5)])
    async with stage(FakeAssistant()) as standing:
        await speak(standing, heard)
        await standing.until(lambda: "Listening" in standing.status)
        assert "F4 ends it" in standing.status
        await standing.pilot.press("escape")
        await standing.rest()
        assert standing.one(Prompt).text == "Buy milk."


@pytest.mark.parametrize("heard", [[], [Began(), Nothing()]])
async def test_silence_puts_nothing_there_and_is_told(heard: list[Heard]) -> None:
    async with stage(FakeAssistant()) as standing:
        await speak(standing, FakeDictation([], heard))
        await standing.pilot.press("f4")
        await standing.rest()
        assert standing.status == "Nothing was understood."
        assert standing.one(Prompt).text == ""


async def test_without_a_microphone_one_sentence_says_so() -> None:
    def fail() -> DictationLike:
        raise NoAudioDevice("No microphone can be used; plug one in.")

    async with stage(FakeAssistant()) as standing:
        await standing.pilot.press("f4")
        assert standing.status == "There is no microphone here."
        standing.chat.open_dictation = fail
        await standing.pilot.press("f4")
        await standing.rest()
        assert standing.status == "No microphone can be used; plug one in."
        await standing.type("Hello")
        assert standing.one(Prompt).text == "Hello"


async def test_leaving_while_it_listens_lets_the_microphone_go() -> None:
    heard = FakeDictation([Began()], [])
    async with stage(FakeAssistant()) as standing:
        await speak(standing, heard)
        await standing.until(lambda: "Listening" in standing.status)
        await standing.pilot.press("ctrl+q")
    assert heard.done.wait(60)
