"""Whether a request hinges on tastes, and on which."""

from __future__ import annotations

import pytest

from assistant.elicit.prior import load_prior
from assistant.elicit.request import needs_asking, task_of

PRIOR = load_prior()


@pytest.mark.parametrize(
    ("request_text", "domain"),
    [
        ("Can you recommend a restaurant in Bangkok?", "dining"),
        ("What should I cook tonight?", "cooking"),
        ("Book a hotel in Rome, please.", "travel"),
        ("I'm looking for a novel for the beach. Which book would you pick?", "books"),
        ("Gift ideas for my mother", "gifts"),
        ("Which laptop should I buy?", "shopping"),
        ("What are some great films to watch with my son?", "films"),
        ("For my trip to Rome, which book should I read?", "books"),
        ("Plan my week.", "work"),
    ],
)
def test_a_request_for_advice_has_a_domain(request_text: str, domain: str) -> None:
    task = task_of(PRIOR, request_text)
    assert task is not None
    assert task.domain == domain


@pytest.mark.parametrize(
    "request_text",
    [
        "Who directed the film Alien?",
        "How long should I cook rice?",
        "How do I bake bread?",
        "What is the best film of 1994 according to the critics?",
        "I booked a restaurant yesterday.",
        "I love books about travel.",
        "Why does my dog bark?",
        "Fix the bug in my playlist script.",
        "Recommend a sorting algorithm.",
        "Can you suggest a name for my boat?",
        "I need to know when the concert starts.",
        "Quel film devrais-je regarder ?",
        "",
    ],
)
def test_a_fact_a_statement_and_the_unknown_are_never_asked_about(request_text: str) -> None:
    assert not needs_asking(PRIOR, request_text)


def test_only_what_the_subject_hinges_on_is_relevant() -> None:
    names = list(PRIOR.domains["travel"].attributes)
    hotel = task_of(PRIOR, "Find me a room in a nice hotel.")
    trip = task_of(PRIOR, "Where should I travel?")
    assert hotel is not None
    assert trip is not None
    relevance = dict(zip(names, hotel.relevance, strict=True))
    assert relevance["lodging"] == relevance["budget"] == 1.0
    assert relevance["seat"] < 0.5
    assert trip.relevance[names.index("landscape")] == 1.0
