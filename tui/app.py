"""The terminal front end. Imports Textual and nothing heavy, so that it paints at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.screen import Screen

from assistant.errors import SettingsInvalid
from tui.actions import remapped
from tui.bookmark import Bookmark
from tui.clock import Clock
from tui.in_flight import InFlight
from tui.keymap import mistake
from tui.palette import SessionProvider
from tui.screens.chat import NARROW, WIDE, ChatScreen
from tui.theme import DARK, LIGHT

if TYPE_CHECKING:
    from pathlib import Path

    from tui.ports import AssistantLike, DictationLike, ModelsLike, NightsLike

_ENDING_SIGNALS = ("SIGTERM", "SIGHUP")
_PATIENCE = 0.5
"""Seconds after which it is told why leaving takes longer."""


class LifeloreApp(App[None]):
    """One chat screen over an assistant that is opened after the first paint.

    `open_assistant` runs in a worker thread and may raise an AssistantFault or a MemoryFault,
    which is shown as one sentence.
    """

    TITLE = "Lifelore"
    # Textual declares it as an instance variable, so it cannot be a ClassVar here.
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (NARROW, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = App.COMMANDS | {
        SessionProvider
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="quit")
    ]

    def __init__(
        self,
        open_assistant: Callable[[], AssistantLike],
        session_id: str | None = None,
        *,
        clock: Clock | None = None,
        theme: str = DARK.name,
        keymap: Mapping[str, str] | None = None,
        plain: bool = False,
        dictation: Callable[[], DictationLike] | None = None,
        nights: Callable[[], NightsLike] | None = None,
        models: Callable[[], ModelsLike] | None = None,
        bookmark: Bookmark | None = None,
    ) -> None:
        """`keymap` gives other keys to actions, by the names in `tui.actions`; `plain` draws no
        lines and no boxes, for a screen that is read aloud. `dictation` opens what listens, when
        the user wants to speak; `nights` tells what the nights did, `models` which model answers.
        Without a session that is asked for, it goes on at the `bookmark`.
        """
        super().__init__()
        self._open_assistant = open_assistant
        self._assistant: AssistantLike | None = None
        self._failed = False
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = theme
        self._keys = dict(keymap or {})
        self._actions = remapped(self._keys)
        self._told_unsaved = False
        self._chat = ChatScreen(
            self._open, session_id, clock or Clock(), self._actions, dictation, nights, models
        )
        self._chat.bookmark = bookmark
        if bookmark is not None and session_id is None:
            self._chat.go_on_at(bookmark.take())
        self.set_class(plain, "-plain")

    @property
    def shown_keys(self) -> dict[str, str]:
        """The first key of each action, as it is written for people."""
        return {one.name: one.shown for one in self._actions}

    @property
    def failed(self) -> bool:
        """Whether the assistant could not be opened."""
        return self._failed

    @property
    def in_flight(self) -> InFlight:
        return self._chat.in_flight

    def get_default_screen(self) -> Screen[None]:
        return self._chat

    def on_mount(self) -> None:
        """Leave as if asked to when the terminal closes or the system stops."""
        self.set_keymap(self._keys)
        loop = asyncio.get_running_loop()
        for name in _ENDING_SIGNALS:
            # Not on Windows, and not where the app runs outside the main thread.
            with contextlib.suppress(AttributeError, NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(getattr(signal, name), self._hung_up)

    def _hung_up(self) -> None:
        """The terminal or the system ends it: the next start is to go on here."""
        self._chat.keep_place(always=True)
        self.exit()

    async def action_quit(self) -> None:
        """Leave; text of the profile that is not saved is worth one warning."""
        if self._chat.unsaved_profile is not None and not self._told_unsaved:
            self._told_unsaved = True
            self.notify(
                "Your changes to the profile are not saved. Quit once more to drop them.",
                severity="warning",
            )
        else:
            self._chat.keep_place()
            self.exit()

    def on_unmount(self) -> None:
        """The running answer must not keep the terminal: what it has is recorded."""
        self._chat.hang_up()
        self._chat.cancel_turn()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action of the chat that can be done here and now, with its key."""
        for action in self._actions:
            owner = self if action.name == "quit" else self._chat
            if not action.alone:
                continue
            if owner is self or self._chat.check_action(action.name, ()):
                run = partial(self.run_action, action.name, owner)
                yield SystemCommand(f"{action.title}  {action.shown}".rstrip(), action.help, run)

    def close_assistant(self) -> None:
        """Close what was opened. Called once no worker thread uses it any more."""
        if self._assistant is not None:
            self._assistant.close()
            self._assistant = None

    def _open(self) -> AssistantLike:
        # Noted here as well as in the messages, which an app that is already leaving never reads.
        try:
            self._assistant = self._open_assistant()
        except Exception:
            self._failed = True
            raise
        return self._assistant


def run(
    open_assistant: Callable[[], AssistantLike],
    session_id: str | None = None,
    *,
    keymap: Mapping[str, str] | None = None,
    plain: bool = False,
    dictation: Callable[[], DictationLike] | None = None,
    nights: Callable[[], NightsLike] | None = None,
    models: Callable[[], ModelsLike] | None = None,
    bookmark: Path | None = None,
) -> int:
    """Run the app until the user leaves; the exit code is 1 if the assistant could not open.

    `bookmark` is the file that keeps the place of a run that was cut short, or left with words
    unsent. Raises SettingsInvalid for a keymap that cannot be used.

    The loop is ours so that leaving is not silent: once the terminal is restored, a model that is
    still being loaded has to come to the end of its step before it can be closed.
    """
    if problem := mistake(keymap or {}):
        raise SettingsInvalid(f"Setting keys: {problem}")
    if plain:
        os.environ.setdefault("NO_COLOR", "1")  # which is how Textual is told
    app = LifeloreApp(
        open_assistant,
        session_id,
        keymap=keymap,
        plain=plain,
        dictation=dictation,
        nights=nights,
        models=models,
        bookmark=Bookmark(bookmark) if bookmark is not None else None,
    )
    with asyncio.Runner() as runner:
        app.run(loop=runner.get_loop())
        if not app.in_flight.wait(_PATIENCE):
            with contextlib.suppress(OSError):  # the terminal may be what has gone
                print("Closing when the model has finished loading…", file=sys.stderr)
    app.close_assistant()
    return app.return_code or int(app.failed)
