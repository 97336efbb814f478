"""Whether a scheduled night should begin now: once a night, on mains power, while nobody is there.

The scheduler asks every hour, so a night that was missed, because the machine was off or in use,
is caught up with as soon as the machine is free.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import psutil

from finetune import journal
from finetune.workplace import Workplace
from memory.store import MemoryStore

FIRST_HOUR, LAST_HOUR = 1, 6
"""Local time in which nights begin."""
_ENOUGH = timedelta(hours=18)
"""Between two nights."""
_MISSED = timedelta(hours=30)
"""After which a night is caught up with at any hour."""
_QUIET = timedelta(minutes=20)
"""Since the last words of a conversation."""
_BUSY = 0.7
"""Load a core from which on the machine is in use."""


def on_mains() -> bool:
    """True too where nobody can tell: a machine without a battery says nothing."""
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return battery is None or battery.power_plugged is not False


def load_a_core() -> float:
    return psutil.getloadavg()[0] / (psutil.cpu_count() or 1)


def last_night(store: MemoryStore) -> datetime | None:
    """When a night last came to an end, with an adapter or a reason for none; not if stopped."""
    done = [
        entry.at
        for entry in journal.read(Workplace(store.home).folder)
        if entry.data.get("ended") or entry.step == "failed"
    ]
    return done[-1] if done else None


def last_words(store: MemoryStore) -> datetime | None:
    """When anything was last written into the log here."""
    events = store.log.read_after(max(0, store.log.head() - 1), 1)
    return events[-1].at if events else None


def why_not(
    now: datetime,
    *,
    last: datetime | None,
    spoken: datetime | None,
    mains: bool,
    load: float,
    anytime: bool = False,
) -> str | None:
    """Why the night should not begin now, in words; None when it should.

    `now` is local time. With `anytime` neither battery, load nor a conversation keeps it.
    """
    since = now - last if last else None
    if since is not None and since < _ENOUGH:
        return f"The last night was {since.total_seconds() / 3600:.0f} hours ago."
    at_night = FIRST_HOUR <= now.hour < LAST_HOUR
    if not at_night and since is not None and since < _MISSED:
        return f"It is not night; it begins between {FIRST_HOUR} and {LAST_HOUR} o'clock."
    if anytime:
        return None
    if not mains:
        return "The machine runs on its battery."
    if spoken is not None and timedelta(0) <= now - spoken < _QUIET:
        return "You were here a moment ago."
    if load > _BUSY:
        return "The machine is busy."
    return None
