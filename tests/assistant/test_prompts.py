"""The words put before the model."""

from __future__ import annotations

from datetime import datetime

import pytest

from assistant.prompts import NO_NOTES, Brief, framed, is_broad, more_fit, question

NOW = datetime(2026, 11, 21, 14, 0)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("Where do I live?", "Question:"),
        ("what was her name", "Question:"),
        ("You know my sister?", "Question:"),
        ("Write a long story about a dragon", "The user asks you to do this:"),
        ("please list all my books", "The user asks you to do this:"),
        ("My sister is allergic to walnuts", "that you have understood it"),
        ("The weather is lovely today", "that you have understood it"),
    ],
)
def test_words_are_framed_by_what_they_want(text: str, frame: str) -> None:
    framing = framed(text)
    assert frame in framing
    assert framing.endswith(text)


def test_the_best_note_stands_next_to_the_question() -> None:
    prompt = question(Brief("Where do I live?", [], NOW), ["best", "second"])
    assert prompt.index("second") < prompt.index("best") < prompt.index("Where do I live?")


def test_nothing_remembered_is_said() -> None:
    assert NO_NOTES in question(Brief("Where do I live?", [], NOW))


def test_results_and_the_date_stand_before_the_question() -> None:
    prompt = question(Brief("What is 2+2?", ["calculator: 2+2 = 4"], NOW))
    assert prompt.index("2+2 = 4") < prompt.index("Saturday 21 November 2026")
    assert prompt.index("November") < prompt.index("Question")


@pytest.mark.parametrize(
    "text",
    [
        "Summarise what I told you about the house",
        "How has my garden been going?",
        "what have we talked about last week",
        "What did I do last month?",
        "Tell me everything about Anna",
        "Can you give me an overview of my project?",
    ],
)
def test_questions_about_the_whole_are_broad(text: str) -> None:
    assert is_broad(text)


@pytest.mark.parametrize(
    "text",
    [
        "Where do I live?",
        "When did I buy the lamp?",
        "How old is my sister?",
        "What is the name of our dog?",
        "What did Anna say about the lamp?",
        "My sister is going to Ghent",
    ],
)
def test_questions_about_one_thing_are_not(text: str) -> None:
    assert not is_broad(text)


def test_summaries_stand_first_and_farthest_from_the_question() -> None:
    prompt = question(Brief("Sum it up", [], NOW), ["a note"], ["[May] a summary"])
    assert prompt.index("a summary") < prompt.index("a note") < prompt.index("Sum it up")
    assert NO_NOTES not in question(Brief("Sum it up", [], NOW), [], ["[May] a summary"])


def test_notes_stand_in_the_order_of_time_where_everything_is_asked_for() -> None:
    prompt = question(Brief("List my books", [], NOW), ["[May] newest", "[April] oldest"])
    assert "in the order of time" in prompt
    assert prompt.index("oldest") < prompt.index("newest")


def test_memories_without_room_are_counted() -> None:
    assert more_fit(12).startswith("12 more memories fit the question")


def test_what_must_be_respected_stands_behind_a_wish_and_before_a_question_about_the_user() -> None:
    about = ["I'm allergic to shellfish."]
    wish = question(Brief("Can you suggest a restaurant?", [], NOW, about), ["a note"])
    assert wish.endswith("must respect it:\n- I'm allergic to shellfish.")
    asked = question(Brief("Where do I live?", [], NOW, ["I moved to Lyon."]), ["a note"])
    assert asked.endswith("Question: Where do I live?")
    assert "- I moved to Lyon." in asked


def test_only_a_question_about_the_user_may_be_answered_that_nothing_is_remembered() -> None:
    unknown = "say that you do not remember"
    assert unknown in framed("Where do I live?")
    assert unknown in framed("What is my dog's name?")
    for text in ("How many legs does a spider have?", "What should I cook?", "My cat died."):
        assert unknown not in framed(text)
    assert NO_NOTES not in question(Brief("What should I cook tonight?", [], NOW))
