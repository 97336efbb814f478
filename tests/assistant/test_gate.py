"""The gate: which lines enter a prompt, by the kind of request, relevance and consent."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assistant.gate import MOST, Gated, Kind, gate
from memory.fakes import HashEmbedder
from memory.user.lines import Line, Section, Topic
from memory.user.relevance import Prototypes
from tests.memory.user.test_relevance import AT, line

EMBEDDER = HashEmbedder(512)
PROTOTYPES = Prototypes.of(EMBEDDER)

HOTELS = line("I avoid large hotel chains and stay in small guesthouses.")
NUTS = line(
    "I have a severe nut allergy.",
    attribute="allergy",
    section=Section.HEALTH,
    topic=Topic.HEALTH,
    belief=0.95,
)
FAITH = line("I am a Muslim and eat in restaurants only after sunset.", topic=Topic.RELIGION)
BRIEF = line("Please be brief.", section=Section.MANNER, attribute="style", polarity=1)
GERMAN = line("Answer in German.", section=Section.MANNER, attribute="language", polarity=1)
HOME = line("I live in Ghent.", section=Section.HOME, attribute="home", polarity=0)


def ask(text: str, lines: Sequence[Line]) -> Gated:
    vectors = EMBEDDER.embed([each.text for each in lines])
    return gate(text, EMBEDDER.embed([text])[0], lines, vectors, PROTOTYPES)


def chosen(text: str, lines: Sequence[Line]) -> list[Line]:
    return [each.line for each in ask(text, lines).lines]


@pytest.mark.parametrize(
    "text",
    [
        "What is the capital of Australia?",
        "Who wrote Hamlet?",
        "Which of the following is a hotel? A. the Ritz B. the Alps",
        "A hotel has 20 rooms and 3 guests in each. How many guests stay in the hotel?",
        "Why does my Python function return None?",
        "Calculate 17 * 23.",
        "Explain how photosynthesis works.",
    ],
)
def test_what_has_an_answer_of_its_own_gets_no_line(text: str) -> None:
    gated = ask(text, [HOTELS, NUTS, HOME, BRIEF])
    assert (gated.kind, gated.lines, gated.manner) == (Kind.FACT, (), ())


def test_a_text_to_be_made_gets_manner_and_no_line() -> None:
    gated = ask("Write a poem about hotels.", [HOTELS, BRIEF])
    assert gated.kind is Kind.TASK
    assert (gated.lines, [each.line for each in gated.manner]) == ((), [BRIEF])


@pytest.mark.parametrize(
    "text",
    [
        "Can you recommend a hotel for my stay in Berlin?",
        "Where should we stay in Porto?",
        "I'm looking for a nice hotel in Rome.",
        "Find me an accommodation near the station, any ideas?",
    ],
)
def test_advice_gets_the_lines_it_hinges_on(text: str) -> None:
    gated = ask(text, [HOME, HOTELS])
    assert gated.kind is Kind.ADVICE
    assert gated.lines[0].line is HOTELS
    assert gated.lines[0].why


def test_a_question_about_oneself_is_about_the_user() -> None:
    assert ask("Where do I live?", [HOME]).kind is Kind.ABOUT_USER


def test_a_no_bars_a_line_and_an_unasked_one_waits_unless_it_protects() -> None:
    dinner = "Which restaurants should I try in Chicago for a nut lover?"
    said_no = line(NUTS.text, attribute="allergy", topic=Topic.HEALTH, consent=False)
    said_yes = line(FAITH.text, topic=Topic.RELIGION, consent=True)
    assert chosen(dinner, [NUTS]) == [NUTS]
    assert chosen(dinner, [said_no]) == []
    waiting = ask(dinner, [FAITH])
    assert waiting.lines == ()
    assert [each.line for each in waiting.held] == [FAITH]
    assert chosen(dinner, [said_yes]) == [said_yes]


def test_manner_comes_apart_and_language_holds_for_facts_too() -> None:
    advice = ask("Recommend a hotel in Rome.", [BRIEF, GERMAN, HOTELS])
    assert [each.line for each in advice.manner] == [BRIEF, GERMAN]
    assert [each.line for each in advice.lines] == [HOTELS]
    fact = ask("What is the capital of Australia?", [BRIEF, GERMAN])
    assert [each.line for each in fact.manner] == [GERMAN]


def test_lines_are_few_and_old_ones_stay_out() -> None:
    many = [line(f"I avoid hotel chain number {n}.") for n in range(20)]
    assert len(chosen("Recommend a hotel in Rome.", many)) == MOST
    over = line(HOTELS.text, until=AT)
    assert chosen("Recommend a hotel in Rome.", [over]) == []


def test_the_name_alone_changes_nothing() -> None:
    def decision(name: str) -> object:
        own = line(f"My name is {name}.", section=Section.IDENTITY, attribute="name", polarity=0)
        gated = ask("Can you recommend a hotel for my stay in Berlin?", [own, HOTELS, NUTS])
        return gated.kind, gated.lines, gated.manner, gated.held

    assert decision("Ann") == decision("Berlin Hotel") == decision("Mohammed")


def test_without_a_profile_nothing_enters() -> None:
    assert ask("Recommend a hotel in Rome.", []).lines == ()


def test_who_asks_what_is_known_of_them_is_told_the_surest_lines() -> None:
    name = line("My name is Amina.", section=Section.IDENTITY, attribute="name", belief=0.9)
    many = [line(f"I like number {n}.", belief=n / 100) for n in range(40)]
    lines = [*many, name, NUTS, FAITH, BRIEF]
    told = chosen("What do you know about me?", lines)
    assert told[:2] == [NUTS, name]
    assert len(told) == 15
    assert FAITH not in told
    assert BRIEF not in told
    assert chosen("What is my name?", lines) == [name]
    assert chosen("Who am I?", lines) == told


def test_a_name_enters_no_other_prompt() -> None:
    name = line("My name is Amina Hotel.", section=Section.IDENTITY, attribute="name")
    assert chosen("Can you recommend a hotel for Amina and me?", [name, HOTELS]) == [HOTELS]
