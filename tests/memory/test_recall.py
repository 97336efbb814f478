"""Recall, end to end: small homes, and what is found in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from memory.errors import EmbedderUnavailable
from memory.events import Draft, Event, Message, Origin
from memory.evidence import FEATURES
from memory.fakes import HashEmbedder, SetClock
from memory.ports import Vectors
from memory.ranking import RecallSettings
from memory.recall import Memory, Recollection
from memory.store import MemoryStore

NOW = SetClock().now()
MAY = datetime(2023, 5, 8, 9, 30, tzinfo=UTC)
USER, ASSISTANT, OTHER = Origin.USER, Origin.ASSISTANT, Origin.THIRD_PARTY


def said(
    text: str,
    session: str = "s",
    origin: Origin = USER,
    at: datetime | None = None,
    speaker: str | None = None,
) -> Draft:
    message = Message(text=text, speaker=speaker)
    return Draft(payload=message, session_id=session, origin=origin, at=at)


def tell(store: MemoryStore, *drafts: Draft) -> list[Event]:
    events = store.append(drafts)
    store.catch_up()
    return events


def texts(recollection: Recollection) -> list[str]:
    return [memory.text for memory in recollection.memories]


def found(store: MemoryStore, query: str, k: int = 10) -> list[str]:
    return texts(store.recall(query, k))


def score_of(memories: Sequence[Memory], text: str) -> float:
    [score] = [memory.score for memory in memories if memory.text == text]
    return score


SUBJECTS = ["bicycle", "opera", "tax return", "garden gate", "harbour", "kettle", "ladder"]


def small_talk(store: MemoryStore, sessions: int = 6) -> None:
    """Turns that answer nothing that is asked here."""
    tell(
        store,
        *(
            said(f"Remark {n} on the {SUBJECTS[n % 7]} and the {SUBJECTS[n % 5]}", f"talk{n % 6}")
            for n in range(7 * sessions)
        ),
    )


def couple(store: MemoryStore, *turns: tuple[str, str], session: str = "import") -> list[Event]:
    """A conversation of two people as it is imported: Caroline is the user."""
    return tell(
        store,
        *(
            said(text, session, USER if who == "Caroline" else OTHER, MAY, who)
            for who, text in turns
        ),
    )


def test_an_empty_home_holds_nothing(store: MemoryStore) -> None:
    store.catch_up()
    recollection = store.recall("What is my sister allergic to?", 5)

    assert recollection.memories == ()
    assert recollection.confidence == 0
    assert recollection.degraded is None


def test_what_was_said_is_recalled_with_all_that_is_known_of_it(store: MemoryStore) -> None:
    small_talk(store)
    [event] = couple(store, ("Melanie", "I painted a heron"))

    memory = store.recall("heron", 1).memories[0]
    assert (memory.id, memory.seq, memory.text) == (event.id, event.seq, "I painted a heron")
    assert (memory.session_id, memory.origin, memory.speaker) == ("import", OTHER, "Melanie")
    assert memory.at == MAY


@pytest.mark.parametrize("query", ["", "🙂", "\x00", '"', "NEAR( OR *", "who is it?", "x" * 5000])
def test_any_query_is_answered(store: MemoryStore, query: str) -> None:
    small_talk(store)

    recollection = store.recall(query, 3)
    assert len(recollection.memories) <= 3
    assert 0 <= recollection.confidence <= 1


def test_as_many_are_recalled_as_are_asked_for(store: MemoryStore) -> None:
    small_talk(store)

    for k in (0, 1, 7):
        assert len(store.recall("opera", k).memories) == k


def test_scores_are_probabilities_and_fall(store: MemoryStore) -> None:
    small_talk(store)
    scores = [memory.score for memory in store.recall("Was the opera by the harbour?", 20).memories]

    assert len(scores) == 20
    assert all(0 < score < 1 for score in scores)
    assert all(better >= worse for better, worse in pairwise(scores))
    assert scores[0] > scores[-1]


def test_several_things_are_looked_for_in_several_sessions(store: MemoryStore) -> None:
    tell(
        store,
        *(said("The books I like", "one") for _ in range(8)),
        *(said("The books and the books I like", f"other{n}") for n in range(4)),
    )
    spread = store.recall("List the books I like", 5)
    dense = store.recall("List the books I like", 5, settings=RecallSettings().without("spread"))

    assert len(sessions(spread)) > len(sessions(dense))
    assert [m.score for m in dense.memories] == sorted(m.score for m in dense.memories)[::-1]


HOMES = ["I live in Ghent", "I live in Lyon", "I live in Porto"]


def moves(store: MemoryStore) -> None:
    small_talk(store)
    for year, home in enumerate(HOMES):
        tell(store, said(home, f"y{year}", at=MAY + timedelta(days=365 * year)))


@pytest.mark.parametrize("question", ["Where do I live now?", "Where do we currently live?"])
def test_of_how_it_is_the_newest_comes_first(store: MemoryStore, question: str) -> None:
    moves(store)

    assert found(store, question, 3) == HOMES[::-1]


@pytest.mark.parametrize(
    "question", ["Where did I live before?", "Where did I use to live?", "What was my old home?"]
)
def test_of_how_it_was_the_newest_comes_last(store: MemoryStore, question: str) -> None:
    moves(store)

    recalled = [text for text in found(store, question, 50) if text in HOMES]
    assert recalled == HOMES


def test_what_is_less_alike_is_no_better_for_its_age(store: MemoryStore) -> None:
    moves(store)
    tell(store, said("The canary is alive", "new", at=MAY + timedelta(days=2000)))

    assert found(store, "Where do I live now?", 1) == ["I live in Porto"]


def test_all_that_fit_are_counted_where_all_are_asked_for(store: MemoryStore) -> None:
    small_talk(store)
    books = [f"I read the book {title}" for title in ("Emma", "Dune", "Ulysses", "Momo")]
    tell(store, *(said(book, f"b{n}") for n, book in enumerate(books)))

    everything = store.recall("List all the books I read", 2)
    assert len(everything.memories) == 2
    assert len(books) <= everything.fitting < 20
    assert store.recall("What book did I read?", 2).fitting == 0


def sessions(recollection: Recollection) -> set[str]:
    return {memory.session_id for memory in recollection.memories}


def test_the_excluded_are_not_recalled(store: MemoryStore) -> None:
    small_talk(store)
    kept, excluded = tell(store, said("a heron flew", "a"), said("the heron flew", "b"))

    ids = [m.id for m in store.recall("heron", 50, exclude=[excluded.id, "unknown"]).memories]
    assert ids[0] == kept.id
    assert excluded.id not in ids


def test_what_was_said_later_is_not_recalled(store: MemoryStore) -> None:
    early, at, late = tell(
        store,
        *(said("a heron flew", f"s{n}", at=MAY + timedelta(seconds=n)) for n in range(3)),
    )

    until = MAY + timedelta(seconds=1)
    assert {m.id for m in store.recall("heron", 9, until=until).memories} == {early.id, at.id}
    assert late.id in {m.id for m in store.recall("heron", 9).memories}


def test_a_follow_up_is_about_what_was_said_just_before(store: MemoryStore) -> None:
    small_talk(store)
    tell(store, said("The heron nests in reeds", "a"), said("The violin needs strings", "b"))
    heron, violin = tell(store, said("heron nests", "now"), said("violin strings", "now"))

    def first(*context: Event) -> str:
        ids = [event.id for event in context]
        asked = store.recall("And then?", 1, exclude=[heron.id, violin.id], context=ids)
        return asked.memories[0].text

    assert first(heron) == "The heron nests in reeds"
    assert first(violin) == first(heron, violin) == "The violin needs strings"


def test_neither_a_question_asked_before_nor_its_answer_then_is_recalled(
    store: MemoryStore,
) -> None:
    small_talk(store)
    question = "What is my sister allergic to?"
    tell(store, said("My sister is allergic to walnuts", "a"))
    [asked] = tell(store, said(question, "b"))
    tell(store, reply("Your sister is allergic to peas", asked))
    tell(store, said("what is my SISTER allergic to??", "c"))

    recalled = found(store, question, 100)
    assert recalled[0] == "My sister is allergic to walnuts"
    assert not {question, "Your sister is allergic to peas"} & set(recalled)
    assert "what is my SISTER allergic to??" not in recalled


def test_what_another_assistant_answered_to_the_same_question_is_recalled(
    store: MemoryStore,
) -> None:
    small_talk(store)
    question = "What is a good bread for my sister?"
    tell(store, said(question, "old"), said("Try the rye bread", "old", ASSISTANT))

    recalled = found(store, question, 100)
    assert recalled[0] == "Try the rye bread"
    assert question not in recalled


def reply(text: str, to: Event) -> Draft:
    """An answer that this assistant gave."""
    message = Message(text=text, reply_to=to.id)
    return Draft(payload=message, session_id=to.session_id, origin=ASSISTANT)


def test_another_persons_answer_to_the_same_question_is_recalled(store: MemoryStore) -> None:
    small_talk(store)
    couple(store, ("Melanie", "What is your dog called?"), ("Caroline", "My dog is Rex."))

    recalled = found(store, "What is your dog called?")
    assert recalled[0] == "My dog is Rex."
    assert "What is your dog called?" not in recalled


def test_an_answer_is_found_by_the_question_before_it(store: MemoryStore) -> None:
    small_talk(store)
    couple(
        store,
        ("Melanie", "What is your dog called?"),
        ("Caroline", "Rex."),
        ("Melanie", "Lovely weather, too."),
    )

    assert found(store, "What is the name of Caroline's dog?").index("Rex.") < 2


def test_the_named_speaker_is_preferred(store: MemoryStore) -> None:
    small_talk(store)
    for session, who in [("a", "Melanie"), ("b", "Caroline"), ("c", "Melanie")]:
        couple(store, (who, "I painted a sunrise"), session=session)

    def speaker(name: str) -> str | None:
        return store.recall(f"What has {name} painted?", 1).memories[0].speaker

    assert speaker("Caroline") == "Caroline"
    assert speaker("Melanie") == "Melanie"


def test_turns_of_the_time_named_are_preferred(store: MemoryStore) -> None:
    small_talk(store)
    for month in (3, 5, 7):
        tell(
            store, said("I went to the lake", f"m{month}", at=datetime(2023, month, 9, tzinfo=UTC))
        )

    def month_of(time: str) -> int:
        return store.recall(f"Did I go to the lake {time}?", 1).memories[0].at.month

    assert month_of("in March 2023") == 3
    assert month_of("on 9 May 2023") == 5
    assert month_of("in July") == 7
    assert month_of("before April 2023") == 3


def test_the_users_words_come_before_those_of_the_assistant(store: MemoryStore) -> None:
    small_talk(store)
    tell(
        store,
        said("Walnuts are bad for my sister", "a"),
        said("I see.", "a", ASSISTANT),
        said("Something else", "b"),
        said("Walnuts are bad for my sister, noted", "b", ASSISTANT),
    )

    assert found(store, "Are walnuts bad?", 1) == ["Walnuts are bad for my sister"]


def test_the_assistants_words_are_preferred_when_they_are_asked_for(store: MemoryStore) -> None:
    small_talk(store)
    mine, reply = "Walnuts are bad for my sister", "Walnuts are bad for your sister"
    tell(store, said(mine, "a"), said("Noted", "a", ASSISTANT))
    tell(store, said("Anything?", "b"), said(reply, "b", ASSISTANT))

    def lead(query: str) -> float:
        memories = store.recall(query, 9).memories
        return score_of(memories, mine) / score_of(memories, reply)

    assert lead("What of walnuts for your sister?") > 1.5
    assert lead("What did you of walnuts for your sister?") < 1.2


def test_confidence_is_lower_when_only_someone_else_said_it(store: MemoryStore) -> None:
    small_talk(store)
    couple(
        store,
        ("Caroline", "I adopted a puppy from the shelter"),
        ("Melanie", "How sweet"),
        ("Caroline", "Thanks"),
        ("Melanie", "The children are asleep"),
        ("Caroline", "So late already"),
        ("Melanie", "Good night"),
    )

    said_so = store.recall("Where did Caroline adopt a puppy from the shelter?", 5).confidence
    another = store.recall("Where did Melanie adopt a puppy from the shelter?", 5).confidence
    assert 0 < another < said_so - 0.2 < 1


def test_confidence_is_higher_where_there_is_an_answer(store: MemoryStore) -> None:
    small_talk(store)
    tell(store, said("The blue heron nests in the reeds", "a"))

    known = store.recall("Where does the blue heron nest?", 5).confidence
    unknown = store.recall("Where does the grey goose sleep?", 5).confidence
    assert unknown < known


class Gone(HashEmbedder):
    """An embedder whose model was deleted after the home was filled."""

    gone = False

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.gone:
            raise EmbedderUnavailable("The embedding model is missing; run `lifelore setup`.")
        return super().embed(texts)


@pytest.mark.parametrize("gone_from_the_start", [True, False])
def test_without_an_embedder_memories_are_found_by_their_words(
    home: Path, gone_from_the_start: bool
) -> None:
    embedder = Gone()
    embedder.gone = gone_from_the_start
    store = MemoryStore(home, embedder)
    small_talk(store)
    [heron] = tell(store, said("A blue heron nests in the reeds", "a"))
    embedder.gone = True

    recollection = store.recall("Where do herons nest?", 5)
    assert recollection.memories[0].id == heron.id
    assert recollection.degraded is not None
    assert "words alone" in recollection.degraded
    assert store.recall("What is the heron's home?", 5).memories[0].id == heron.id
    assert store.recall("xylophone", 5).memories == ()
    store.close()


def test_the_speakers_view_can_be_switched_off(store: MemoryStore) -> None:
    couple(store, ("Caroline", "I paint"), ("Melanie", "Hello Caroline, Caroline and Caroline"))

    def best(settings: RecallSettings) -> float:
        recollection = store.recall("Caroline?", 5, settings=settings)
        return score_of(recollection.memories, "Hello Caroline, Caroline and Caroline")

    assert best(RecallSettings()) < best(RecallSettings().without("speakers_view"))


def test_a_feature_that_is_switched_off_changes_no_score(store: MemoryStore) -> None:
    small_talk(store)
    for month in (3, 7):
        tell(
            store, said("I went to the lake", f"m{month}", at=datetime(2023, month, 9, tzinfo=UTC))
        )

    def scores(settings: RecallSettings | None) -> list[float]:
        recollection = store.recall("Was the lake there in July 2023?", 2, settings=settings)
        return [memory.score for memory in recollection.memories]

    with_time, without = scores(None), scores(RecallSettings().without("span", "recency"))
    assert with_time[0] > with_time[1]
    assert without[0] == pytest.approx(without[1], abs=1e-6)


def test_all_can_be_switched_off_by_name() -> None:
    settings = RecallSettings().without(*FEATURES, "expand", "conversation", "speakers_view")

    for weights in (settings.among_people, settings.assisted):
        assert all(getattr(weights, name) == 0 for name in FEATURES)
        assert weights.bias < 0
    assert (settings.expand, settings.conversation, settings.speakers_view) == (0, 0.0, False)
    assert settings.spread == RecallSettings().spread
    with pytest.raises(AttributeError):
        RecallSettings().without("sparkle")


def test_the_settings_of_a_home_serve_until_others_are_given(home: Path) -> None:
    flat = RecallSettings().without(*FEATURES)
    store = MemoryStore(home, HashEmbedder(), recall=flat)
    small_talk(store)

    assert len({memory.score for memory in store.recall("opera", 9).memories}) == 1
    shaped = store.recall("opera", 9, settings=RecallSettings()).memories
    assert len({memory.score for memory in shaped}) > 1
    store.close()


def test_erased_turns_are_not_recalled_and_do_not_speak_for_others(store: MemoryStore) -> None:
    small_talk(store)
    question, _ = couple(store, ("Melanie", "What is your dog called?"), ("Caroline", "Rex."))
    query = "What is the name of Caroline's dog?"
    before = store.recall(query, 100).memories
    store.forget(store.plan_forgetting(ids=[question.id]))

    after = store.recall(query, 100).memories
    assert question.id not in {memory.id for memory in after}
    left = [memory.score for memory in after if memory.text == "Rex."]
    assert not left or left[0] < score_of(before, "Rex.")


def test_recall_does_not_change_with_a_rebuild_or_a_new_start(
    store: MemoryStore, home: Path
) -> None:
    small_talk(store)
    couple(store, ("Melanie", "What is your dog called?"), ("Caroline", "Rex the harbour dog"))
    tell(store, said("My dog likes the opera", "a"), said("Does it?", "a", ASSISTANT))
    queries = ["What is Caroline's dog called?", "What did you say of my dog?", "List the operas"]

    def recalled(store: MemoryStore) -> list[Recollection]:
        return [store.recall(query, 20) for query in queries]

    before = recalled(store)
    store.rebuild()
    assert recalled(store) == before

    store.close()
    again = MemoryStore(home, HashEmbedder(), clock=SetClock())
    again.catch_up()
    assert recalled(again) == before
    again.close()


COUPLES_PETS = (
    ("Caroline", "Work was long today, and the bus was late again."),
    ("Melanie", "Our dog is called Luna and she steals socks."),
    ("Caroline", "I painted a sunset over the weekend."),
    ("Melanie", "The kids loved the museum."),
)


def test_what_only_another_said_of_themselves_is_not_known(store: MemoryStore) -> None:
    couple(store, *COUPLES_PETS)
    assert not store.recall("What is Caroline's dog called?", 5).known
    assert store.recall("What is Melanie's dog called?", 5).known


@pytest.mark.parametrize(
    "words",
    [
        "What is my dog called?",
        "When I was young I lived in Rome.",
        "Is my grammar right: 'Caroline go to school'.",
        "What should I give Caroline?",
        "Caroline came by today.",
    ],
)
def test_nothing_is_declined_that_may_not_be_a_question_to_memory(
    store: MemoryStore, words: str
) -> None:
    couple(store, *COUPLES_PETS)
    assert store.recall(words, 5).known


def test_a_vector_that_is_no_number_is_no_certain_memory(tmp_path: Path) -> None:
    class Sick(HashEmbedder):
        def embed(self, texts: Sequence[str]) -> Vectors:
            vectors = super().embed(texts)
            vectors[[i for i, text in enumerate(texts) if "sick" in text]] = float("nan")
            return vectors

    store = MemoryStore(tmp_path, Sick())
    tell(store, said("a sick text", "a"), said("my dog is called Rex", "b"))
    memories = store.recall("dog Rex", 5).memories
    assert memories[0].text == "my dog is called Rex"
    assert all(memory.score < 0.9 for memory in memories)
    store.close()


def test_a_query_that_is_not_valid_text_is_answered(store: MemoryStore) -> None:
    tell(store, said("my dog is called Rex"))
    assert found(store, "\ud800 dog") == ["my dog is called Rex"]


def test_other_questions_asked_here_on_the_same_thing_are_not_recalled(store: MemoryStore) -> None:
    small_talk(store)
    tell(store, said("I live in Ghent, near the canal", "told"))
    [asked] = tell(store, said("Where did I live before?", "old"))
    tell(store, reply("You lived in Bruges", asked))

    recalled = found(store, "Where do I live?", 100)
    assert "I live in Ghent, near the canal" in recalled
    assert asked.text not in recalled
    assert "You lived in Bruges" not in recalled
    assert asked.text in found(store, "What did I ask about where I live?", 100)


def test_a_question_between_people_is_recalled_with_what_answers_it(store: MemoryStore) -> None:
    small_talk(store)
    couple(store, ("Melanie", "Where did you live before?"), ("Caroline", "In Bruges."))

    assert "Where did you live before?" in found(store, "Where did Caroline live?", 100)
