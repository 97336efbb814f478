"""What a request is put into where an adapter serves; the night trains and measures in the same.

An adapter moves the model along the prompts it was trained on. So the prompt of a turn has one
maker (`prompts`), and this is the night's way to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zlib import crc32

from assistant import prompts
from finetune.examples import Said

_FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_DAYS = 3 * 365


def framed(prompt: Sequence[Said], notes: Sequence[str] = ()) -> tuple[Said, ...]:
    """finetune's Framing: the messages of a turn with this request, as `compose` orders them."""
    *before, last = prompt
    brief = prompts.Brief(last.text, (), _some_day(last.text))
    return (
        Said(role="system", text=prompts.SYSTEM),
        *before,
        Said(role="user", text=prompts.question(brief, notes)),
    )


def _some_day(text: str) -> datetime:
    """A date for the prompt: always the same for a request, and no date is learnt by heart."""
    return _FIRST_DAY + timedelta(days=crc32(text.encode()) % _DAYS)
