"""The turn, headless: words kept first, everything after that may fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from assistant.background import Background
from assistant.errors import SetupNeeded
from assistant.models.base import ChatMessage, LanguageModel
from assistant.models.fakes import Answer, Failing, ScriptedModel
from assistant.models.slot import ModelSlot
from assistant.reading import Reading, Speeds
from assistant.session import Assistant
from assistant.turn import TurnLimits
from assistant.updates import (
    Accepted,
    Answered,
    Approving,
    Delta,
    Notice,
    Recalled,
    Sent,
    ToolUsed,
)
from memory.errors import NotFound, RefusedInput
from memory.events import Draft, Message, Note, Origin, Rated, ToolCalled
from memory.sentence_embedder import SentenceEmbedder
from tests.assistant.builders import answer_to, only, open_scripted
from tools.registry import NOT_APPROVED

Opener = Callable[..., Assistant]


@pytest.fixture
def opened(home: Path) -> Iterator[Opener]:
    """Opens assistants over the test's home and closes them."""
    assistants: list[Assistant] = []

    def open_one(*arguments: object, **options: object) -> Assistant:
        assistant = open_scripted(home, *arguments, **options)  # type: ignore[arg-type]
        assistants.append(assistant)
        return assistant

    yield open_one
    for assistant in assistants:
        assistant.close()


def last_prompt(assistant: Assistant) -> Sequence[ChatMessage]:
    return scripted(assistant).calls[-1].messages


def scripted(assistant: Assistant) -> ScriptedModel:
    model = assistant.model.get()
    assert isinstance(model, ScriptedModel)
    return model


def messages_of(assistant: Assistant, session_id: str) -> list[Message]:
    events = assistant.store.log.session(session_id)
    return [event.payload for event in events if isinstance(event.payload, Message)]


def test_words_are_on_disk_before_the_model_is_called(opened: Opener) -> None:
    on_disk: list[int] = []

    def script(messages: Sequence[ChatMessage]) -> Answer:
        on_disk.append(assistant.store.log.head())
        return "Hello."

    assistant = opened(script)
    updates = list(assistant.session().send("Good morning"))

    assert isinstance(updates[0], Accepted)
    assert on_disk == [1]
    assert isinstance(updates[-1], Answered)
    assert updates[-1].text == "Hello."
    assert "".join(delta.text for delta in only(Delta, updates)) == "Hello."


def test_what_is_sent_is_told_word_for_word(opened: Opener) -> None:
    assistant = opened(lambda messages: "Noted.")
    session = assistant.session()
    list(session.send("My bicycle is blue."))
    updates = list(session.send("What colour is my bicycle?"))

    [sent] = only(Sent, updates)
    assert sent.messages == tuple(last_prompt(assistant))


def test_an_answer_is_recorded_with_what_it_used(opened: Opener) -> None:
    assistant = opened()
    told = answer_to(assistant, "My sister is allergic to walnuts")
    asked = answer_to(assistant, "What is my sister allergic to?")

    assert told.memories == ()
    assert asked.memories[0].text == "My sister is allergic to walnuts"
    [event] = assistant.store.log.get([asked.message_id])
    assert isinstance(event.payload, Message)
    assert event.payload.memories == tuple(memory.id for memory in asked.memories)
    assert event.origin is Origin.ASSISTANT
    assert "walnuts" in last_prompt(assistant)[-1].content


def test_the_prompt_is_stable_in_front_and_changes_behind(opened: Opener) -> None:
    assistant = opened()
    session = assistant.session()
    list(session.send("I live in Ghent"))
    list(session.send("I play the violin"))
    first = last_prompt(assistant)
    list(session.send("Where do I live?"))
    second = last_prompt(assistant)

    assert [message.role for message in second] == [
        "system", "user", "assistant", "user", "assistant", "user",
    ]  # fmt: skip
    assert second[: len(first) - 1] == first[:-1]
    assert second[-1].content.endswith("Where do I live?")


