"""What goes into a prompt, within a budget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from memory.events import Origin
from memory.pack import pack, pack_with_summaries, render, render_summary
from memory.recall import Memory
from memory.views.summaries import Kind, Summary

DAY = datetime(2024, 3, 12, 9, 0, tzinfo=UTC)


def memory(seq: int, text: str, *, days: int = 0, speaker: str | None = None) -> Memory:
    return Memory(
        id=f"m{seq}",
        seq=seq,
        kind="message",
        session_id="s",
        at=DAY + timedelta(days=days),
        origin=Origin.USER,
        speaker=speaker,
        score=1.0 / seq,
        text=text,
    )


def summary(text: str, *, days: int = 0, kind: Kind = "session") -> Summary:
    start = DAY + timedelta(days=days)
    return Summary("summary-1", kind, start, start, text, (), "extract", "s", "d", None)


def count(text: str) -> int:
    return len(text.split())


def test_what_does_not_fit_is_counted_and_what_is_smaller_still_fits() -> None:
    long = memory(1, "word " * 50)
    short = memory(2, "I live in Ghent")
    packed = pack([long, short], 20, count)
    assert packed.memories == (short,)
    assert packed.left_out == 1
    assert packed.tokens == count(render(short))


def test_what_was_said_twice_stands_once_with_both_days() -> None:
    first = memory(1, "I swam in the lake again")
    other = memory(2, "The lake is cold", days=1)
    again = memory(3, "I swam in the lake, again!", days=5)
    packed = pack([first, other, again], 100, count)
    assert packed.memories == (again, other)
    assert packed.lines[0].startswith("[17 March 2024]")
    assert packed.lines[0].endswith("(also on 12 March 2024)")
    assert packed.left_out == 0


def test_one_word_that_matters_makes_another_memory() -> None:
    pairs = [
        ("I paid 20 euros for the lamp", "I paid 30 euros for the lamp"),
        ("My sister is allergic to walnuts", "My sister is not allergic to walnuts"),
        ("My sister can eat walnuts", "My sister can't eat walnuts"),
        ("We moved to Ghent in spring", "We moved to Leeds in spring"),
    ]
    for one, other in pairs:
        assert len(pack([memory(1, one), memory(2, other)], 100, count).memories) == 2, one


def test_the_same_words_about_another_day_or_by_another_are_another_memory() -> None:
    yesterday = [
        memory(1, "I went climbing yesterday"),
        memory(2, "I went climbing yesterday", days=9),
    ]
    assert len(pack(yesterday, 100, count).memories) == 2
    two = [memory(1, "I live in Ghent", speaker="Ann"), memory(2, "I live in Ghent", speaker="Bo")]
    assert len(pack(two, 100, count).memories) == 2


def test_short_words_of_assent_are_left_alone() -> None:
    assert len(pack([memory(1, "Yes!"), memory(2, "Yes", days=2)], 100, count).memories) == 2


def test_summaries_that_fit_stand_in_the_order_of_time() -> None:
    late, early = summary("They moved.", days=9), summary("They met.")
    huge = summary("word " * 90, days=3)
    _, overview = pack_with_summaries([], [late, huge, early], 20, count)
    assert overview.lines == ("[12 March 2024] They met.", "[21 March 2024] They moved.")
    assert overview.summaries == (early, late)


def test_summaries_take_what_the_best_memories_leave() -> None:
    best = memory(1, "I live in Ghent by the river")
    many = [summary(f"They met {number} times.", days=number) for number in range(9)]
    packed, overview = pack_with_summaries([best], many, 30, count)
    assert packed.memories == (best,)
    assert 0 < len(overview.lines) < 9
    assert packed.tokens + sum(map(count, overview.lines)) <= 30


def test_without_summaries_memories_have_the_whole_budget() -> None:
    two = [memory(1, "I live in Ghent"), memory(2, "We moved to Leeds")]
    packed, overview = pack_with_summaries(two, [], 16, count)
    assert (len(packed.memories), overview.lines) == (2, ())


def test_a_summary_says_what_it_covers() -> None:
    assert render_summary(summary("A.\nB.", kind="day")) == "[12 March 2024] A. B."
    assert render_summary(summary("A.", kind="week")) == "[week of 12 March 2024] A."


def test_packed_lines_can_stand_in_the_order_of_time() -> None:
    best, older = memory(3, "I read Emma", days=2), memory(4, "I read Dune", days=1)
    newest = memory(5, "I read Momo", days=3)

    packed = pack([best, older, newest], 100, count)
    assert packed.in_time().lines == (render(newest), render(best), render(older))
    assert packed.in_time().memories == packed.memories
