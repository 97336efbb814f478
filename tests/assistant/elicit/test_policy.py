"""Which question is put, and when none is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from assistant.elicit.belief import posterior_of
from assistant.elicit.gain import expected_alignment, worth_of_choice
from assistant.elicit.history import AskedBefore
from assistant.elicit.observe import OPEN, WHOLE
from assistant.elicit.policy import Costs, Elicitor
from assistant.elicit.questions import NO_MATTER, NewQuestion
from tests.assistant.elicit.builders import NOW, answered, line

ASK = "Recommend a restaurant for tonight."
ELICITOR = Elicitor()
EAGER = Elicitor(costs=Costs(pick_one=0.0, yes_no=0.0, open=0.0))


def asked_through(elicitor: Elicitor, answer: str | None, session: str = "s") -> list[AskedBefore]:
    asked: list[AskedBefore] = []
    while question := elicitor.next_question(ASK, [], asked, session, NOW):
        asked.append(answered(question, answer, len(asked), session))
    return asked


def test_at_most_five_a_session_and_never_the_same_again() -> None:
    first = asked_through(EAGER, NO_MATTER)
    assert len(first) == 5
    second = EAGER.next_question(ASK, [], first, "another", NOW)
    assert second is not None
    assert second.attribute not in {one.attribute for one in first}
    assert len({one.attribute for one in first}) == 5


def test_a_retracted_answer_may_be_asked_for_again() -> None:
    question = ELICITOR.next_question(ASK, [], [], "s", NOW)
    assert question is not None
    taken_back = replace(answered(question, "cheap"), outcome="retracted", answer=None)
    assert ELICITOR.next_question(ASK, [], [taken_back], "t", NOW) == question


def test_two_skips_in_a_row_end_it_and_one_question_waits_at_a_time() -> None:
    assert len(asked_through(EAGER, None)) == 2
    question = EAGER.next_question(ASK, [], [], "s", NOW)
    assert question is not None
    waiting = replace(answered(question, None), outcome="waiting")
    assert EAGER.next_question(ASK, [], [waiting], "s", NOW) is None
    assert EAGER.next_question(ASK, [], [waiting], "later", NOW) is not None


def test_no_question_where_a_plain_answer_does_as_well() -> None:
    assert ELICITOR.next_question("Who wrote Emma?", [], [], "s", NOW) is None
    everything = [
        answered(
            NewQuestion("dining", name, "pick_one", "", attribute.labels, ""), NO_MATTER, i, "old"
        )
        for i, (name, attribute) in enumerate(ELICITOR.prior.domains["dining"].attributes.items())
    ]
    assert ELICITOR.next_question(ASK, [], everything, "s", NOW) is None


def test_what_is_known_or_said_in_the_request_is_not_asked() -> None:
    known = [line("For dinner I want cheap, vegan food in a quiet place")]
    asked: list[AskedBefore] = []
    while question := EAGER.next_question(ASK, known, asked, "s", NOW, limit=20):
        asked.append(answered(question, NO_MATTER, len(asked)))
    attributes = {one.attribute for one in asked}
    assert "spice" in attributes
    assert not attributes & {"price", "diet", "atmosphere", *OPEN}

    cheap = "Recommend a cheap Italian restaurant."
    asked = []
    while question := EAGER.next_question(cheap, [], asked, "s", NOW, limit=20):
        asked.append(answered(question, NO_MATTER, len(asked)))
    assert not {one.attribute for one in asked} & {"price", "cuisine"}


def test_a_shared_attribute_is_asked_in_one_domain_only_and_known_in_both() -> None:
    labels = ELICITOR.prior.domains["cooking"].attributes["diet"].labels
    diet = NewQuestion("cooking", "diet", "pick_one", "", labels, "")
    asked = [answered(diet, "vegan", 0, "old")]
    rows = {row.attribute: row for row in ELICITOR.beliefs("dining", [], asked, NOW)}
    assert rows["diet"].value == "vegan"
    assert rows["diet"].probability > 0.5
    assert rows["diet"].sources == ("answer 0",)
    following = [*asked]
    while question := EAGER.next_question(ASK, [], following, "s", NOW, limit=20):
        assert question.attribute != "diet"
        following.append(answered(question, NO_MATTER, len(following)))


def test_an_answer_moves_what_goes_with_it() -> None:
    def of(asked: list[AskedBefore]) -> float:
        posterior = posterior_of(ELICITOR.prior, "dining", ELICITOR.observations([], asked), NOW)
        names = list(ELICITOR.prior.domains["dining"].attributes)
        labels = ELICITOR.prior.domains["dining"].attributes["portions"].labels
        at = 1 + labels.index("tasting menu")
        return float(posterior.marginal[names.index("portions"), at])

    price = ELICITOR.prior.domains["dining"].attributes["price"].labels
    upscale = answered(NewQuestion("dining", "price", "pick_one", "", price, ""), "upscale")
    assert of([upscale]) > of([]) * 1.1


def test_a_later_answer_outweighs_an_earlier_and_age_fades() -> None:
    price = ELICITOR.prior.domains["dining"].attributes["price"].labels
    question = NewQuestion("dining", "price", "pick_one", "", price, "")
    old = answered(question, "cheap", 0, at=NOW - timedelta(days=30))
    correction = [line("At dinner I now want upscale places", last_at=NOW)]

    def price_row(known: list[object], days: int = 0) -> tuple[str, float]:
        rows = ELICITOR.beliefs("dining", known, [old], NOW + timedelta(days=days))  # type: ignore[arg-type]
        row = next(row for row in rows if row.attribute == "price")
        return row.value, row.probability

    assert price_row([])[0] == "cheap"
    assert price_row([*correction])[0] == "upscale"
    assert price_row([], 3000)[1] < price_row([])[1]


def test_the_gain_is_that_of_enumeration() -> None:
    posterior = posterior_of(ELICITOR.prior, "dining", [], NOW)
    relevance = np.ones(len(posterior.weight))
    counts = [len(one.values) for one in ELICITOR.prior.domains["dining"].attributes.values()]
    gains = [worth_of_choice(posterior, relevance, a, n) for a, n in enumerate(counts)]
    assert all(gain.alignment >= -1e-12 and gain.information > 0 for gain in gains)
    left = 1 - expected_alignment(posterior, relevance)
    assert max(gain.alignment for gain in gains) < left
    irrelevant = np.zeros(len(counts))
    irrelevant[2] = 1.0
    only = worth_of_choice(posterior, irrelevant, 2, counts[2])
    assert only.alignment > max(gain.alignment for gain in gains)


@pytest.mark.parametrize("answer", ["cheap", NO_MATTER])
def test_questions_say_why_and_offer_choices(answer: str) -> None:
    asked: list[AskedBefore] = []
    while question := EAGER.next_question(ASK, [], asked, "s", NOW):
        assert "a place to eat" in question.why
        assert question.text.endswith("?")
        assert (question.choices == ()) == (question.form == "open")
        if question.choices:
            assert question.choices[-1] == NO_MATTER
        asked.append(answered(question, answer, len(asked)))
    assert asked[0].attribute == WHOLE


def test_the_welcome_interview_is_short_closed_and_adapts() -> None:
    questions = ELICITOR.welcome([], [], NOW)
    assert 3 <= len(questions) <= 5
    assert len({one.domain for one in questions}) == len(questions)
    assert all(one.form != "open" for one in questions)
    after = ELICITOR.welcome([], [answered(questions[0], NO_MATTER)], NOW)
    assert questions[0] not in after
