"""What a query says of itself: who, when, whose words, what kind of answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.marks import Marks
from memory.query import Query, understand

NOW = datetime(2024, 3, 12, 21, 2, tzinfo=UTC)
COUPLE = ("Caroline", "Melanie")


def read(text: str, *speakers: str) -> Query:
    return understand(text, speakers, NOW)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("When did Caroline go to the lake?", "When did I go to the lake?"),
        ("What is Caroline's dog called?", "What is my dog called?"),
        ("What is Caroline’s dog called?", "What is my dog called?"),
        ("what is CAROLINE'S dog called?", "what is my dog called?"),
    ],
)
def test_a_named_speaker_speaks_of_themselves(text: str, meaning: str) -> None:
    query = read(text, *COUPLE)

    assert query.speakers == {"Caroline"}
    assert query.meaning == meaning


def test_two_speakers_can_be_named_at_once() -> None:
    query = read("Where did Caroline meet Melanie?", *COUPLE)

    assert query.speakers == {"Caroline", "Melanie"}
    assert query.terms == ("meet",)


def test_a_speaker_of_two_names_is_named_by_either_and_turned_once() -> None:
    assert read("Where does Ann live?", "Mary Ann").speakers == {"Mary Ann"}
    assert read("Where does Mary Ann live?", "Mary Ann").meaning == "Where does I live?"
    assert read("Where is Mary Ann's dog?", "Mary Ann").meaning == "Where is my dog?"


def test_a_name_that_ends_in_s_can_own_without_another() -> None:
    assert read("Where is James' dog?", "James").meaning == "Where is my dog?"
    assert read("Where is James's dog?", "James").meaning == "Where is my dog?"
    assert read("Who said 'James'?", "James").meaning == "Who said 'I'?"


def test_terms_are_free_of_possessives() -> None:
    query = read("What is my sister's name?")

    assert query.terms == ("sister", "name")
    assert "my sister" in query.searched


def test_a_curly_apostrophe_is_an_apostrophe() -> None:
    curly, straight = (read(f"What{mark}s it I{mark}d paint?") for mark in "’'")

    assert curly.terms == straight.terms == ("paint",)
    assert curly.of_user


def test_a_name_within_another_word_names_nobody() -> None:
    query = read("Is carolinegrass tall?", *COUPLE)

    assert query.speakers == frozenset()
    assert query.meaning == "Is carolinegrass tall?"


def test_without_speakers_the_text_is_meant_as_it_stands() -> None:
    text = "What is Caroline's dog called?"
    query = read(text)

    assert query.meaning == query.text == text
    assert query.speakers == frozenset()
    assert "dog" in query.terms
    assert "caroline" in query.terms


def test_terms_leave_out_names_of_speakers_and_function_words() -> None:
    assert read("What did Caroline's sister paint for Melanie?", *COUPLE).terms == (
        "sister",
        "paint",
    )


def test_terms_stand_once() -> None:
    assert read("walnuts, walnuts and Walnuts").terms == ("walnuts",)


def test_a_name_alone_is_still_searched_for() -> None:
    assert read("Caroline?", *COUPLE).terms == ("caroline",)


def test_quoted_words_are_searched_for_as_a_phrase() -> None:
    assert "the blue heron" in read('Who said "The blue heron!"?').searched
    assert "the blue heron" in read("Who said “the blue heron”?").searched
    assert "the blue heron" not in read("Who said the blue heron?").searched


def test_what_someone_owns_is_searched_for_as_a_phrase() -> None:
    assert "my sister" in read("What is my sister allergic to?").searched
    assert "our garden" in read("What grows in our garden?").searched
    assert "my own" not in read("What of my own?").searched


def test_the_terms_are_searched_for_before_the_phrases() -> None:
    query = read("What is my sister allergic to?")

    assert query.searched == (*query.terms, "my sister")


@pytest.mark.parametrize(
    "text", ["What am I allergic to?", "Why I'm late", "What is my plan?", "Who told us?", "me?"]
)
def test_the_asker_is_heard(text: str) -> None:
    assert read(text).of_user


@pytest.mark.parametrize("text", ["What is a myth?", "Where do they live?", "Is it in the USA?"])
def test_the_asker_is_not_heard_in_other_words(text: str) -> None:
    assert not read(text).of_user


@pytest.mark.parametrize(
    "text",
    [
        "What did you tell me about walnuts?",
        "Which book have you named?",
        "You said something about opera",
        "the recipe you once recommended",
        "What was your advice on the tax return?",
        "Repeat your last answer",
    ],
)
def test_words_of_the_assistant_are_asked_for(text: str) -> None:
    assert read(text).of_assistant


@pytest.mark.parametrize(
    "text",
    ["What do you think?", "Can you help me?", "What did I tell you?", "What is your name?", ""],
)
def test_speaking_to_the_assistant_does_not_ask_for_its_words(text: str) -> None:
    assert not read(text).of_assistant


def test_what_an_answer_would_hold_is_noted() -> None:
    assert read("When did Caroline move?", *COUPLE).wants == Marks.TIME
    assert read("How many cats are there?").wants == Marks.NUMBER
    assert read("Who won?").wants == Marks.NAME
    assert read("Where is it?").wants == Marks.NAME
    assert read("Why is it so?").wants == Marks(0)


@pytest.mark.parametrize(
    "text",
    [
        "What books has Caroline read?",
        "Which new instruments do I play?",
        "What are my hobbies?",
        "How many times was I at sea?",
        "  List the songs",
        "Tell me all about it",
    ],
)
def test_several_things_are_asked_for(text: str) -> None:
    assert read(text).lists


@pytest.mark.parametrize(
    "text",
    ["What is this?", "What does Tom do?", "What was it?", "Where are my keys?", "Why?", ""],
)
def test_one_thing_is_asked_for(text: str) -> None:
    assert not read(text).lists


def test_the_time_named_is_read_as_of_now() -> None:
    span = read("What happened in June?").span

    assert span is not None
    assert span.start == datetime(2023, 6, 1, tzinfo=UTC)
    assert read("What happened?").span is None


@pytest.mark.parametrize("text", ["", " \n", "🙂", "?!", "\x00", "…"])
def test_a_query_without_words_is_read(text: str) -> None:
    query = read(text, *COUPLE)

    assert query.terms == query.searched == ()
    assert query.meaning == text


@pytest.mark.parametrize("name", ["C++ (x", "[a-z", "Carol|", ".*", "\\", "Dr. No?", "🙂", ""])
def test_a_name_is_no_pattern(name: str) -> None:
    assert read("Which opera is best?", name).meaning == "Which opera is best?"
    assert read(f"Which opera does {name} like?", name).terms[0] == "opera"


@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_text_is_read_with_any_speakers(text: str, speakers: list[str]) -> None:
    query = read(text, *speakers)

    assert set(query.terms) <= set(query.searched)
    assert query.speakers <= set(speakers)


def test_a_time_told_beside_a_question_is_not_asked_for() -> None:
    assert read("I was ill last week. What is my dog called?").span is None
    assert read("What did I do last week?").span is not None
    assert read("Show me what I did last week").span is not None


def test_of_ten_thousand_words_some_hundred_are_read() -> None:
    long = " ".join(f"word{number}" for number in range(10_000))
    query = read(f"{long} you {'a' * 50_000} my sister", *COUPLE)

    assert len(query.terms) == 500


def test_function_words_of_a_name_name_nobody() -> None:
    query = read("What is the wifi password?", "Anna from the Office", "Will May", "You")
    assert query.speakers == frozenset()
    assert query.meaning == query.text
    assert read("When did Anna call?", "Anna from the Office").meaning == "When did I call?"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Where do I live now?", "now"),
        ("Where do I live?", "now"),
        ("What is my current job?", "now"),
        ("What's my phone number?", "now"),
        ("Where did I live before?", "before"),
        ("Where did my sister use to live?", "before"),
        ("Who was my previous landlord?", "before"),
        ("What was my old job?", "before"),
        ("What did I say until now?", None),
        ("Have I been to Rome before?", None),
        ("What did I buy yesterday?", None),
        ("Where did I live in 2019?", None),
        ("I live in Lyon now", None),
    ],
)
def test_a_question_is_about_how_it_is_or_how_it_was(text: str, state: str | None) -> None:
    assert read(text).state == state


def test_the_newest_memory_need_not_say_now() -> None:
    assert read("What is my current job?").terms == ("job",)
    assert read("now?").terms == ("now",)


@pytest.mark.parametrize(
    "text",
    [
        "List the books I mentioned",
        "Can you list all my trips",
        "How many times did I go swimming?",
        "How often have I been ill?",
        "Which were all the restaurants we talked about?",
        "Tell me every restaurant we talked about",
        "What is everything I said about Rex?",
        "name all of my allergies",
    ],
)
def test_a_question_can_ask_for_everything(text: str) -> None:
    assert read(text).everything


@pytest.mark.parametrize(
    "text",
    [
        "I saw all the museums",
        "I swim every day",
        "What do I eat every morning?",
        "How many weeks passed since the move?",
        "What is my sister called?",
        "What is on my list?",
        "Is it all right?",
        "",
    ],
)
def test_most_do_not_ask_for_everything(text: str) -> None:
    assert not read(text).everything