def test_a_corrected_answer_is_what_later_prompts_and_the_screen_read(opened: Opener) -> None:
    answers = iter(["It is in the gazebo, I hereby declare.", "Yes.", "Yes."])
    assistant = opened(lambda messages: next(answers))
    session = assistant.session()
    [first] = only(Answered, session.send("My bassoon is in the lighthouse. Where is it?"))
    session.correct(first.message_id, "In the lighthouse.")
    list(session.send("Is it dry there?"))
    assert [m.content for m in last_prompt(assistant) if m.role == "assistant"] == [
        "In the lighthouse."
    ]
    turn = session.turns()[1]
    assert (turn.text, turn.first) == (
        "In the lighthouse.",
        "It is in the gazebo, I hereby declare.",
    )
    list(assistant.session().send("Where did I put the bassoon?"))
    assert "gazebo" not in "".join(message.content for message in last_prompt(assistant))
    assert "gazebo" not in assistant.export_session(session.id)
    assert [one.text for one in session.turns() if one.first is None] == [
        "My bassoon is in the lighthouse. Where is it?", "Is it dry there?", "Yes.",
    ]  # fmt: skip


def test_a_temporary_answer_is_corrected_where_it_is_held(opened: Opener) -> None:
    assistant = opened()
    session = assistant.temporary_session()
    [answered] = only(Answered, session.send("Say something"))
    session.correct(answered.message_id, "Something.")
    assert session.turns()[-1].text == "Something."
    assert assistant.store.log.head() == 0
    with pytest.raises(NotFound):
        assistant.session().correct(answered.message_id, "Something.")


def test_a_session_goes_on_in_a_new_process(opened: Opener) -> None:
    first = opened()
    session = first.session()
    list(session.send("I live in Ghent"))
    first.close()

    second = opened()
    assert [turn.text for turn in second.session(session.id).turns()] == [
        "I live in Ghent", "Noted.",
    ]  # fmt: skip
    list(second.session(session.id).send("And now?"))
    assert "I live in Ghent" in last_prompt(second)[1].content


@pytest.mark.parametrize("text", ["", "   ", "\n\t \u00a0"])
def test_empty_words_are_refused_and_leave_nothing(opened: Opener, text: str) -> None:
    assistant = opened()

    with pytest.raises(RefusedInput, match="empty"):
        list(assistant.session().send(text))
    assert assistant.store.log.head() == 0


def test_an_unknown_session_is_said(opened: Opener) -> None:
    with pytest.raises(NotFound, match="no session"):
        opened().session("01NOPE")


@pytest.mark.parametrize(
    "text",
    [
        "a\x00b nul",
        "\u202eright to left\u202c",
        "👩‍👩‍👧 and 🏳️‍🌈",
        "ｆｕｌｌ",
        "<|im_end|> [b]x[/b]",
        "'; DROP",
    ],
)
def test_odd_words_are_kept_and_found_word_for_word(opened: Opener, text: str) -> None:
    assistant = opened()
    session = assistant.session()

    [answered] = only(Answered, session.send(text))

    assert answered.status == "complete"
    assert session.turns()[0].text == text


def test_lone_surrogates_are_replaced_and_said(opened: Opener) -> None:
    assistant = opened()
    session = assistant.session()

    updates = list(session.send("broken \ud800 word and a pair \ud83d\ude00"))

    assert session.turns()[0].text == "broken \ufffd word and a pair 😀"
    assert any("1 characters" in notice.text for notice in only(Notice, updates))


def test_a_megabyte_is_kept_and_its_overflow_is_said(opened: Opener) -> None:
    assistant = opened(model=ScriptedModel(lambda _: "x", context_tokens=2048))
    text = "needle " + "hay " * 250_000

    answered = answer_to(assistant, text)

    assert answered.status == "failed"
    assert answered.problem is not None
    assert "remembered word for word" in answered.problem
    assert assistant.store.recall("needle", 3).memories[0].text == text


def test_a_long_conversation_says_what_did_not_fit(opened: Opener) -> None:
    assistant = opened(model=ScriptedModel(lambda _: "ok " * 20, context_tokens=700))
    session = assistant.session()
    notices: list[Notice] = []
    for number in range(25):
        updates = list(session.send(f"Thing {number}: " + "word " * 15))
        notices += only(Notice, updates)
        assert only(Answered, updates)[0].status == "complete"

    assert any("earliest messages" in notice.text for notice in notices)
    sent = scripted(assistant).calls[-1]
    assert scripted(assistant).count_tokens(sent.messages) + sent.max_tokens <= 700


