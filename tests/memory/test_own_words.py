"""Only what the sender wrote themselves is left of a mail."""

from __future__ import annotations

import time

import pytest

from memory.own_words import Forwarded, forwarded, own_words, without_others

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
        "On Mon, 3 Jun 2024 at 10:02, Ann Lee <ann@example.org> wrote:\n\nDoes Friday suit you?",
        "Ann Lee <ann@example.org> wrote:\nDoes Friday suit you?",
        "Ann Lee wrote:\n> Does Friday suit you?",
        "From: Ann Lee <ann@example.org>\n\nDoes Friday suit you?",
        "-------- Weitergeleitete Nachricht --------\nBetreff: Freitag\n\nPasst es?",
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


def test_what_is_no_mail_keeps_what_looks_like_a_signature() -> None:
    text = "Thanks!\n\nOne more thing: I'm allergic to peanuts.\n\nAnn wrote:\nI love figs."
    assert without_others(text).strip() == "Thanks!\n\nOne more thing: I'm allergic to peanuts."


@pytest.mark.parametrize(
    "text",
    [
        "See below.\n\n---------- Forwarded message ---------\nFrom: Ann Lee <ann@example.org>\n"
        "Date: Mon, 3 Jun 2024\nSubject: Friday\nTo: Tom\n\nDoes Friday suit you?\nAnn",
        "Begin forwarded message:\n\n> From: Ann Lee <ann@example.org>\n> Subject: Friday\n>\n"
        "> Does Friday suit you?\n> Ann",
        "From: Ann Lee <ann@example.org>\nSent: Monday\nTo: Tom\n\nDoes Friday suit you?\nAnn",
    ],
)
def test_what_is_forwarded_is_kept_apart(text: str) -> None:
    assert forwarded(text) == Forwarded("Ann Lee <ann@example.org>", "Does Friday suit you?\nAnn")
    assert own_words(text) in ("", "See below.")


def test_a_mail_without_another_in_it_forwards_nothing() -> None:
    assert forwarded(MINE) is None
    assert forwarded("See below.\n---------- Forwarded message ---------\n\n") is None


@pytest.mark.parametrize(
    "unit",
    ["\n>\n", "\n", ">\n", "On x\n", "a wrote:\n>\n", "From: x\n", "Thanks\n", "x" * 90 + "\n"],
)
def test_time_grows_with_the_length(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    before = time.perf_counter()
    own_words(text)
    forwarded(text)
    assert time.perf_counter() - before < 20
