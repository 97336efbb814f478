"""Conversations by voice: turns of what is heard, answers spoken, interruptions."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from threading import Event as Flag

import numpy as np
import pytest

from assistant.errors import NoAudioDevice
from assistant.updates import Accepted, Answered, Delta, Update
from assistant.voice.conversation import (
    Hint,
    PushToTalk,
    Recording,
    VoiceConversation,
    VoiceUpdate,
)
from assistant.voice.listener import Listener
from assistant.voice.ports import (
    FRAME_SAMPLES,
    Began,
    Heard,
    Nothing,
    Samples,
    Utterance,
)
from assistant.voice.speaking import Speaking
from tests.assistant.voice.fakes import WORD, LoudnessDetector, ScriptedTranscriber
from tests.assistant.voice.test_speaking import HeldLoudspeaker, SilentVoice


class FakeConversation:
    """Answers each text with the sentences of the script; cancelling ends the answer."""

    def __init__(self, *answer: str) -> None:
        self._answer = answer or ("Good.",)
        self.sent: list[str] = []
        self.cancels = 0

    def send(self, text: str) -> Generator[Update, None, None]:
        self.sent.append(text)
        yield Accepted("u", "s")
        for piece in self._answer:
            yield Delta(piece)
        yield Answered("a", " ".join(self._answer), "complete")

    def cancel(self) -> None:
        self.cancels += 1


class Ears:
    """What is heard, given by the test one by one; `end` ends it."""

    def __init__(self, *heard: Heard) -> None:
        self._waiting: list[Heard | Exception | None] = list(heard)
        self._more = threading.Condition()
        self._asked = False
        """Whether the listener has dealt with all it was given."""

    def hear(self, *heard: Heard | Exception | None) -> None:
        with self._more:
            self._waiting.extend(heard)
            self._asked = False
            self._more.notify_all()

    def wait(self) -> None:
        """Until all that was heard has had its effect."""
        with self._more:
            assert self._more.wait_for(lambda: self._asked, 60)

    def end(self) -> None:
        self.hear(None)

    def listen(self, stop: Flag) -> Iterator[Heard]:
        while not stop.is_set():
            with self._more:
                if not self._waiting:
                    self._asked = True
                    self._more.notify_all()
                    self._more.wait(0.01)
                    continue
                heard = self._waiting.pop(0)
            if heard is None:
                return
            if isinstance(heard, Exception):
                raise heard
            yield heard


def said(text: str) -> Utterance:
    return Utterance(text, "en", 1.0, 0.7)


def texts(updates: Sequence[VoiceUpdate]) -> list[str]:
    return [one.text for one in updates if isinstance(one, Utterance)]


def test_each_utterance_is_a_turn_and_noises_are_not() -> None:
    ears = Ears(Began(), said("Buy milk."), Began(), Nothing(), said("And bread."))
    ears.end()
    conversation = FakeConversation()
    updates = list(VoiceConversation(conversation, ears.listen).run(Flag()))

    assert conversation.sent == ["Buy milk.", "And bread."]
    kinds = [type(one) for one in updates[:5]]
    assert kinds == [Began, Utterance, Accepted, Delta, Answered]


def test_what_listening_fails_of_is_raised() -> None:
    ears = Ears(said("Buy milk."))
    ears.hear(NoAudioDevice("No microphone."))
    conversation = FakeConversation()
    with pytest.raises(NoAudioDevice):
        list(VoiceConversation(conversation, ears.listen).run(Flag()))
    assert conversation.sent == ["Buy milk."]


def test_leaving_ends_listening() -> None:
    ears = Ears(said("Buy milk."))
    stop = Flag()
    running = VoiceConversation(FakeConversation(), ears.listen).run(stop)
    assert next(running) == said("Buy milk.")
    running.close()
    assert stop.is_set()
    assert not [t for t in threading.enumerate() if t.name == "lifelore-ears"]


class Spoken:
    """A voice conversation that runs in a thread, while the test plays the user."""

    def __init__(self, *answer: str) -> None:
        self.loudspeaker = HeldLoudspeaker()
        self.speaking = Speaking(SilentVoice(), self.loudspeaker)
        self.conversation = FakeConversation(*answer)
        self.ears = Ears()
        self.updates: list[VoiceUpdate] = []
        talk = VoiceConversation(self.conversation, self.ears.listen, self.speaking)
        self._thread = threading.Thread(
            target=lambda: self.updates.extend(talk.run(Flag())), daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        self.ears.end()
        self._thread.join(60)
        assert not self._thread.is_alive()
        self.speaking.close()


@pytest.fixture
def spoken() -> Iterator[Spoken]:
    one = Spoken("Your sister cannot have walnuts. ", "Bake with apples.")
    yield one
    one.end()


def test_answers_are_spoken_sentence_by_sentence(spoken: Spoken) -> None:
    spoken.ears.hear(said("What can I bake?"))
    spoken.loudspeaker.finish()
    spoken.loudspeaker.finish()
    spoken.speaking.wait(Flag())
    assert spoken.loudspeaker.played == [(5, True), (3, True)]


def test_speaking_to_it_interrupts_an_answer_and_is_the_next_turn(spoken: Spoken) -> None:
    spoken.ears.hear(said("What can I bake?"))
    spoken.loudspeaker.begun()
    spoken.ears.hear(Began(), said("Stop, tell me a joke."))
    spoken.loudspeaker.finish()
    spoken.loudspeaker.finish()
    spoken.speaking.wait(Flag())

    assert spoken.conversation.sent == ["What can I bake?", "Stop, tell me a joke."]
    assert spoken.conversation.cancels
    assert spoken.loudspeaker.played == [(5, False), (5, True), (3, True)]


def test_a_cough_only_makes_it_pause(spoken: Spoken) -> None:
    spoken.ears.hear(said("What can I bake?"))
    spoken.loudspeaker.begun()
    spoken.ears.hear(Began(), Nothing())
    spoken.loudspeaker.finish()
    spoken.loudspeaker.finish()
    spoken.speaking.wait(Flag())

    assert spoken.conversation.cancels == 0
    assert spoken.loudspeaker.played == [(5, False), (5, True), (3, True)]


def test_its_own_voice_in_the_microphone_is_no_turn_and_soon_no_interruption(
    spoken: Spoken,
) -> None:
    spoken.ears.hear(said("What can I bake?"))
    echo = said("sister cannot have walnuts")
    for _ in range(2):
        spoken.loudspeaker.begun()
        spoken.ears.hear(Began(), echo)
    spoken.loudspeaker.begun()
    spoken.ears.hear(Began(), echo)
    spoken.ears.wait()
    spoken.loudspeaker.may_end.release()
    spoken.loudspeaker.finish()
    spoken.speaking.wait(Flag())
    spoken.end()

    assert spoken.conversation.sent == ["What can I bake?"]
    assert [one.text for one in spoken.updates if isinstance(one, Hint)] != []
    assert spoken.loudspeaker.played == [(5, False), (5, False), (5, True), (3, True)]


def test_an_echo_that_is_understood_after_the_answer_is_no_turn_but_later_words_are(
    spoken: Spoken,
) -> None:
    spoken.ears.hear(said("What can I bake?"))
    spoken.loudspeaker.finish()
    spoken.loudspeaker.finish()
    spoken.speaking.wait(Flag())
    echo = Utterance("Bake with apples", "en", 60.0, 0.7)
    spoken.ears.hear(Began(), echo)
    spoken.ears.wait()
    assert spoken.conversation.sent == ["What can I bake?"]

    spoken.ears.hear(Began(), Utterance("Bake with apples", "en", 0.0, 0.0))
    spoken.loudspeaker.finish()
    spoken.loudspeaker.finish()
    spoken.speaking.wait(Flag())
    assert spoken.conversation.sent == ["What can I bake?", "Bake with apples"]


class Held:
    """A microphone that hears speech while a key is held; the test lets go after some frames."""

    def __init__(self, let_go: list[PushToTalk]) -> None:
        self._let_go = let_go

    def frames(self, stop: Flag) -> Generator[Samples, None, None]:
        for number in range(10_000):
            if stop.is_set():
                return
            if number == 40:
                self._let_go[0].press()
            yield np.full(FRAME_SAMPLES, WORD, np.float32)


def test_push_to_talk_hears_from_one_press_to_the_next() -> None:
    keys: list[PushToTalk] = []
    listener = Listener(Held(keys), LoudnessDetector(), ScriptedTranscriber("Buy milk."))
    keys.append(PushToTalk(listener))
    stop = Flag()
    heard = keys[0].listen(stop)
    keys[0].press()

    assert next(heard) == Recording(True)
    rest = []
    for one in heard:
        rest.append(one)
        if isinstance(one, Utterance):
            stop.set()
    assert texts(rest) == ["Buy milk."]
    assert rest[-2] == Recording(False)
