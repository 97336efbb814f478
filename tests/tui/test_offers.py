"""What is offered unasked."""

from __future__ import annotations

import pytest

from memory.errors import HomeUnusable
from tests.tui.conftest import stage
from tests.tui.fakes import FakeAssistant, FakeOffer
from tui.widgets.offer_line import OfferLine
from tui.widgets.prompt import Prompt


async def test_nothing_is_shown_when_there_is_nothing() -> None:
    async with stage(FakeAssistant()) as standing:
        assert not standing.one(OfferLine).display
        await standing.pilot.press("ctrl+g")
        await standing.pilot.pause()
        assert "Nothing is asked" in standing.status
        assert standing.one(Prompt).has_focus


@pytest.mark.parametrize(
    ("key", "outcome", "rating"),
    [
        ("a", "accepted", None),
        ("l", "snoozed", None),
        ("n", "dismissed", None),
        ("plus", "accepted", 4),
        ("minus", "dismissed", 1),
    ],
)
async def test_keys_answer_an_offer_and_the_next_one_comes(
    key: str, outcome: str, rating: int | None
) -> None:
    assistant = FakeAssistant(offered=[FakeOffer("o1", "Call?"), FakeOffer("o2", "Write?")])
    async with stage(assistant) as standing:
        assert "Call?" in standing.texts("OfferLine")[0]
        assert standing.one(Prompt).has_focus
        await standing.pilot.press("ctrl+g", key)
        await standing.rest()
        assert assistant.told == [("answer_offer", "o1", outcome, rating)]
        assert "Write?" in standing.texts("OfferLine")[0]
        standing.chat.fetch_offers()
        await standing.rest()
        assert "Write?" in standing.texts("OfferLine")[0], "an answered one comes again"


async def test_a_click_answers_an_offer_and_why_is_told() -> None:
    assistant = FakeAssistant(offered=[FakeOffer("o1", "Call?")])
    async with stage(assistant) as standing:
        await standing.pilot.press("ctrl+g", "w")
        await standing.pilot.pause()
        line = standing.texts("OfferLine")[0]
        assert "You said so on Monday." in line
        offset = (line.index("later") + 4, 0)  # three cells are padding
        await standing.pilot.click("OfferLine", offset=offset)
        await standing.rest()
        assert assistant.told == [("answer_offer", "o1", "snoozed", None)]
        assert not standing.one(OfferLine).display


async def test_an_answer_that_cannot_be_kept_is_told() -> None:
    assistant = FakeAssistant(offered=[FakeOffer("o1", "Call?")])
    assistant.refusals["answer_offer"] = HomeUnusable("The disk is full.")
    async with stage(assistant) as standing:
        await standing.pilot.press("ctrl+g", "n")
        await standing.rest()
        assert standing.status == "This could not be kept. The disk is full."
