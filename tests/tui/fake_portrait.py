"""A user with tastes, and people they speak of."""

from __future__ import annotations

from datetime import timedelta

from assistant.portrait import Acquaintance, Portrait, Taste
from tests.tui.fakes import NOW


def taste(text: str, belief: float, line: str = "", *, likes: bool = True) -> Taste:
    at = NOW - timedelta(days=9)
    return Taste(line, text, "at breakfast" if line else "", likes, belief, 3, at, bool(line))


def pictured() -> Portrait:
    """Its first taste was taken from the memory m1 of the fakes."""
    sister = ("My sister Anna is allergic to walnuts.",)
    tastes = (
        taste("I love cardamom buns.", 0.92, "abcdefgh"),
        taste("I can't stand walnuts.", 0.6, likes=False),
        taste("You often ask for: short answers (4 times)", 0.35),
    )
    people = (
        Acquaintance("Anna", "family", 14, NOW, sister, ("Anna bakes on Sundays.",)),
        Acquaintance("Rex", "pet", 3, NOW - timedelta(days=30), ("My dog is called Rex.",), ()),
        Acquaintance("", "family", 1, NOW - timedelta(days=2), ("My aunt lives in Ghent.",), ()),
    )
    return Portrait(tastes, people)
