"""Which patches of the profile stand, and which lines are read together."""

from __future__ import annotations

import pytest

from memory.derive.profile import MANY_LINES, MOST_LINES, Candidate, checked, groups, refine
from memory.fakes import HashEmbedder, ScriptedExtractor
from memory.user.lines import Line, Section
from tests.memory.user.builders import Life


def lines(*told: str, polarity: int = 1, section: Section = Section.TASTES) -> list[Line]:
    life = Life()
    for text in told:
        life.say(text, section=section, polarity=polarity)
    return list(life.profile().lines)


def merge(text: str, *numbers: int) -> Candidate:
    return Candidate(op="merge", lines=list(numbers or (1, 2)), text=text)


# -- what stands


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (("I love jazz.", "I love bebop."), "I love jazz and bebop."),
        (("I have two cats.", "I have a dog named Rex."), "I have two cats and a dog named Rex."),
        (("I don't like olives.", "I don't like sprouts."), "I don't like olives or sprouts."),
        (
            ("I cook Thai food on Sundays.", "I cook Thai curry a lot."),
            "I cook Thai food on Sundays and curry a lot.",
        ),
    ],
)
def test_related_lines_become_one_in_their_own_words(told: tuple[str, str], text: str) -> None:
    group = lines(*told)
    result = checked(group, [merge(text)])
    assert result.dropped == []
    [made] = result.kept
    assert (made.op, made.lines, made.text) == ("merge", tuple(group), text)


def test_a_wordy_line_is_told_shorter() -> None:
    group = lines("I really do love listening to the long concerts of baroque music.", "I sing.")
    told = Candidate(op="refine", lines=[1], text="I love long concerts of baroque music.")
    assert [made.text for made in checked(group, [told]).kept] == [told.text]
    less = Candidate(op="refine", lines=[1], text="I love concerts of baroque music.")
    assert checked(group, [less]).dropped == ["lost"]


def test_a_line_that_another_says_is_retired_into_it() -> None:
    group = lines("I cycle to work.", "I cycle to work on my red bike.", "I play chess.")
    [made] = checked(group, [Candidate(op="retire", lines=[1], text="")]).kept
    assert made.text == "I cycle to work on my red bike."
    assert set(made.lines) == {group[0], group[1]}


# -- what is refused


@pytest.mark.parametrize(
    ("told", "text", "reason"),
    [
        # What no line says.
        (("I love old jazz.", "I love old bop."), "I love old jazz, bop, swing.", "added"),
        (("I love jazz.", "I hate swing."), "I adore jazz, hate swing.", "added"),
        (("I love jazz music.", "I love bebop."), "You love jazz and bebop.", "added"),
        (("I love jazz.", "I love bebop."), "I don't love jazz, bebop.", "added"),
        # What is turned round.
        (("I don't like olives.", "I don't like sprouts."), "I like olives and sprouts.", "turned"),
        (
            ("I don't like olives.", "I don't eat raw sprouts."),
            "I don't like olives and eat raw sprouts.",
            "turned",
        ),
        (
            ("I don't like olives.", "I don't like sprouts."),
            "I don't like olives, like sprouts.",
            "turned",
        ),
        (("I want a dog some day.", "I have a cat."), "I have a cat and a dog some day.", "turned"),
        (
            ("I drink wine only on Sundays.", "I drink tea."),
            "I drink wine on Sundays and tea.",
            "turned",
        ),
        # What is lost or mixed up.
        (("I like Miles Davis.", "I like Nina Simone."), "I like Miles Davis and Nina.", "name"),
        (("I have two cats.", "I have three old dogs."), "I have cats and old dogs.", "number"),
        (
            ("I have two cats.", "I have three old dogs."),
            "I have three cats, two old dogs.",
            "lost",
        ),
        (("My sister paints.", "I love jazz."), "I paint, love jazz.", "lost"),
        (("I collect old maps.", "I collect stamps."), "I collect stamps.", "lost"),
        # What is no shorter.
        (("I love jazz.", "I love bop."), "I love and love and love jazz and bop.", "longer"),
    ],
)
def test_a_wrong_patch_is_refused(told: tuple[str, str], text: str, reason: str) -> None:
    result = checked(lines(*told), [merge(text)])
    assert (result.kept, result.dropped) == ([], [reason])


def test_numbers_must_be_of_lines_and_a_line_is_patched_once() -> None:
    group = lines("I love jazz.", "I love bebop.", "I love swing.")
    good = merge("I love jazz and bebop.")
    result = checked(
        group,
        [
            merge("I love jazz.", 1, 4),
            merge("I love jazz.", 1),
            good,
            merge("I love bebop and swing.", 2, 3),
            Candidate(op="retire", lines=[3], text=""),
        ],
    )
    assert [made.text for made in result.kept] == [good.text]
    assert result.dropped == ["lines", "lines", "lines", "said"]


def test_what_only_two_lines_together_make_sensitive_is_refused() -> None:
    group = lines("I am in debt-free company of old friends.", "I am in old debt books, reading.")
    result = checked(group, [merge("I am in debt of old friends, company, books, reading.")])
    assert result.kept == []


def test_an_unreadable_answer_changes_nothing() -> None:
    extractor = ScriptedExtractor(lambda text: "no document")
    assert refine(lines("I love jazz.", "I love bebop."), extractor).dropped == ["unreadable"]
    assert extractor.asked[0] == "1. I love jazz.\n2. I love bebop."


# -- what is read together


def test_only_lines_that_are_alike_stand_in_a_group() -> None:
    near = lines("I love jazz concerts.", "I love jazz records.", "I collect stamps.")
    assert groups(near) == [(near[0], near[1])]
    vectors = HashEmbedder().embed([line.text for line in near])
    assert groups(near, vectors) == [(near[0], near[1])]


@pytest.mark.parametrize(
    "told",
    [
        ("I love jazz concerts.", "My sister loves jazz concerts."),
        ("I love jazz concerts.", "I never go to jazz concerts."),
        ("I love jazz concerts.", "We love jazz concerts."),
    ],
)
def test_what_must_not_be_mixed_up_stands_apart(told: tuple[str, str]) -> None:
    assert groups(lines(*told)) == []


def test_liking_and_context_stand_apart() -> None:
    life = Life()
    life.say("I love strong coffee.", polarity=1)
    life.say("I love strong coffee at work.", polarity=1, context="at work")
    life.say("I loathe strong coffee beans.", polarity=-1)
    assert groups(life.profile().lines) == []


def test_a_crowded_section_is_read_in_pieces() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    many = lines(*(f"I love {letter * 5}." for letter in letters[: MANY_LINES + 1]))
    found = groups(many)
    assert [line for group in found for line in group] == many[: 2 * MOST_LINES]
    assert groups(many[:MANY_LINES]) == []