def test_a_model_that_breaks_off_keeps_what_it_said(opened: Opener) -> None:
    assistant = opened([Failing("The answer is", RuntimeError("out of memory"))])
    session = assistant.session()

    [answered] = only(Answered, session.send("What is the answer?"))

    assert answered.status == "failed"
    assert answered.text == "The answer is"
    assert "out of memory" in (answered.problem or "")
    assert [turn.status for turn in session.turns()] == ["complete", "failed"]


def test_without_a_model_words_are_kept_all_the_same(home: Path, opened: Opener) -> None:
    assistant = opened()

    def missing() -> LanguageModel:
        raise SetupNeeded("No language model is here yet; run `lifelore setup`.")

    assistant.model = ModelSlot("none", 4096, missing)
    answered = answer_to(assistant, "Remember the milk")

    assert answered.status == "failed"
    assert "lifelore setup" in (answered.problem or "")
    assert assistant.store.recall("milk", 3).memories[0].text == "Remember the milk"


def test_cancel_stops_at_once_and_keeps_the_part_said(opened: Opener) -> None:
    assistant = opened(model=ScriptedModel(lambda _: "word " * 10_000, delay_seconds=0.001))
    session = assistant.session()
    updates = []
    for update in session.send("Talk"):
        updates.append(update)
        if len(only(Delta, updates)) == 3:
            session.cancel()

    [answered] = only(Answered, updates)
    assert answered.status == "cancelled"
    assert 3 <= len(answered.text.split()) < 100
    assert session.turns()[-1].text == answered.text


def test_a_front_end_that_goes_away_leaves_a_closed_turn(opened: Opener) -> None:
    assistant = opened(model=ScriptedModel(lambda _: "word " * 1000, delay_seconds=0.001))
    session = assistant.session()
    updates = session.send("Talk")
    for update in updates:
        if isinstance(update, Delta):
            break
    updates.close()

    assert [turn.status for turn in session.turns()] == ["complete", "cancelled"]
    assistant.store.catch_up()
    assert assistant.store.sessions.owed() == []
    assert answer_to(assistant, "Still there?").status == "complete"


def calculator_call(expression: str) -> dict[str, object]:
    return {"tool": "calculator", "arguments": {"expression": expression}}


def test_a_tool_is_chosen_by_schema_and_its_result_is_used(opened: Opener) -> None:
    assistant = opened([calculator_call("17*23"), "It is 391."])
    updates = list(assistant.session().send("What is 17 times 23?"))

    [used] = only(ToolUsed, updates)
    assert (used.tool, used.result, used.ok) == ("calculator", "17*23 = 391", True)
    assert scripted(assistant).calls[0].schema is not None
    assert "391" in last_prompt(assistant)[-1].content
    events = assistant.store.log.read_after(0)
    [call] = [event for event in events if isinstance(event.payload, ToolCalled)]
    assert call.origin is Origin.TOOL


def test_the_tool_loop_is_bounded(opened: Opener) -> None:
    def script(messages: Sequence[ChatMessage]) -> Answer:
        if "Which tool" in messages[-1].content:
            count = messages[-1].content.count("calculator: ")
            return calculator_call(f"1/0 + {count}")
        return "I could not."

    assistant = opened(script, limits=TurnLimits(tool_rounds=3))
    updates = list(assistant.session().send("What is 1 divided by 0?"))

    assert len(only(ToolUsed, updates)) == 3
    assert not any(used.ok for used in only(ToolUsed, updates))
    assert only(Answered, updates)[0].text == "I could not."


@pytest.mark.parametrize("nonsense", ["not json", {"tool": "none"}, [1, 2], {"other": 1}])
def test_a_model_that_cannot_choose_answers_without_a_tool(
    opened: Opener, nonsense: Answer
) -> None:
    assistant = opened([nonsense, "391"])

    assert answer_to(assistant, "What is 17 times 23?").text == "391"


