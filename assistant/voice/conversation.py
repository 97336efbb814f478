"""A conversation by voice without a face: what is heard becomes turns, and answers are spoken."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from threading import Event as Flag
from typing import Protocol

from assistant.updates import Delta, Update
from assistant.voice.listener import Listener
from assistant.voice.ports import Began, Heard, Nothing, Partial, Utterance
from assistant.voice.sentences import Sentences
from assistant.voice.speaking import Speaking

_ECHOES = 2
"""Times in a row after which the microphone is known to hear the loudspeaker."""
_USE_HEADPHONES = (
    "The microphone hears the loudspeaker; with headphones, or push-to-talk, you can interrupt."
)


class Conversation(Protocol):
    """The session that turns are sent to."""

    def send(self, text: str) -> Generator[Update, None, None]: ...

    def cancel(self) -> None:
        """End the answer under way; any thread may call it."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Push-to-talk: the microphone is on, or off again."""

    on: bool


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that the user should know about the sound."""

    text: str


VoiceUpdate = Heard | Recording | Hint | Update
Listen = Callable[[Flag], Iterator[Heard | Recording]]
"""Tells what is heard until the flag is set."""


class PushToTalk:
    """Listens between one press of a key and the next. `press` may come from any thread."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._pressed = threading.Condition()
        self._recording: Flag | None = None
        self._wanted = False

    def press(self) -> None:
        """Begin to listen, or end it."""
        with self._pressed:
            if self._recording is not None:
                self._recording.set()
            else:
                self._wanted = True
                self._pressed.notify_all()

    def listen(self, stop: Flag) -> Iterator[Heard | Recording]:
        """What is said between presses, until `stop`; each stretch is one utterance."""
        while self._wait(stop):
            done = self._recording = Flag()
            yield Recording(True)
            said: list[Utterance] = []
            for heard in self._listener.record(_Either(done, stop)):
                if isinstance(heard, Utterance):
                    said.append(heard)
                elif not isinstance(heard, Nothing):
                    yield heard
            with self._pressed:
                self._recording, self._wanted = None, False
            yield Recording(False)
            yield _joined(said)

    def _wait(self, stop: Flag) -> bool:
        with self._pressed:
            while not self._wanted and not stop.is_set():
                self._pressed.wait(0.1)
        return not stop.is_set()


class _Either(Flag):
    """Set when one of two flags is."""

    def __init__(self, one: Flag, other: Flag) -> None:
        super().__init__()
        self._flags = (one, other)

    def is_set(self) -> bool:
        return any(flag.is_set() for flag in self._flags)


def _joined(said: list[Utterance]) -> Utterance | Nothing:
    if not said:
        return Nothing()
    seconds = sum(one.seconds for one in said)
    text = " ".join(one.text for one in said)
    return Utterance(text, said[-1].language, seconds, said[-1].waited)


class VoiceConversation:
    """Hears, answers and, with `speaking`, speaks, until it is stopped or the sound ends.

    While an answer is spoken, speech interrupts it: the voice falls silent at once, and once there
    are words, the rest of the answer is given up and they are the next turn. A cough, or the
    loudspeaker in the microphone, only makes it pause.
    """

    def __init__(
        self, conversation: Conversation, listen: Listen, speaking: Speaking | None = None
    ) -> None:
        self._conversation = conversation
        self._listen = listen
        self._speaking = speaking
        self._heard: queue.SimpleQueue[Heard | Recording | Hint | Exception | None] = (
            queue.SimpleQueue()
        )
        self._answering = False
        self._interrupted = False
        self._echoes = 0

    def interrupt(self) -> bool:
        """Give up the answer under way, written or spoken; False where there is none."""
        if not self._answering:
            return False
        self._interrupted = True
        self._conversation.cancel()
        if self._speaking is not None:
            self._speaking.drop()
        return True

    def run(self, stop: Flag) -> Generator[VoiceUpdate, None, None]:
        """Everything that happens, in order. Raises what listening raises; see Listener.listen.

        An utterance is followed by the updates of its turn; what is said meanwhile, without a
        voice to interrupt, waits for its own.
        """
        ears = threading.Thread(target=self._hear, args=(stop,), name="lifelore-ears", daemon=True)
        ears.start()
        try:
            while (heard := self._heard.get()) is not None:
                if isinstance(heard, Exception):
                    raise heard
                yield heard
                if isinstance(heard, Utterance):
                    yield from self._answer(heard.text, stop)
        finally:
            stop.set()
            if self._speaking is not None:
                self._speaking.drop()
            ears.join()

    def _answer(self, text: str, stop: Flag) -> Iterator[Update]:
        sentences = Sentences()
        self._answering, self._interrupted = True, False
        try:
            with closing(self._conversation.send(text)) as updates:
                for update in updates:
                    yield update
                    if isinstance(update, Delta):
                        self._say(sentences.feed(update.text))
                    if self._interrupted or stop.is_set():
                        # One that came before the turn had begun found nothing to cancel.
                        self._conversation.cancel()
            self._say(sentences.rest())
            if self._speaking is not None:
                # What is said meanwhile is heard by the other thread, which interrupts.
                self._speaking.wait(stop)
        finally:
            self._answering = False

    def _say(self, sentences: list[str]) -> None:
        if self._speaking is not None and not self._interrupted:
            for sentence in sentences:
                self._speaking.say(sentence)

    def _hear(self, stop: Flag) -> None:
        try:
            for heard in self._listen(stop):
                self._take(heard)
        except Exception as error:  # noqa: BLE001 - raised where the conversation runs
            self._heard.put(error)
        self._heard.put(None)

    def _take(self, heard: Heard | Recording) -> None:
        """Decide what it means for an answer that is being spoken, and pass it on."""
        # An echo may come when the answer is over: understanding what was heard takes a while.
        if self._speaking is not None and self._is_echo(heard, self._speaking):
            return
        if self._speaking is not None and self._answering:
            if isinstance(heard, Began) or heard == Recording(True):
                self._speaking.pause()
            elif isinstance(heard, Nothing):
                self._speaking.resume()
            elif isinstance(heard, Utterance):
                self.interrupt()
        self._heard.put(heard)

    def _is_echo(self, heard: Heard | Recording, speaking: Speaking) -> bool:
        """Whether it is the loudspeaker in the microphone; if so, speaking goes on."""
        if isinstance(heard, Utterance) and speaking.is_echo(
            heard.text, heard.seconds + heard.waited
        ):
            self._echoes += 1
            if self._echoes == _ECHOES:
                self._heard.put(Hint(_USE_HEADPHONES))
            speaking.resume()
            return True
        if isinstance(heard, Utterance):
            self._echoes = 0
        # Once that is known, sound alone interrupts no more; words that are not its own still do.
        sound = isinstance(heard, Began | Partial)
        return self._answering and self._echoes >= _ECHOES and sound
