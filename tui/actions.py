"""Every action with its keys: the one source of bindings, palette, commands and help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from textual.binding import Binding, BindingType

Place = Literal["screen", "answer", "memory", "prompt"]
"""Where the keys of an action work: anywhere, in the conversation, in the panel; "prompt" is for
what is only typed as a command."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a user can do on the chat screen."""

    name: str
    """The action's name in Textual: `name` runs `action_name`. Keys are changed by this name."""
    keys: str
    title: str
    help: str
    footer: str = ""
    """Its word in the footer; empty keeps it out, which holds at most six."""
    command: str = ""
    """Its slash command, without the slash."""
    argument: str = ""
    """What may follow the command; in brackets where it can be left out."""
    place: Place = "screen"
    first: bool = False
    """Whether its key goes before what the prompt would do with it."""

    @property
    def shown(self) -> str:
        """Its first key as it is written for people."""
        return shown_key(self.keys.partition(",")[0])

    @property
    def all_shown(self) -> str:
        """Every key, for the help page."""
        keys = [shown_key(key) for key in self.keys.split(",") if key != "question_mark"]
        return " ".join([*keys, f"/{self.command}" if self.command else ""]).strip()

    @property
    def alone(self) -> bool:
        """Whether it can be done without an argument."""
        return not self.argument or self.argument.startswith("[")


ACTIONS = (
    Action("new_session", "ctrl+n", "New session", "Begin a new conversation", "new", "new"),
    Action(
        "temporary_session",
        "",
        "Temporary session",
        "Begin a conversation of which nothing is kept",
        command="temporary",
    ),
    Action(
        "search",
        "ctrl+f",
        "Search everything",
        "Find words anywhere ever said, and go there",
        "search",
        "search",
        "[words]",
        first=True,
    ),
    Action(
        "toggle_sessions",
        "ctrl+b,f2",
        "Sessions",
        "Show or hide the list of sessions",
        "sessions",
    ),
    Action(
        "toggle_memories",
        "ctrl+o",
        "Memories",
        "Show or hide the memories behind an answer",
        "memories",
    ),
    Action(
        "profile",
        "ctrl+u",
        "Profile",
        "What Lifelore knows of you, as a page to read and edit",
        command="profile",
        first=True,
    ),
    Action(
        "timeline",
        "ctrl+t",
        "Timeline",
        "What was said on which day",
        command="timeline",
        first=True,
    ),
    Action(
        "portrait",
        "f8",
        "Tastes and people",
        "What you like and how sure that is, and whom you speak of",
        command="people",
    ),
    Action(
        "nights",
        "f5",
        "Nights",
        "What the nights did, and the adapters that learnt your manner",
        command="nights",
    ),
    Action(
        "models",
        "f9",
        "Models",
        "Which model answers; choose another, or fetch one",
        command="models",
    ),
    Action(
        "focus_aside",
        "ctrl+g",
        "Answer the question",
        "Go to what waits above the prompt: something to say yes or no to, a question, an offer",
        first=True,
    ),
    Action(
        "dictate",
        "f4",
        "Speak",
        "Speak instead of typing; once more ends it, and the words are in the prompt",
        command="dictate",
    ),
    Action("help", "f1,question_mark", "Help", "Every key, on one page", "help", "help"),
    Action("stop", "escape", "Stop the answer", "End the answer that is being written"),
    Action(
        "older_answer",
        "ctrl+up",
        "The answer before",
        "Choose the previous answer, and show its memories",
    ),
    Action(
        "newer_answer",
        "ctrl+down",
        "The answer after",
        "Choose the next answer, and show its memories",
    ),
    Action("rate_good", "plus", "Good answer", "Rate the chosen answer as good", place="answer"),
    Action("rate_bad", "minus", "Bad answer", "Rate the chosen answer as bad", place="answer"),
    Action(
        "rate",
        "",
        "Rate",
        "Rate the chosen answer",
        command="rate",
        argument="good|bad",
        place="prompt",
    ),
    Action("again", "r", "Answer again", "Have it answered anew", "", "again", place="answer"),
    Action(
        "edit",
        "e",
        "Edit the message",
        "Write the message anew; it goes on in a fork",
        command="edit",
        place="answer",
    ),
    Action(
        "correct",
        "w",
        "Correct the answer",
        "Write what the chosen answer should have said; the night learns from it",
        command="correct",
        place="answer",
    ),
    Action(
        "first_words",
        "v",
        "First words",
        "What a corrected answer said at first, and your version again",
        command="first",
        place="answer",
    ),
    Action(
        "fork",
        "f",
        "Fork",
        "Go on from the chosen answer in a new conversation",
        command="fork",
        place="answer",
    ),
    Action(
        "sent",
        "s",
        "What was sent",
        "Exactly what the model was given for the chosen answer",
        command="sent",
        place="answer",
    ),
    Action("copy", "c", "Copy", "Copy the chosen answer", command="copy", place="answer"),
    Action(
        "forget",
        "x",
        "Forget",
        "Forget the chosen message and its answer, or what is found by words",
        command="forget",
        argument="[words]",
        place="answer",
    ),
    Action(
        "attach",
        "",
        "Attach",
        "Put the words of a file (text, PDF, picture) into this conversation",
        command="attach",
        argument="path",
    ),
    Action("export", "", "Export", "Write this conversation to a Markdown file", command="export"),
    Action(
        "open_memory",
        "enter",
        "Open the memory",
        "Go to the moment it was said, in its conversation",
        place="memory",
    ),
    Action(
        "correct_memory",
        "w",
        "Correct the memory",
        "Say anew what it says, or go to the answer or the profile where it is edited",
        place="memory",
    ),
    Action(
        "forget_memory",
        "x,delete",
        "Forget the memory",
        "Show what would go with it, and ask once",
        place="memory",
    ),
    Action("copy_memory", "c", "Copy the memory", "Copy its words", place="memory"),
    Action("switch_theme", "f3", "Light or dark", "Change between the two themes", command="theme"),
    Action("quit", "ctrl+q", "Quit", "Close Lifelore; everything said is kept", command="quit"),
)

