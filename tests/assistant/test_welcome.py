"""The first minute in a home."""

from __future__ import annotations

from pathlib import Path

from memory.user.lines import Topic
from tests.assistant.builders import answer_to, open_scripted


def test_it_is_due_once_and_only_where_nothing_was_said(home: Path, tmp_path: Path) -> None:
    assistant = open_scripted(home)
    assert assistant.welcome.first_time()
    assert not assistant.welcome.first_time()
    assistant.close()
    again = open_scripted(home)
    assert not again.welcome.first_time()
    again.close()
    lived_in = open_scripted(tmp_path / "another")
    answer_to(lived_in, "Hello there.")
    assert not lived_in.welcome.first_time()
    lived_in.close()


def test_the_name_and_a_yes_to_a_topic_are_kept(home: Path) -> None:
    assistant = open_scripted(home)
    try:
        assistant.welcome.introduce(" Ada ", ["health"])
        assert "My name is Ada." in assistant.profile_page()
        answer_to(assistant, "I am allergic to walnuts.")
        lines = assistant.store.profile.lines(assistant._clock.now())
        [allergy] = [line for line in lines if line.topic is Topic.HEALTH]
        assert allergy.consent is True
    finally:
        assistant.close()


def test_nothing_is_kept_of_an_empty_page(home: Path) -> None:
    assistant = open_scripted(home)
    try:
        assistant.welcome.introduce("  ", [])
        assert assistant.store.log.head() == 0
    finally:
        assistant.close()


def test_there_are_five_questions_at_most_each_answered_with_a_key(home: Path) -> None:
    assistant = open_scripted(home)
    try:
        asked = []
        while (question := assistant.welcome.question()) is not None:
            asked.append(question)
            assert question.options
            assistant.answer_question(question.id, None)
        assert 1 < len(asked) <= 5
        assert len({one.text for one in asked}) == len(asked)
    finally:
        assistant.close()
