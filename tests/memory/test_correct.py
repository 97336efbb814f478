"""Corrected answers: what stands, what is found, what goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory.correct import correct
from memory.errors import NotFound, RefusedInput
from memory.events import Correction, Draft, Event, Message, Note, Origin
from memory.fakes import HashEmbedder, ScriptedExtractor
from memory.forget import leftovers
from memory.store import MemoryStore
from memory.threads import conversation

ASKED = "Where does my aunt keep her bassoon?"
FIRST = "Your aunt keeps the bassoon in a turquoise gazebo."
MINE = "She keeps the bassoon in the lighthouse at Skagen."
OTHER = "The bassoon belongs to the orchestra of Aarhus."


@pytest.fixture
def answer(store: MemoryStore) -> Event:
    [asked] = store.append([said(ASKED)])
    [event] = store.append([said(FIRST, Origin.ASSISTANT, reply_to=asked.id)])
    store.append([said("Thank you. My canoe needs varnish.")])
    return event


def said(text: str, origin: Origin = Origin.USER, reply_to: str | None = None) -> Draft:
    return Draft(payload=Message(text=text, reply_to=reply_to), session_id="s", origin=origin)


def found(store: MemoryStore, query: str) -> list[str]:
    store.catch_up()
    return [memory.text for memory in store.recall(query, 10).memories]


def test_the_corrected_words_stand_where_the_answer_stood(
    store: MemoryStore, answer: Event
) -> None:
    made = correct(store.log, answer.id, f"  {MINE}\n")
    assert made is not None
    assert made.origin is Origin.USER
    [_, read, _] = conversation(store.log, "s")
    assert (read.id, read.text) == (answer.id, MINE)
    assert isinstance(read.payload, Message)
    assert read.payload.text == FIRST, "the first words are not lost"
    assert [event.text for event in store.log.session("s") if event.id == made.id] == [None]
    assert store.verify().ok


@pytest.mark.parametrize("seen_before", [True, False])
def test_recall_finds_the_corrected_words_and_no_longer_the_first(
    store: MemoryStore, answer: Event, seen_before: bool
) -> None:
    if seen_before:
        assert FIRST in found(store, "turquoise gazebo")
    correct(store.log, answer.id, OTHER)
    correct(store.log, answer.id, MINE)
    assert MINE in found(store, "Skagen lighthouse")
    assert FIRST not in found(store, "turquoise gazebo")
    assert [memory.text for memory in store.find("lighthouse", 5)] == [MINE]
    assert store.find("turquoise", 5) == store.find("orchestra", 5) == []
    [memory] = store.find("lighthouse", 5)
    assert (memory.id, memory.origin) == (answer.id, Origin.ASSISTANT)
    around = [near.text for near in store.neighbours(memory)]
    assert around == [ASKED, MINE, "Thank you. My canoe needs varnish."]


def test_it_is_nothing_that_the_user_said_of_themselves(store: MemoryStore, answer: Event) -> None:
    correct(store.log, answer.id, "I love opera. My sister is called Ingrid, and I live in Oslo.")
    store.catch_up()
    assert store.profile.lines(answer.at) == []


def test_a_rebuild_gives_what_following_gave(store: MemoryStore, answer: Event) -> None:
    store.catch_up()
    correct(store.log, answer.id, MINE)
    store.catch_up()
    followed = [(m.id, m.text, m.score) for m in store.recall("the bassoon", 10).memories]
    store.rebuild()
    assert [(m.id, m.text, m.score) for m in store.recall("the bassoon", 10).memories] == followed


def test_summaries_are_made_again(store: MemoryStore, answer: Event) -> None:
    def summed_up() -> str:
        store.catch_up()
        while store.derive(ScriptedExtractor(lambda _: {}), settle=True):
            pass
        return " ".join(each.text for each in store.summaries.all("stretch"))

    assert "turquoise" in summed_up()
    correct(store.log, answer.id, MINE)
    store.catch_up()
    assert "turquoise" not in " ".join(each.text for each in store.summaries.all("session"))
    assert "Skagen" in summed_up()


@pytest.mark.parametrize("by", ["answer", "correction", "message"])
def test_forgetting_takes_the_answer_with_all_its_corrections(
    store: MemoryStore, home: Path, answer: Event, by: str
) -> None:
    store.catch_up()
    one, two = correct(store.log, answer.id, OTHER), correct(store.log, answer.id, MINE)
    store.catch_up()
    assert one is not None
    assert two is not None
    assert leftovers(home, [MINE])
    assert isinstance(answer.payload, Message)
    asked = {"answer": answer.id, "correction": two.id, "message": answer.payload.reply_to or ""}
    plan = store.plan_forgetting(ids=[asked[by]])
    assert {answer.id, one.id, two.id} <= set(plan.ids)
    assert store.forget(plan).left_in == ()
    store.close()
    assert leftovers(home, [FIRST, OTHER, MINE]) == []
    again = MemoryStore(home, HashEmbedder())
    left = {"Thank you. My canoe needs varnish.", *([] if by == "message" else [ASKED])}
    assert set(found(again, "bassoon lighthouse gazebo orchestra")) == left
    again.close()


def test_corrected_words_that_repeat_what_is_forgotten_go_with_it(store: MemoryStore) -> None:
    [secret] = store.append([said("Skagen is where my aunt lives.")])
    [asked] = store.append([said("Where was that place?")])
    [failed] = store.append([said("I don't remember.", Origin.ASSISTANT, reply_to=asked.id)])
    made = correct(store.log, failed.id, "Your aunt lives at Skagen.")
    assert made is not None
    plan = store.plan_forgetting(ids=[secret.id])
    assert {failed.id, made.id} <= set(plan.ids)
    assert asked.id not in plan.ids


def test_what_stands_already_is_not_stored_and_a_correction_can_be_taken_back(
    store: MemoryStore, answer: Event
) -> None:
    assert correct(store.log, answer.id, FIRST) is None
    correct(store.log, answer.id, MINE)
    assert correct(store.log, answer.id, MINE) is None
    assert correct(store.log, answer.id, FIRST) is not None
    [_, read, _] = conversation(store.log, "s")
    assert read.text == FIRST
    assert FIRST in found(store, "turquoise gazebo")


def test_only_an_answer_with_words_is_corrected(store: MemoryStore, answer: Event) -> None:
    [note] = store.append([Draft(payload=Note(text="x"), session_id="s", origin=Origin.USER)])
    [failed] = store.append([said("", Origin.ASSISTANT)])
    mine = conversation(store.log, "s")[0]
    for other in (note, failed, mine):
        with pytest.raises(RefusedInput, match="no answer"):
            correct(store.log, other.id, MINE)
    with pytest.raises(RefusedInput, match="empty"):
        correct(store.log, answer.id, " \n")
    with pytest.raises(NotFound):
        correct(store.log, "nothing", MINE)
    store.forget(store.plan_forgetting(ids=[answer.id]))
    with pytest.raises(NotFound):
        correct(store.log, answer.id, MINE)
    assert not any(isinstance(e.payload, Correction) for e in store.log.session("s"))
