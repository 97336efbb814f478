"""When a growing answer is drawn."""

from __future__ import annotations

import asyncio

import pytest

from tui import pace
from tui.pace import Pace


class Time:
    """A clock that goes on only while it is slept."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time, slept = Time(), asyncio.sleep

    async def sleep(seconds: float) -> None:
        time.now += max(0.0, seconds)
        await slept(0)

    monkeypatch.setattr(pace, "monotonic", time.monotonic)
    monkeypatch.setattr("tui.pace.asyncio.sleep", sleep)
    return time


async def test_the_first_piece_is_drawn_at_once(time: Time) -> None:
    await Pace().wait()
    assert time.now == 1000.0


async def test_a_slow_drawing_is_followed_by_a_longer_rest(time: Time) -> None:
    one = Pace()
    one.drew(0.001)
    await one.wait()
    quick = time.now - 1000.0
    one.drew(1.0)
    started = time.now
    await one.wait()
    assert quick < 0.2
    assert time.now - started >= 1.0


async def test_after_a_key_it_waits_until_that_is_painted(time: Time) -> None:
    one = Pace()
    one.typed()
    waiting = asyncio.ensure_future(one.wait())
    await _turns_of_the_loop()
    assert not waiting.done(), "the key would have waited for the drawing"
    one.painted()
    await asyncio.wait_for(waiting, 10)


async def test_whoever_types_on_is_not_held_up_by_each_key(time: Time) -> None:
    one = Pace()
    one.drew(0.1)
    time.now += 1.0  # long enough, were nobody typing
    one.typed()
    waiting = asyncio.ensure_future(one.wait())
    await _turns_of_the_loop()
    one.painted()
    await _turns_of_the_loop()
    assert not waiting.done()
    time.now += 10.0
    one.typed()
    one.painted()
    await asyncio.wait_for(waiting, 10)


async def _turns_of_the_loop() -> None:
    for _ in range(5):
        await asyncio.sleep(0)
