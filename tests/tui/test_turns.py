"""Sending, streaming, queueing, cancelling, and what happens when a turn breaks."""

from __future__ import annotations

import pytest
from textual.visual import VisualType
from textual.widgets import Markdown, Static

from assistant.errors import SetupNeeded
from assistant.updates import Accepted, Delta, Notice, Recalled, ToolUsed, Working
from memory.errors import RefusedInput
from tests.tui.conftest import Stage, stage
from tests.tui.fakes import FakeAssistant, Gate, Step, answered, memory, script
from tui.widgets.answer import Answer
from tui.widgets.prompt import Prompt
from tui.widgets.status_line import StatusLine
from tui.widgets.words import Words


def doing(standing: Stage) -> str:
    return standing.texts("StatusLine #doing")[0]


async def test_sends_and_shows_the_answer() -> None:
    assistant = FakeAssistant()
    assistant.scripts.append(script("An **apple** cake."))
    async with stage(assistant) as standing:
        await standing.say("what cake")
        await standing.rest()
        assert assistant.sent == [("new-1", "what cake")]
        assert standing.one(Prompt).text == ""
        assert "what cake" in standing.texts("Words")[0]
        assert standing.one(Answer).text == "An **apple** cake."
        assert standing.texts("MarkdownParagraph") == ["An apple cake."]


async def test_streams_piece_by_piece_into_the_same_widget() -> None:
    first, second = Gate(), Gate()
    assistant = FakeAssistant()
    steps: list[Step] = [
        Accepted("u", "s"),
        Delta("One "),
        first,
        Delta("two"),
        second,
        answered("One two"),
    ]
    assistant.scripts.append(steps)
    async with stage(assistant) as standing:
        await standing.say("count")
        await standing.reach(first)
        await standing.until(lambda: standing.texts("MarkdownParagraph"))
        paragraph = standing.one(Markdown).children[0]
        assert [text.strip() for text in standing.texts("MarkdownParagraph")] == ["One"]
        first.open()
        await standing.reach(second)
        await standing.until(lambda: standing.texts("MarkdownParagraph") == ["One two"])
        second.open()
        await standing.rest()
        assert standing.texts("MarkdownParagraph") == ["One two"]
        assert standing.one(Markdown).children[0] is paragraph, "the answer was drawn anew"


async def test_shows_the_recorded_answer_when_it_is_not_what_was_streamed() -> None:
    assistant = FakeAssistant()
    assistant.scripts.append([Accepted("u", "s"), Delta("Drft"), answered("Draft")])
    async with stage(assistant) as standing:
        await standing.say("go")
        await standing.rest()
        assert standing.texts("MarkdownParagraph") == ["Draft"]


@pytest.mark.parametrize("newline", ["ctrl+j", "shift+enter"])
async def test_newline_key_does_not_send(newline: str) -> None:
    assistant = FakeAssistant()
    async with stage(assistant) as standing:
        await standing.type("a")
        await standing.pilot.press(newline)
        await standing.type("b")
        assert standing.one(Prompt).text == "a\nb"
        assert assistant.sent == []
        await standing.pilot.press("enter")
        await standing.rest()
        assert [text for _, text in assistant.sent] == ["a\nb"]


@pytest.mark.parametrize("text", ["", "   "])
async def test_nothing_is_not_sent(text: str) -> None:
    assistant = FakeAssistant()
    async with stage(assistant) as standing:
        await standing.say(text)
        assert "Nothing to send" in doing(standing)
        assert not standing.chat.query(Words)
        await standing.type("x")
        await standing.pilot.pause()
        assert "Nothing to send" not in doing(standing)
        assert assistant.sent == []


async def test_queues_while_the_model_loads_and_sends_in_order() -> None:
    loading = Gate()
    assistant = FakeAssistant(warming=[Working("Loading qwen3-4b", 0.4), loading])
    async with stage(assistant, rest=False) as standing:
        await standing.reach(loading)
        assert "Loading qwen3-4b" in doing(standing)
        assert "40 %" in doing(standing)
        await standing.say("one")
        await standing.say("two")
        assert all("queued" in text for text in standing.texts("Words"))
        assert assistant.sent == []
        loading.open()
        await standing.rest()
        assert [text for _, text in assistant.sent] == ["one", "two"]
        assert len({session for session, _ in assistant.sent}) == 1
        assert not any("queued" in text for text in standing.texts("Words"))


async def test_queues_while_answering_and_keeps_each_answer_under_its_words() -> None:
    gate = Gate()
    assistant = FakeAssistant()
    assistant.scripts.extend([script("First.", (), gate), script("Second.")])
    async with stage(assistant) as standing:
        await standing.say("one")
        await standing.reach(gate)
        await standing.say("two")
        assert "queued" in standing.texts("Words")[1]
        assert [text for _, text in assistant.sent] == ["one"]
        gate.open()
        await standing.rest()
        order = [
            widget.text if isinstance(widget, Answer) else str(widget.render()).split("\n")[1]
            for widget in standing.chat.query(".turn")
        ]
        assert order == ["one", "First.", "two", "Second."]


async def test_escape_cancels_the_running_turn_and_marks_it() -> None:
    gate = Gate()
    assistant = FakeAssistant()
    assistant.scripts.append(script("A long answer", (), gate))
    async with stage(assistant) as standing:
        await standing.say("go")
        await standing.reach(gate)
        assert "Esc" in standing.texts("StatusLine #keys")[0]
        await standing.pilot.press("escape")
        await standing.rest()
        assert assistant.opened[0].cancels >= 1
        assert "stopped" in standing.texts(".notes")[0]
        assert standing.texts("MarkdownParagraph") == ["Half an"]
        assert standing.texts("StatusLine #keys") == [""]