def saving(file: str = "lyon.md") -> dict[str, object]:
    return {"tool": "save_file", "arguments": {"file": file}}


def test_a_file_is_written_once_the_user_says_yes(opened: Opener, home: Path) -> None:
    assistant = opened(["- passport\n- charger", saving()])
    session = assistant.session()
    list(session.send("Write a packing list for Lyon."))
    path, seen = home / "files" / "lyon.md", []
    for update in session.send("Save that as lyon.md"):
        if isinstance(update, Approving):
            assert not path.exists()
            assert update.decision.make(True)
            assert not update.decision.make(False), "the first decision counts"
            seen.append(update.proposal)
        if isinstance(update, Answered):
            assert (update.status, update.text) == ("complete", f"It is saved in {path}.")
    assert [proposal.path for proposal in seen] == [path]
    assert path.read_text(encoding="utf-8") == "- passport\n- charger\n"
    calls = [e.payload for e in assistant.store.log.session(session.id)]
    assert [call.ok for call in calls if isinstance(call, ToolCalled)] == [True]


def test_what_is_saved_is_never_the_answer_that_something_was_saved(
    opened: Opener, home: Path
) -> None:
    assistant = opened(["A list.", saving("a.md"), saving("b.md")])
    session = assistant.session()
    list(session.send("Write a list."))
    for name in ("a", "b"):
        for update in session.send(f"Save that as {name}.md"):
            if isinstance(update, Approving):
                update.decision.make(True)
    assert {path.name: path.read_text() for path in (home / "files").iterdir()} == {
        "a.md": "A list.\n",
        "b.md": "A list.\n",
    }


def test_what_is_saved_stands_as_the_user_corrected_it_in_a_fork_too(
    opened: Opener, home: Path
) -> None:
    assistant = opened(["A wrong list.", saving("a.md"), "Well.", saving("b.md")])
    session = assistant.session()
    [answered] = only(Answered, session.send("Write a list."))
    session.correct(answered.message_id, "My list.")
    asked = only(Approving, session.send("Save that as a.md"))
    [accepted] = only(Accepted, session.send("And now?"))
    fork = session.fork(accepted.message_id)
    asked += only(Approving, fork.send("Save that as b.md"))
    assert [one.proposal.after for one in asked] == ["My list.\n", "My list.\n"]


def test_without_a_decision_nothing_is_written_and_it_is_not_asked_again(
    opened: Opener, home: Path
) -> None:
    assistant = opened(["A list.", saving(), saving("other.md")])
    session = assistant.session()
    list(session.send("Write a list."))
    updates = list(session.send("Save that to a file"))

    [asked] = only(Approving, updates)
    assert only(Answered, updates)[0].text == NOT_APPROVED
    assert not asked.decision.make(True), "it is too late"
    assert not (home / "files").exists()
    assert len(scripted(assistant).calls) == 2


def test_a_turn_that_is_stopped_or_left_while_it_asks_writes_nothing(
    opened: Opener, home: Path
) -> None:
    for leave in (True, False):
        assistant = opened(["A list.", saving(), "Stopped."])
        session = assistant.session()
        list(session.send("Write a list."))
        updates = session.send("Save that to a file")
        asked = next(update for update in updates if isinstance(update, Approving))
        if leave:
            updates.close()
        else:
            session.cancel()
            assert not asked.decision.wait(lambda: True)
            list(updates)
        assert not asked.decision.make(True)
        assert not (home / "files").exists()
        events = assistant.store.log.session(session.id)
        assert any(isinstance(e.payload, Message) and e.payload.reply_to for e in events[2:])


def test_a_temporary_conversation_saves_no_file(opened: Opener, home: Path) -> None:
    assistant = opened(["A list.", "No."])
    session = assistant.temporary_session()
    list(session.send("Write a list."))
    assert not only(Approving, session.send("Save that as lyon.md"))


def test_no_tool_is_asked_about_where_none_can_help(opened: Opener) -> None:
    assistant = opened()
    answer_to(assistant, "I like the sea")

    assert len(scripted(assistant).calls) == 1


