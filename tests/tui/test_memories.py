"""The memories that an answer was given."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from textual.widgets import Static

from assistant.updates import Accepted, Recalled
from memory.errors import HomeUnusable
from memory.events import Origin
from memory.user.lines import Section
from tests.tui.conftest import stage
from tests.tui.fakes import (
    NOW,
    FakeAssistant,
    FakeTurn,
    answered,
    full_assistant,
    line,
    memory,
    plan,
    script,
)
from tui.screens.forget import ForgetScreen
from tui.screens.profile import ProfileScreen
from tui.widgets.answer import Answer
from tui.widgets.later import Later
from tui.widgets.memory_card import MemoryCard
from tui.widgets.memory_panel import MemoryPanel
from tui.widgets.prompt import Prompt
from tui.widgets.words import Words


async def test_a_live_answer_shows_its_memories_numbered() -> None:
    assistant = FakeAssistant()
    used = (
        memory(1, "my sister is allergic to walnuts"),
        memory(2, "she loved [b]buns[/b]\x1b[31m", Origin.THIRD_PARTY, "Marc", days=1),
        memory(3, "Bake it.", Origin.ASSISTANT, days=0),
        memory(4, "21 degrees", Origin.TOOL, days=0),
        replace(memory(5, "cake", days=0), score=0.0),
    )
    assistant.scripts.append(script("Yes.", used))
    async with stage(assistant) as standing:
        await standing.say("cake")
        await standing.rest()
        assert standing.texts("MemoryCard") == [
            "1 ● 12 Mar 2025\nmy sister is allergic to walnuts\nyour words · score 0.50",
            "2 ○ Yesterday\nshe loved [b]buns[/b]␛[31m\nMarc · someone else’s words · score 0.50",
            "3 ○ Today\nBake it.\nLifelore’s words · score 0.50",
            "4 ○ Today\n21 degrees\nfrom a tool · score 0.50",
            "5 ● Today\ncake\nyour words",
        ]
        assert standing.texts(".foot") == ["5 memories"]


async def test_an_answer_of_an_earlier_run_fetches_its_memories() -> None:
    async with stage(full_assistant(), session_id="cake") as standing:
        cards = standing.texts("MemoryCard")
        assert [card.split("\n")[0] for card in cards] == ["1 ● 12 Mar 2024", "2 ○ 11 Mar 2025"]


async def test_forgotten_memories_are_left_out() -> None:
    assistant = full_assistant()
    del assistant.remembered["m1"]
    async with stage(assistant, session_id="cake") as standing:
        assert len(standing.texts("MemoryCard")) == 1
        assert standing.texts(".foot") == ["1 memory"]


async def test_a_long_memory_is_shown_as_an_excerpt() -> None:
    assistant = FakeAssistant()
    assistant.scripts.append(script("Yes.", (memory(1, "word " * 5000),)))
    async with stage(assistant) as standing:
        await standing.say("go")
        await standing.rest()
        assert standing.texts("MemoryCard")[0].count("word") < 60


async def test_another_answer_can_be_selected_by_key_or_click() -> None:
    assistant = FakeAssistant()
    assistant.scripts.append(script("First.", (memory(1, "apples"),)))
    assistant.scripts.append(script("Second.", (memory(2, "pears"),)))
    async with stage(assistant) as standing:
        await standing.say("one")
        await standing.rest()
        await standing.say("two")
        await standing.rest()
        assert "pears" in standing.texts("MemoryCard")[0]
        await standing.pilot.press("ctrl+up")
        await standing.rest()
        assert "apples" in standing.texts("MemoryCard")[0]
        assert standing.chat.query(Answer).first().has_class("-selected")
        await standing.pilot.press("ctrl+up")
        assert "apples" in standing.texts("MemoryCard")[0], "there is none before the first"
        await standing.pilot.press("ctrl+down")
        await standing.rest()
        assert "pears" in standing.texts("MemoryCard")[0]
        await standing.pilot.click(standing.chat.query(Answer).first())
        await standing.rest()
        assert "apples" in standing.texts("MemoryCard")[0]


async def test_the_same_memories_are_not_drawn_twice() -> None:
    assistant = FakeAssistant()
    assistant.scripts.append(script("Yes.", (memory(1, "apples"),)))
    async with stage(assistant) as standing:
        await standing.say("one")
        await standing.rest()
        card = standing.one(MemoryPanel).children[0]
        await standing.chat.show_memories()
        assert standing.one(MemoryPanel).children[0] is card


async def test_lines_of_the_profile_are_listed_with_section_and_date() -> None:
    assistant = FakeAssistant()
    used = (memory(1, "apples"),)
    lines = (line("Allergic to walnuts."), line("Prefers tea.", Section.TASTES, confirmed=True))
    assistant.scripts.append([Accepted("u", "s"), Recalled(used, lines), answered("Yes.", used)])
    async with stage(assistant) as standing:
        await standing.say("cake")
        await standing.rest()
        assert standing.texts("MemoryPanel .heading") == ["From your profile"]
        assert standing.texts("LineCard") == [
            "◇ Allergic to walnuts.\nhealth · said 11 Mar 2025",
            "◆ Prefers tea.\ntastes · confirmed 11 Mar 2025",
        ]
        assert standing.texts(".foot") == ["1 memory · 2 lines of your profile"]


def jumpable() -> FakeAssistant:
    """One whose long session holds the memory that the answer in `cake` was given."""
    assistant = full_assistant()
    turns = [FakeTurn(f"t{n}", f"turn {n}", at=NOW - timedelta(days=400 - n)) for n in range(300)]
    turns[40] = FakeTurn("m1", "My sister is allergic to walnuts, badly.", at=turns[40].at)
    assistant.said["taxes"] = turns
    assistant.remembered["m1"] = replace(assistant.remembered["m1"], session_id="taxes")
    return assistant


async def test_enter_on_a_memory_jumps_to_the_moment_it_was_said() -> None:
    async with stage(jumpable(), session_id="cake") as standing:
        await standing.pilot.press("tab")
        assert standing.one(MemoryPanel).has_focus
        await standing.pilot.press("enter")
        await standing.rest()
        transcript = standing.chat.conversations.current
        assert transcript.session_id == "taxes"
        found = transcript.query_one(".-found", Words)
        assert "allergic to walnuts" in found.said
        assert transcript.region.contains_region(found.region), "it is not in view"
        assert standing.one(Prompt).has_focus
        last = transcript.query(".turn").last(Words)
        assert last.said == "turn 69", "only the turns around it are mounted"

        transcript.query_one(Later).action_load()
        await standing.rest()
        assert transcript.query(".turn").last(Words).said == "turn 99"
        transcript.scroll_to(y=transcript.max_scroll_y, animate=False, immediate=True, force=True)
        await standing.rest()
        assert transcript.query(".turn").last(Words).said == "turn 129"

        await standing.say("and now")
        await standing.rest()
        shown = [one.said for one in transcript.query(Words)]
        assert shown[-2:] == ["turn 299", "and now"], "words are said at the end"
        assert not transcript.query(Later)


async def test_a_note_jumps_to_what_was_said_before_it() -> None:
    assistant = jumpable()
    note = replace(assistant.remembered["m1"], id="n1", at=NOW - timedelta(days=100, hours=-1))
    assistant.remembered["m1"] = note
    async with stage(assistant, session_id="cake") as standing:
        await standing.pilot.press("tab", "enter")
        await standing.rest()
        transcript = standing.chat.conversations.current
        assert transcript.query_one(".-found", Words).said == "turn 299"


async def test_a_place_that_is_gone_is_told_and_nothing_is_left() -> None:
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        await standing.pilot.press("tab", "enter")
        await standing.rest()
        assert "There is no session s0." in standing.status
        assert standing.chat.conversations.current.session_id == "cake"


async def test_a_line_opens_where_it_was_said_last_and_is_forgotten_with_its_sources() -> None:
    assistant = full_assistant()
    assistant.remembered["t1"] = replace(memory(1, "x"), id="t1", session_id="cake")
    assistant.scripts.append(
        [Accepted("u", "s"), Recalled((), (line("Bakes."),)), answered("Yes.")]
    )
    async with stage(assistant, session_id="cake") as standing:
        await standing.say("go")
        await standing.rest()
        await standing.pilot.press("tab", "enter")
        await standing.rest()
        found = standing.chat.conversations.current.query_one(".-found", Words)
        assert "What should I bake" in found.said
        await standing.pilot.press("ctrl+down", "tab", "x")
        await standing.rest()
        assert ("plan_forgetting", "t1") in assistant.told


async def test_arrows_and_numbers_choose_a_card_and_c_copies_it() -> None:
    async with stage(full_assistant(), session_id="cake") as standing:
        await standing.pilot.press("tab", "down", "down", "c")
        assert standing.app.clipboard == "She loved the cardamom buns!"
        await standing.pilot.press("up", "c")
        assert standing.app.clipboard == "My sister is allergic to walnuts, badly."
        standing.chat.conversations.current.focus()
        await standing.pilot.press("2")
        assert "buns" in str(standing.chat.query_one(".-chosen", MemoryCard).render())
        await standing.pilot.press("9")
        await standing.pilot.pause()
        assert standing.status == "This answer has no memory 9."
        await standing.pilot.click(standing.chat.query(MemoryCard).first())
        assert "walnuts" in str(standing.chat.query_one(".-chosen", MemoryCard).render())


async def test_your_words_are_corrected_by_new_ones_and_never_over_a_draft() -> None:
    async with stage(full_assistant(), session_id="cake") as standing:
        await standing.type("Half a thought")
        await standing.pilot.press("tab", "w")
        assert standing.one(Prompt).text == "Half a thought"
        assert standing.status.startswith("Send or clear")
        standing.one(Prompt).clear()
        await standing.pilot.press("w")
        assert standing.one(Prompt).text == "My sister is allergic to walnuts, badly."
        assert standing.one(Prompt).has_focus
        assert standing.status.startswith("Write it as it is now.")


async def test_an_answer_is_corrected_where_it_stands_and_a_line_on_its_page() -> None:
    assistant = full_assistant()
    told = replace(memory(1, "Bake it.", Origin.ASSISTANT), id="t2", session_id="cake")
    assistant.scripts.append(script("Yes.", (told,)))
    assistant.scripts.append(
        [Accepted("u", "s"), Recalled((), (line("Bakes."),)), answered("Yes.")]
    )
    async with stage(assistant, session_id="cake") as standing:
        await standing.say("go")
        await standing.rest()
        await standing.pilot.press("tab", "w")
        await standing.rest()
        assert standing.chat.conversations.current.query(".-found")
        assert standing.status == "w on the answer corrects it."
        await standing.say("go on")
        await standing.rest()
        await standing.pilot.press("tab", "w")
        await standing.until(lambda: isinstance(standing.app.screen, ProfileScreen))


def forgettable() -> FakeAssistant:
    assistant = full_assistant()
    assistant.plans["m1"] = plan("My sister is allergic", with_it=("An apple cake.",))
    return assistant


async def test_forgetting_shows_what_goes_and_asks_once() -> None:
    assistant = forgettable()
    async with stage(assistant, session_id="cake") as standing:
        await standing.pilot.press("tab", "x")
        await standing.rest()
        sheet = standing.app.screen
        assert isinstance(sheet, ForgetScreen)
        shown = "\n".join(str(row.render()) for row in sheet.query(Static))
        assert "My sister is allergic  you, Today" in shown
        assert "An apple cake.  Lifelore, Today" in shown
        await standing.pilot.press("f")
        await standing.rest()
        assert ("forget", "m1", "t2") in assistant.told
        assert standing.status == "2 entries are erased."
        assert standing.texts("Words")[0].endswith("What should I bake for my sister?")
        assert not standing.chat.query(Answer), "the erased answer is still shown"
        assert not standing.chat.query(MemoryCard)


@pytest.mark.parametrize("key", ["escape", "n"])
async def test_nothing_goes_without_a_yes(key: str) -> None:
    assistant = forgettable()
    async with stage(assistant, session_id="cake") as standing:
        await standing.pilot.press("tab", "x")
        await standing.rest()
        await standing.pilot.press(key)
        await standing.rest()
        assert not any(call[0] == "forget" for call in assistant.told)
        assert standing.status == "Nothing was forgotten."
        assert len(standing.chat.query(MemoryCard)) == 2


async def test_forgetting_that_fails_leaves_everything_and_says_why() -> None:
    assistant = forgettable()
    assistant.refusals["forget"] = HomeUnusable("The disk is full.")
    async with stage(assistant, session_id="cake") as standing:
        await standing.pilot.press("tab", "x")
        await standing.rest()
        await standing.pilot.press("f")
        await standing.rest()
        assert standing.status == "The disk is full."
        assert len(standing.chat.query(MemoryCard)) == 2


async def test_what_is_not_there_any_more_needs_no_question() -> None:
    async with stage(full_assistant(), session_id="cake") as standing:
        await standing.pilot.press("tab", "x")
        await standing.rest()
        assert "not there any more" in standing.status
