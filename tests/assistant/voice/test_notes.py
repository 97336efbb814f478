"""Voice notes: what is remembered of a recording, and that forgetting takes the recording too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.build import open_store
from assistant.settings import Settings
from assistant.voice.kept_recordings import RECORDINGS
from assistant.voice.notes import Kept, VoiceNote, clock, keep, paragraphs
from assistant.voice.ports import Segment
from memory.errors import RefusedInput
from memory.events import Message, Origin
from memory.store import MemoryStore

AT = datetime(2025, 3, 3, 9, 30, tzinfo=UTC)


def segments(*said: tuple[str, float, float]) -> list[Segment]:
    return [Segment(text, start, end, "en") for text, start, end in said]


def note(folder: Path, *texts: str, speaker: str | None = None) -> VoiceNote:
    path = folder / "Memo 7.WAV"
    path.write_bytes(b"RIFF the sound of a voice")
    said = [(text, 10.0 * n, 10.0 * n + 3) for n, text in enumerate(texts)]
    return VoiceNote(path, AT, paragraphs(segments(*said)), speaker)


@pytest.fixture
def lasting(home: Path) -> Iterator[MemoryStore]:
    """The store as the program opens it, without a model."""
    store = open_store(Settings(home=home, models=home / "no models"))
    yield store
    store.close()


def messages(store: MemoryStore, kept: Kept) -> list[Message]:
    events = store.log.session(kept.session_id)
    return [event.payload for event in events if isinstance(event.payload, Message)]


def test_segments_become_paragraphs_at_pauses_and_at_full_sentences() -> None:
    long = " ".join(["word"] * 60)
    found = paragraphs(
        segments(
            ("I came home.", 0, 2),
            ("It was late.", 2.5, 4),
            ("Next day.", 7, 8),
            (long, 8, 30),
            ("ends here.", 30, 31),
            ("And on.", 31, 33),
        )
    )
    assert [(p.text[:12], p.start, p.end) for p in found] == [
        ("I came home.", 0, 4),
        ("Next day. wo", 7, 31),
        ("And on.", 31, 33),
    ]
    assert paragraphs([]) == []


def test_places_in_a_recording_are_written_as_players_show_them() -> None:
    assert [clock(s) for s in (0, 62.9, 3723)] == ["0:00", "1:02", "1:02:03"]


def test_what_was_said_is_the_users_own_with_its_source_and_its_time(
    lasting: MemoryStore, tmp_path: Path
) -> None:
    kept = keep(lasting, note(tmp_path, "I keep bees.", "They are calm."), audio=False)

    [event, later] = [e for e in lasting.log.session(kept.session_id) if e.kind == "message"]
    assert isinstance(event.payload, Message)
    assert event.payload.text == "I keep bees."
    assert event.payload.external_id == "Memo 7.WAV 0:00–0:03"
    assert event.origin is Origin.USER
    assert [event.at, later.at] == [AT, AT + timedelta(seconds=10)]
    assert [m.text for m in lasting.recall("bees", 1).memories] == ["I keep bees."]
    assert not (lasting.home / RECORDINGS).exists()


def test_what_another_says_is_not_the_users(lasting: MemoryStore, tmp_path: Path) -> None:
    kept = keep(lasting, note(tmp_path, "I love liquorice.", speaker="Anna"), audio=False)
    [event] = [e for e in lasting.log.session(kept.session_id) if e.kind == "message"]
    assert event.origin is Origin.THIRD_PARTY
    assert [m.speaker for m in messages(lasting, kept)] == ["Anna"]


def test_a_recording_is_remembered_once(lasting: MemoryStore, tmp_path: Path) -> None:
    one = note(tmp_path, "I keep bees.")
    keep(lasting, one, audio=False)
    again = VoiceNote(one.path, AT, paragraphs(segments(("I keep peas.", 0, 3))))
    with pytest.raises(RefusedInput, match=r"remembered already.*forget --session"):
        keep(lasting, again, audio=False)


def test_forgetting_any_of_it_deletes_the_recording(lasting: MemoryStore, tmp_path: Path) -> None:
    kept = keep(lasting, note(tmp_path, "I keep bees.", "They are calm."), audio=True)
    assert kept.audio is not None
    assert kept.audio.read_bytes() == b"RIFF the sound of a voice"
    other = keep(lasting, _other(tmp_path), audio=True)

    [first, *_] = [e for e in lasting.log.session(kept.session_id) if e.kind == "message"]
    lasting.forget(lasting.plan_forgetting(ids=[first.id]))

    assert not kept.audio.exists()
    assert other.audio is not None
    assert other.audio.exists()
    assert [m.text for m in messages(lasting, kept)] == ["They are calm."]


def _other(folder: Path) -> VoiceNote:
    path = folder / "other.ogg"
    path.write_bytes(b"another sound")
    return VoiceNote(path, AT, paragraphs(segments(("The shed is red.", 0, 2))))


def test_a_recording_that_outlived_its_words_goes_when_the_home_is_opened(
    lasting: MemoryStore, tmp_path: Path
) -> None:
    kept = keep(lasting, note(tmp_path, "I keep bees."), audio=True)
    assert kept.audio is not None
    # As if the program had died between the log and the recording.
    lasting.log.redact([e.id for e in lasting.log.session(kept.session_id)])
    lasting.close()
    assert kept.audio.exists()

    open_store(Settings(home=lasting.home, models=lasting.home / "no models")).close()
    assert not kept.audio.exists()


def test_what_was_forgotten_is_not_brought_back(lasting: MemoryStore, tmp_path: Path) -> None:
    one = note(tmp_path, "I keep bees.")
    kept = keep(lasting, one, audio=True)
    lasting.forget(lasting.plan_forgetting(session_id=kept.session_id))
    again = keep(lasting, one, audio=True)
    assert again.report.added == 0
    assert again.audio is None
    assert messages(lasting, again) == []
