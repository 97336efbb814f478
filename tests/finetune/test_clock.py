"""How the time of a training counts."""

from __future__ import annotations

import pytest

from finetune.clock import TrainingClock


class Machine:
    def __init__(self) -> None:
        self.now = self.cpu = 0.0

    def run(self, seconds: float, cpu: float) -> None:
        self.now += seconds
        self.cpu += cpu

    def clock(self, threads: int | None) -> TrainingClock:
        return TrainingClock(threads, lambda: self.now, lambda: self.cpu)


@pytest.mark.parametrize(
    ("threads", "passed", "cpu", "counted"),
    [
        (2, 10, 20, 10),  # quiet
        (2, 10, 12, 6),  # others take the processor
        (2, 10, 22, 10),  # no more than what passed
        (2, 3600, 2, 900),  # asleep, where the clock goes on
        (None, 10, 1, 10),  # on a GPU
    ],
)
def test_what_a_quiet_machine_would_take_counts(
    threads: int | None, passed: float, cpu: float, counted: float
) -> None:
    machine = Machine()
    clock = machine.clock(threads)
    machine.run(passed, cpu)
    assert clock.lap() == counted
    assert clock.slowness == pytest.approx(passed / counted)


def test_laps_add_up() -> None:
    machine = Machine()
    clock = machine.clock(1)
    assert clock.slowness == 1
    machine.run(4, 4)
    machine.run(4, 0)
    clock.lap()
    machine.run(8, 4)
    assert clock.lap() == 4
    assert (clock.spent, clock.wall) == (8, 16)
