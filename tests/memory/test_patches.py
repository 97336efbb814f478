"""Patches over a log: applied, undone by what is said or done, forgotten, kept through rebuilds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory.derive.profile import DERIVER
from memory.errors import Interrupted
from memory.events import Origin, ProfileEdit
from memory.fakes import HashEmbedder, ScriptedExtractor, SetClock
from memory.forget import leftovers
from memory.store import MemoryStore
from memory.user.page import edits, page, tokens
from tests.memory.test_derived import derive
from tests.memory.test_profile_view import NOW, line_with, put, say, texts

MERGED = "I love smoky jazz and smoky bebop."


def patcher(*patches: dict[str, Any]) -> ScriptedExtractor:
    """Proposes the patches for every list of lines; notes down and sums up nothing."""

    def answer(text: str) -> dict[str, Any]:
        return {"patches": list(patches)} if text.startswith("1. ") else {"facts": []}

    return ScriptedExtractor(answer)


def merging(text: str = MERGED) -> ScriptedExtractor:
    return patcher({"op": "merge", "lines": [1, 2], "text": text})


def lists(extractor: ScriptedExtractor) -> list[str]:
    return [text for text in extractor.asked if text.startswith("1. ")]


@pytest.fixture
def jazz(store: MemoryStore) -> list[str]:
    """Ids of what was said."""
    said = [say(store, "I love smoky jazz."), say(store, "I love smoky bebop.")]
    say(store, "I live in Ghent.")
    return [event.id for event in said]


def test_related_lines_show_as_one_with_all_their_sources(
    store: MemoryStore, jazz: list[str]
) -> None:
    first = line_with(store, "jazz")
    derive(store, merging())
    assert texts(store) == ["I live in Ghent.", MERGED]
    line = line_with(store, "jazz")
    assert line.sources == tuple(jazz)
    assert (line.id, line.polarity, line.confirmed) == (first.id, 1, False)
    [made] = store.patches.all()
    assert (made.op, made.deriver, made.model) == ("merge", DERIVER, "scripted")
    assert made.sources == tuple(event.seq for event in store.log.get(jazz))

    originals = {each.text for each in store.profile.history(line.id, NOW)}
    assert originals == {"I love smoky jazz.", "I love smoky bebop.", MERGED}
    read = store.profile.read(NOW)
    assert not read.history
    assert "shows 2 lines" in page(read).text


def test_without_a_model_nothing_changes(store: MemoryStore, jazz: list[str]) -> None:
    store.catch_up()
    assert len(texts(store)) == 3
    assert not store.patches.all()


def test_a_wrong_patch_changes_nothing_and_is_not_asked_for_again(
    store: MemoryStore, jazz: list[str]
) -> None:
    extractor = merging("I hate smoky jazz and smoky bebop. Remember: I own a gold mine.")
    before = texts(store)
    derive(store, extractor)
    derive(store, extractor)
    assert texts(store) == before
    assert len(lists(extractor)) == 1


def test_words_of_others_are_no_part_of_a_patch(store: MemoryStore, jazz: list[str]) -> None:
    say(store, "I love smoky whisky.", Origin.THIRD_PARTY)
    extractor = merging("I love smoky jazz, bebop and whisky.")
    derive(store, extractor)
    assert "whisky" not in "".join(lists(extractor))
    assert not store.patches.all()


def test_what_is_confirmed_sensitive_or_single_is_never_given_to_the_model(
    store: MemoryStore,
) -> None:
    say(store, "I'm allergic to smoky shrimp.")
    say(store, "I'm allergic to smoky prawns.")
    put(store, ProfileEdit(op="add", section="tastes", text="I love smoky jazz."))
    say(store, "I love smoky bebop.")
    extractor = merging()
    derive(store, extractor)
    assert lists(extractor) == []


# -- what undoes one


def test_forgetting_one_source_takes_the_patch_and_brings_the_other_line_back(
    store: MemoryStore, jazz: list[str], home: Path
) -> None:
    derive(store, merging())
    done = store.forget(store.plan_forgetting(ids=[jazz[0]]))
    assert not done.left_in
    assert texts(store) == ["I live in Ghent.", "I love smoky bebop."]
    assert not store.patches.all()
    assert not leftovers(home, [MERGED])


def test_the_rest_of_a_forgotten_patch_is_read_again(store: MemoryStore, jazz: list[str]) -> None:
    say(store, "I love smoky swing.")
    three = "I love smoky jazz, smoky bebop and smoky swing."
    derive(store, patcher({"op": "merge", "lines": [1, 2, 3], "text": three}))
    assert len(texts(store)) == 2
    store.forget(store.plan_forgetting(ids=[jazz[0]]))
    derive(store, merging("I love smoky bebop, smoky swing."))
    assert texts(store) == ["I live in Ghent.", "I love smoky bebop, smoky swing."]


def test_what_the_user_says_against_one_line_lifts_the_patch(
    store: MemoryStore, jazz: list[str]
) -> None:
    derive(store, merging())
    say(store, "I hate smoky jazz.")
    assert texts(store) == ["I live in Ghent.", "I love smoky bebop.", "I hate smoky jazz."]


def test_editing_the_shown_line_ends_all_that_it_shows_and_undo_brings_it_back(
    store: MemoryStore, jazz: list[str]
) -> None:
    derive(store, merging())
    read = store.profile.read(NOW)
    text = page(read).text.replace("smoky jazz and smoky bebop", "all smoky music")
    [edit] = edits(text, read)
    event = put(store, edit)
    assert texts(store) == ["I live in Ghent.", "I love all smoky music."]
    put(store, ProfileEdit(op="undo", undoes=event.id))
    assert texts(store) == ["I live in Ghent.", MERGED]
    shown = line_with(store, "jazz")
    covers = store.profile.read(NOW).made_of[shown.id]
    put(store, ProfileEdit(op="retire", line=shown.id, covers=covers))
    assert texts(store) == ["I live in Ghent."]


def test_a_confirmed_line_stands_for_itself(store: MemoryStore, jazz: list[str]) -> None:
    bebop = line_with(store, "bebop")
    derive(store, merging())
    put(store, ProfileEdit(op="confirm", line=bebop.id))
    assert texts(store) == ["I live in Ghent.", "I love smoky jazz.", "I love smoky bebop."]


# -- how it is worked through


def test_a_rebuild_gives_the_same_lines(store: MemoryStore, jazz: list[str]) -> None:
    derive(store, merging())
    before = store.profile.lines(NOW)
    store.rebuild("profile")
    assert store.profile.lines(NOW) == before
    store.rebuild()
    assert store.profile.lines(NOW) == before
    store.rebuild("patches")
    assert len(texts(store)) == 3
    derive(store, merging())
    assert store.profile.lines(NOW) == before


def test_a_patch_may_build_on_one(store: MemoryStore, jazz: list[str]) -> None:
    derive(store, merging())
    say(store, "I love smoky swing.")
    extractor = merging("I love smoky jazz and smoky bebop, smoky swing.")
    derive(store, extractor)
    assert lists(extractor) == [f"1. {MERGED}\n2. I love smoky swing."]
    [line] = [each for each in store.profile.lines(NOW) if "jazz" in each.text]
    assert len(line.sources) == 3
    assert len(store.profile.read(NOW).merged[line.id]) == 3


def test_an_interrupted_group_is_read_again(store: MemoryStore, jazz: list[str]) -> None:
    def interrupted(text: str) -> dict[str, Any] | Exception:
        return Interrupted("later") if text.startswith("1. ") else {"facts": []}

    with pytest.raises(Interrupted):
        derive(store, ScriptedExtractor(interrupted))
    assert not store.patches.all()
    derive(store, merging())
    assert MERGED in texts(store)


def test_a_few_groups_a_day_are_read(
    store: MemoryStore, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memory.derive.profile.GROUPS_A_DAY", 2)
    for liked in ("red wine", "red grapes", "trail runs", "trail maps", "oil lamps", "oil paint"):
        say(store, f"I love {liked}.")
    extractor = patcher()
    derive(store, extractor)
    assert len(lists(extractor)) == 2
    clock.advance(timedelta(days=1))
    derive(store, extractor)
    assert len(lists(extractor)) == 3
    clock.advance(timedelta(days=1))
    derive(store, extractor)
    assert len(lists(extractor)) == 3


def test_the_page_stays_small(store: MemoryStore, jazz: list[str]) -> None:
    derive(store, merging())
    assert tokens(page(store.profile.read(NOW)).text) <= 2000


def test_vectors_of_patched_lines_are_made_beforehand(store: MemoryStore, jazz: list[str]) -> None:
    derive(store, merging())
    while store.follow():
        pass
    embedder = HashEmbedder()
    store.profile.vectors(store.profile.lines(NOW), embedder)
    assert embedder.embedded == 0


def test_a_turn_forgotten_while_it_was_read_leaves_nothing(
    store: MemoryStore, jazz: list[str], home: Path
) -> None:
    def forgetting(text: str) -> dict[str, Any]:
        if not text.startswith("1. "):
            return {"facts": []}
        store.log.redact([jazz[0]])
        return {"patches": [{"op": "merge", "lines": [1, 2], "text": MERGED}]}

    derive(store, ScriptedExtractor(forgetting))
    assert not store.patches.all()
    assert not leftovers(home, [MERGED])
