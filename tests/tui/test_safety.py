"""Words from outside are shown, never obeyed; and their size never stops the screen."""

from __future__ import annotations

import pytest
from textual import events
from textual.widgets import Markdown

from assistant.updates import Accepted, Delta
from memory.errors import RefusedInput
from tests.tui.conftest import stage
from tests.tui.fakes import FakeAssistant, FakeSummary, FakeTurn, answered, script
from tui.text import size, visible
from tui.widgets.answer import Answer
from tui.widgets.prompt import Prompt
from tui.widgets.session_list import SessionList

NASTY = "[red]x[/red] [@click=app.quit]y[/] \x1b[31mz\x1b]0;t\x07 \x9b2J \u202egnp \ud800"


def test_every_control_character_is_made_visible() -> None:
    everything = "".join(map(chr, range(0x110000)))
    left = {
        ch
        for ch in visible(everything)
        if (ord(ch) < 0x20 or 0x7F <= ord(ch) < 0xA0 or 0xD800 <= ord(ch) < 0xE000)
    }
    assert left == {"\n", "\t"}
    assert visible("a\r\nb\rc\u2028d") == "a\nb\nc\nd"
    assert visible("naïve 👩‍👩‍👧 שלום") == "naïve 👩‍👩‍👧 שלום"


async def test_markup_and_controls_of_the_user_are_literal() -> None:
    turns = [FakeTurn("1", NASTY, speaker="[b]Eve[/b]\x1b")]
    assistant = FakeAssistant(summaries=[FakeSummary("s", NASTY)], said={"s": turns})
    async with stage(assistant, session_id="s") as standing:
        shown = standing.texts("Words")[0]
        assert "[red]x[/red] [@click=app.quit]y[/] ␛[31mz␛]0;t␇ �2J �gnp �" in shown
        assert "[b]Eve[/b]␛" in shown
        line = standing.one(SessionList).get_option("s").prompt
        assert "[red]x[/red] [@click=app.quit]y[/] ␛[31m" in str(line)
        assert "[red]x[/red]" in standing.texts("TitleBar #title")[0]
        assert "\x1b" not in standing.app.export_screenshot()


async def test_markup_typed_into_the_prompt_is_literal_and_sent_as_typed() -> None:
    assistant = FakeAssistant()
    async with stage(assistant) as standing:
        standing.one(Prompt).insert("[red]hi[/red]")
        await standing.pilot.press("enter")
        await standing.rest()
        assert assistant.sent[0][1] == "[red]hi[/red]"
        assert standing.texts("Words")[0].endswith("[red]hi[/red]")


async def test_markup_in_problems_and_in_the_palette_is_literal() -> None:
    assistant = FakeAssistant(summaries=[FakeSummary("s", "[red]rose[/red] [/]")])
    assistant.scripts.append([RefusedInput("[b]No[/b] [/]")])
    async with stage(assistant) as standing:
        await standing.say("x")
        await standing.rest()
        assert standing.texts("NoticeLine") == ["[b]No[/b] [/]"]
        await standing.pilot.press("ctrl+p")
        await standing.type("rose")
        await standing.rest()
        await standing.pilot.press("enter")
        await standing.rest()
        assert standing.chat.conversations.current.session_id == "s"


async def test_an_answer_cannot_steer_the_terminal_or_hide_its_tags() -> None:
    assistant = FakeAssistant()
    text = "a\x1b[2J <think>b</think> &#27;[31m\r\n\n[red]c[/red]"
    assistant.scripts.append(
        [Accepted("u", "s"), *(Delta(character) for character in text), answered(text)]
    )
    async with stage(assistant) as standing:
        await standing.say("go")
        await standing.rest()
        assert standing.texts("MarkdownParagraph") == [
            "a␛[2J <think>b</think> �[31m",
            "[red]c[/red]",
        ]


async def test_a_link_is_copied_and_never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    assistant = FakeAssistant()
    assistant.scripts.append(script("See [this](https://example.org/a)."))
    async with stage(assistant) as standing:
        opened: list[str] = []
        monkeypatch.setattr(standing.app, "open_url", opened.append)
        await standing.say("go")
        await standing.rest()
        markdown = standing.one(Markdown)
        markdown.post_message(Markdown.LinkClicked(markdown, "https://example.org/a"))
        await standing.pilot.pause()
        assert opened == []
        assert standing.app.clipboard == "https://example.org/a"
        assert "not opened: https://example.org/a" in standing.texts("StatusLine #doing")[0]


async def test_a_megabyte_is_pasted_as_a_mark_and_sent_whole() -> None:
    assistant = FakeAssistant()
    pasted = "a line of words [pasted 2: 1 kB]\r\n" * 30_000
    async with stage(assistant) as standing:
        prompt = standing.one(Prompt)
        prompt.insert("See: ")
        prompt.post_message(events.Paste(pasted))
        await standing.pilot.pause()
        assert prompt.text == f"See: [pasted 1: {size(pasted)}]"
        prompt.post_message(events.Paste("x" * 5000))
        await standing.pilot.pause()
        await standing.pilot.press("enter")
        await standing.rest()
        assert assistant.sent[0][1] == f"See: {pasted}{'x' * 5000}"
        shown = standing.texts("Words")[0]
        assert len(shown) < 1000
        assert "1.0 MB, 30,001 lines in all" in shown


async def test_a_long_paste_that_is_refused_goes_back_as_a_mark() -> None:
    assistant = FakeAssistant()
    assistant.scripts.append([RefusedInput("Too long.")])
    async with stage(assistant) as standing:
        prompt = standing.one(Prompt)
        prompt.post_message(events.Paste("y" * 9000))
        await standing.pilot.pause()
        await standing.pilot.press("enter")
        await standing.rest()
        assert prompt.text == "[pasted 1: 9 kB]"
        await standing.pilot.press("enter")
        await standing.rest()
        assert [len(text) for _, text in assistant.sent] == [9000, 9000]


async def test_an_imported_answer_of_enormous_length_is_an_excerpt() -> None:
    from memory.events import Origin

    turns = [FakeTurn("1", "# word\n\n" * 20_000, Origin.ASSISTANT)]
    assistant = FakeAssistant(summaries=[FakeSummary("s", "S")], said={"s": turns})
    async with stage(assistant, session_id="s") as standing:
        assert len(standing.one(Markdown).children) < 5
        assert "in all" in standing.texts("MarkdownParagraph")[0]


async def test_a_streamed_document_ends_as_if_it_had_come_whole() -> None:
    text = (
        "# Cake\n\nFor *you*:\n\n1. one\n2. two\n   - nested\n\n> said\n\n| a | b |\n|---|---|\n"
        "| 1 | 2 |\n\n```python\nx = [1]\n\ny = 2\n```\n\nThe end, `really`.\n"
    )
    assistant = FakeAssistant()
    pieces = [Delta(character) for character in text]
    assistant.scripts.append([Accepted("u", "s"), *pieces, answered(text)])
    assistant.scripts.append([Accepted("u", "s"), answered(text)])
    async with stage(assistant) as standing:
        for _ in range(2):
            await standing.say("go")
            await standing.rest()
        streamed, whole = (
            [type(block).__name__ for block in answer.query_one(Markdown).children]
            for answer in standing.chat.query(Answer)
        )
        assert streamed == whole
