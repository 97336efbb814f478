"""Only what the sender wrote themselves is left of a mail."""

from __future__ import annotations

import pytest

from finetune.clean import own_words

MINE = "Hi Ann,\n\nFriday suits me.\n\nBest,\nTom"


@pytest.mark.parametrize(
    "others",
    [
        "On Mon, 3 Jun 2024 at 10:02, Ann Lee <ann@example.org> wrote:\n> Does Friday suit you?",
        "On Mon, 3 Jun 2024 at 10:02, Ann Lee\n<ann@example.org> wrote:\n\n> Friday?\n>\n> Ann",
        "Am 03.06.2024 um 10:02 schrieb Ann Lee:\n> Passt Freitag?",
        "-----Original Message-----\nFrom: Ann\nDoes Friday suit you?",
        "---------- Forwarded message ---------\nFrom: Ann Lee\nDoes Friday suit you?",
        "Begin forwarded message:\n\nDoes Friday suit you?",
        "From: Ann Lee\nSent: Monday\nTo: Tom\nSubject: Friday\n\nDoes Friday suit you?",
        "-- \nTom Hale\nHead of Things\n+44 20 7946 0000",
        "Tom Hale | Things Ltd | www.example.org\n1 High Street",
        "Sent from my iPhone",
    ],
)
def test_quotes_forwards_and_signatures_go(others: str) -> None:
    assert own_words(f"{MINE}\n\n{others}") == MINE


def test_answers_between_quotes_stay() -> None:
    text = "On Monday Ann wrote:\n> Friday?\n\nYes.\n\n> And the cake?\n\nI bring it."
    assert own_words(text) == "Yes.\n\nI bring it."


def test_lines_that_a_mail_program_broke_are_joined_and_lists_are_not() -> None:
    text = (
        "This is a paragraph that was broken by the mail program at\r\nseventy-two "
        "characters.\r\n\r\nPlease bring:\r\n- the cake that Ann baked for the two of us last "
        "week\r\n- plates\r\n"
    )
    assert own_words(text) == (
        "This is a paragraph that was broken by the mail program at seventy-two characters."
        "\n\nPlease bring:\n- the cake that Ann baked for the two of us last week\n- plates"
    )


def test_a_postscript_and_thanks_in_the_middle_stay() -> None:
    text = "Thanks,\n\nthat was kind.\n\nBest,\nTom\n\nP.S. Bring the cake."
    assert own_words(text) == text


def test_nothing_is_left_of_a_bare_forward() -> None:
    assert own_words("---------- Forwarded message ---------\nFrom: Ann\n\nHello") == ""
