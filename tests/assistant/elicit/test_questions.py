"""Answers in words become observations."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.elicit.observe import MORE, WHOLE, from_lines
from assistant.elicit.prior import load_prior, parse_prior
from assistant.elicit.questions import NewQuestion, observed, read_answer, worded
from memory.user.lines import Topic
from tests.assistant.elicit.builders import NOW, line

PRIOR = load_prior()
SPICE = PRIOR.domains["dining"].attributes["spice"].labels
PICK = NewQuestion("dining", "spice", "pick_one", "?", SPICE, "")
YES_NO = NewQuestion("dining", "spice", "yes_no", "?", ("mild",), "")
OPEN = NewQuestion("dining", WHOLE, "open", "?", (), "")


@pytest.mark.parametrize(
    ("question", "text", "kind", "values"),
    [
        (PICK, "mild", "answer", [("spice", 0, True)]),
        (PICK, "2", "answer", [("spice", 1, True)]),
        (PICK, "Fiery, please!", "answer", [("spice", 2, True)]),
        (PICK, "I don't like spicy food", "answer", [("spice", 2, False)]),
        (PICK, "It doesn't matter", "no_matter", []),
        (PICK, "I don't really mind", "no_matter", []),
        (PICK, "skip", "skip", []),
        (PICK, "", "skip", []),
        (PICK, "I'd rather not say", "skip", []),
        (PICK, "Why do you ask?", "why", []),
        (PICK, "9", "unclear", []),
        (PICK, "my uncle has a boat", "unclear", []),
        (YES_NO, "Yes", "answer", [("spice", 0, True)]),
        (YES_NO, "no, not really", "answer", [("spice", 0, False)]),
        (YES_NO, "no, very hot", "answer", [("spice", 2, True)]),
        (OPEN, "cheap, and nothing noisy", "answer", [("price", 0, True)]),
        (OPEN, "Nothing special", "no_matter", []),
        (OPEN, "the stars above", "answer", []),
    ],
)
def test_replies(
    question: NewQuestion, text: str, kind: str, values: list[tuple[str, int, bool]]
) -> None:
    reading = read_answer(PRIOR, question, text)
    named = [(one.attribute, one.value, one.wanted) for one in reading.named]
    assert reading.kind == kind
    # A word may speak of further attributes; the expected ones are among them.
    assert set(values) <= set(named)
    assert bool(values) == bool(named)


def test_a_skip_says_little_and_an_unclear_reply_nothing() -> None:
    [skip] = observed(PRIOR, PICK, None, NOW, "a")
    assert skip.likelihood[0] > skip.likelihood[1]
    assert max(skip.likelihood) / min(skip.likelihood) < 3
    assert observed(PRIOR, PICK, "my uncle has a boat", NOW, "a") == []


def test_an_open_answer_speaks_of_what_it_names_and_of_what_it_leaves_out() -> None:
    found = {one.attribute: one for one in observed(PRIOR, OPEN, "vegan food", NOW, "a")}
    assert np.argmax(found["diet"].likelihood) == 2
    assert found["diet"].settles
    assert not found["price"].stated
    assert found["price"].likelihood[0] > found["price"].likelihood[1]
    assert observed(PRIOR, OPEN, "the stars above", NOW, "a") == []


def test_lines_speak_where_they_fit_and_sensitive_ones_only_with_consent() -> None:
    spoken = {
        (one.domain, one.attribute): one
        for one in from_lines(PRIOR, [line("In restaurants I like it quiet")])
    }
    assert spoken["dining", "atmosphere"].settles
    assert not any(domain == "films" for domain, _ in spoken)

    disliked = from_lines(PRIOR, [line("loud music in a restaurant: lively places", -1)])
    atmosphere = next(one for one in disliked if one.attribute == "atmosphere")
    assert int(np.argmin(atmosphere.likelihood)) == 3

    private = line("I want a vegan restaurant", topic=Topic.HEALTH)
    assert from_lines(PRIOR, [private]) == []
    assert from_lines(PRIOR, [line("I want a vegan restaurant", until=NOW)]) == []


def test_every_question_of_the_prior_has_words_and_reads_its_own_options() -> None:
    for domain, its in PRIOR.domains.items():
        assert worded(PRIOR, domain, WHOLE, "open") != worded(PRIOR, domain, MORE, "open")
        for name, attribute in its.attributes.items():
            question = NewQuestion(domain, name, "pick_one", "", attribute.labels, "")
            assert worded(PRIOR, domain, name, "pick_one").endswith("?")
            for place, label in enumerate(attribute.labels):
                named = read_answer(PRIOR, question, label).named
                assert (named[0].attribute, named[0].value, named[0].wanted) == (name, place, True)


def test_a_prior_that_does_not_hold_together_is_refused() -> None:
    text = """
    [model]
    lean_popularity = 2.0
    lean_care = 2.0
    minds_not_care = 0.5
    [tea]
    about = "tea"
    frequency = 1
    words = "tea"
    attributes.kind.ask = "Which?"
    attributes.kind.care = 0.5
    attributes.kind.values = [["green", 1, ""], ["black", 1, ""]]
    personas = { one = { share = 1, leans = { kind = "LEAN" } } }
    """
    assert parse_prior(text.replace("LEAN", "green")).tables["tea"].state.shape == (1, 1, 3)
    with pytest.raises(ValueError, match="leans to an unknown"):
        parse_prior(text.replace("LEAN", "red"))