async def test_escape_without_a_turn_goes_back_to_the_prompt() -> None:
    async with stage(FakeAssistant()) as standing:
        await standing.pilot.press("shift+tab")
        assert not standing.one(Prompt).has_focus
        await standing.pilot.press("escape")
        assert standing.one(Prompt).has_focus


async def test_refused_words_go_back_to_the_prompt_with_the_reason() -> None:
    assistant = FakeAssistant()
    assistant.scripts.append([RefusedInput("This cannot be kept: it has no words.")])
    async with stage(assistant) as standing:
        await standing.say("hm")
        await standing.rest()
        assert standing.texts("NoticeLine") == ["This cannot be kept: it has no words."]
        assert "not sent" in standing.texts("Words")[0]
        assert standing.one(Prompt).text == "hm"


async def test_an_unexpected_failure_is_one_sentence_and_the_next_turn_runs() -> None:
    assistant = FakeAssistant()
    assistant.scripts.append([Accepted("u", "s"), Delta("Ha"), ValueError("odd\nthing")])
    async with stage(assistant) as standing:
        await standing.say("go")
        await standing.rest()
        assert standing.texts("NoticeLine") == [
            "Something unexpected happened: ValueError: odd thing."
        ]
        assert "not answered" in standing.texts(".notes")[0]
        assert standing.one(Prompt).text == "", "accepted words are kept, not returned"
        await standing.say("on")
        await standing.rest()
        assert [text for _, text in assistant.sent] == ["go", "on"]


async def test_a_failed_turn_says_what_to_do() -> None:
    assistant = FakeAssistant()
    problem = "The model is missing; run `lifelore setup`."
    failed = answered("", status="failed", problem=problem)
    assistant.scripts.append([Accepted("u", "s"), failed])
    async with stage(assistant) as standing:
        await standing.say("go")
        await standing.rest()
        assert standing.texts("NoticeLine") == [problem]
        assert "not answered" in standing.texts(".notes")[0]


async def test_notices_and_tools_are_quiet_lines_under_the_answer() -> None:
    assistant = FakeAssistant()
    used = ToolUsed("notes", {"text": "x"}, "[b]kept[/b]", True)
    left_out = Notice("Two turns did not fit.")
    assistant.scripts.append(script("Done.", (), used, left_out))
    async with stage(assistant) as standing:
        await standing.say("go")
        await standing.rest()
        assert standing.texts(".notes") == ["Used notes: [b]kept[/b]\nTwo turns did not fit."]


async def test_status_tells_tokens_and_times_of_the_turn() -> None:
    async with stage(FakeAssistant()) as standing:
        await standing.say("go")
        await standing.rest()
        assert standing.texts("TitleBar #model") == ["qwen3-4b"]
        assert standing.texts("TitleBar #meter") == ["▮▯▯▯▯ 2.1k/8.2k"]
        times = "2.1 s · first word 340 ms · recall 12 ms · 1.9k tokens cached"
        assert doing(standing) == times


async def test_a_model_that_cannot_be_loaded_is_told_and_words_are_still_taken() -> None:
    assistant = FakeAssistant(warming=[SetupNeeded("No model yet; run `lifelore setup`.")])
    async with stage(assistant) as standing:
        assert standing.texts("NoticeLine") == ["No model yet; run `lifelore setup`."]
        await standing.say("keep this")
        await standing.rest()
        assert [text for _, text in assistant.sent] == ["keep this"]


async def test_a_hidden_conversation_streams_on() -> None:
    gate = Gate()
    assistant = FakeAssistant()
    assistant.scripts.append(script("Patience.", (memory(1, "x"),), gate))
    async with stage(assistant) as standing:
        await standing.say("go")
        await standing.reach(gate)
        await standing.pilot.press("ctrl+n")
        await standing.pilot.pause()
        assert standing.texts("StatusLine #keys") == [""], "Esc stops only what is visible"
        await standing.pilot.press("escape")
        gate.open()
        await standing.rest()
        assert standing.one(Answer).text == "Patience."
        assert assistant.opened[0].cancels == 0
        assert standing.texts("MemoryPanel Static") == [
            "The memories behind an answer are shown here."
        ]


async def test_the_panel_waits_for_recall_before_it_says_none() -> None:
    gate = Gate()
    assistant = FakeAssistant()
    assistant.scripts.append([Accepted("u", "s"), gate, Recalled(()), answered("Yes.")])
    async with stage(assistant) as standing:
        await standing.say("go")
        await standing.reach(gate)
        assert standing.texts("MemoryPanel Static") == ["Looking them up…"]
        gate.open()
        await standing.rest()
        assert standing.texts("MemoryPanel Static") == ["No memory was used for this answer."]


async def test_the_status_line_is_drawn_once_for_many_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assistant = FakeAssistant()
    pieces = [Delta("a ") for _ in range(200)]
    assistant.scripts.append([Accepted("u", "s"), *pieces, answered("a " * 200)])
    async with stage(assistant) as standing:
        drawn: list[str] = []
        static = standing.one(StatusLine).query_one("#doing", Static)
        update = static.update

        def record(content: VisualType = "", *, layout: bool = True) -> None:
            drawn.append(str(content))
            update(content, layout=layout)

        monkeypatch.setattr(static, "update", record)
        await standing.say("go")
        await standing.rest()
        assert drawn.count("Answering") == 1


async def test_a_hint_goes_with_the_next_words_however_fast_they_come() -> None:
    async with stage(FakeAssistant()) as standing:
        standing.chat.status.hint("What of it fits goes along.")
        prompt = standing.one(Prompt)
        prompt.insert("Well")
        prompt.action_submit()  # before anything has heard of the words
        await standing.rest()
        assert "goes along" not in standing.status
