"""The user model in a conversation: lines in the prompt, questions beside answers, consent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.models.base import ChatMessage
from assistant.person import settled
from assistant.questions import CONSENT
from assistant.session import Assistant
from assistant.updates import Answered, Asking
from memory.errors import NotFound, RefusedInput
from memory.events import AskAnswered, Asked, Consent
from memory.fakes import SetClock
from memory.forget import leftovers
from tests.assistant.builders import answer_to, only, open_scripted

ALLERGY = "I have a severe allergy to walnuts."


class Home:
    """An assistant whose prompts are kept."""

    def __init__(self, folder: Path) -> None:
        self.prompts: list[str] = []
        self.folder = folder
        self.assistant: Assistant = open_scripted(folder, self._answer)

    def _answer(self, messages: Sequence[ChatMessage]) -> str:
        self.prompts.append(messages[-1].content)
        return "Noted."

    def say(self, text: str, session_id: str | None = None) -> Answered:
        return answer_to(self.assistant, text, session_id)

    def events(self, kind: type) -> list[object]:
        every = self.assistant.store.log.read_after(0, 1000)
        return [event.payload for event in every if isinstance(event.payload, kind)]


@pytest.fixture
def opened(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_what_the_answer_hinges_on_is_in_the_prompt_and_named(opened: Home) -> None:
    opened.say(ALLERGY)
    answered = opened.say("Can you suggest a cake with or without walnuts for me?")
    assert (
        "your answer must respect it:\n- I have a severe allergy to walnuts." in opened.prompts[-1]
    )
    [line] = answered.lines
    assert line.text == ALLERGY
    opened.assistant.close()


def test_a_fact_is_asked_for_without_the_user(opened: Home) -> None:
    opened.say(ALLERGY)
    answered = opened.say("What is the botanical name of the walnuts family?")
    assert answered.lines == ()
    assert "must respect" not in opened.prompts[-1]
    opened.assistant.close()


def test_how_they_want_to_be_answered_is_told_to_the_model(opened: Home) -> None:
    opened.say("Please always give me short answers.")
    opened.say("Can you recommend a book for me?")
    assert "How they want to be answered:\n- " in opened.prompts[-1]
    opened.assistant.close()


def test_what_was_just_said_is_not_repeated(opened: Home) -> None:
    answered = opened.say(f"{ALLERGY} Can you suggest a cake with or without walnuts for me?")
    assert answered.lines == ()
    opened.assistant.close()


def test_a_move_shows_the_new_home_and_the_old_one_behind_it(opened: Home) -> None:
    opened.say("I live in Ghent.")
    opened.say("I moved from Ghent to Lyon.")
    page = opened.assistant.profile_page()
    assert "Lyon" in page
    opened.say("Where did I live before Lyon?")
    assert "no longer so: I live in Ghent." in opened.prompts[-1]
    opened.assistant.close()


def test_something_sensitive_protects_at_once_and_is_asked_about(opened: Home) -> None:
    answered = opened.say(ALLERGY)
    assert answered.asked is not None
    assert ALLERGY in answered.asked.text
    assert answered.asked.options == ("Yes", "No")
    assert "health" in opened.assistant.person.questions.why(answered.asked.id)
    assert opened.assistant.answer_question(answered.asked.id, "2") == "It is not in your profile."
    [consent] = opened.events(Consent)
    assert isinstance(consent, Consent)
    assert consent.answer == "no"
    later = opened.say("Can you suggest a cake with or without walnuts for me?")
    assert later.lines == ()
    opened.assistant.close()


def test_why_and_nonsense_leave_a_question_open(opened: Home) -> None:
    question = opened.say(ALLERGY).asked
    assert question is not None
    assert opened.assistant.answer_question(question.id, "why?") == question.why
    assert "yes or no" in opened.assistant.answer_question(question.id, "purple")
    assert opened.events(AskAnswered) == []
    assert "stays" in opened.assistant.answer_question(question.id, "yes")
    with pytest.raises(NotFound):
        opened.assistant.answer_question("nothing", "yes")
    opened.assistant.close()


def test_a_question_of_taste_is_asked_answered_and_known_from_then_on(opened: Home) -> None:
    session = opened.assistant.session()
    updates = list(session.send("Can you recommend a restaurant for dinner tonight?"))
    [asking] = only(Asking, updates)
    [answered] = only(Answered, updates)
    question = asking.question
    assert answered.asked == question
    assert question.why
    said = "A quiet place with good wine." if question.form == "open" else question.options[0]
    assert opened.assistant.answer_question(question.id, said).startswith("Noted")
    assert said.rstrip(".") in opened.assistant.profile_page()
    for _ in range(12):
        opened.say("Can you recommend a restaurant for dinner tonight?", session.id)
    asked = [each for each in opened.events(Asked) if isinstance(each, Asked)]
    assert len(asked) <= 5
    assert len({(each.domain, each.attribute) for each in asked}) == len(asked)
    opened.assistant.close()


def test_a_skipped_question_does_not_come_back(opened: Home) -> None:
    question = opened.say("Can you recommend a restaurant for dinner tonight?").asked
    assert question is not None
    assert "Skipped" in opened.assistant.answer_question(question.id, None)
    other = opened.say("Can you recommend a restaurant for dinner tonight?").asked
    assert other is None or other.text != question.text
    opened.assistant.close()


def test_a_plain_question_and_a_temporary_chat_are_never_asked_about(opened: Home) -> None:
    assert opened.say("What is the capital of France?").asked is None
    session = opened.assistant.temporary_session()
    updates = list(session.send(f"{ALLERGY} Can you recommend a restaurant for dinner tonight?"))
    assert only(Asking, updates) == []
    assert "walnuts" not in opened.assistant.profile_page()
    opened.assistant.close()


def test_forgetting_takes_the_line_the_question_and_the_answers_given_with_it(
    opened: Home,
) -> None:
    first = opened.say(ALLERGY)
    assert first.asked is not None
    opened.assistant.answer_question(first.asked.id, "yes")
    used = opened.say("Can you suggest a cake with or without walnuts for me?")
    [line] = used.lines
    opened.assistant.forget(opened.assistant.plan_forgetting(line.sources))
    assert "walnuts" not in opened.assistant.profile_page()
    assert opened.assistant.store.log.get([first.asked.id])[0].payload is None
    opened.assistant.close()
    assert leftovers(opened.folder, [ALLERGY]) == []


def test_the_page_is_edited_by_hand(opened: Home) -> None:
    opened.say("I live in Ghent.")
    page = opened.assistant.profile_page()
    assert opened.assistant.save_profile(page) == "Nothing was changed."
    changed = page.replace("I live in Ghent.", "I live in Ghent, near the canal.")
    assert opened.assistant.save_profile(changed) == "1 change saved."
    assert "near the canal" in opened.assistant.profile_page()
    with pytest.raises(RefusedInput):
        opened.assistant.save_profile(page + "\nnot a line of the page\n")
    opened.assistant.close()


def test_a_line_names_the_words_it_was_taken_from(opened: Home) -> None:
    opened.say("I live in Ghent.")
    [line] = opened.assistant.store.profile.lines(opened.assistant.store.log.read_after(0, 1)[0].at)
    assert [one.text for one in opened.assistant.line_sources(line.id)] == ["I live in Ghent."]
    assert opened.assistant.line_sources("unknown") == []
    opened.assistant.close()


def test_an_open_page_brings_nothing_forgotten_back(opened: Home) -> None:
    opened.say("I live in Ghent.")
    opened.say("I love purplezebra cake.")
    page = opened.assistant.profile_page()
    store = opened.assistant.store
    [cake] = [event.id for event in store.log.read_after(0, 100) if "zebra" in (event.text or "")]
    store.forget(store.plan_forgetting(ids=[cake]))
    changed = page.replace("I live in Ghent.", "I live in Ghent, near the canal.")
    assert opened.assistant.save_profile(changed) == "1 change saved."
    assert "purplezebra" not in opened.assistant.profile_page()
    opened.assistant.close()


def test_a_line_that_is_removed_from_the_page_is_gone(opened: Home) -> None:
    opened.say("I live in Ghent.")
    rows = opened.assistant.profile_page().split("\n")
    without = "\n".join(row for row in rows if "Ghent" not in row)
    assert opened.assistant.save_profile(without) == "1 change saved."
    assert "Ghent" not in opened.assistant.profile_page()
    opened.assistant.close()


def test_consent_is_no_taste(opened: Home) -> None:
    opened.say(ALLERGY)
    assert [one.domain for one in opened.assistant.person.questions.asked()] == [CONSENT]
    opened.assistant.close()


@pytest.mark.parametrize(
    "reply", ["Of course not!", "Please do not", "no", "No, thanks.", "Never!"]
)
def test_a_no_is_a_no(opened: Home, reply: str) -> None:
    question = opened.say("I have diabetes.").asked
    assert question is not None
    assert opened.assistant.answer_question(question.id, reply) == "It is not in your profile."
    opened.assistant.close()


@pytest.mark.parametrize(
    "reply", ["yeah no", "ok no", "sure, delete it", "no problem", "don't know"]
)
def test_what_is_neither_yes_nor_no_is_asked_again(opened: Home, reply: str) -> None:
    question = opened.say("I have diabetes.").asked
    assert question is not None
    assert "yes or no" in opened.assistant.answer_question(question.id, reply)
    assert opened.events(Consent) == []
    opened.assistant.close()


def test_each_sensitive_line_is_asked_about_once(opened: Home) -> None:
    session = opened.assistant.session()
    asked = []
    for text in ("I have diabetes. I am Muslim.", "Hello.", "I have diabetes.", "Hello again."):
        [answered] = only(Answered, session.send(text))
        asked.append(answered.asked.text if answered.asked else None)
    assert [text is not None for text in asked] == [True, True, False, False]
    assert asked[0] != asked[1]
    opened.assistant.close()


@pytest.mark.parametrize(
    ("told", "word"),
    [
        (["I hate my antidepressants."], "antidepressants"),
        (["I work as a Catholic priest.", "I work as a baker."], "Catholic"),
    ],
)
def test_what_is_sensitive_waits_for_a_yes(opened: Home, told: list[str], word: str) -> None:
    for text in told:
        opened.say(text)
    opened.say("What do you know about me?")
    before, _, _ = opened.prompts[-1].partition("Today is")
    assert word not in opened.prompts[-1].removeprefix(before)
    opened.assistant.close()


def test_a_rule_learnt_by_counting_ties_no_answer_to_what_was_counted(opened: Home) -> None:
    for number in range(15):
        opened.say(f"Nice \U0001f600 day {number} in the garden \U0001f600")
    last = opened.assistant.session()
    list(last.send("One more \U0001f600 garden \U0001f600"))
    for number in range(3):
        opened.say(f"Tell me of garden number {number}")
    plan = opened.assistant.plan_forgetting([last.turns()[0].id])
    assert {event.session_id for event in plan.with_it} <= {last.id}
    opened.assistant.close()


def test_newest_wins_and_what_was_before_is_told_to_who_asks(opened: Home) -> None:
    opened.say("I live in Ghent, near the canal.")
    opened.say("I moved from Ghent to Lyon.")
    opened.say("Where do I live?")
    assert "I live in Ghent" not in opened.prompts[-1]
    assert "User: I moved from Ghent to Lyon." in opened.prompts[-1]
    opened.say("Where did I live before?")
    assert "User: I live in Ghent, near the canal. (Since then, on " in opened.prompts[-1]
    opened.assistant.close()


def test_a_line_that_later_words_may_have_overtaken_is_a_dated_note(opened: Home) -> None:
    opened.say("My boss is Peter Lang.")
    opened.say("Peter Lang has retired and Ines Moor is my boss now.")
    answered = opened.say("Who is my boss?")
    assert "must respect it" not in opened.prompts[-1]
    assert "User: Peter Lang has retired and Ines Moor is my boss now." in opened.prompts[-1]
    assert answered.lines == ()
    opened.assistant.close()


def test_what_guards_from_harm_stands_whatever_is_said_later(opened: Home) -> None:
    opened.say(ALLERGY)
    opened.say("I bought a new severe allergy to walnuts leaflet.")
    answered = opened.say("Can you suggest a cake with or without walnuts for me?")
    assert [line.text for line in answered.lines] == [ALLERGY]
    opened.assistant.close()


def test_all_that_was_said_in_words_overtaken_since_becomes_a_dated_note(opened: Home) -> None:
    opened.say("My boss is Peter Lang and my sister is Eva.")
    opened.say("Peter Lang has retired and Ines Moor is my boss now.")
    store, now = opened.assistant.store, SetClock().now()
    lines = store.profile.lines(now)
    told = [line for line in lines if "Peter Lang." in line.text or "Eva" in line.text]
    assert len(told) == 2
    standing, found = settled(store, told, [], now)
    assert standing == []
    assert [memory.text for memory in found] == ["My boss is Peter Lang and my sister is Eva."]
    opened.assistant.close()
