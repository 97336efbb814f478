"""A question for everything there is of something: all of it, in the order of time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from assistant.models.fakes import ScriptedModel
from assistant.reading import Reading
from assistant.turn import TurnLimits
from assistant.updates import Notice
from memory.events import Draft, Message, Origin
from memory.fakes import SetClock
from tests.assistant.builders import only, open_scripted

TITLES = [f"{first}{second}" for first in "ABCDEFGH" for second in ("da", "bel", "go", "lm", "rix")]
NOW = SetClock().now()


def read_books(home: Path, count: int, limits: TurnLimits) -> tuple[str, list[str]]:
    """What the model is shown, and the notices, where so many books were mentioned."""
    model = ScriptedModel(lambda messages: "Noted.")
    assistant = open_scripted(home, model=model, limits=limits)
    drafts = [
        Draft(
            payload=Message(text=f"I read the book {title}"),
            session_id=f"s{n}",
            origin=Origin.USER,
            at=NOW - timedelta(days=100 - n),
        )
        for n, title in enumerate(TITLES[:count])
    ]
    assistant.store.append(drafts)
    assistant.store.catch_up()
    updates = list(assistant.session().send("List all the books I read"))
    assistant.close()
    return model.calls[-1].messages[-1].content, [notice.text for notice in only(Notice, updates)]


def test_all_are_shown_in_the_order_of_time(home: Path) -> None:
    roomy = TurnLimits(memories=4, reading=Reading(fixed=2000))
    prompt, notices = read_books(home, 20, roomy)

    places = [prompt.index(f"book {title}") for title in TITLES[:20]]
    assert places == sorted(places)
    assert not any("more memories fit" in notice for notice in notices)


def test_what_has_no_room_is_counted(home: Path) -> None:
    prompt, notices = read_books(home, 40, TurnLimits(memories=4))

    shown = sum(f"book {title}" in prompt for title in TITLES)
    [notice] = [notice for notice in notices if "more memories fit" in notice]
    assert int(notice.split()[0]) + shown >= 40
