"""The list of sessions, new ones, resumed ones, and long ones."""

from __future__ import annotations

from datetime import timedelta

from memory.events import Origin
from tests.tui.conftest import stage
from tests.tui.fakes import NOW, FakeAssistant, FakeSummary, FakeTurn, full_assistant
from tui.widgets.answer import Answer
from tui.widgets.conversations import Conversations
from tui.widgets.earlier import Earlier
from tui.widgets.prompt import Prompt
from tui.widgets.session_list import SessionList
from tui.widgets.transcript import PAGE
from tui.widgets.words import Words


def lines(listing: SessionList) -> list[str]:
    return [str(listing.get_option_at_index(at).prompt) for at in range(listing.option_count)]


async def test_sessions_are_grouped_by_day_week_and_month() -> None:
    async with stage(full_assistant()) as standing:
        assert [line.strip() for line in lines(standing.one(SessionList))] == [
            "Today",
            "Cake for Sunday",
            "Taxes",
            "Yesterday",
            "Lyon flat",
            "This week",
            "Dentist",
            "Marathon plan",
            "March",
            "Cardamom buns, a second try",
            "February",
            "What to plant on the north side",
            "September 2024",
            "Passport",
        ]


async def test_choosing_a_session_resumes_it() -> None:
    assistant = full_assistant()
    async with stage(assistant) as standing:
        standing.one(SessionList).focus()
        await standing.pilot.press("home", "enter")
        await standing.rest()
        assert "What should I bake" in standing.texts("Words")[0]
        assert standing.one(Prompt).has_focus
        assert standing.texts("TitleBar #title") == ["Cake for Sunday"]
        assert "▸ Cake for Sunday" in lines(standing.one(SessionList))
        await standing.say("more")
        await standing.rest()
        assert assistant.sent == [("cake", "more")]


async def test_starts_in_the_session_that_was_asked_for() -> None:
    async with stage(full_assistant(), session_id="cake") as standing:
        assert standing.texts("TitleBar #title") == ["Cake for Sunday"]
        assert len(standing.chat.query(Answer)) == 1


async def test_an_unknown_session_is_told_and_becomes_a_new_one() -> None:
    assistant = FakeAssistant()
    async with stage(assistant, session_id="gone") as standing:
        assert standing.texts("NoticeLine") == ["There is no session gone."]
        await standing.say("hello")
        await standing.rest()
        assert assistant.sent == [("new-1", "hello")]


async def test_a_new_session_is_made_only_when_something_is_said() -> None:
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        await standing.pilot.press("ctrl+n")
        await standing.pilot.press("ctrl+n")
        await standing.rest()
        assert [session.id for session in assistant.opened] == ["cake"]
        assert standing.texts("TitleBar #title") == ["New session"]
        assert len(standing.one(Conversations).children) == 2, "one blank session is enough"
        await standing.say("hello")
        await standing.rest()
        assert assistant.sent == [("new-2", "hello")]
        assert standing.texts("TitleBar #title") == ["A new session"]
        listing = standing.one(SessionList)
        assert "▸ A new session" in lines(listing)
        assert listing.highlighted_option is not None
        assert listing.highlighted_option.id == "new-2"


async def test_going_back_to_an_open_session_does_not_load_it_again() -> None:
    assistant = full_assistant()
    async with stage(assistant, session_id="cake") as standing:
        await standing.pilot.press("ctrl+n")
        standing.chat.post_message(SessionList.Chosen("cake"))
        await standing.rest()
        assert [session.id for session in assistant.opened] == ["cake"]
        assert standing.one(Conversations).current.session_id == "cake"


async def test_idle_conversations_beyond_a_handful_are_closed() -> None:
    assistant = full_assistant()
    async with stage(assistant) as standing:
        for summary in assistant.sessions():
            standing.chat.post_message(SessionList.Chosen(summary.id))
            await standing.rest()
        assert len(standing.one(Conversations).children) == 7


async def test_a_long_session_mounts_its_end_and_loads_the_rest_on_request() -> None:
    turns = [FakeTurn(f"t{n}", f"turn {n}") for n in range(2 * PAGE + 10)]
    assistant = FakeAssistant(summaries=[FakeSummary("long", "Long")], said={"long": turns})
    async with stage(assistant, session_id="long") as standing:
        assert len(standing.chat.query(Words)) == PAGE
        assert f"{PAGE + 10} earlier turns" in standing.texts("Earlier")[0]
        transcript = standing.one(Conversations).current
        assert transcript.scroll_y == transcript.max_scroll_y

        standing.one(Earlier).focus()
        await standing.pilot.press("enter")
        await standing.rest()
        assert len(standing.chat.query(Words)) == 2 * PAGE
        assert "10 earlier turns" in standing.texts("Earlier")[0]

        transcript.scroll_to(y=5, animate=False, immediate=True, force=True)
        await standing.rest()
        reading = standing.chat.query(Words).first()
        above = reading.region.y
        transcript.scroll_to(y=0, animate=False, immediate=True, force=True)
        await standing.rest()
        assert len(standing.chat.query(Words)) == 2 * PAGE + 10
        assert not standing.chat.query(Earlier)
        assert "turn 0" in standing.texts("Words")[0]
        assert abs(reading.region.y - above) <= 6, "what was being read has moved away"


async def test_turns_of_other_people_tell_who_speaks() -> None:
    old = NOW - timedelta(days=400)
    turns = [
        FakeTurn("1", "hi", Origin.USER, old, "Caroline"),
        FakeTurn("2", "**hey**", Origin.THIRD_PARTY, old, "Mel"),
        FakeTurn("3", "hm", Origin.THIRD_PARTY, old),
        FakeTurn("4", "halt", Origin.ASSISTANT, old, status="interrupted"),
    ]
    assistant = FakeAssistant(summaries=[FakeSummary("s", "S")], said={"s": turns})
    async with stage(assistant, session_id="s") as standing:
        heads = [text.split("\n")[0] for text in standing.texts("Words")]
        when = "14 Feb 2024 21:02"
        assert heads == [f"Caroline  {when}", f"Mel  {when}", f"Someone else  {when}"]
        assert standing.texts("Words")[1].endswith("**hey**"), "only answers are Markdown"
        assert "interrupted" in standing.texts(".notes")[0]
