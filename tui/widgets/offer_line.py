"""Something offered unasked: one quiet line with keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from tui.text import one_line
from tui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from tui.ports import OfferLike, Outcome

_ANSWERS: dict[str, tuple[Outcome, int | None]] = {
    "yes": ("accepted", None),
    "later": ("snoozed", None),
    "no": ("dismissed", None),
    "good": ("accepted", 4),
    "bad": ("dismissed", 1),
}
_KEYS = (("a", "yes"), ("l", "later"), ("n", "no"), ("+", "good"), ("-", "bad"))


class OfferLine(KeyLine, can_focus=True):
    """The first of what is offered; nothing is shown when there is nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(key, f"screen.offer('{answer}')", show=False)
            for key, answer in (
                ("a,enter", "yes"),
                ("l", "later"),
                ("n", "no"),
                ("plus", "good"),
                ("minus", "bad"),
            )
        ),
        Binding("w,question_mark", "screen.offer_why", show=False),
    ]

    @dataclass
    class Answered(Message):
        offer: OfferLike
        outcome: Outcome
        rating: int | None

    def __init__(self) -> None:
        super().__init__()
        self.offer: OfferLike | None = None
        self._told_why = False

    def on_mount(self) -> None:
        self.display = False

    def offered(self, offer: OfferLike | None) -> None:
        if offer != self.offer:
            self.offer, self._told_why = offer, False
            self._draw()
        self.display = offer is not None

    def why(self) -> None:
        self._told_why = not self._told_why
        self._draw()

    def answer(self, answer: str) -> None:
        if self.offer is not None and self.display:
            self.post_message(self.Answered(self.offer, *_ANSWERS[answer]))

    def _draw(self) -> None:
        if self.offer is None:
            return
        keys = [(key, answer, f"offer('{answer}')") for key, answer in _KEYS]
        keys.append(("?", "why", "offer_why"))
        text = Content.assemble(("○ ", "$secondary"), one_line(self.offer.text, 300))
        if self._told_why:
            text = Content.assemble(text, (f" · {one_line(self.offer.why, 400)}", "$quiet"))
        self.show(text, keys)
