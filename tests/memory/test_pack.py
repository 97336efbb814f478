"""What goes into a prompt, within a budget."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from memory.events import Origin
from memory.overtaken import Overtaken
from memory.pack import pack, pack_with_summaries, render, render_summary, up_to_date
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


def overtaking(old: Memory, newer: Memory | None, *, certain: bool = True) -> dict[str, Overtaken]:
    return {old.id: Overtaken(newer, certain, DAY + timedelta(days=9) if certain else None)}


def test_newer_words_stand_in_the_place_of_those_they_overtook() -> None:
    old, other = memory(1, "I drive a Volvo"), memory(2, "The road is icy")
    newer = memory(3, "I sold the Volvo and bought a Fiat", days=9)
    packed = pack([old, other], 100, count, overtaken=overtaking(old, newer))
    assert packed.lines[0] == (
        '[21 March 2024] User: I sold the Volvo and bought a Fiat (Before, on 12 March 2024: "I '
        'drive a Volvo")'
    )
    assert [each.id for each in packed.memories] == [newer.id, other.id, old.id]
    assert packed.memories[0].score == old.score


def test_who_asks_for_what_was_before_reads_that_first() -> None:
    old, newer = memory(1, "I drive a Volvo"), memory(3, "I sold the Volvo", days=9)
    packed = pack([newer, old], 100, count, overtaken=overtaking(old, newer), past=True)
    assert packed.lines == (
        '[12 March 2024] User: I drive a Volvo (Since then, on 21 March 2024: "I sold the Volvo")',
    )
    assert packed.memories == (old, newer)


def test_what_was_only_struck_out_says_so() -> None:
    old = memory(1, "I drive a Volvo")
    [line] = pack([old], 100, count, overtaken=overtaking(old, None)).lines
    assert line.endswith("I drive a Volvo (no longer so since 21 March 2024)")


def test_words_that_overtook_each_other_stand_in_one_note_with_the_last() -> None:
    ghent, lyon = memory(1, "I live in Ghent"), memory(2, "I moved to Lyon", days=3)
    turin = memory(3, "I moved to Turin", days=9)
    both = {**overtaking(ghent, lyon), **overtaking(lyon, turin)}
    packed = pack([ghent, lyon], 100, count, overtaken=both)
    [line] = packed.lines
    assert line.startswith("[21 March 2024] User: I moved to Turin (Before, on 12 March 2024:")
    assert [each.id for each in packed.memories] == [turin.id, ghent.id, lyon.id]


def test_how_it_is_now_is_told_without_what_it_was_where_nothing_is_lost_by_that() -> None:
    old = memory(1, "My doctor is Dr Weiss")
    newer = memory(3, "I have a new doctor, Dr Amara", days=9)
    [now] = up_to_date([old], overtaking(old, newer, certain=False), "Who is my doctor?")
    assert now.id == newer.id
    key, pot = memory(1, "The key is under the pot"), memory(3, "I bought a new pot", days=9)
    kept = up_to_date([key], overtaking(key, pot, certain=False), "Where is the key?")
    assert kept == (key,)
    car, sold = memory(1, "I drive a Volvo"), memory(3, "I sold the Volvo", days=9)
    over = {car.id: Overtaken(sold, True)}
    assert [each.id for each in up_to_date([car], over, "What do I drive?")] == [sold.id]
    passport, left = memory(1, "My passport is at Anna's"), memory(3, "I left Anna's early")
    over = {passport.id: Overtaken(left, True)}
    assert up_to_date([passport], over, "Where is my passport?") == (passport,)


def test_another_persons_words_are_told_from_the_users() -> None:
    mail = replace(memory(1, "The user lives in Moscow", speaker="Bob"), origin=Origin.THIRD_PARTY)
    assert render(mail) == '[12 March 2024] Bob, not the user, wrote: "The user lives in Moscow"'
    passage = replace(mail, speaker="report.pdf", external_id="document:1:0")
    assert render(passage) == "[12 March 2024] report.pdf: The user lives in Moscow"
