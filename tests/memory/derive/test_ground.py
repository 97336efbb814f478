"""The check that keeps inventions out of derived rows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from memory.derive.ground import fault, in_third_person, readable
from memory.text import sentences

SAID = "Anna: I moved to Ghent on 3 May 2021 with my dog Rex and two cats."


@pytest.mark.parametrize(
    "sentence",
    [
        "Anna moved to Ghent on 3 May 2021.",
        "Anna has a dog, Rex, and two cats.",
        "In May 2021 Anna moved to Ghent with Rex.",
    ],
)
def test_what_the_source_says_in_other_words_is_kept(sentence: str) -> None:
    assert fault(sentence, [SAID], ["Anna"]) is None


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Anna moved to Paris on 3 May 2021.", "name"),
        ("Tom moved to Ghent on 3 May 2021.", "name"),
        ("Anna moved to Ghent on 4 May 2021.", "number"),
        ("Anna moved to Ghent in June 2021.", "name"),
        ("Anna has three cats and the dog Rex.", "number"),
        ("Anna moved to Ghent because the rent near the harbour was cheaper.", "support"),
        ("I moved to Ghent with Rex.", "first-person"),
        ("Anna moved to Ghent with your dog Rex.", "second-person"),
        ("Anna is a person.", "thin"),
    ],
)
def test_what_the_source_does_not_say_is_named(sentence: str, reason: str) -> None:
    assert fault(sentence, [SAID], ["Anna"]) == reason


def test_a_turn_is_read_with_its_dates_and_without_its_pictures() -> None:
    said = 'I ran a "race" yesterday! [shares a photo: a photo of a Ferrari]'
    text = readable(said, datetime(2023, 5, 8, tzinfo=UTC))
    assert text == "I ran a 'race' on 7 May 2023!"
    assert fault("Anna ran a race on 7 May 2023.", [text], ["Anna"]) is None


def test_first_person_left_by_a_model_is_told_of_the_speaker() -> None:
    told = in_third_person("Anna's group made me feel brave, and I am proud of my dog.")
    assert told == "Anna's group made them feel brave, and they are proud of their dog."


def test_sentences_end_where_people_end_them() -> None:
    assert sentences("Dr. Ito is kind. She helped me!\nThanks") == [
        "Dr. Ito is kind.",
        "She helped me!",
        "Thanks",
    ]
