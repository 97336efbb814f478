"""Speaking an answer sentence by sentence, while it is still being written."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from threading import Event as Flag

from assistant.errors import AssistantFault
from assistant.voice.ports import Loudspeaker, Voice
from memory.text import words

_ECHO = 0.6
"""Share of heard words that were just spoken, from which they are the loudspeaker's."""


class Speaking:
    """One voice at one loudspeaker. Sentences wait their turn; any thread may call.

    `pause` falls silent at once; `resume` begins the broken-off sentence anew, and `drop` forgets
    what was to be said.
    """

    def __init__(self, voice: Voice, loudspeaker: Loudspeaker) -> None:
        self._voice = voice
        self._loudspeaker = loudspeaker
        self._waiting: deque[str] = deque()
        self._changed = threading.Condition()
        self._hush = Flag()
        self._busy = False
        self._paused = False
        self._again = False
        """Whether what is broken off is to be said anew."""
        self._closed = False
        self._lately: deque[str] = deque(maxlen=4)
        self._silent_since = -math.inf
        self.problem: str | None = None
        """Why nothing is spoken any more."""
        self._thread = threading.Thread(target=self._run, name="lifelore-voice", daemon=True)
        self._thread.start()

    def say(self, sentence: str) -> None:
        """Speak this after what waits already. Where speaking has failed, nothing happens."""
        with self._changed:
            if self.problem is None and not self._closed:
                self._waiting.append(sentence)
                self._changed.notify_all()

    @property
    def active(self) -> bool:
        """Whether anything is being spoken or waits for it."""
        with self._changed:
            return self._busy or bool(self._waiting)

    def pause(self) -> None:
        with self._changed:
            self._paused = self._again = True
            self._hush.set()

    def resume(self) -> None:
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def drop(self) -> None:
        """Say nothing of what waits, and no more of what is being said."""
        with self._changed:
            self._waiting.clear()
            self._paused = self._again = False
            self._hush.set()
            self._changed.notify_all()

    def wait(self, stop: Flag) -> None:
        """Until everything is said, dropped, or `stop` is set."""
        with self._changed:
            while (self._busy or self._waiting) and not stop.is_set():
                self._changed.wait(0.1)

    def is_echo(self, heard: str, age: float) -> bool:
        """Whether words that began `age` seconds ago are what the loudspeaker then said."""
        if not self.active and time.monotonic() - age > self._silent_since:
            return False
        said = {word for sentence in list(self._lately) for word in words(sentence)}
        found = words(heard)
        return bool(found) and sum(word in said for word in found) >= _ECHO * len(found)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._hush.set()
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while (sentence := self._next()) is not None:
            try:
                sound, rate = self._voice.speak(sentence)
                if not self._hush.is_set():
                    self._lately.append(sentence)
                    self._loudspeaker.play(sound, rate, self._hush)
            except AssistantFault as fault:
                self._fail(str(fault))
            except Exception as error:  # noqa: BLE001 - reported; the answer is on the screen
                self._fail(f"Speaking failed: {type(error).__name__}: {error}.")
            with self._changed:
                if self._hush.is_set() and self._again:
                    self._waiting.appendleft(sentence)
                self._busy = False
                self._silent_since = time.monotonic()
                self._changed.notify_all()

    def _next(self) -> str | None:
        with self._changed:
            while not self._closed and (self._paused or not self._waiting):
                self._changed.wait()
            if self._closed:
                return None
            self._hush.clear()
            self._busy, self._again = True, False
            return self._waiting.popleft()

    def _fail(self, problem: str) -> None:
        with self._changed:
            self.problem, self._again = problem, False
            self._waiting.clear()
