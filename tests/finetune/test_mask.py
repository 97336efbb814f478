"""Identifiers and secrets never train; ordinary words and numbers do."""

from __future__ import annotations

import pytest

from finetune.mask import Masker

SECRET = [
    ("write to marie.duval+home@example.co.uk today", "marie.duval"),
    ("call +49 171 555 01 23 now", "555"),
    ("call (415) 555-0132", "555"),
    ("call 0171/5550123", "5550123"),
    ("IBAN DE89 3704 0044 0532 0130 00 please", "3704"),
    ("card 4111 1111 1111 1111 exp 09/27", "1111"),
    ("card 4111-1111-1111-1111", "1111"),
    ("my password is Tr0ub4dor&3.", "Tr0ub4dor"),
    ("Passwort: hunter2", "hunter2"),
    ("the PIN is 4821, as always", "4821"),
    ("the password for the Wi-Fi is Mellow42", "Mellow42"),
    ("sk-proj-abcdefghijklmnopqrstuv12 is the key", "abcdefghij"),
    ("ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4", "A1b2"),
    ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    ("use eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSM", "zdWIi"),
    ("blob 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "9f86d081"),
    ("https://files.example.com/a?token=abc123&x=1", "abc123"),
    ("https://bob:pw@example.com/", "bob"),
    ("I live at 12 Old Mill Lane in town", "Old Mill"),
    ("Wir wohnen Lindenstraße 14", "Linden"),
    ("au 14 rue de la Paix", "Paix"),
    ("my number is 123-45-6789", "6789"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
]
HARMLESS = [
    "We met 12 people on 2024-05-16 at 14:30, and again 3/4/2024.",
    "The years 2019-2021 were hard; 1,250,000 euros were raised.",
    "The password is wrong, and the token was lost; a secret is a secret.",
    "See https://www.youtube.com/watch?v=DF31qCrclC0 for the talk.",
    "Order 10248 weighs 3.14159265 kg, version 1.2.3.4.",
    "counterrevolutionaries and internationalisation are long words",
    "He lives on the other side of the street, ten minutes away.",
]


@pytest.mark.parametrize(("text", "secret"), SECRET)
def test_what_identifies_or_opens_is_replaced(text: str, secret: str) -> None:
    masked = Masker().mask(text)
    assert secret not in masked
    assert "[" in masked


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_text_stays(text: str) -> None:
    assert Masker().mask(text) == text


def test_the_same_value_has_the_same_placeholder() -> None:
    masker = Masker()
    assert masker.mask("a@b.org, c@d.org, A@b.org") == "[e-mail 1], [e-mail 2], [e-mail 1]"
    assert masker.mask("again c@d.org") == "again [e-mail 2]"


def test_words_around_a_secret_stay() -> None:
    assert Masker().mask("My password is Xy7!pq. Thanks!") == "My password is [secret 1]. Thanks!"


def test_a_number_that_fails_its_check_digit_is_no_card() -> None:
    assert Masker().mask("item 4111 1111 1111 1112") == "item 4111 1111 1111 1112"
