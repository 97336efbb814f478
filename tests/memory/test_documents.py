"""Documents taken apart into passages, and told apart from what was said."""

from __future__ import annotations

from datetime import UTC, datetime

from memory.documents import by_document, drafts, is_passage, passages, put_before
from memory.events import Draft, Event, Message, Origin


def event(number: int, draft: Draft) -> Event:
    return Event(
        seq=number,
        id=f"e{number}",
        kind="message",
        version=1,
        session_id=draft.session_id,
        at=datetime(2024, 3, 1, tzinfo=UTC),
        origin=draft.origin,
        payload=draft.payload,
    )


def said(text: str, origin: Origin = Origin.USER) -> Draft:
    return Draft(payload=Message(text=text), session_id="s", origin=origin)


def test_short_paragraphs_are_joined_and_long_ones_cut_at_sentences() -> None:
    long = " ".join(f"This is sentence number {n} of a long paragraph." for n in range(40))
    found = passages(f"Title\r\n\r\nOne.\n\n\n\nTwo.\n\n{long}")
    assert found[0].startswith("Title\nOne.\nTwo.\nThis is sentence number 0")
    assert all(len(one.split()) <= 90 for one in found)
    assert " ".join(" ".join(found).split()) == " ".join(f"Title One. Two. {long}".split())
    assert passages(" \n\n ") == []


def test_a_document_is_one_part_and_what_was_said_is_each_its_own() -> None:
    words = "Words of a contract. " * 30
    listed = [
        said("Hello"),
        *drafts("a.txt", words, "s"),
        *drafts("b.txt", words + "More.", "s"),
        said("What does it say?"),
        said("This.", Origin.ASSISTANT),
        said("Someone else's mail.", Origin.THIRD_PARTY),
    ]
    events = [event(number, draft) for number, draft in enumerate(listed)]
    parts = [[is_passage(one) for one in part] for part in by_document(events)]
    first, second = len(drafts("a.txt", words, "s")), len(drafts("b.txt", words + "More.", "s"))
    assert first > 1
    assert parts == [[False], [True] * first, [True] * second, [False], [False], [False]]
    assert put_before(events) == []
    assert put_before(events[: 1 + first]) == events[1 : 1 + first]
    assert all(draft.origin is Origin.THIRD_PARTY for draft in drafts("a.txt", words, "s"))
