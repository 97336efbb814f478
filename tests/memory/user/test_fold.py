"""From statements and the user's acts to lines: what wins, what stays, what is believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any, Literal

import pytest

from memory.events import Consent, ProfileEdit
from memory.user.fold import belief, fold
from memory.user.lines import Section, Statement, Topic
from memory.user.profile import protects, usable
from memory.user.said import Said
from memory.user.statements import statements
from tests.memory.user.builders import Life, day, home, texts


def ghent_then_lyon() -> tuple[Life, str, str]:
    life = Life()
    ghent = life.say("I live in Ghent.", "home", "Ghent", section=Section.HOME)
    lyon = life.say("I moved to Lyon.", "home", "Lyon", section=Section.HOME)
    return life, ghent, lyon


# -- what one has one of


def test_where_one_lives_is_where_one_moved_last_with_the_past_as_history() -> None:
    life, ghent, lyon = ghent_then_lyon()
    profile = life.profile()
    assert texts(profile.lines) == ["I moved to Lyon."]
    [before] = profile.history
    assert (before.id, before.text, before.until) == (ghent, "I live in Ghent.", day(2))
    assert before.replaced_by == lyon


def test_a_move_told_in_one_sentence_ends_one_home_and_begins_the_other() -> None:
    life = Life()
    life.say("I live in Ghent.", "home", "Ghent", section=Section.HOME)
    life.say("I moved from Ghent.", "home", "Ghent", section=Section.HOME, past=True)
    lyon = life.again("I live in Lyon.", "home", "Lyon", section=Section.HOME)
    profile = life.profile()
    assert texts(profile.lines) == ["I live in Lyon."]
    [before] = profile.history
    assert (before.value, before.replaced_by, len(before.sources)) == ("Ghent", lyon, 2)


def test_what_was_imported_late_takes_its_place_in_time() -> None:
    life = Life()
    life.say("I live in Lyon.", "home", "Lyon", section=Section.HOME, on=50)
    life.say("I live in Porto.", "home", "Porto", section=Section.HOME, on=3)
    profile = life.profile()
    assert texts(profile.lines) == ["I live in Lyon."]
    assert [(line.value, line.until) for line in profile.history] == [("Porto", day(50))]


def test_moving_back_opens_a_new_line() -> None:
    life, _, _ = ghent_then_lyon()
    life.say("I live in Ghent again.", "home", "Ghent", section=Section.HOME)
    profile = life.profile()
    assert texts(profile.lines) == ["I live in Ghent again."]
    assert [line.value for line in profile.history] == ["Ghent", "Lyon"]


def test_without_the_newer_source_the_older_line_holds_again() -> None:
    life, ghent, _ = ghent_then_lyon()
    profile = fold(life.said[:1], [], day(9))
    assert [line.id for line in profile.lines] == [ghent]
    assert profile.lines[0].until is None


def test_another_context_is_another_slot() -> None:
    life = Life()
    life.say("I live in Ghent.", "home", "Ghent", section=Section.HOME)
    life.say("I live in Rome in summer.", "home", "Rome", section=Section.HOME, context="in summer")
    assert len(life.profile().lines) == 2


# -- saying it again, saying the opposite


def test_saying_it_again_strengthens_one_line() -> None:
    life = Life()
    first = life.say("I like coffee.", "likes", "coffee", polarity=1)
    [once] = life.profile(2).lines
    life.say("I love coffee.", "likes", "coffee", polarity=1)
    [twice] = life.profile(2).lines
    assert (twice.id, twice.text, len(twice.sources)) == (first, "I love coffee.", 2)
    assert twice.belief > once.belief
    assert (twice.first_at, twice.last_at) == (day(1), day(2))


def test_the_same_message_does_not_count_twice() -> None:
    life = Life()
    life.say("I like coffee.", "likes", "coffee", polarity=1)
    once = life.profile(1).lines[0].belief
    life.again("I like coffee.", "likes", "coffee", polarity=1)
    assert life.profile(1).lines[0].belief == once


def test_lines_without_a_value_merge_by_their_words() -> None:
    life = Life()
    life.say("The spare key is under the blue flowerpot.")
    life.say("the spare key is under the blue flowerpots")
    life.say("The spare bike is under the stairs.")
    assert len(life.profile().lines) == 2


def test_a_contrary_taste_ends_the_line_in_its_own_context_only() -> None:
    life = Life()
    life.say("I love coffee.", "likes", "coffee", polarity=1)
    life.say("No coffee at work.", "dislikes", "coffee", polarity=-1, context="at work")
    assert len(life.profile().lines) == 2
    life.say("I hate coffee.", "dislikes", "coffee", polarity=-1)
    profile = life.profile()
    assert texts(profile.lines) == ["No coffee at work.", "I hate coffee."]
    assert texts(profile.history) == ["I love coffee."]


def test_liking_it_does_not_end_an_allergy() -> None:
    life = Life()
    allergy = {"section": Section.HEALTH, "polarity": -1, "strength": 1.0, "topic": Topic.HEALTH}
    life.say("I'm allergic to shrimp.", "allergy", "shrimp", **allergy)  # type: ignore[arg-type]
    life.say("I love shrimp.", "likes", "shrimp", polarity=1)
    assert texts(life.profile().lines) == ["I'm allergic to shrimp.", "I love shrimp."]


def test_what_was_so_once_is_history() -> None:
    life = Life()
    life.say("I used to smoke.", "habit", "smoking", section=Section.HABITS, past=True)
    profile = life.profile()
    assert not profile.lines
    assert texts(profile.history) == ["I used to smoke."]


@pytest.mark.parametrize(
    ("earlier", "later", "ended"),
    [
        ("I love coffee.", "I don't drink coffee any more.", True),
        ("I am vegetarian.", "I'm not vegetarian any more.", True),
        ("I love jazz.", "I no longer like jazz.", True),
        ("Please keep your answers short.", "I prefer detailed answers.", True),
        ("Don't use emojis.", "Please use emojis.", True),
        ("Please answer in French.", "Please answer in German.", True),
        ("Please keep your answers short.", "Don't use emojis.", False),
        ("I work as a nurse.", "I work at the Acme hospital.", False),
        ("I work as a nurse.", "I work as a teacher.", True),
        ("I'm allergic to shrimp.", "I love shrimp.", False),
    ],
)
def test_sentences_of_a_life_end_one_another_or_do_not(
    earlier: str, later: str, ended: bool
) -> None:
    said = [
        Said(f"{number}{part}", (f"event{number}",), number, part, day(number), statement)
        for number, text in enumerate((earlier, later))
        for part, statement in enumerate(statements(text))
    ]
    assert len(said) == 2
    profile = fold(said, [], day(9))
    assert (earlier in texts(profile.history)) is ended
    assert (earlier in texts(profile.lines)) is not ended


# -- belief


@pytest.mark.parametrize(("section", "days"), [(Section.TASTES, 730), (Section.HABITS, 365)])
def test_belief_halves_with_age(section: Section, days: int) -> None:
    life = Life()
    life.say("I like tea.", "likes", "tea", section=section, polarity=1, on=0)
    [said] = life.said
    assert belief([said], day(days)) == pytest.approx(belief([said], day(0)) / 2)


@pytest.mark.parametrize("section", [Section.IDENTITY, Section.PEOPLE, Section.HEALTH])
def test_who_one_is_does_not_fade(section: Section) -> None:
    life = Life()
    life.say("My name is Ada.", "name", "Ada", section=section, on=0)
    assert belief(life.said, day(4000)) == belief(life.said, day(0))


def test_stronger_words_are_believed_more_and_a_model_less() -> None:
    def told(strength: float, derived: bool = False) -> float:
        statement = Statement(Section.IDENTITY, "", "", "", 0, strength, "x")
        return belief([Said("a", ("e",), 1, 0, day(0), statement, derived=derived)], day(0))

    assert told(0.3) < told(0.6) < told(1.0) < 1
    assert told(1.0, derived=True) < told(0.6)


# -- the user's hand


def test_a_retired_line_does_not_come_back_from_old_or_derived_or_same_words() -> None:
    life = Life()
    coffee = life.say("I like coffee.", "likes", "coffee", polarity=1)
    life.do(ProfileEdit(op="retire", line=coffee))
    life.say("I like coffee!", "likes", "coffee", polarity=1)
    life.say("I adore coffee.", "likes", "coffee", polarity=1, derived=True)
    life.say("I really love coffee.", "likes", "coffee", polarity=1, on=0)
    assert not life.profile().lines
    life.say("I came to enjoy coffee after all.", "likes", "coffee", polarity=1)
    assert texts(life.profile().lines) == ["I came to enjoy coffee after all."]


def test_retiring_holds_when_the_first_source_is_gone() -> None:
    life = Life()
    first = life.say("I like coffee.", "likes", "coffee", polarity=1)
    second = life.say("I do like coffee.", "likes", "coffee", polarity=1)
    life.do(ProfileEdit(op="retire", line=first, covers=(first, second)))
    assert not fold(life.said[1:], life.acts, day(9)).lines


def test_a_confirmed_line_is_changed_by_nothing_derived_and_says_what_was_said_otherwise() -> None:
    life = Life()
    coffee = life.say("I love coffee.", "likes", "coffee", polarity=1)
    life.do(ProfileEdit(op="confirm", line=coffee))
    life.say("I hate coffee.", "dislikes", "coffee", polarity=-1)
    life.say("The user hates coffee.", "dislikes", "coffee", polarity=-1, derived=True)
    profile = life.profile()
    [line] = profile.lines
    assert (line.text, line.confirmed, line.belief) == ("I love coffee.", True, 1.0)
    assert [said.statement.text for said in profile.otherwise[line.id]] == [
        "I hate coffee.",
        "The user hates coffee.",
    ]


def test_an_edit_beats_what_was_said_before_and_what_is_derived() -> None:
    life, _, lyon = ghent_then_lyon()
    edit = ProfileEdit(op="replace", line=lyon, text="I live in Bron, near Lyon.")
    written = life.write(edit, home("I live in Bron, near Lyon.", "Bron, near Lyon"))
    life.say("I live in Nice.", "home", "Nice", section=Section.HOME, on=1)
    life.say("Lives in Lyon.", "home", "Lyon", section=Section.HOME, derived=True)
    profile = life.profile()
    [line] = profile.lines
    assert (line.id, line.text, line.confirmed) == (written, "I live in Bron, near Lyon.", True)
    assert [(before.value, before.replaced_by) for before in profile.history][-1] == (
        "Lyon",
        written,
    )


def test_newer_words_of_the_user_on_where_they_live_end_an_edit_which_becomes_history() -> None:
    life, _, lyon = ghent_then_lyon()
    edit = ProfileEdit(op="replace", line=lyon, text="I live in Bron.")
    written = life.write(edit, home("I live in Bron.", "Bron"))
    life.say("I moved back to Lyon.", "home", "Lyon", section=Section.HOME)
    profile = life.profile()
    assert texts(profile.lines) == ["I moved back to Lyon."]
    assert written in [line.id for line in profile.history]


def test_undo_brings_the_line_back_and_undoing_that_takes_it_again() -> None:
    life = Life()
    tea = life.say("I like tea.", "likes", "tea", polarity=1)
    edit = life.do(ProfileEdit(op="retire", line=tea))
    undo = life.do(ProfileEdit(op="undo", undoes=edit))
    assert texts(life.profile().lines) == ["I like tea."]
    life.do(ProfileEdit(op="undo", undoes=undo))
    assert not life.profile().lines


def test_undoing_a_replacement_restores_the_words() -> None:
    life, _, lyon = ghent_then_lyon()
    edit = ProfileEdit(op="replace", line=lyon, text="I live in Bron.")
    life.write(edit, home("I live in Bron.", "Bron"))
    life.do(ProfileEdit(op="undo", undoes=life.acts[-1].id))
    assert texts(life.profile().lines) == ["I moved to Lyon."]


def test_a_retired_line_of_many_sources_that_are_not_stated_stays_retired() -> None:
    life = Life()
    rule = life.say("I use emojis.", "emojis", "yes", section=Section.MANNER, derived=True, on=90)
    life.do(ProfileEdit(op="retire", line=rule), on=10)
    assert not life.profile().lines


# -- what a model read out


def test_derived_lines_support_but_do_not_end_stated_ones() -> None:
    life = Life()
    life.say("I live in Ghent.", "home", "Ghent", section=Section.HOME)
    life.say("Lives in Lyon.", "home", "Lyon", section=Section.HOME, derived=True)
    profile = life.profile()
    assert texts(profile.lines) == ["I live in Ghent."]
    assert list(profile.otherwise) == [profile.lines[0].id]


def test_a_derived_line_gives_way_to_a_derived_and_to_a_stated_one() -> None:
    life = Life()
    life.say("Lives in Ghent.", "home", "Ghent", section=Section.HOME, derived=True)
    life.say("Lives in Lyon.", "home", "Lyon", section=Section.HOME, derived=True)
    life.say("I live in Nice.", "home", "Nice", section=Section.HOME)
    profile = life.profile()
    assert texts(profile.lines) == ["I live in Nice."]
    assert [line.value for line in profile.history] == ["Ghent", "Lyon"]


# -- consent


def faithful(life: Life, **rest: object) -> str:
    return life.say("I'm a Quaker.", "religion", "Quaker", topic=Topic.RELIGION, **rest)  # type: ignore[arg-type]


def test_a_sensitive_line_waits_and_is_not_used() -> None:
    life = Life()
    faithful(life)
    profile = life.profile()
    [line] = profile.pending()
    assert line.consent is None
    assert not usable(line)


@pytest.mark.parametrize(
    ("attribute", "topic", "heeded"),
    [
        ("allergy", Topic.HEALTH, True),
        ("diet", Topic.HEALTH, True),
        ("weight", Topic.HEALTH, False),
        ("diet", Topic.RELIGION, False),
    ],
)
def test_an_allergy_is_heeded_before_the_yes(attribute: str, topic: Topic, heeded: bool) -> None:
    life = Life()
    life.say("x", attribute, "shellfish", section=Section.HEALTH, topic=topic)
    [line] = life.profile().lines
    assert protects(line) is usable(line) is heeded
    assert life.profile().pending() == [line]


def test_yes_and_no_to_a_line_and_the_newest_counts() -> None:
    life = Life()
    line = faithful(life)
    life.do(Consent(topic="religion", answer="yes", line=line))
    assert [each.consent for each in life.profile().lines] == [True]
    life.do(Consent(topic="religion", answer="no", line=line))
    profile = life.profile()
    assert not profile.lines
    assert not profile.history


def test_no_to_a_topic_bars_what_comes_later_as_well() -> None:
    life = Life()
    faithful(life)
    life.do(Consent(topic="religion", answer="no"))
    life.say("I am a Baptist now.", "religion", "Baptist", topic=Topic.RELIGION)
    life.say("I like tea.", "likes", "tea", polarity=1)
    profile = life.profile()
    assert texts(profile.lines) == ["I like tea."]
    assert profile.barred == {Topic.RELIGION}
    life.do(Consent(topic="religion", answer="yes"))
    assert len(life.profile().lines) == 3
    assert not life.profile().barred


def test_confirming_a_sensitive_line_is_no_yes() -> None:
    life = Life()
    life.do(ProfileEdit(op="confirm", line=faithful(life)))
    [line] = life.profile().pending()
    assert line.confirmed


def meetings(text: str = "I go to meetings on Sundays.") -> Statement:
    return Statement(Section.IDENTITY, "", "", "", 0, 1.0, text)


@pytest.mark.parametrize("agreed", [True, False])
def test_rewriting_a_sensitive_line_is_a_yes_only_where_its_box_was_ticked(agreed: bool) -> None:
    life = Life()
    edit = ProfileEdit(op="replace", line=faithful(life), text="…", agreed=agreed)
    life.write(edit, meetings())
    [line] = life.profile().lines
    assert (line.text, line.confirmed) == ("I go to meetings on Sundays.", True)
    assert (line.topic, line.consent) == (Topic.RELIGION, True if agreed else None)
    assert usable(line) is agreed


def test_what_is_written_in_the_place_of_a_sensitive_line_has_its_consents() -> None:
    life = Life()
    quaker = faithful(life)
    life.do(Consent(topic="religion", answer="yes", line=quaker))
    first = life.write(ProfileEdit(op="replace", line=quaker, text="…"), meetings())
    life.write(ProfileEdit(op="replace", line=first, text="…"), meetings("I go there often."))
    [line] = life.profile().lines
    assert (line.text, line.topic, line.consent) == ("I go there often.", Topic.RELIGION, True)
    life.do(Consent(topic="religion", answer="no", line=line.id))
    assert not life.profile().lines


def test_undoing_an_edit_undoes_the_yes_that_was_ticked_with_it() -> None:
    life = Life()
    quaker = faithful(life)
    edit = ProfileEdit(op="replace", line=quaker, text="…", agreed=True)
    life.write(edit, meetings())
    life.do(ProfileEdit(op="undo", undoes=life.acts[-1].id))
    assert [line.id for line in life.profile().pending()] == [quaker]


def test_a_consent_can_be_taken_back_and_given_again() -> None:
    life = Life()
    quaker = faithful(life)
    yes = life.do(Consent(topic="religion", answer="yes", line=quaker))
    undo = life.do(ProfileEdit(op="undo", undoes=yes))
    assert [line.id for line in life.profile().pending()] == [quaker]
    life.do(ProfileEdit(op="undo", undoes=undo))
    assert [line.consent for line in life.profile().lines] == [True]


# -- what has no consent has no effect on other lines

PRIEST = ("I work as a priest.", "job", "priest")


def priest(life: Life, **rest: object) -> str:
    return life.say(*PRIEST, section=Section.WORK, topic=Topic.RELIGION, **rest)  # type: ignore[arg-type]


def baker(life: Life) -> str:
    return life.say("I work as a baker.", "job", "baker", section=Section.WORK)


@pytest.mark.parametrize("answer", ["yes", "no", None])
def test_a_sensitive_line_ends_another_only_with_a_yes(answer: Literal["yes", "no"] | None) -> None:
    life = Life()
    baker(life)
    line = priest(life)
    if answer:
        life.do(Consent(topic="religion", answer=answer, line=line))
    profile = life.profile()
    assert ("I work as a baker." in texts(profile.lines)) is (answer != "yes")
    assert ("I work as a baker." in texts(profile.history)) is (answer == "yes")
    assert ("I work as a priest." in texts(profile.lines)) is (answer != "no")
    assert bool(profile.pending()) is (answer is None)


def test_what_waits_is_not_noted_against_a_confirmed_line_and_makes_none_sensitive() -> None:
    life = Life()
    jazz = life.say("I love jazz.", "likes", "jazz", polarity=1)
    life.do(ProfileEdit(op="confirm", line=jazz))
    told: dict[str, Any] = {"section": Section.TASTES, "topic": Topic.HEALTH}
    life.say("I hate jazz, with my tinnitus.", "likes", "jazz", polarity=-1, **told)
    life.say("I love jazz for my tinnitus.", "likes", "jazz", polarity=1, **told)
    life.say(
        "I no longer love jazz, with tinnitus.", "likes", "jazz", past=True, polarity=1, **told
    )
    profile = life.profile()
    [held] = [line for line in profile.lines if line.topic is None]
    assert (held.text, held.sources, held.until) == ("I love jazz.", ("event1",), None)
    assert not profile.otherwise
    assert usable(held)


def test_harmless_words_end_what_waits() -> None:
    life = Life()
    priest(life)
    baker(life)
    profile = life.profile()
    assert texts(profile.lines) == ["I work as a baker."]
    assert texts(profile.history) == ["I work as a priest."]
    assert not profile.pending()


def test_a_stated_allergy_guards_before_the_yes_and_is_over_when_they_say_so() -> None:
    life = Life()
    told: dict[str, Any] = {"section": Section.HEALTH, "polarity": -1, "topic": Topic.HEALTH}
    life.say("I love nuts.", "likes", "nuts", polarity=1)
    life.say("I'm allergic to nuts.", "allergy", "nuts", **told)
    assert [line.text for line in life.profile().lines if usable(line)] == [
        "I love nuts.",
        "I'm allergic to nuts.",
    ]
    life.say("My nut allergy is gone.", "allergy", "nuts", past=True, **told)
    assert texts(life.profile().lines) == ["I love nuts."]


# -- answers to questions


def answered(life: Life, answer: str, question: str, *, past: bool = False) -> str:
    life.say("x", "asked", answer, polarity=1, past=past)
    said = life.said.pop()
    text = f"Which genre? {answer}."
    statement = replace(said.statement, text=text, question=question)
    life.said.append(replace(said, statement=statement))
    return said.id


def test_a_newer_answer_to_the_same_question_takes_the_place_of_the_older_one() -> None:
    life = Life()
    noir = answered(life, "noir", "q1")
    answered(life, "noir", "q2")
    life.do(ProfileEdit(op="confirm", line=noir))
    western = answered(life, "western", "q1")
    profile = life.profile()
    assert texts(profile.lines) == ["Which genre? noir.", "Which genre? western."]
    [before] = profile.history
    assert (before.id, before.replaced_by) == (noir, western)
    answered(life, "no matter", "q1", past=True)
    assert texts(life.profile().lines) == ["Which genre? noir."]
    assert texts(life.profile().history) == ["Which genre? noir.", "Which genre? western."]
    answered(life, "no matter", "q3", past=True)
    assert len(life.profile().history) == 2


# -- as a function


def test_the_order_in_which_statements_come_does_not_matter() -> None:
    life, _, lyon = ghent_then_lyon()
    life.say("I like tea.", "likes", "tea", polarity=1)
    life.do(ProfileEdit(op="confirm", line=lyon))
    whole = life.profile()
    for order in permutations(life.said):
        assert fold(order, life.acts, day(4)) == whole


def test_a_later_day_only_fades_belief() -> None:
    life = Life()
    life.say("I like tea.", "likes", "tea", polarity=1)
    [now], [later] = life.profile(1).lines, life.profile(900).lines
    assert later.belief < now.belief
    assert later.last_at == now.last_at == day(0) + timedelta(days=1)
