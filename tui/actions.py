"""Every action with its keys: the one source of bindings, palette and help."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a user can do on the chat screen."""

    name: str
    """The action's name in Textual: `name` runs `action_name`."""
    keys: str
    shown: str
    """The key as it is written for people."""
    title: str
    help: str
    footer: str = ""
    """Its word in the footer; empty keeps it out, which holds at most six."""


ACTIONS = (
    Action("new_session", "ctrl+n", "^n", "New session", "Begin a new conversation", "new"),
    Action(
        "toggle_sessions",
        "ctrl+b,f2",
        "^b",
        "Sessions",
        "Show or hide the list of sessions",
        "sessions",
    ),
    Action(
        "toggle_memories",
        "ctrl+o",
        "^o",
        "Memories",
        "Show or hide the memories behind an answer",
        "memories",
    ),
    Action("help", "f1,question_mark", "F1", "Help", "Every key, on one page", "help"),
    Action("stop", "escape", "Esc", "Stop the answer", "End the answer that is being written"),
    Action(
        "older_answer",
        "ctrl+up",
        "^↑",
        "Memories of the answer before",
        "Show what the previous answer was given",
    ),
    Action(
        "newer_answer",
        "ctrl+down",
        "^↓",
        "Memories of the answer after",
        "Show what the next answer was given",
    ),
    Action("switch_theme", "f3", "F3", "Light or dark", "Change between the two themes"),
    Action("quit", "ctrl+q", "^q", "Quit", "Close Lifelore; everything said is kept"),
)

OTHER_KEYS = (
    ("Enter", "Send; it waits its turn while a model loads or answers"),
    ("^j", "New line, like Shift-Enter in most terminals"),
    ("PgUp PgDn", "Read back; earlier turns load at the top"),
    ("Tab", "Next part of the screen"),
    ("^p", "Palette: every action and every session, by name"),
)
"""Keys that are no action of the screen: (key, help)."""


def bindings() -> list[BindingType]:
    """The screen's bindings; quitting belongs to the app, which has it above every screen."""
    return [
        Binding(
            action.keys,
            action.name,
            action.footer or action.title,
            show=bool(action.footer),
            key_display=action.shown,
        )
        for action in ACTIONS
        if action.name != "quit"
    ]
