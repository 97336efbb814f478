"""The full-text view: what it keeps of every turn, and what it gives back when one is erased."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from memory.events import Draft, Message, Origin
from memory.fakes import HashEmbedder
from memory.marks import Marks
from memory.store import MemoryStore
from memory.views.fulltext import Traits, hashed, stems


def tell(store: MemoryStore, *texts: str) -> list[int]:
    drafts = [
        Draft(payload=Message(text=text), session_id="s", origin=Origin.USER) for text in texts
    ]
    events = store.append(drafts)
    store.catch_up()
    return [event.seq for event in events]


def forget(store: MemoryStore, *seqs: int) -> None:
    ids = [event.id for event in store.log.at(seqs)]
    store.forget(store.plan_forgetting(ids=ids))


def traits_of(store: MemoryStore, seq: int) -> Traits:
    return store.fulltext.traits([seq])[seq]


def stems_of(traits: Traits) -> dict[int, int]:
    return {int(row["stem"]): int(row["count"]) for row in traits.stems}


def test_inflections_share_a_stem() -> None:
    [running, runs] = stems(["running", "She runs"])

    assert set(running) & set(runs)


def test_accents_and_case_do_not_make_another_stem() -> None:
    [accented, plain] = stems(["CAFÉ", "cafe"])

    assert accented == plain


def test_the_words_of_one_text_are_not_those_of_the_next() -> None:
    assert stems(["violin violin", "", "opera"]) == [{"violin": 2}, {}, {"opera": 1}]
    assert stems([]) == []


def test_a_turn_keeps_its_length_its_marks_and_its_stems(store: MemoryStore) -> None:
    [seq] = tell(store, "Did the violin and two other violins come in June?")

    traits = traits_of(store, seq)
    kept = stems_of(traits)
    assert traits.length == 10
    assert traits.marks == (Marks.ASKS | Marks.ONLY_ASKS | Marks.NUMBER | Marks.NAME | Marks.TIME)
    assert kept[hashed("violin")] == 2
    assert kept[hashed("june")] == 1


def test_words_that_carry_no_meaning_are_not_kept(store: MemoryStore) -> None:
    [meant, empty] = tell(store, "I would have been at the opera", "and then it was that")

    assert stems_of(traits_of(store, meant)) == {hashed("opera"): 1}
    assert len(traits_of(store, empty).stems) == 0
    assert traits_of(store, empty).length == 5


def test_a_word_said_a_thousand_times_is_counted_as_far_as_a_byte_goes(store: MemoryStore) -> None:
    [seq] = tell(store, "tick " * 1000)

    assert stems_of(traits_of(store, seq)) == {hashed("tick"): 255}
    assert traits_of(store, seq).length == 1000


@pytest.mark.parametrize("text", ["🙂", "a\x00b violin", "…", "ⅷ ½ ß"])
def test_odd_texts_have_traits(store: MemoryStore, text: str) -> None:
    [seq] = tell(store, text)

    assert traits_of(store, seq).length >= 0
    assert store.fulltext.size()[0] == 1


def test_only_turns_have_traits(store: MemoryStore) -> None:
    [seq] = tell(store, "violin")

    assert set(store.fulltext.traits([seq, seq + 1, 10**9])) == {seq}
    assert store.fulltext.traits([]) == {}


def test_the_stems_of_a_query_are_those_of_a_turn(store: MemoryStore) -> None:
    text = "Where did the runners of the café play?"
    [seq] = tell(store, text)

    assert store.fulltext.stems_of(text) == set(stems_of(traits_of(store, seq)))
    assert store.fulltext.stems_of("what is it?") == frozenset()


def test_a_common_word_is_less_rare(store: MemoryStore) -> None:
    tell(store, "opera and violin", "opera", "opera again", "something else")

    rarity = store.fulltext.rarity(["opera", "violins", "bassoon"])
    common, rare, unheard = (rarity[hashed(stem)] for stem in ("opera", "violin", "bassoon"))
    assert 0 < common < rare < unheard


def test_no_terms_have_no_rarity(store: MemoryStore) -> None:
    assert store.fulltext.rarity([]) == {}
    assert store.fulltext.search([], 5) == []


def test_size_is_the_turns_and_their_mean_length(store: MemoryStore) -> None:
    assert store.fulltext.size() == (0, 1.0)
    tell(store, "one two three", "four")

    assert store.fulltext.size() == (2, 2.0)


def test_the_best_turn_is_found_first_and_phrases_are_kept_together(store: MemoryStore) -> None:
    apart, together, _ = tell(store, "blue is no heron", "a blue heron", "nothing")

    [(first, best), *rest] = store.fulltext.search(["blue heron", "heron"], 5)
    assert first == together
    assert [seq for seq, _ in rest] == [apart]
    assert all(score < best for _, score in rest)
    assert len(store.fulltext.search(["heron"], 1)) == 1


@pytest.mark.parametrize("term", ['"', "a OR b", "NEAR(", "heron*", "text:heron", "\x00", "^heron"])
def test_a_term_is_no_syntax(store: MemoryStore, term: str) -> None:
    [seq] = tell(store, "a heron")

    assert {hit for hit, _ in store.fulltext.search([term, "heron"], 5)} == {seq}


def test_erasing_takes_the_traits_and_the_totals_back(store: MemoryStore) -> None:
    kept, erased = tell(store, "opera opera", "one violin more than I said")
    before = store.fulltext.rarity(["opera"])
    forget(store, erased)

    assert set(store.fulltext.traits([kept, erased])) == {kept}
    assert store.fulltext.size() == (1, 2.0)
    assert store.fulltext.search(["violin"], 5) == []
    assert store.fulltext.rarity(["opera"]) != before
    forget(store, kept)
    assert store.fulltext.size() == (0, 1.0)


def test_a_rebuild_keeps_the_same(store: MemoryStore, home: Path) -> None:
    random = Random(7)
    vocabulary = ["opera", "violins", "running", "gates?", "June", "7", "the", "Ünder"]
    seqs = tell(store, *(" ".join(random.choices(vocabulary, k=9)) for _ in range(40)))
    forget(store, *seqs[3:9])

    def kept(store: MemoryStore) -> object:
        traits = store.fulltext.traits(seqs)
        return (
            {seq: (t.length, t.marks, t.stems.tolist()) for seq, t in traits.items()},
            store.fulltext.size(),
            store.fulltext.rarity(vocabulary),
        )

    before = kept(store)
    store.rebuild("fulltext")
    assert kept(store) == before

    again = MemoryStore(home, HashEmbedder())
    assert kept(again) == before
    again.close()


def test_words_typed_are_found_all_together_and_the_last_while_it_is_written(
    store: MemoryStore,
) -> None:
    both, _ = tell(store, "The violin stood by the window.", "A violin case.")

    def found(typed: str) -> list[int]:
        return [memory.seq for memory in store.find(typed, 10)]

    assert found("violin win") == [both]
    assert len(found("violin")) == 2
    assert found("WINDOW, violins") == [both]
    assert found('violin "NEAR( win') == []
    assert found("") == found("  ?! ") == []
    forget(store, both)
    assert found("window") == []
