"""What speaks for a turn: every feature by itself, on hand-made candidates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from memory.events import Origin
from memory.evidence import FEATURES, Candidates, Weights, gather, unit, vector_of
from memory.log import to_ms
from memory.marks import Marks, marks_of
from memory.ports import Vectors
from memory.query import understand
from memory.ranking import RecallSettings, confidence_of, probability, rank
from memory.text import words
from memory.views.fulltext import STEM, Traits, hashed
from memory.views.sessions import Place

NOW = datetime(2024, 3, 12, 21, 2, tzinfo=UTC)


class Conversation:
    """Turns as candidates, without a home."""

    def __init__(self) -> None:
        self.places: dict[int, Place] = {}
        self.traits: dict[int, Traits] = {}
        self.parts: dict[int, Vectors] = {}

    def say(
        self,
        text: str,
        session: str = "s",
        origin: Origin = Origin.USER,
        speaker: str | None = None,
        at: datetime = NOW,
        vector: Sequence[float] = (0, 0),
        assisted: bool = False,
    ) -> int:
        seq = len(self.places) + 1
        position = sum(place.session_id == session for place in self.places.values())
        self.places[seq] = Place(seq, session, position, origin, speaker, to_ms(at), assisted)
        stems = np.array([(hashed(word), 1) for word in set(words(text))], dtype=STEM).tobytes()
        self.traits[seq] = Traits(len(words(text)), marks_of(text), stems)
        self.parts[seq] = np.array([vector], dtype=np.float32)
        return seq

    def features(
        self,
        question: str,
        *speakers: str,
        vector: Sequence[float] | None = (1, 0),
        scored: Sequence[int] | None = None,
    ) -> dict[int, dict[str, float]]:
        query = understand(question, speakers, NOW)
        found = Candidates(
            places=self.places,
            scored=list(self.places) if scored is None else scored,
            traits=self.traits,
            parts=self.parts if vector is not None else {},
            rarity={hashed(term): 1.0 for term in query.terms},
            mean_length=5,
        )
        asked = None if vector is None else np.array([vector], dtype=np.float32)
        evidence = gather(query, asked, found)
        return {
            place.seq: dict(zip(FEATURES, map(float, values), strict=True))
            for place, values in zip(evidence.places, evidence.values, strict=True)
        }


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


def test_meaning_is_the_cosine_and_never_below_nothing(talk: Conversation) -> None:
    near = talk.say("a", "1", vector=(1, 0))
    half = talk.say("b", "2", vector=(0.6, 0.8))
    against = talk.say("c", "3", vector=(-1, 0))

    features = talk.features("violin")
    assert [features[seq]["meaning"] for seq in (near, half, against)] == pytest.approx([1, 0.6, 0])


def test_a_long_turn_means_what_its_nearest_part_means(talk: Conversation) -> None:
    seq = talk.say("a")
    talk.parts[seq] = np.array([[0, 1], [1, 0], [-1, 0]], dtype=np.float32)

    assert talk.features("violin")[seq]["meaning"] == 1


def test_neighbours_lend_their_meaning_the_nearer_the_more(talk: Conversation) -> None:
    for vector in [(1, 0), (0, 1), (0, 1), (0, 1)]:
        talk.say("a", vector=vector)

    contexts = [each["context"] for each in talk.features("violin").values()]
    assert contexts == sorted(contexts, reverse=True)
    assert contexts[1] > contexts[2] > 0
    assert contexts[3] == 0


def test_neighbours_are_of_the_same_session(talk: Conversation) -> None:
    talk.say("violin", "1", vector=(1, 0))
    lone = talk.say("nothing", "2", vector=(0, 1))

    features = talk.features("violin")[lone]
    assert features["context"] == features["window_words"] == features["session_words"] == 0


def test_a_window_holds_the_words_that_its_turns_hold_between_them(talk: Conversation) -> None:
    first = talk.say("the violin")
    second = talk.say("an opera")
    far = [talk.say("nothing") for _ in range(3)][-1]

    features = talk.features("violin opera")
    assert features[first]["window_words"] == pytest.approx((1 + 0.6) / 2)
    assert features[second]["window_words"] == pytest.approx((1 + 0.6) / 2)
    assert features[far]["window_words"] == 0
    assert {each["session_words"] for each in features.values()} == {1}


def test_the_words_of_a_short_turn_count_for_more(talk: Conversation) -> None:
    short = talk.say("violin", "1")
    long = talk.say("violin " + " ".join(f"w{n}" for n in range(30)), "2")
    without = talk.say("opera", "3")

    features = talk.features("violin")
    assert 1 > features[short]["words"] > features[long]["words"] > 0
    assert features[without]["words"] == 0


def test_the_named_speaker_is_seen(talk: Conversation) -> None:
    hers = talk.say("a", speaker="Caroline")
    other = talk.say("b", speaker="Melanie", origin=Origin.THIRD_PARTY)

    features = talk.features("What does Caroline paint?", "Caroline", "Melanie")
    assert (features[hers]["named"], features[other]["named"]) == (1, 0)


def test_the_user_is_meant_by_i_among_people(talk: Conversation) -> None:
    mine = talk.say("a", "1")
    other = talk.say("b", "1", Origin.THIRD_PARTY)
    to_assistant = talk.say("c", "2", assisted=True)

    features = talk.features("What do I paint?")
    assert [features[seq]["named"] for seq in (mine, other, to_assistant)] == [1, 0, 0]
    assert talk.features("Who paints?")[mine]["named"] == 0


def test_the_assistants_words_count_when_they_are_asked_for(talk: Conversation) -> None:
    mine = talk.say("a")
    reply = talk.say("b", origin=Origin.ASSISTANT)

    plain = talk.features("What is good?")
    assert (plain[mine]["by_user"], plain[reply]["by_user"]) == (1, 0)
    assert talk.features("What did you say?")[reply]["by_user"] == 1


def test_a_turn_answers_the_question_before_it(talk: Conversation) -> None:
    asked = talk.say("What is your dog called?", vector=(0.8, 0.6))
    answer = talk.say("Rex.", vector=(0, 1))
    after = talk.say("Nice.", vector=(0, 1))

    features = talk.features("dog")
    assert features[answer]["answers"] == pytest.approx(0.8)
    assert features[asked]["answers"] == features[after]["answers"] == 0
    assert [features[seq]["asks"] for seq in (asked, answer, after)] == [1, 0, 0]


def test_the_reply_speaks_for_the_turn_it_answers(talk: Conversation) -> None:
    asked = talk.say("Which one?", assisted=True)
    talk.say("The violin.", origin=Origin.ASSISTANT, assisted=True)
    next_one = talk.say("Thanks", assisted=True)

    features = talk.features("violin")
    assert features[asked]["reply_words"] > 0
    assert features[next_one]["reply_words"] == 0


@pytest.mark.parametrize(
    ("question", "feature", "text"),
    [
        ("When was it?", "time", "it was in June"),
        ("How many were there?", "number", "there were three"),
        ("Where was it?", "name", "it was in Rome"),
    ],
)
def test_what_is_wanted_counts_where_it_is_held(
    talk: Conversation, question: str, feature: str, text: str
) -> None:
    holding, without = talk.say(text), talk.say("nothing of the kind")

    features = talk.features(question)
    assert (features[holding][feature], features[without][feature]) == (1, 0)
    assert talk.features("Why?")[holding][feature] == 0


def test_newer_sessions_are_more_recent_whatever_their_order(talk: Conversation) -> None:
    old = talk.say("a", "z", at=NOW - timedelta(days=900))
    new = talk.say("b", "a", at=NOW)
    middle = talk.say("c", "m", at=NOW - timedelta(days=1))

    features = talk.features("violin")
    recency = [features[seq]["recency"] for seq in (new, middle, old)]
    assert recency == pytest.approx([1, math.exp(-1 / 20), math.exp(-2 / 20)])


def test_the_time_named_is_close_to_what_was_said_then(talk: Conversation) -> None:
    then = talk.say("a", at=datetime(2023, 6, 5, tzinfo=UTC))
    later = talk.say("b", at=datetime(2023, 9, 5, tzinfo=UTC))

    features = talk.features("What was in June?")
    assert features[then]["span"] == 1
    assert features[later]["span"] < 0.01
    assert talk.features("What was it?")[then]["span"] == 0


def test_only_the_scored_are_described(talk: Conversation) -> None:
    talk.say("a")
    second = talk.say("b")

    assert set(talk.features("violin", scored=[second])) == {second}
    assert talk.features("violin", scored=[]) == {}


def test_without_an_embedder_words_still_speak(talk: Conversation) -> None:
    seq = talk.say("a violin")

    features = talk.features("violin", vector=None)[seq]
    assert features["meaning"] == features["context"] == features["thread"] == 0
    assert features["words"] > 0


def test_nothing_found_is_no_evidence(talk: Conversation) -> None:
    query = understand("violin", [], NOW)
    evidence = gather(query, None, Candidates({}, [], {}, {}, {}, 1.0))

    ranked, logits = rank(query, evidence, RecallSettings())
    assert ranked == []
    assert confidence_of(query, evidence, logits) == 0


def test_every_feature_but_the_thread_lies_between_0_and_1(talk: Conversation) -> None:
    for number, text in enumerate(["When in June 2023?", "violin opera", "", "Two in Rome"] * 5):
        angle = number / 3
        talk.say(
            text,
            f"s{number % 3}",
            [Origin.USER, Origin.ASSISTANT, Origin.THIRD_PARTY][number % 3],
            vector=(math.cos(angle), math.sin(angle)),
            at=NOW - timedelta(days=number),
        )
    for features in talk.features("Where did I hear two violin operas in June 2023?").values():
        assert all(0 <= value <= 1 + 1e-6 for value in features.values())


def test_a_weight_stands_where_its_feature_stands() -> None:
    assert set(Weights.__dataclass_fields__) == {"bias", *FEATURES}
    weights = vector_of(Weights(bias=9, span=2, named=-1))

    assert weights[FEATURES.index("span")] == 2
    assert weights[FEATURES.index("named")] == -1
    assert weights.sum() == 1


def test_unit_rows_have_length_1_and_zero_stays() -> None:
    rows = unit(np.array([[3, 4], [0, 0]], dtype=np.float32))

    assert rows.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 0]]


def test_probability_is_that_of_a_logit() -> None:
    assert probability(0) == 0.5
    assert probability(2) == pytest.approx(1 - probability(-2))
    assert 0 < probability(-1e9) < probability(1e9) < 1


def test_marks_of_a_place_without_traits_are_none(talk: Conversation) -> None:
    seq = talk.say("Is it June?")
    del talk.traits[seq], talk.parts[seq]

    features = talk.features("When is the violin?")[seq]
    assert features["asks"] == features["time"] == features["words"] == features["meaning"] == 0
    assert Marks.TIME in marks_of("Is it June?")