OTHER_KEYS = (
    ("Enter", "Send; it waits its turn while a model loads or answers"),
    ("^j", "New line, like Shift-Enter in most terminals"),
    ("PgUp PgDn", "Read back; earlier turns load at the top"),
    ("Tab", "Next part of the screen; completes a command"),
    ("1 … 9", "In the conversation or the panel: the memory of that number"),
    ("^p", "Palette: every action and every session, by name"),
)
"""Keys that are no action of the screen: (key, help)."""

_MODIFIERS = {"ctrl": "^", "shift": "⇧", "alt": "Alt-"}
_KEYS = {
    "escape": "Esc",
    "enter": "Enter",
    "delete": "Del",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "plus": "+",
    "minus": "-",
    "question_mark": "?",
    "space": "Space",
    "pageup": "PgUp",
    "pagedown": "PgDn",
}


def shown_key(key: str) -> str:
    """A key as it is written for people: ctrl+n is ^n."""
    *modifiers, last = key.strip().split("+")
    if not last:
        return ""
    name = _KEYS.get(last, last.upper() if last[1:].isdigit() else last)
    return "".join(_MODIFIERS.get(one, f"{one}-") for one in modifiers) + name


def remapped(keymap: Mapping[str, str]) -> tuple[Action, ...]:
    """The actions with the keys that a user chose for some of them."""
    return tuple(replace(one, keys=keymap.get(one.name, one.keys)) for one in ACTIONS)


def bindings(place: Place, actions: Iterable[Action] = ACTIONS) -> list[BindingType]:
    """The bindings of one place; quitting belongs to the app, which has it above every screen."""
    return [
        Binding(
            one.keys,
            one.name if place == "screen" else f"screen.{one.name}",
            one.footer or one.title,
            show=bool(one.footer),
            key_display=one.shown,
            priority=one.first,
            id=one.name,
        )
        for one in actions
        if one.place == place and one.keys and one.name != "quit"
    ]
