"""Speaking: in order, falling silent at once, going on where it was broken off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from threading import Event as Flag

import numpy as np
import pytest

from assistant.errors import NoAudioDevice
from assistant.voice.ports import Samples
from assistant.voice.speaking import Speaking


class SilentVoice:
    """Its sound is as long as the sentence has words."""

    def speak(self, sentence: str) -> tuple[Samples, int]:
        return np.full(len(sentence.split()), 0.1, np.float32), 22_050


class HeldLoudspeaker:
    """Plays each sound until the test lets it end, or it is to stop."""

    def __init__(self) -> None:
        self.playing = threading.Semaphore(0)
        """One more for each sound that has begun."""
        self.may_end = threading.Semaphore(0)
        self.played: list[tuple[int, bool]] = []
        """Length of each sound, and whether it was played to its end."""
        self.problem: Exception | None = None

    def play(self, sound: Samples, rate: int, stop: Flag) -> None:
        if self.problem is not None:
            raise self.problem
        self.playing.release()
        while not stop.is_set():
            if self.may_end.acquire(timeout=0.01):
                self.played.append((len(sound), True))
                return
        self.played.append((len(sound), False))

    def begun(self) -> None:
        assert self.playing.acquire(timeout=60), "nothing is played"

    def finish(self) -> None:
        self.begun()
        self.may_end.release()


@pytest.fixture
def loudspeaker() -> HeldLoudspeaker:
    return HeldLoudspeaker()


@pytest.fixture
def speaking(loudspeaker: HeldLoudspeaker) -> Iterator[Speaking]:
    one = Speaking(SilentVoice(), loudspeaker)
    yield one
    one.close()


def test_sentences_are_spoken_in_order(speaking: Speaking, loudspeaker: HeldLoudspeaker) -> None:
    for sentence in ("one", "one two", "one two three"):
        speaking.say(sentence)
    assert speaking.active
    for _ in range(3):
        loudspeaker.finish()
    speaking.wait(Flag())
    assert loudspeaker.played == [(1, True), (2, True), (3, True)]
    assert not speaking.active


def test_a_pause_breaks_off_and_going_on_begins_the_sentence_anew(
    speaking: Speaking, loudspeaker: HeldLoudspeaker
) -> None:
    speaking.say("one two")
    speaking.say("one")
    loudspeaker.begun()
    speaking.pause()
    speaking.resume()
    loudspeaker.finish()
    loudspeaker.finish()
    speaking.wait(Flag())
    assert loudspeaker.played == [(2, False), (2, True), (1, True)]


def test_what_is_dropped_is_not_spoken_and_the_next_answer_is(
    speaking: Speaking, loudspeaker: HeldLoudspeaker
) -> None:
    speaking.say("one two")
    speaking.say("never heard")
    loudspeaker.begun()
    speaking.pause()
    speaking.drop()
    speaking.wait(Flag())
    speaking.say("one two three")
    loudspeaker.finish()
    speaking.wait(Flag())
    assert loudspeaker.played == [(2, False), (3, True)]


def test_a_missing_loudspeaker_is_told_and_nothing_waits_for_it(
    speaking: Speaking, loudspeaker: HeldLoudspeaker
) -> None:
    loudspeaker.problem = NoAudioDevice("No loudspeaker.")
    speaking.say("one")
    speaking.wait(Flag())
    speaking.say("two")
    speaking.wait(Flag())
    assert speaking.problem == "No loudspeaker."
    assert not speaking.active


def test_its_own_words_are_known_as_an_echo(
    speaking: Speaking, loudspeaker: HeldLoudspeaker
) -> None:
    speaking.say("Your sister cannot have walnuts.")
    loudspeaker.finish()
    speaking.wait(Flag())
    assert speaking.is_echo("sister can not have walnuts", 60)
    assert not speaking.is_echo("sister can not have walnuts", 0)
    assert not speaking.is_echo("stop, and tell me about the weather", 60)
    assert not speaking.is_echo("", 60)