def test_a_garbled_note_is_kept_in_the_users_own_words(opened: Opener) -> None:
    garbled = {"tool": "remember", "arguments": {"note": "User loves spiders"}}
    assistant = opened([garbled, "I will."])
    answer_to(assistant, "Remember that Anna fears spiders")

    [note] = [e.payload for e in assistant.store.log.read_after(0) if isinstance(e.payload, Note)]
    assert note.text == "Remember that Anna fears spiders"


def test_a_finished_turn_leaves_no_copy_in_the_checkpoints(opened: Opener, home: Path) -> None:
    assistant = opened(["the zanzibar answer"])
    answer_to(assistant, "the zanzibar question")

    for file in home.glob("turns.sqlite3*"):
        assert b"zanzibar" not in file.read_bytes()


def test_a_canary_told_answered_recalled_and_forgotten_is_gone(opened: Opener, home: Path) -> None:
    canary = 'the "blue" safe opens with 48-15-16-23 — señor'
    assistant = opened(lambda messages: f"Yes: {canary}")
    told = next(iter(only(Accepted, assistant.session().send(f"Remember: {canary}"))))
    recalled = answer_to(assistant, "How does the blue safe open?")
    assert canary in recalled.memories[0].text

    store = assistant.store
    done = store.forget(store.plan_forgetting(ids=[told.message_id]))

    assert done.left_in == ()
    assert store.verify().ok
    for file in home.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for trace in (b"48-15-16-23", b"se\\u00f1or", "señor".encode(), b"blue"):
                if trace != b"blue":
                    assert trace not in content, (file, trace)


def test_recalled_memories_are_the_ones_in_the_prompt(opened: Opener) -> None:
    assistant = opened()
    for number in range(30):
        answer_to(assistant, f"Fact {number}: the heron number {number} nests near the mill")
    updates = list(assistant.session().send("What do I know about herons?"))

    [recalled] = only(Recalled, updates)
    prompt = last_prompt(assistant)[-1].content
    assert recalled.memories
    assert all(memory.text in prompt for memory in recalled.memories)


def test_two_assistants_share_a_home(opened: Opener) -> None:
    one, two = opened(), opened()
    answer_to(one, "The bicycle is blue")

    assert answer_to(two, "What colour is the bicycle?").memories[0].text == "The bicycle is blue"
    assert one.store.verify().ok


def test_opening_a_home_does_not_close_a_turn_that_is_alive(opened: Opener) -> None:
    release = threading.Event()

    def script(messages: Sequence[ChatMessage]) -> Answer:
        assert release.wait(60)
        return "done"

    one = opened(script)
    updates: list[object] = []
    thread = threading.Thread(
        target=lambda: updates.extend(one.session().send("Think")), daemon=True
    )
    thread.start()
    while not one.store.log.head():
        thread.join(0.01)

    two = opened()
    two.store.catch_up()
    assert len(two.store.sessions.owed()) == 1
    release.set()
    thread.join()
    assert isinstance(updates[-1], Answered)
    assert updates[-1].status == "complete"


def test_a_turn_dropped_half_way_does_not_hang_closing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.session._CLOSE_SECONDS", 0.1)
    assistant = open_scripted(home, model=ScriptedModel(lambda _: "word " * 50))
    updates = assistant.session().send("Talk")
    next(updates)

    assistant.close()


def test_a_life_in_one_session_is_composed_without_counting_it_all(opened: Opener) -> None:
    assistant = opened(model=ScriptedModel(lambda _: "ok", context_tokens=400))
    session = assistant.session()
    list(session.send("first"))
    store = assistant.store
    turns = [
        Draft(payload=Message(text=f"turn {n} " + "w " * 20), session_id=session.id, origin=origin)
        for n in range(1500)
        for origin in (Origin.USER, Origin.ASSISTANT)
    ]
    store.append(turns)

    model = scripted(assistant)
    counted: list[int] = []
    count = model.count_tokens

    def counting(messages: Sequence[ChatMessage]) -> int:
        counted.append(len(messages))
        return count(messages)

    monkeypatched = pytest.MonkeyPatch()
    monkeypatched.setattr(model, "count_tokens", counting)
    [answered] = only(Answered, session.send("And now?"))
    monkeypatched.undo()

    assert answered.status == "complete"
    assert max(counted) < 100


