"""Reading ahead: the work is done before the words are sent, and nothing else changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag

import pytest

from assistant import foresight, machine, reading
from assistant import session as sessions
from assistant.models.base import ChatMessage, LanguageModel
from assistant.models.fakes import ScriptedModel
from assistant.models.slot import ModelSlot
from assistant.session import Assistant
from assistant.updates import Answered, Notice
from memory.forget import leftovers
from tests.assistant.builders import answer_to, only, open_scripted

LIFE = (
    "My sister Anna is allergic to walnuts.",
    "I moved from Ghent to Lyon in May.",
    "On Sundays I bake a cake with cardamom.",
    "I have a severe allergy to shellfish.",
)
ASKED = "What should I keep out of a cake for my sister Anna?"


class Stage:
    """An assistant on a scripted model that is loaded."""

    def __init__(self, home: Path, model: ScriptedModel) -> None:
        self.model = model
        self.assistant = open_scripted(home, model=model)
        for text in LIFE:
            answer_to(self.assistant, text)
        list(self.assistant.warm_up())


@pytest.fixture(autouse=True)
def _power(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "saves_power", lambda: False)


@pytest.fixture
def stage(home: Path) -> Iterator[Stage]:
    standing = Stage(home, ScriptedModel(lambda messages: "Walnuts."))
    yield standing
    standing.assistant.close()


def test_the_prompt_is_read_before_the_words_are_sent(stage: Stage) -> None:
    assert stage.assistant.anticipate(ASKED)
    [ahead] = stage.model.ahead
    answered = answer_to(stage.assistant, ASKED)
    assert stage.model.calls[-1].messages == ahead
    assert "walnuts" in ahead[-1].content
    assert answered.usage.cached_tokens == answered.usage.prompt_tokens - 1


@pytest.mark.parametrize(
    "drafts",
    [
        (ASKED,),
        ("What should I bake on Sunday?", ASKED),
        ("Where did I move to, and when was that?", "I like tea very much", ASKED),
        (f"{ASKED} And what else?",),
    ],
)
def test_a_turn_has_the_same_prompts_whatever_was_read_ahead(
    tmp_path: Path, drafts: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # So slow a model that each token it must read anew leaves less room for memories.
    monkeypatch.setattr(reading, "UNMEASURED", 24.0)
    monkeypatch.setattr(reading, "LEAST_TOKENS", 0)
    # How long a recall takes decides too, and no two take the same time.
    monkeypatch.setattr(reading, "_RECALL_SHARE", 0.0)
    turns = (
        "I am baking for Anna on Sunday.",
        ASKED,
        "What is 12 * 7 in all?",
        "And for me?",
        "Please answer in German from now on. What should I bake for Anna?",
        "Please answer in English from now on. What should I bake for Anna?",
    )

    def prompts(name: str, *, ahead: bool) -> list[tuple[ChatMessage, ...]]:
        model = ScriptedModel(lambda messages: "Noted, of course, as you say.")
        assistant = Stage(tmp_path / name, model).assistant
        model.calls.clear()
        session = assistant.session()
        for text in turns:
            for draft in (*drafts, text) if ahead else ():
                session.anticipate(draft)
            list(session.send(text))
        assistant.close()
        assert bool(model.ahead) is ahead
        return [call.messages for call in model.calls]

    assert prompts("with", ahead=True) == prompts("without", ahead=False)


class Recalls:
    """Counts the recalls of an assistant's store, and lets them fail."""

    def __init__(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.fails = False
        recall = stage.assistant.store.recall

        def counted(*arguments: object, **options: object) -> object:
            self.count += 1
            found = recall(*arguments, **options)  # type: ignore[arg-type]
            return replace(found, degraded="Words only.") if self.fails else found

        monkeypatch.setattr(stage.assistant.store, "recall", counted)


@pytest.fixture
def recalls(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Recalls:
    return Recalls(stage, monkeypatch)


def test_a_turn_takes_what_was_recalled_for_its_words(stage: Stage, recalls: Recalls) -> None:
    session = stage.assistant.session()
    for text in (ASKED, "And what did I say about shellfish?"):
        recalls.count = 0
        assert session.anticipate(text)
        updates = list(session.send(text))
        assert recalls.count == 1
        [answered] = only(Answered, updates)
        assert answered.memories
        assert answered.ms.recall > 0


def test_what_was_recalled_serves_one_turn_of_the_same_words_in_the_same_place(
    stage: Stage, recalls: Recalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant = stage.assistant

    def recalled_anew(send: Callable[[], object]) -> bool:
        assert assistant.anticipate(ASKED)
        recalls.count = 0
        send()
        return recalls.count == 1

    session = assistant.session()
    assert recalled_anew(lambda: list(session.send(f"{ASKED} ")))
    assert recalled_anew(lambda: list(session.send(ASKED))), "something was said there before"
    first = session.said()[0].id
    assert recalled_anew(lambda: list(session.fork(first).send(ASKED)))
    assert recalled_anew(lambda: list(assistant.temporary_session().send(ASKED)))
    assert recalled_anew(lambda: list(session.regenerate(first)))
    assert not recalled_anew(lambda: list(assistant.session().send(ASKED)))
    recalls.count = 0
    list(assistant.session().send(ASKED))
    assert recalls.count == 1, "it was used up"

    def forgotten_meanwhile() -> None:
        assistant.forget(assistant.plan_forgetting([first]))
        list(assistant.session().send(ASKED))

    assert recalled_anew(forgotten_meanwhile)
    monkeypatch.setattr(foresight, "STALE_SECONDS", 0.0)
    assert recalled_anew(lambda: list(assistant.session().send(ASKED)))


def test_what_recall_has_to_tell_is_told_by_the_turn(stage: Stage, recalls: Recalls) -> None:
    recalls.fails = True
    assert stage.assistant.anticipate(ASKED)
    updates = list(stage.assistant.session().send(ASKED))
    assert recalls.count == 2
    assert Notice("Words only.") in updates


def test_what_was_typed_is_stored_nowhere(stage: Stage, home: Path) -> None:
    before = stage.assistant.store.log.head()
    draft = "Perhaps I should tell about the zanzibarian quicksilver of Anna"
    assert stage.assistant.anticipate(draft)
    session = stage.assistant.temporary_session()
    assert session.anticipate(draft)
    session.close()
    assert stage.assistant.store.log.head() == before
    assert stage.assistant.sessions() == stage.assistant.sessions()
    stage.assistant.close()
    assert leftovers(home, [draft, "zanzibarian"]) == []


def test_the_conversation_so_far_is_read_with_the_draft(stage: Stage) -> None:
    session = stage.assistant.session()
    list(session.send("I am baking for my sister Anna on Sunday."))
    assert session.anticipate("And what should I keep out of it?")
    said = [message.content for message in stage.model.ahead[-1]]
    assert "I am baking for my sister Anna on Sunday." in said


def test_a_tool_s_question_is_read_ahead_where_a_tool_may_help(stage: Stage) -> None:
    assert stage.assistant.anticipate("What is 12 * 7 in all?")
    assert "Which tool should be called now?" in stage.model.ahead[-1][-1].content


@pytest.mark.parametrize("draft", ["", "Why", "Remember", "       hm      ", "Whatever-it-is"])
def test_a_few_letters_are_not_worth_it(stage: Stage, draft: str) -> None:
    assert not stage.assistant.anticipate(draft)
    assert stage.model.ahead == []


def test_nothing_is_done_while_the_machine_saves_power(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "saves_power", lambda: True)
    assert not stage.assistant.anticipate(ASKED)
    assert stage.model.ahead == []


def test_a_model_is_never_loaded_for_it(home: Path) -> None:
    model = ScriptedModel(lambda messages: "Yes.")
    assistant = open_scripted(home, model=model)
    loads: list[int] = []

    def load() -> LanguageModel:
        loads.append(1)
        return model

    assistant.model = ModelSlot("scripted", 8192, load)
    assert not assistant.anticipate(ASKED)
    assert not loads
    assistant.close()


def test_a_model_that_cannot_read_ahead_is_not_asked(home: Path) -> None:
    class Plain(ScriptedModel):
        read_ahead = None  # type: ignore[assignment]  # as a server has it

    assistant = open_scripted(home, model=Plain(lambda messages: "Yes."))
    list(assistant.warm_up())
    assert not assistant.anticipate(ASKED)
    assert only(Answered, assistant.session().send(ASKED))
    assistant.close()


class Slow(ScriptedModel):
    """Reads ahead until it is told to stop."""

    def read_ahead(self, messages: Sequence[ChatMessage], cancel: Flag) -> bool:
        self.ahead.append(tuple(messages))
        self.reading.set()
        assert cancel.wait(60), "nobody ended it"
        return False

    @property
    def reading(self) -> Flag:
        return self.__dict__.setdefault("flag", Flag())  # type: ignore[no-any-return]


def anticipating(assistant: Assistant, done: list[bool]) -> threading.Thread:
    thread = threading.Thread(target=lambda: done.append(assistant.anticipate(ASKED)), daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("ends", ["stop", "send", "draft", "close"])
def test_it_ends_at_once(home: Path, ends: str) -> None:
    model = Slow(lambda messages: "Walnuts.")
    assistant = Stage(home, model).assistant
    done: list[bool] = []
    thread = anticipating(assistant, done)
    assert model.reading.wait(60)
    if ends == "stop":
        assistant.stop_anticipating()
    elif ends == "send":
        assert answer_to(assistant, ASKED).status == "complete"
    elif ends == "draft":
        assert not assistant.anticipate("Hm")
    else:
        assistant.close()
    thread.join(60)
    assert done == [False]
    assistant.close()


def test_nothing_is_read_ahead_beside_a_turn(stage: Stage) -> None:
    updates = stage.assistant.session().send(ASKED)
    next(updates)
    assert not stage.assistant.anticipate("What should I bake on Sunday?")
    assert only(Answered, updates)
    assert stage.model.ahead == []
    assert stage.assistant.anticipate("What should I bake on Sunday?")


def test_a_night_is_asked_to_stop_when_a_turn_begins_and_when_one_is_typed(home: Path) -> None:
    asked: list[int] = []
    stage = Stage(home, ScriptedModel(lambda messages: "Walnuts."))
    stage.assistant._interrupt_night = lambda: asked.append(1)
    stage.assistant.anticipate(ASKED)
    assert len(asked) == 1
    answer_to(stage.assistant, ASKED)
    assert len(asked) == 2
    stage.assistant.close()


@pytest.mark.parametrize(
    ("profile", "battery", "saves"),
    [
        ("low-power\n", None, True),
        ("balanced\n", None, False),
        (None, None, False),
        (None, (False, 15), True),
        (None, (False, 80), False),
        (None, (True, 15), False),
    ],
)
def test_the_machine_tells_whether_it_saves_power(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    profile: str | None,
    battery: tuple[bool, int] | None,
    saves: bool,
) -> None:
    class Battery:
        power_plugged, percent = battery or (True, 100)

    file = tmp_path / "platform_profile"
    if profile is not None:
        file.write_text(profile)
    monkeypatch.setattr(machine, "_PROFILE", file)
    told = Battery() if battery else None
    monkeypatch.setattr("psutil.sensors_battery", lambda: told, raising=False)
    assert machine.saves_power() is saves
