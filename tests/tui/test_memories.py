"""The memories that an answer was given."""

from __future__ import annotations

from memory.events import Origin
from tests.tui.conftest import stage
from tests.tui.fakes import FakeAssistant, full_assistant, memory, script
from tui.widgets.answer import Answer
from tui.widgets.memory_panel import MemoryPanel


async def test_a_live_answer_shows_its_memories_numbered() -> None:
    assistant = FakeAssistant()
    used = (
        memory(1, "my sister is allergic to walnuts"),
        memory(2, "she loved [b]buns[/b]\x1b[31m", Origin.THIRD_PARTY, "Marc", days=1),
        memory(3, "Bake it.", Origin.ASSISTANT, days=0),
        memory(4, "21 degrees", Origin.TOOL, days=0),
    )
    assistant.scripts.append(script("Yes.", used))
    async with stage(assistant) as standing:
        await standing.say("cake")
        await standing.rest()
        assert standing.texts("MemoryCard") == [
            "1 ● 12 Mar 2025\nmy sister is allergic to walnuts\nyour words",
            "2 ○ Yesterday\nshe loved [b]buns[/b]␛[31m\nMarc · someone else’s words",
            "3 ○ Today\nBake it.\nLifelore’s words",
            "4 ○ Today\n21 degrees\nfrom a tool",
        ]
        assert standing.texts(".foot") == ["4 memories"]


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
