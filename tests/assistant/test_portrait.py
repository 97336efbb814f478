"""Tastes and people, from what was said."""

from __future__ import annotations

from pathlib import Path

from tests.assistant.builders import answer_to, open_scripted


def test_people_and_tastes_come_from_the_users_words(home: Path) -> None:
    assistant = open_scripted(home, lambda messages: "Anna and Rex, noted.")
    try:
        answer_to(assistant, "My sister Anna lives in Ghent.")
        answer_to(assistant, "I really love cardamom buns. My dog is called Rex.")
        answer_to(assistant, "What could I bake for Anna on Sunday?")
        found = assistant.portrait()
        people = {one.name: one for one in found.people}
        assert set(people) == {"Anna", "Rex"}
        assert people["Anna"].role == "family"
        assert people["Rex"].role == "pet"
        assert people["Anna"].turns > people["Rex"].turns
        assert people["Anna"].lines == ("My sister Anna lives in Ghent.",)
        [taste] = [one for one in found.tastes if "cardamom" in one.text]
        assert taste.likes
        assert 0 < taste.belief <= 1
        assert [one.text for one in assistant.line_sources(taste.id)] == [
            "I really love cardamom buns. My dog is called Rex."
        ]
    finally:
        assistant.close()


def test_who_is_forgotten_is_gone(home: Path) -> None:
    assistant = open_scripted(home)
    try:
        answer_to(assistant, "My sister Anna lives in Ghent.")
        [memory] = [one for one in assistant.search("Anna") if one.origin == "user"]
        assistant.forget(assistant.plan_forgetting([memory.id]))
        assert assistant.portrait().people == ()
    finally:
        assistant.close()
