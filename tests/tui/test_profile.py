"""The profile page."""

from __future__ import annotations

from textual.widgets import Static, TextArea

from memory.errors import RefusedInput
from tests.tui.conftest import Stage, stage
from tests.tui.fakes import FakeAssistant, full_assistant
from tui.screens.profile import ProfileScreen

PAGE = """# About me

## Health
- Allergic to walnuts [2024-03-12 said] ^abcdefgh
- Wears glasses
"""


def with_page() -> FakeAssistant:
    assistant = full_assistant()
    assistant.page = PAGE
    return assistant


async def open_profile(standing: Stage) -> TextArea:
    await standing.pilot.press("ctrl+u")
    await standing.rest()
    assert isinstance(standing.app.screen, ProfileScreen)
    return standing.app.screen.page


def text_of(standing: Stage, selector: str) -> str:
    return str(standing.app.screen.query_one(selector, Static).render())


async def test_the_page_is_shown_edited_and_saved() -> None:
    assistant = with_page()
    async with stage(assistant) as standing:
        area = await open_profile(standing)
        assert area.text == PAGE
        assert area.has_focus
        await standing.type("x")
        await standing.pilot.pause()
        assert "not saved" in text_of(standing, "#profile-title")
        await standing.pilot.press("ctrl+s")
        await standing.rest()
        assert assistant.told == [("save_profile", "x" + PAGE)]
        assert text_of(standing, "#profile-status") == "The profile is saved."
        assert "not saved" not in text_of(standing, "#profile-title")
        await standing.pilot.press("ctrl+s")
        await standing.pilot.pause()
        assert text_of(standing, "#profile-status") == "Nothing has changed."
        await standing.pilot.press("escape")
        await standing.rest()
        assert len(standing.app.screen_stack) == 1
        assert standing.status == ""


async def test_a_refused_edit_keeps_the_text_and_goes_to_the_line() -> None:
    assistant = with_page()
    assistant.refusals["save_profile"] = RefusedInput("Line 4: this cannot be read.")
    async with stage(assistant) as standing:
        area = await open_profile(standing)
        await standing.type("x")
        await standing.pilot.press("ctrl+s")
        await standing.rest()
        assert area.text == "x" + PAGE
        assert area.cursor_location == (3, 0)
        assert text_of(standing, "#profile-status") == "Line 4: this cannot be read."


async def test_unsaved_text_is_kept_on_leaving_and_gone_on_with() -> None:
    async with stage(with_page()) as standing:
        await open_profile(standing)
        await standing.type("mine ")
        await standing.pilot.press("escape")
        await standing.rest()
        assert "not saved; ^u goes on" in standing.status
        area = await open_profile(standing)
        assert area.text == "mine " + PAGE
        await standing.pilot.press("ctrl+r")
        await standing.rest()
        assert area.text == PAGE
        assert standing.app.clipboard == "mine " + PAGE, "a slip would lose it"
        await standing.pilot.press("escape")
        await standing.rest()
        assert standing.chat.unsaved_profile is None


async def test_quitting_with_unsaved_text_needs_a_second_word() -> None:
    async with stage(with_page()) as standing:
        await open_profile(standing)
        await standing.type("mine ")
        await standing.pilot.press("ctrl+q")
        await standing.pilot.pause()
        assert standing.app.return_code is None
        await standing.pilot.press("ctrl+q")
        await standing.pilot.pause()
        assert standing.app.return_code == 0


async def test_a_line_tells_what_it_was_taken_from() -> None:
    async with stage(with_page()) as standing:
        area = await open_profile(standing)
        assert "On a line" in text_of(standing, "#sources Static")
        area.move_cursor((3, 5))
        await standing.until(lambda: "walnuts, badly" in text_of(standing, "#sources Static"))
        assert "12 Mar 2024" in text_of(standing, "#sources Static")
        area.move_cursor((4, 5))
        await standing.until(lambda: "On a line" in text_of(standing, "#sources Static"))


async def test_the_list_of_what_was_shown_is_hidden_and_sent_back() -> None:
    assistant = with_page()
    listed = "\n<!-- lines: abcdefgh -->\n"
    assistant.page = PAGE + listed
    async with stage(assistant) as standing:
        area = await open_profile(standing)
        assert area.text == PAGE
        await standing.type("x")
        await standing.pilot.press("ctrl+s")
        await standing.rest()
        [(_, saved)] = assistant.told
        assert saved == "x" + PAGE + "\n" + listed
        assert area.text == "x" + PAGE
        assert standing.chat.unsaved_profile is None


async def test_a_draft_is_saved_with_the_list_of_the_page_that_it_was_written_on() -> None:
    assistant = with_page()
    assistant.page = PAGE + "\n<!-- lines: abcdefgh.d.first -->\n"
    async with stage(assistant) as standing:
        await open_profile(standing)
        await standing.type("mine ")
        await standing.pilot.press("escape")
        await standing.rest()
        assistant.page = PAGE + "\n<!-- lines: abcdefgh.d.later -->\n"
        area = await open_profile(standing)
        assert area.text == "mine " + PAGE
        await standing.pilot.press("ctrl+s")
        await standing.rest()
        [(_, saved)] = assistant.told
        assert str(saved).endswith("<!-- lines: abcdefgh.d.first -->\n")
