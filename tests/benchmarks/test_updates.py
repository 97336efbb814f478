"""The benchmark of updates: the life it makes, and how it tells answers apart."""

from __future__ import annotations

import pytest

from benchmarks.updates import CHANGES, LATER, _life, _sort
from memory.events import Message


def test_each_thing_is_said_before_it_is_overtaken_among_other_talk() -> None:
    for changes in (CHANGES, LATER):
        drafts = list(_life(changes))
        texts = [d.payload.text for d in drafts if isinstance(d.payload, Message)]
        assert len(texts) > 10 * len(changes)
        assert [d.at for d in drafts] == sorted(d.at for d in drafts if d.at)
        for change in changes:
            assert texts.index(change.before) < texts.index(change.after)


@pytest.mark.parametrize(
    ("answer", "sort"),
    [
        ("You live in Lyon.", "right"),
        ("In Ghent, near the canal.", "stale"),
        ("You moved from Ghent to Lyon.", "both"),
        ("I don't remember that.", "neither"),
    ],
)
def test_an_answer_is_right_that_names_the_one_and_not_the_other(answer: str, sort: str) -> None:
    assert _sort(answer, "Lyon", "Ghent") == sort
