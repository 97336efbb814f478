"""A long conversation costs no more than what is visible of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from textual.widgets import Markdown

from memory.events import Origin
from tests.tui.conftest import Stage, stage
from tests.tui.fakes import NOW, FakeAssistant, FakeSummary, FakeTurn, Gate, script
from tui.widgets import transcript as transcripts
from tui.widgets.answer import Answer
from tui.widgets.conversations import Conversations
from tui.widgets.earlier import Earlier
from tui.widgets.transcript import PAGE, Transcript
from tui.widgets.words import Words

_LONG = "\n\n".join(f"Paragraph {n}, which says **something**." for n in range(12))


def _assistant(turns: int = PAGE) -> FakeAssistant:
    said = [
        FakeTurn(
            f"t{n}",
            _LONG if n % 2 else f"turn {n}",
            Origin.ASSISTANT if n % 2 else Origin.USER,
            NOW - timedelta(minutes=turns - n),
        )
        for n in range(turns)
    ]
    return FakeAssistant(summaries=[FakeSummary("long", "Long")], said={"long": said})


def _transcript(standing: Stage) -> Transcript:
    return standing.one(Conversations).current


def _heights(standing: Stage) -> list[int]:
    return [answer.outer_size.height for answer in standing.chat.query(Answer)]


async def test_what_is_far_away_is_folded_and_keeps_its_height() -> None:
    async with stage(_assistant(), session_id="long") as standing:
        transcript = _transcript(standing)
        laid_out = [_is_laid_out(answer) for answer in _all(standing)]
        assert not laid_out[0]
        assert laid_out[-1]
        folded, height = _heights(standing), transcript.max_scroll_y
        transcript.scroll_to(y=0, animate=False, immediate=True, force=True)
        await standing.rest()
        assert _is_laid_out(_all(standing)[0])
        assert transcript.max_scroll_y == height
        assert _heights(standing)[: len(folded)] == folded


async def test_a_narrower_screen_lays_folded_answers_out_anew() -> None:
    async with stage(_assistant(), session_id="long") as standing:
        before = _heights(standing)
        await standing.pilot.resize_terminal(34, 40)
        await standing.rest()
        narrow = _heights(standing)
        assert narrow != before
        transcript = _transcript(standing)
        transcript.scroll_to(y=0, animate=False, immediate=True, force=True)
        await standing.rest()
        assert _heights(standing) == narrow


async def test_old_turns_are_taken_away_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "_MOST", PAGE)
    assistant = _assistant(PAGE // 2)
    async with stage(assistant, session_id="long") as standing:
        for number in range(PAGE):
            assistant.scripts.append(script(f"answer {number}"))
            await standing.say(f"q{number}")
            await standing.rest()
        shown = len(standing.chat.query(Words)) + len(_all(standing))
        assert shown <= PAGE + 2
        everything = PAGE // 2 + 2 * PAGE
        assert f"{everything - shown} earlier turns" in standing.texts("Earlier")[0]
        _all(standing)[-1].rate(5)

        while standing.chat.query(Earlier):
            standing.one(Earlier).focus()
            await standing.pilot.press("enter")
            await standing.rest()
        texts = [one.said for one in standing.chat.query(Words)]
        assert texts[-PAGE:] == [f"q{number}" for number in range(PAGE)]
        answers = [one.text for one in _all(standing)]
        assert answers[-PAGE:] == [f"answer {number}" for number in range(PAGE)]


async def test_what_comes_into_view_when_an_answer_goes_is_there() -> None:
    assistant = _assistant()
    assistant.said["long"][-1] = replace(assistant.said["long"][-1], text="\n\n".join([_LONG] * 12))
    async with stage(assistant, session_id="long") as standing:
        last, before = _all(standing)[-1], _all(standing)[-2]
        assert not _is_laid_out(before)
        await last.remove()
        await standing.rest()
        await standing.until(lambda: _is_laid_out(before))


async def test_nothing_that_is_under_way_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "_MOST", PAGE)
    assistant = _assistant(PAGE + 10)
    async with stage(assistant, session_id="long") as standing:
        standing.one(Earlier).focus()
        await standing.pilot.press("enter")
        await standing.rest()
        gate = Gate()
        assistant.scripts += [[gate, *script("again")], script("next")]
        transcript = _transcript(standing)
        transcript.select(_all(standing)[0])
        standing.chat.action_again()
        await standing.reach(gate)
        await standing.say("and then")
        gate.open()
        await standing.rest()
        assert [one.text for one in _all(standing)][-1] == "next"
        assert "again" in [one.text for one in _all(standing)]


def _all(standing: Stage) -> list[Answer]:
    return list(standing.chat.query(Answer))


def _is_laid_out(answer: Answer) -> bool:
    return answer.query_one(Markdown).display