def test_what_is_forgotten_during_an_answer_does_not_come_back(opened: Opener) -> None:
    assistant = opened(lambda messages: "You said the blue heron")
    updates = []
    for update in assistant.session().send("Remember the blue heron"):
        updates.append(update)
        if isinstance(update, Recalled):
            [accepted] = only(Accepted, updates)
            assistant.store.log.redact([accepted.message_id])

    [answered] = only(Answered, updates)
    assert answered.status == "interrupted"
    assert answered.text == ""
    assert "heron" not in str(assistant.store.log.read_after(0))


def test_a_forgotten_answer_is_not_owed_after_a_rebuild(opened: Opener) -> None:
    first = opened()
    answered = answer_to(first, "What is the capital of Peru?")
    first.store.forget(first.store.plan_forgetting(ids=[answered.message_id]))
    first.store.rebuild()
    head = first.store.log.head()
    first.close()

    assert opened().store.log.head() == head


def test_a_damaged_file_of_turns_in_flight_is_replaced(opened: Opener, home: Path) -> None:
    first = opened()
    answer_to(first, "one")
    first.close()
    (home / "turns.sqlite3").write_bytes(b"noise" * 5000)

    assert answer_to(opened(), "two").status == "complete"


def test_a_model_that_breaks_while_embedding_does_not_stop_a_turn(
    opened: Opener, tmp_path: Path
) -> None:
    class Broken:
        def encode(self, texts: list[str], **options: object) -> None:
            raise RuntimeError("out of memory")

    embedder = SentenceEmbedder(tmp_path, "broken")
    embedder._model = Broken()
    assistant = opened(embedder=embedder)
    updates = list(assistant.session().send("The kiln is in Graz"))

    assert only(Answered, updates)[0].status == "complete"
    assert any("out of memory" in notice.text for notice in only(Notice, updates))


def test_the_background_outlives_work_that_fails() -> None:
    runs: list[int] = []
    twice = threading.Event()

    def work() -> None:
        runs.append(1)
        if len(runs) == 1:
            background.wake()
            raise RuntimeError("a defect")
        twice.set()

    background = Background(work)
    background.wake()
    assert twice.wait(60)
    background.close()
    assert background.problem is None


def test_a_broad_question_is_given_summaries_and_the_answer_goes_with_what_they_tell(
    opened: Opener,
) -> None:
    assistant = opened(lambda messages: "You planted tulips and built a shed.")
    told = ["We planted tulips in the garden", "I built a shed in the garden", "It rained all day"]
    drafts = [
        Draft(payload=Message(text=text), session_id="spring", origin=Origin.USER) for text in told
    ]
    events = assistant.store.append(drafts)
    assistant.store.catch_up()
    updates = list(assistant.session().send("How has the garden been going?"))
    [answered] = only(Answered, updates)
    prompt = last_prompt(assistant)[-1].content
    assert prompt.index("In short, what was said") < prompt.index("Notes, the most relevant last")
    assert "It rained all day" in prompt
    assert events[2].id not in [memory.id for memory in answered.memories]
    [kept] = assistant.store.log.get([answered.message_id])
    assert isinstance(kept.payload, Message)
    assert {event.id for event in events} <= set(kept.payload.memories)


def test_a_question_about_one_thing_is_given_no_summary(opened: Opener) -> None:
    assistant = opened(lambda messages: "In the garden.")
    answer_to(assistant, "I built a shed in the garden")
    answer_to(assistant, "Where is the shed?")
    assert "In short" not in last_prompt(assistant)[-1].content


def test_a_turn_measures_how_fast_the_model_reads(opened: Opener, tmp_path: Path) -> None:
    speeds = Speeds(tmp_path / "speeds.json")
    reading = Reading(model="scripted", speeds=speeds)
    assistant = opened(lambda messages: "Yes.", limits=TurnLimits(reading=reading))
    assert reading.speed is None
    answer_to(assistant, "I live in Ghent " * 30)
    assert reading.speed is not None


