"""What is asked for again and again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assistant.elicit.belief import posterior_of
from assistant.elicit.policy import Elicitor
from assistant.elicit.repeated import OFTEN, Often, Wished, often, wished_in
from memory.events import Event, Message, Origin
from tests.assistant.elicit.builders import NOW, line

ELICITOR = Elicitor()
PRIOR = ELICITOR.prior
REQUESTS = (
    "Recommend a vegetarian restaurant near the station.",
    "Suggest a vegetarian recipe for dinner.",
    "Find me a vegetarian place to eat in Ghent.",
)


def request(text: str, number: int, origin: Origin = Origin.USER, session: str = "") -> Event:
    return Event(
        seq=number + 1,
        id=f"message {number}",
        session_id=session or f"session {number}",
        origin=origin,
        at=NOW - timedelta(days=10 - number),
        version=1,
        kind="message",
        payload=Message(text=text),
    )


def wished(*texts: str, session: str = "") -> list[Wished]:
    events = [request(text, n, session=session) for n, text in enumerate(texts)]
    return [one for event in events for one in wished_in(PRIOR, event)]


def repeated(*texts: str, session: str = "") -> list[Often]:
    return often(PRIOR, wished(*texts, session=session), [], NOW)


def test_what_is_asked_for_in_three_conversations_is_a_preference_with_its_evidence() -> None:
    [found] = repeated(*REQUESTS)
    assert (found.attribute, found.label) == ("diet", "vegetarian")
    assert found.sources == ("message 0", "message 1", "message 2")
    assert 0 < found.belief < 0.5
    assert repeated(*REQUESTS[:2]) == []
    assert repeated(*REQUESTS, session="the same") == []


def test_other_wishes_and_age_make_it_less_sure() -> None:
    [found] = repeated(*REQUESTS)
    [doubted] = repeated(*REQUESTS, "Recommend a steak restaurant.")
    assert doubted.belief < found.belief
    [old] = often(PRIOR, wished(*REQUESTS), [], NOW + timedelta(days=700))
    assert old.belief < found.belief


@pytest.mark.parametrize(
    "text",
    [
        "Recommend a vegetarian restaurant for my sister.",
        "Suggest a vegetarian restaurant, I'm allergic to nuts.",
        "What does vegetarian mean?",
        "Recommend a restaurant, not vegetarian.",
        "I ate in a vegetarian restaurant.",
    ],
)
def test_nothing_is_taken_from_what_is_for_others_sensitive_no_request_or_unwanted(
    text: str,
) -> None:
    assert wished_in(PRIOR, request(REQUESTS[0], 1))
    assert wished_in(PRIOR, request(text, 1)) == []


@pytest.mark.parametrize("origin", [Origin.ASSISTANT, Origin.THIRD_PARTY, Origin.TOOL])
def test_requests_of_others_say_nothing(origin: Origin) -> None:
    assert wished_in(PRIOR, request(REQUESTS[0], 1, origin)) == []


def test_what_the_user_states_is_told_by_the_line() -> None:
    stated = [line("I am vegan when I eat at a restaurant")]
    assert often(PRIOR, wished(*REQUESTS), stated, NOW) == []


def test_repeated_wishes_move_the_belief_less_than_a_statement() -> None:
    def of(wishes: list[Wished], said: list[str]) -> float:
        lines = [line(text) for text in said]
        observations = ELICITOR.observations(lines, [], wishes)
        posterior = posterior_of(PRIOR, "dining", observations, NOW)
        attributes = PRIOR.domains["dining"].attributes
        place = 1 + attributes["diet"].labels.index("vegetarian")
        return float(posterior.marginal[list(attributes).index("diet"), place])

    wishes = wished(*REQUESTS)
    nothing, once, thrice = of([], []), of(wishes[:1], []), of(wishes, [])
    assert nothing < once < thrice < of([], ["At a restaurant I want vegetarian food"])
    # More than OFTEN conversations say no more.
    assert of(wished(*REQUESTS, *REQUESTS), []) == pytest.approx(thrice, abs=0.02)
    assert OFTEN == 3


def test_what_requests_tell_is_asked_for_last() -> None:
    price = {"price"}
    wishes = wished(*(f"Recommend a cheap restaurant {place}." for place in ("a", "b", "c")))
    assert {one.attribute for one in wishes} == price

    def asked_first(known: list[Wished]) -> str:
        question = ELICITOR.next_question(
            "Recommend a restaurant at a good price.", [], [], "now", NOW, 5, known
        )
        assert question is not None
        return question.attribute

    assert asked_first(wishes) not in price
