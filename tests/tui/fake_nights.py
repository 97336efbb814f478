"""Nights as a home of some weeks has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from assistant.nights import Adapter, Figures, Night, Page, Step
from memory.errors import NotFound
from tests.tui.fakes import NOW


def scores(gain: float) -> Figures:
    base = {"nll": 3.2, "preference_accuracy": 0.5, "capability": 0.62, "valid_documents": 1.0}
    better = {**base, "nll": 3.2 - gain, "preference_accuracy": 0.75, "capability": 0.615}
    return {"base": base, "candidate": better}


def adapter(number: int, gain: float, *, promoted: bool = True, in_use: bool = False) -> Adapter:
    return Adapter(
        number=number,
        night=f"n{number}",
        at=NOW - timedelta(days=7 - number),
        base="qwen3-4b",
        texts=40 + 10 * number,
        memories=60 + 10 * number,
        promoted=promoted,
        verdict=(
            f"Promoted: your held-out words are {gain:.3f} nats a token more likely."
            if promoted
            else "Rejected: It loses 3.0 points of capability."
        ),
        in_use=in_use,
        usable=True,
        scores=scores(gain),
    )


def night(of: Adapter) -> Night:
    at = of.at - timedelta(hours=18)
    steps = (
        Step(at, "42 turns read, 9 facts kept, 3 not borne out by their turn; 5 summaries."),
        Step(at + timedelta(minutes=20), f"Made the playback set: {of.texts} texts of yours."),
        Step(at + timedelta(minutes=90), f"Adapter {of.number}. {of.verdict}"),
    )
    outcome = f"adapter {of.number} {'promoted' if of.promoted else 'not promoted'}"
    return Night(of.night, at, steps, outcome, of.scores)


class FakeNights:
    """Three nights, the second of which serves; `refused` is raised by whatever changes it."""

    def __init__(self, *, empty: bool = False, refused: str = "") -> None:
        made = (adapter(1, 0.04), adapter(2, 0.11, in_use=True), adapter(3, 0.2, promoted=False))
        nights = tuple(night(one) for one in reversed(made))
        self.page = Page((), (), ()) if empty else Page(nights, made, ())
        self.refused = refused
        self.told: list[tuple[object, ...]] = []

    def read(self) -> Page:
        return self.page

    def promote(self, number: int) -> str:
        self._tell("promote", number)
        self._serve(number)
        return f"Adapter {number} serves from the next answer on."

    def rollback(self) -> str:
        self._tell("rollback")
        self._serve(1)
        return "Adapter 1 serves again."

    def _tell(self, *call: object) -> None:
        self.told.append(call)
        if self.refused:
            raise NotFound(self.refused)

    def _serve(self, number: int) -> None:
        made = tuple(replace(one, in_use=one.number == number) for one in self.page.adapters)
        self.page = replace(self.page, adapters=made)