def test_what_is_not_known_of_someone_is_said_without_the_model(opened: Opener) -> None:
    asked: list[str] = []

    def script(messages: Sequence[ChatMessage]) -> str:
        asked.append(messages[-1].content)
        return "Made up."

    assistant = opened(script)
    talk = (("Caroline", "The bus was late again."), ("Melanie", "Our dog is called Luna."))
    assistant.store.append(
        [
            Draft(payload=Message(text=text, speaker=who), session_id="i", origin=Origin.USER)
            for who, text in talk
        ]
    )
    answered = answer_to(assistant, "What is Caroline's dog called?")
    assert answered.text.startswith("I don't remember that.")
    assert answered.status == "complete"
    assert asked == []
    assert answer_to(assistant, "What is Melanie's dog called?").text == "Made up."


def test_an_edit_goes_on_in_a_fork_and_the_original_stays(tmp_path: Path) -> None:
    prompts: list[str] = []

    def script(messages: Sequence[ChatMessage]) -> str:
        prompts.append(" | ".join(message.content for message in messages))
        return "Noted."

    assistant = open_scripted(tmp_path, script)
    session = assistant.session()
    list(session.send("I baked a rye loaf."))
    list(session.send("Now a poem about turnips."))
    second = session.turns()[2]
    edited = session.fork(second.id)
    assert [turn.text for turn in edited.turns()] == ["I baked a rye loaf.", "Noted."]
    assert len(assistant.sessions()) == 1
    list(edited.send("Now a poem about leeks.", edits=second.id))
    assert [t.text for t in edited.turns()][::2] == [
        "I baked a rye loaf.",
        "Now a poem about leeks.",
    ]
    assert "rye loaf" in prompts[-1]
    assert "turnips" not in prompts[-1].partition("Notes")[0]
    assert [t.text for t in session.turns()][2] == "Now a poem about turnips."
    titles = {summary.title for summary in assistant.sessions()}
    assert titles == {"I baked a rye loaf.", "Now a poem about leeks."}
    with pytest.raises(NotFound):
        session.fork("nothing")
    assistant.close()


def test_another_answer_takes_the_place_of_the_first_and_both_stay(tmp_path: Path) -> None:
    said = iter(["A first try.", "A second try.", "To the next."])
    assistant = open_scripted(tmp_path, lambda messages: next(said))
    session = assistant.session()
    list(session.send("A line about the sea."))
    message = session.turns()[0]
    [answered] = only(Answered, session.regenerate(message.id))
    assert answered.text == "A second try."
    assert [turn.text for turn in session.turns()] == ["A line about the sea.", "A second try."]
    kept = [e.text for e in assistant.store.log.session(session.id) if e.origin.value != "user"]
    assert kept == ["A first try.", "A second try."]
    with pytest.raises(NotFound):
        list(session.regenerate(answered.message_id))
    list(session.send("And the next."))
    assert len(session.turns()) == 4
    assistant.close()


def test_an_answer_can_be_rated(tmp_path: Path) -> None:
    assistant = open_scripted(tmp_path)
    answered = answer_to(assistant, "A line about the sea.")
    assistant.rate(answered.message_id, 4, "just right")
    [rated] = [
        e.payload for e in assistant.store.log.read_after(0, 10) if isinstance(e.payload, Rated)
    ]
    assert (rated.target, rated.rating, rated.comment) == (answered.message_id, 4, "just right")
    with pytest.raises(NotFound):
        assistant.rate("nothing", 4)
    assistant.close()


def test_what_was_said_is_searched_exported_and_forgotten(tmp_path: Path) -> None:
    assistant = open_scripted(tmp_path)
    session = assistant.session()
    list(session.send("The quokka sleeps."))
    [found] = [m for m in assistant.search("quok") if m.origin is Origin.USER]
    page = assistant.export_session(session.id)
    assert page.startswith("# The quokka sleeps.\n\n**You** · ")
    assert "**Lifelore** · " in page
    assert page.endswith("\n\nNoted.\n")
    assert assistant.activity()[0][1] == 2
    assert "2 erased" in assistant.forget(assistant.plan_forgetting([found.id]))
    assert assistant.search("quokka") == []
    assistant.close()
