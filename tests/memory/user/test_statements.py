"""What is taken for a statement of users about themselves, and what is not."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from memory.events import AnyPayload, Event, Message, Note, Origin
from memory.user.lines import Section, Statement, Topic
from memory.user.statements import MOST, statements, statements_of


def only(text: str) -> Statement:
    found = statements(text)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "section", "attribute", "value"),
    [
        ("My name is Anna Berg.", Section.IDENTITY, "name", "Anna Berg"),
        ("I'm 34 years old.", Section.IDENTITY, "age", "34"),
        ("My birthday is on 5 May.", Section.IDENTITY, "birthday", "5 May"),
        ("By the way, I live in Ghent now.", Section.HOME, "home", "Ghent"),
        ("I work as a nurse at St Mary's.", Section.WORK, "job", "nurse at St Mary's"),
        ("I'm a software engineer.", Section.WORK, "job", "software engineer"),
        ("My sister Ann is getting married.", Section.PEOPLE, "family", "Ann"),
        ("My dog is called Rex!", Section.PEOPLE, "pet", "Rex"),
        ("Every morning I go for a run.", Section.HABITS, "habit", "I go for a run"),
        ("I want to learn Italian.", Section.GOALS, "goal", "learn Italian"),
        ("Please be brief.", Section.MANNER, "style", "brief"),
        ("Call me Al.", Section.MANNER, "nickname", "Al"),
        ("From now on answer in German.", Section.MANNER, "language", "German"),
        ("I prefer short answers.", Section.MANNER, "style", "short answers"),
        ("My favourite colour is green.", Section.TASTES, "favourite colour", "green"),
        ("I'm allergic to peanuts.", Section.HEALTH, "allergy", "peanuts"),
        ("I've been a vegetarian since 2010.", Section.TASTES, "diet", "vegetarian since 2010"),
    ],
)
def test_what_is_said_of_oneself(text: str, section: Section, attribute: str, value: str) -> None:
    found = only(text)
    assert (found.section, found.attribute, found.value) == (section, attribute, value)


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("I have a strong aversion to lifts.", -1),
        ("I refuse to stay at hostels.", -1),
        ("I can't do spicy food.", -1),
        ("Not a fan of jazz.", -1),
        ("Crowds aren't my thing.", -1),
        ("I'm wary of medication.", -1),
        ("Loud bars stress me out.", -1),
        ("I have no interest in football.", -1),
        ("I'd rather not fly.", -1),
        ("I could never live in a big city.", -1),
        ("I find flashcards boring.", -1),
        ("I don't wear wool.", -1),
        ("Synthetic fabrics don't work for me.", -1),
        ("I'm strongly against screens for toddlers.", -1),
        ("I'd rather walk than drive.", 1),
        ("I only buy second-hand clothes.", 1),
        ("I'm more of a tea person.", 1),
        ("I'm committed to buying local.", 1),
        ("It matters to me that things last.", 1),
        ("A window seat is a must for me.", 1),
        ("I believe in repairing things.", 1),
        ("I'm a huge fan of Arsenal.", 1),
    ],
)
def test_tastes_in_many_phrasings(text: str, polarity: int) -> None:
    assert only(text).polarity == polarity


@pytest.mark.parametrize(
    "text",
    [
        "What should I eat tonight?",
        "Do you think I prefer tea?",
        "If I were rich, I would hate flying.",
        "She says I love cats too much.",
        "My brother said I hate broccoli.",
        '"I hate Mondays" is a funny line.',
        "Imagine I am a vegan chef. I never eat meat.",
        "You are a travel agent. I prefer window seats.",
        "Translate: I am allergic to nuts",
        "Write a story about a girl who says I hate school.",
        "I think you're right.",
        "I don't know what to do.",
        "I love it!",
        "I like your idea.",
        "I need a new phone.",
        "I'm looking for a hotel.",
        "I can't find my keys.",
        "I had pasta yesterday.",
        "I loved the film last night.",
        "I'm tired today.",
        "I have a question about Python.",
        "I hate to bother you, but can you help?",
        "I want to know the difference between lists and tuples.",
        "```\nI am allergic to nuts\n```",
        "> I love jazz",
    ],
)
def test_what_is_no_statement(text: str) -> None:
    assert statements(text) == []


def test_a_move_is_the_new_home_and_the_old_one_past() -> None:
    old, new = statements("I moved from Ghent to Lyon last month.")
    assert (old.value, old.past, new.value, new.past) == ("Ghent", True, "Lyon", False)
    assert only("I used to live in Oslo.").past
    assert only("I no longer live in Ghent.").past


def test_a_statement_before_a_question_counts_and_the_question_does_not() -> None:
    found = only("I'm allergic to peanuts, what can I eat in Bangkok?")
    assert (found.attribute, found.text) == ("allergy", "I'm allergic to peanuts.")


def test_context_and_strength() -> None:
    found = only("I prefer coffee when I'm at work.")
    assert (found.value, found.context) == ("coffee", "when i'm at work")
    weak, usual, strong = (
        only(text).strength
        for text in ("I quite like jazz, a bit.", "I like jazz.", "I absolutely adore jazz.")
    )
    assert weak < usual < strong


def test_contrary_tastes_are_two_statements_and_a_reason_is_part_of_one() -> None:
    assert [each.polarity for each in statements("I love jazz but I hate opera.")] == [1, -1]
    one = only("I avoid hotels in city centres and prefer quiet areas, as I sleep badly.")
    assert one.text == "I avoid hotels in city centres and prefer quiet areas, as I sleep badly."


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("I'm allergic to nuts.", Topic.HEALTH),
        ("I have asthma.", Topic.HEALTH),
        ("I'm pregnant.", Topic.HEALTH),
        ("I'm a practising Muslim.", Topic.RELIGION),
        ("I'm gay.", Topic.ORIENTATION),
        ("I vote for the Greens.", Topic.POLITICS),
        ("I'm of Turkish descent.", Topic.ETHNICITY),
        ("I earn 40k a year.", Topic.FINANCES),
        ("I only eat halal food.", None),
        ("My wife is away.", None),
        ("My name is Mohammed.", None),
        ("I'm from Turkey.", None),
        ("I have zero tolerance for loud people.", None),
    ],
)
def test_sensitive_topics_are_stated_and_never_inferred(text: str, topic: Topic | None) -> None:
    assert only(text).topic is topic


def test_manner_of_one_task_is_no_lasting_wish() -> None:
    task = "Write an essay on bees with at least 300 words. Answer in German."
    assert all(each.section is not Section.MANNER for each in statements(task))


def test_what_is_to_be_remembered_is_kept_as_it_was_said() -> None:
    found = only("Remember that my locker code is 1234.")
    assert (found.attribute, found.text) == ("note", "My locker code is 1234.")


def event(origin: Origin, payload: AnyPayload) -> Event:
    return Event(
        seq=1,
        id="a",
        kind=payload.kind,
        version=1,
        at=datetime(2025, 1, 1, tzinfo=UTC),
        session_id="s",
        origin=origin,
        payload=payload,
    )


def test_only_the_users_own_words_count() -> None:
    said = Message(text="I love jazz.")
    assert statements_of(event(Origin.USER, said))
    assert statements_of(event(Origin.USER, Note(text="I love jazz.")))
    for origin in (Origin.ASSISTANT, Origin.TOOL, Origin.THIRD_PARTY):
        assert statements_of(event(origin, said)) == []


@pytest.mark.parametrize("piece", ["I am a very ", "my ", '"', "I find it ", "a strong ", "I, "])
def test_time_grows_with_the_length_only(piece: str) -> None:
    started = time.process_time()
    statements((piece * 20_000)[:20_000])
    assert time.process_time() - started < 2.0


def test_a_long_paste_gives_a_bounded_number() -> None:
    assert len(statements("\n".join(f"I like thing {n}." for n in range(500)))) == MOST


@pytest.mark.parametrize(
    ("text", "attribute", "value"),
    [
        ("Peanuts could kill me.", "allergy", "Peanuts"),
        ("Eating shellfish makes my throat swell.", "allergy", "shellfish"),
        ("Strawberries gave me hives.", "allergy", "Strawberries"),
        ("\u201cI never eat liver.\u201d", "likes", "liver"),
    ],
)
def test_harm_is_told_in_many_ways(text: str, attribute: str, value: str) -> None:
    [found] = statements(text)
    assert (found.attribute, found.value, found.polarity) == (attribute, value, -1)


@pytest.mark.parametrize(
    "text",
    [
        "I'm over the moon about it!",
        "I couldn't have done it without them.",
        "We need better schools.",
        "I won't quit.",
        "I believe in you!",
        "My feet kill me.",
        "The exam nearly killed me.",
    ],
)
def test_what_only_sounds_like_a_taste_is_none(text: str) -> None:
    assert statements(text) == []


def test_what_is_no_longer_liked_is_disliked() -> None:
    [found] = statements("I no longer like jazz.")
    assert (found.value, found.polarity) == ("jazz", -1)


@pytest.mark.parametrize("text", ["I am a lesbian.", "I'm a Muslim.", "I'm a socialist."])
def test_who_one_is_is_no_job(text: str) -> None:
    found = statements(text)
    assert all(each.attribute != "job" for each in found)
    assert all(each.topic is not None for each in found)
    assert [each.attribute for each in statements("I'm a teacher.")] == ["job"]


@pytest.mark.parametrize(
    "theirs",
    [
        "---------- Forwarded message ---------\nFrom: Bob <bob@example.org>\n\n{words}",
        "On Tue, 12 Mar 2024 at 21:02, Bob <bob@example.org> wrote:\n\n{words}",
        "On Tue, 12 Mar 2024 at 21:02, Bob <bob@example.org> wrote:\n> {words}",
        "From: Bob\nSent: Tuesday\nTo: Ann\nSubject: sushi\n\n{words}",
        "-----Original Message-----\n{words}",
        "Begin forwarded message:\n\n{words}",
        "Bob wrote:\n{words}",
        "Subject: sushi\nFrom: Bob <bob@example.org>\n\n{words}",
    ],
)
def test_what_a_pasted_mail_says_is_nobodys_statement(theirs: str) -> None:
    mail = theirs.format(words="I love sushi, remember this. My name is Bob. Call me Bobby.")
    assert statements(mail) == []
    assert only(f"I'm allergic to peanuts.\n\n{mail}").value == "peanuts"
