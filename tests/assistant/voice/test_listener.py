"""From sound to what was said, on a scripted transcriber."""

from __future__ import annotations

import threading
from collections.abc import Generator
from threading import Event as Flag

import pytest

from assistant.errors import ModelBroken
from assistant.voice.listener import Listener
from assistant.voice.ports import (
    AudioSource,
    Began,
    Nothing,
    Partial,
    Samples,
    Transcriber,
    Utterance,
)
from tests.assistant.voice.fakes import (
    WORD,
    FrameSource,
    LoudnessDetector,
    ScriptedTranscriber,
    sound,
)


def listener(source: AudioSource, transcriber: Transcriber) -> Listener:
    return Listener(source, LoudnessDetector(), transcriber)


def test_each_utterance_is_told_with_its_words() -> None:
    source = FrameSource(sound((0, 1), (WORD, 1), (0, 1), (WORD, 1), (0, 1)))
    hears = listener(source, ScriptedTranscriber("Buy milk.", "And bread."))

    told = [one for one in hears.listen(Flag()) if not isinstance(one, Partial)]

    assert [type(one) for one in told] == [Began, Utterance, Began, Utterance]
    texts = [one.text for one in told if isinstance(one, Utterance)]
    assert texts == ["Buy milk.", "And bread."]
    assert source.closed


def test_the_text_of_a_pause_is_the_final_one_when_nothing_follows() -> None:
    transcriber = ScriptedTranscriber("Buy milk.")
    [*_, said] = listener(FrameSource(sound((WORD, 1), (0, 1))), transcriber).listen(Flag())

    assert isinstance(said, Utterance)
    assert len(transcriber.heard) == 1, "what was transcribed in the pause was done twice"
    assert said.language == "en"
    assert said.seconds == pytest.approx(1.0, abs=0.1)
    assert said.waited >= 0.6


def test_words_after_a_pause_are_not_lost() -> None:
    transcriber = ScriptedTranscriber("Buy milk", "Buy milk and bread.")
    pausing = sound((WORD, 1), (0, 0.4), (WORD, 1), (0, 1))
    # What was begun in the pause is done or given up; the last one hears everything.
    [*_, said] = listener(FrameSource(pausing), transcriber).listen(Flag())

    assert isinstance(said, Utterance)
    assert transcriber.heard[-1] == pytest.approx(2.6, abs=0.1)


def test_partial_texts_come_while_somebody_speaks_and_only_when_they_change() -> None:
    transcriber = ScriptedTranscriber("Please", "Please", "Please remind me")

    class Waits(FrameSource):
        """Gives no frame before the transcriber has done all that it was given."""

        def frames(self, stop: Flag) -> Generator[Samples, None, None]:
            for frame in super().frames(stop):
                hears._pool.submit(lambda: None).result()
                yield frame

    hears = listener(Waits(sound((WORD, 8), (0, 1))), transcriber)
    told = list(hears.listen(Flag()))

    assert [one.text for one in told if isinstance(one, Partial)] == ["Please", "Please remind me"]
    assert isinstance(told[-1], Utterance)


@pytest.mark.parametrize("text", ["Thanks for watching!", "[music]", ""])
def test_a_sound_without_words_is_nothing(text: str) -> None:
    source = FrameSource(sound((WORD, 1), (0, 1)))
    assert list(listener(source, ScriptedTranscriber(text)).listen(Flag())) == [Began(), Nothing()]


def test_silence_is_not_even_transcribed() -> None:
    transcriber = ScriptedTranscriber("Thanks for watching!")
    assert list(listener(FrameSource(sound((0, 5))), transcriber).listen(Flag())) == []
    assert transcriber.heard == []


def test_while_a_key_is_held_silence_ends_nothing_and_letting_go_does() -> None:
    transcriber = ScriptedTranscriber("Buy milk, and bread.")
    pausing = FrameSource(sound((0, 1), (WORD, 1), (0, 3), (WORD, 1)))
    told = [one for one in listener(pausing, transcriber).record(Flag()) if type(one) is Utterance]

    assert [one.text for one in told] == ["Buy milk, and bread."]
    assert transcriber.heard[-1] == pytest.approx(5.3, abs=0.15)


def test_stopping_ends_it_with_what_was_said_so_far() -> None:
    stop = Flag()

    class Endless:
        def frames(self, stop: Flag) -> Generator[Samples, None, None]:
            number, [frame] = 0, sound((WORD, 0.032)).reshape(1, -1)
            while not stop.is_set():
                number += 1
                if number == 40:
                    threading.Thread(target=stop.set).start()
                yield frame

    hears = listener(Endless(), ScriptedTranscriber("Buy milk."))
    [*_, said] = hears.listen(stop)
    assert isinstance(said, Utterance)


def test_a_broken_model_is_told_and_the_microphone_let_go() -> None:
    class Broken:
        def transcribe(self, speech: Samples) -> Generator[None, None, None]:
            raise ModelBroken("The speech model is damaged.")
            yield

    source = FrameSource(sound((WORD, 1), (0, 1)))
    with pytest.raises(ModelBroken):
        list(Listener(source, LoudnessDetector(), Broken()).listen(Flag()))  # type: ignore[arg-type]
    assert source.closed
