"""What is not to be kept is not kept, and nothing else goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.models.fakes import ScriptedModel
from assistant.updates import Notice
from assistant.wishes import Wish, not_to_remember
from memory.events import Message
from memory.forget import leftovers
from tests.assistant.builders import answer_to, only, open_scripted

SECRET = "my locker code is quokka-771-zeppelin"


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        (f"Don't remember this: {SECRET}", Wish.THIS),
        (f"Please do not store this: {SECRET}", Wish.THIS),
        (f"Off the record: {SECRET}", Wish.THIS),
        (f"{SECRET}. Don't remember this!", Wish.THIS),
        (f"{SECRET} (don’t remember this)", Wish.THIS),
        ("Please don't remember that.", Wish.BEFORE),
        ("Don't remember what I just said.", Wish.BEFORE),
        (f"{SECRET}. Please don't keep this.", Wish.THIS),
        ("Don't remember that.", None),
        ("The soup is two weeks old, so don't keep it.", None),
        ("Open the file. Change the font. Don't save it.", None),
        ("How do I tell git: don't keep it", None),
        ("Please forget what I just told you", Wish.BEFORE),
        ("I don't remember this.", None),
        ("Don't remember this at all, what was it?", None),
        ("Don't forget that I like tea.", None),
        ("Forget that, let's talk about the trip.", None),
        ("She said: I don't remember that.", None),
        ("Why don't you remember this?", None),
        ("Do you remember that?", None),
    ],
)
def test_wish_is_read_only_where_it_is_beyond_doubt(text: str, wish: Wish | None) -> None:
    assert not_to_remember(text) is wish


def test_what_is_not_to_be_remembered_leaves_no_byte(tmp_path: Path) -> None:
    assistant = open_scripted(tmp_path, lambda said: SECRET if SECRET in str(said) else "I see.")
    session = assistant.session()
    list(session.send("My sister is called Ann."))
    updates = list(session.send(f"Don't remember this: {SECRET}"))
    assert any("erased" in notice.text for notice in only(Notice, updates))
    kept = [turn.text for turn in session.turns()]
    assert kept[0] == "My sister is called Ann."
    assert not any(SECRET in text for text in kept)
    assistant.close()
    assert leftovers(tmp_path, [SECRET]) == []


def test_what_was_said_before_can_be_taken_back(tmp_path: Path) -> None:
    assistant = open_scripted(tmp_path)
    session = assistant.session()
    list(session.send("My sister is called Ann."))
    list(session.send(f"By the way, {SECRET}."))
    list(session.send("Please don't remember that."))
    assert [t.text for t in session.turns() if t.origin.value == "user"] == [
        "My sister is called Ann."
    ]
    list(session.send("Please don't remember that."))
    assert session.turns() == []
    assistant.close()
    assert leftovers(tmp_path, [SECRET]) == []


def test_one_that_died_half_way_is_erased_at_the_next_start(tmp_path: Path) -> None:
    assistant = open_scripted(tmp_path)
    updates = assistant.session().send(f"Don't remember this: {SECRET}")
    next(updates)
    [message] = [e for e in assistant.store.log.read_after(0, 10) if isinstance(e.payload, Message)]
    # The process dies here: its locks go, and nothing of it runs any more.
    assistant._runs.close()
    again = open_scripted(tmp_path)
    assert again.store.log.get([message.id])[0].payload is None
    again.close()
    assert leftovers(tmp_path, [SECRET]) == []


def test_a_temporary_session_serves_memory_and_leaves_nothing(tmp_path: Path) -> None:
    prompts: list[str] = []

    def script(messages: object) -> str:
        prompts.append(str(messages))
        return f"Then {SECRET}." if SECRET in prompts[-1] else "Noted."

    assistant = open_scripted(tmp_path, model=ScriptedModel(script))
    answer_to(assistant, "My sister Ann is allergic to walnuts.")
    before = assistant.store.log.head()
    session = assistant.temporary_session()
    assert session.temporary
    list(session.send(f"My sister Ann comes; remember that {SECRET}."))
    list(session.send("What did I just say about my sister?"))
    assert "allergic to walnuts" in prompts[-1]
    assert SECRET in prompts[-1]
    assert [turn.origin.value for turn in session.turns()] == ["user", "assistant"] * 2
    assert assistant.store.log.head() == before
    assert len(assistant.sessions()) == 1
    assert leftovers(tmp_path, [SECRET]) == []
    session.close()
    assistant.close()
    assert leftovers(tmp_path, [SECRET]) == []


def test_what_was_said_before_a_fork_can_be_taken_back_in_it(tmp_path: Path) -> None:
    assistant = open_scripted(tmp_path)
    session = assistant.session()
    list(session.send(f"By the way, {SECRET}."))
    list(session.send("Now a poem."))
    fork = session.fork(session.turns()[2].id)
    list(fork.send("Please forget what I just said."))
    assert not any(SECRET in turn.text for turn in session.turns())
    assistant.close()
    assert leftovers(tmp_path, [SECRET]) == []


def test_one_that_died_between_answer_and_erasure_is_erased_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant = open_scripted(tmp_path)

    def dies(ids: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(assistant._unremembering, "keep", dies)
    with pytest.raises(KeyboardInterrupt):
        list(assistant.session().send(f"Don't remember this: I love {SECRET}."))
    assistant._runs._lock.release()  # as when a process dies: its files stay, its locks go
    again = open_scripted(tmp_path)
    assert SECRET not in again.profile_page()
    again.close()
    assert leftovers(tmp_path, [SECRET]) == []


def test_no_question_is_put_about_what_is_not_to_be_kept(tmp_path: Path) -> None:
    assistant = open_scripted(tmp_path)
    answered = answer_to(assistant, "Don't remember this: I have a severe allergy to walnuts.")
    assert answered.asked is None
    assistant.close()
