"""Questions to the user: one line, keys, never a dialog."""

from __future__ import annotations

from assistant.updates import Accepted, Asking, Delta, Question
from memory.errors import NotFound
from tests.tui.conftest import Stage, stage
from tests.tui.fakes import FakeAssistant, FakeOffer, answered, question
from tui.widgets.prompt import Prompt
from tui.widgets.question_line import AnswerField, QuestionLine


def asking(one: Question) -> FakeAssistant:
    assistant = FakeAssistant()
    assistant.scripts.append([Accepted("u", "s"), Delta("Yes."), Asking(one), answered("Yes.")])
    return assistant


async def ask(standing: Stage) -> None:
    await standing.say("cake")
    await standing.rest()


def words(standing: Stage) -> str:
    return standing.texts("QuestionLine .words")[0]


async def test_a_question_comes_without_taking_the_keyboard() -> None:
    async with stage(asking(question())) as standing:
        assert not standing.one(QuestionLine).display
        await ask(standing)
        line = words(standing)
        assert "How long may it bake?" in line
        assert "1 Under 30" in line
        assert "2 Any" in line
        assert "^g answer" in line
        assert "Esc skip" in line
        assert standing.one(Prompt).has_focus
        await standing.pilot.press("2")
        assert standing.one(Prompt).text == "2", "in the prompt a number is a number"


async def test_the_last_update_of_a_turn_can_carry_the_question() -> None:
    assistant = FakeAssistant()
    assistant.scripts.append([Accepted("u", "s"), answered("Yes.", asked=question())])
    async with stage(assistant) as standing:
        await ask(standing)
        assert standing.one(QuestionLine).display


async def test_a_number_key_answers_and_what_came_of_it_is_hinted() -> None:
    assistant = asking(question())
    async with stage(assistant) as standing:
        await ask(standing)
        await standing.pilot.press("ctrl+g", "3", "2")
        await standing.rest()
        assert assistant.told == [("answer_question", "q1", "Any")], "there is no third option"
        assert not standing.one(QuestionLine).display
        assert standing.status == "Noted: Any."
        assert standing.one(Prompt).has_focus


async def test_a_click_answers() -> None:
    assistant = asking(question())
    async with stage(assistant) as standing:
        await ask(standing)
        at = words(standing).index("Under 30") + 1
        await standing.pilot.click("QuestionLine .words", offset=(at, 0))
        await standing.rest()
        assert assistant.told == [("answer_question", "q1", "Under 30")]


async def test_escape_skips_only_in_the_line() -> None:
    assistant = asking(question())
    async with stage(assistant) as standing:
        await ask(standing)
        await standing.pilot.press("escape")
        assert standing.one(QuestionLine).display
        await standing.pilot.press("ctrl+g", "escape")
        await standing.rest()
        assert assistant.told == [("answer_question", "q1", None)]
        assert standing.status == "Skipped."
        assert not standing.one(QuestionLine).display


async def test_why_is_told_and_put_away() -> None:
    async with stage(asking(question())) as standing:
        await ask(standing)
        why = standing.one(QuestionLine).query_one(".why")
        for key, shown in (("w", True), ("question_mark", False)):
            await standing.pilot.press("ctrl+g", key)
            await standing.pilot.pause()
            assert why.display == shown
        assert standing.texts("QuestionLine .why") == ["It decides the recipe."]


async def test_yes_and_no_have_their_letters() -> None:
    assistant = asking(question("yes_no", ()))
    async with stage(assistant) as standing:
        await ask(standing)
        assert "1 Yes   2 No" in words(standing)
        await standing.pilot.press("ctrl+g", "n")
        await standing.rest()
        assert assistant.told == [("answer_question", "q1", "No")]


async def test_an_open_question_has_a_field_of_its_own() -> None:
    assistant = asking(question("open", ()))
    async with stage(assistant) as standing:
        await ask(standing)
        await standing.pilot.press("ctrl+g", "question_mark")
        await standing.pilot.pause()
        assert standing.one(AnswerField).has_focus
        assert standing.one(QuestionLine).query_one(".why").display
        await standing.pilot.press("enter")
        assert assistant.told == [], "an empty answer is none"
        await standing.say("40 minutes, why?")
        await standing.rest()
        assert assistant.told == [("answer_question", "q1", "40 minutes, why?")]
        assert assistant.sent == [("new-1", "cake")], "the answer is not a message"


async def test_an_answer_that_cannot_be_kept_brings_the_question_back() -> None:
    assistant = asking(question())
    assistant.refusals["answer_question"] = NotFound("There is no question q1.")
    async with stage(assistant) as standing:
        await ask(standing)
        await standing.pilot.press("ctrl+g", "1")
        await standing.rest()
        assert standing.one(QuestionLine).display
        assert "There is no question q1." in standing.status


async def test_a_question_belongs_to_its_conversation_and_goes_before_offers() -> None:
    assistant = asking(question())
    assistant.offered = [FakeOffer("o1", "Call the dentist?")]
    async with stage(assistant) as standing:
        await ask(standing)
        assert not standing.chat.query_one("OfferLine").display
        await standing.pilot.press("ctrl+n")
        await standing.rest()
        assert not standing.one(QuestionLine).display
        assert standing.chat.query_one("OfferLine").display
        await standing.chat.open_session("new-1")
        await standing.rest()
        assert standing.one(QuestionLine).display


async def test_the_field_goes_with_the_keyboard_unless_something_is_in_it() -> None:
    async with stage(asking(question("open", ()))) as standing:
        await ask(standing)
        field = standing.one(AnswerField)
        assert not field.display
        await standing.pilot.press("shift+tab")
        await standing.pilot.pause()
        assert field.has_focus
        await standing.pilot.press("tab")
        await standing.pilot.pause()
        assert standing.one(Prompt).has_focus
        assert not field.display
        await standing.pilot.press("ctrl+g", "x", "tab")
        await standing.pilot.pause()
        assert field.display
        assert field.value == "x"
