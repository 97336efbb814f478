"""`lifelore voice`: talking instead of typing."""

from __future__ import annotations

import importlib.util
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.common import say, settings_of
from assistant.cli.display import TurnDisplay

if TYPE_CHECKING:
    from assistant.session import Session
    from assistant.voice.conversation import VoiceUpdate
    from assistant.voice.listener import Listener
    from assistant.voice.speaking import Speaking

_PRESSES = (" ", "\n", "\r")
_LEAVES = ("q", "\x04", "")


def register(app: typer.Typer) -> None:
    app.command()(voice)


def voice(
    context: typer.Context,
    push_to_talk: Annotated[
        bool,
        typer.Option("--push-to-talk", "-p", help="Listen from one press of Space to another."),
    ] = False,
    speak: Annotated[
        bool | None,
        typer.Option("--speak/--no-speak", help="Speak the answers, too.", show_default=False),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(help="Code of the language you speak, such as de.", show_default=False),
    ] = None,
    session: Annotated[
        str | None, typer.Option(help="The conversation to continue.", show_default=False)
    ] = None,
    temporary: Annotated[
        bool, typer.Option("--temporary", help="Keep nothing of this conversation.")
    ] = False,
    recording: Annotated[
        Path | None,
        typer.Option(
            "--recording",
            metavar="FILE",
            help="Hear this sound file in the place of the microphone.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Talk: what you say becomes a turn, and is remembered as if it were typed. No sound is kept.

    Ctrl-C stops an answer, or leaves. With headphones, an answer that is spoken can be interrupted
    by speaking.
    """
    from assistant.build import open_assistant, stay_local
    from assistant.cli.chat import conversation_of
    from assistant.voice.build import listener_of, speaking_of
    from assistant.voice.recording import RecordedSource, read_recording

    stay_local()
    settings = settings_of(context)
    heard = None if recording is None else RecordedSource(read_recording(recording).sound)
    listener = listener_of(settings, heard, language=language)
    spoken = settings.speak if speak is None else speak
    speaking = speaking_of(settings) if spoken else None
    assistant = open_assistant(settings)
    try:
        conversation = conversation_of(assistant, session, temporary)
        _talk(conversation, listener, speaking, push_to_talk)
        begun = bool(conversation.turns())
    finally:
        assistant.close()
        listener.close()
        if speaking is not None:
            speaking.close()
    if temporary:
        say("Nothing of this conversation was kept.")
    elif begun:
        say(f"To go on: lifelore voice --session {conversation.id}")


def _talk(
    conversation: Session, listener: Listener, speaking: Speaking | None, push_to_talk: bool
) -> None:
    from assistant.voice.conversation import PushToTalk, VoiceConversation

    stop, key = Flag(), PushToTalk(listener)
    listen = key.listen if push_to_talk else listener.listen
    talk = VoiceConversation(conversation, listen, speaking)
    how = "Space begins and ends, q leaves" if push_to_talk else "speak; Ctrl-C leaves"
    say(f"Lifelore listens: {how}.")
    show = _Shown()
    with _interrupts(talk.interrupt, stop), _keys(key.press, stop, wanted=push_to_talk):
        with closing(talk.run(stop)) as updates:
            for update in updates:
                show(update)
        show.clear()
    if speaking is not None and speaking.problem:
        say(f"({speaking.problem})")


class _Shown(TurnDisplay):
    """Shows what is heard, and the turns that come of it."""

    def __call__(self, update: VoiceUpdate) -> None:
        from assistant.voice.conversation import Hint, Recording
        from assistant.voice.ports import Began, Nothing, Partial, Utterance

        match update:
            case Began() | Recording(on=True):
                self.working("Listening")
            case Partial(text=text):
                self.working(text)
            case Recording():
                self.working("Understanding")
            case Utterance(text=text):
                self.clear()
                print(f"> {text}", flush=True)
            case Nothing():
                self.clear()
            case Hint(text=text):
                self.clear()
                say(f"({text})")
            case _:
                self.show(update)


@contextmanager
def _interrupts(interrupt: Callable[[], bool], stop: Flag) -> Iterator[None]:
    """Ctrl-C gives up the answer under way, or else leaves."""

    def pressed(*_: object) -> None:
        if not interrupt():
            stop.set()

    before = signal.signal(signal.SIGINT, pressed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _keys(press: Callable[[], None], stop: Flag, *, wanted: bool) -> Iterator[None]:
    """Reads single keys while it lasts; from a pipe or without termios, lines."""
    if not wanted:
        yield
        return

    def read() -> None:
        while not stop.is_set():
            character = sys.stdin.read(1)
            if character in _LEAVES:
                stop.set()
            elif character in _PRESSES:
                press()

    # It may wait for a key for ever, and ends with the program.
    threading.Thread(target=read, name="lifelore-keys", daemon=True).start()
    with _single_keys():
        yield


@contextmanager
def _single_keys() -> Iterator[None]:
    """The terminal gives each key at once and does not show it."""
    if importlib.util.find_spec("termios") is None or not sys.stdin.isatty():
        yield  # as on Windows: Enter does instead
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
