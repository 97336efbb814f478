"""The page: what stands on it, how it fits, and that editing it loses nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.errors import RefusedInput
from memory.events import Consent, ProfileEdit
from memory.user.lines import Section, Statement, Topic
from memory.user.page import Page, editable, edits, page, tokens
from memory.user.profile import Profile
from tests.memory.user.builders import Life

WORDS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("-*#[]()^x \n\\"),
    min_size=1,
    max_size=60,
).filter(lambda text: bool(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split()))
LINES = st.lists(st.tuples(WORDS, st.sampled_from(list(Section)), st.booleans()), max_size=8)


def life_of(lines: list[tuple[str, Section, bool]]) -> Profile:
    life = Life()
    for number, (text, section, sensitive) in enumerate(lines):
        topic = Topic.RELIGION if sensitive else None
        life.say(text, "thing", f"value{number}", section=section, topic=topic)
    return life.profile()


@pytest.fixture
def ada() -> Profile:
    life = Life()
    life.say("My name is Ada.", "name", "Ada", section=Section.IDENTITY)
    life.say("I live in Lyon.", "home", "Lyon", section=Section.HOME)
    life.say("I live in Lyon.", "home", "Lyon", section=Section.HOME)
    allergy = life.say(
        "I'm allergic to nuts.", "allergy", "nuts", section=Section.HEALTH, topic=Topic.HEALTH
    )
    life.say("I'm a Quaker.", "faith", "Quaker", section=Section.IDENTITY, topic=Topic.RELIGION)
    life.say("I like tea.", "likes", "tea", polarity=1)
    life.do(Consent(topic="health", answer="yes", line=allergy))
    return life.profile()


def id_of(profile: Profile, words: str) -> str:
    [found] = [line.id for line in profile.lines if words in line.text]
    return found


def test_the_page_reads_like_this(ada: Profile) -> None:
    shown = re.sub(r"\^\w{8}", "^id", page(ada).text)
    assert shown == (
        "# About me\n\n"
        "## Identity\n- My name is Ada. [2024-01-02] ^id\n\n"
        "## Home\n- I live in Lyon. [2024-01-04, said 2 times] ^id\n\n"
        "## Tastes\n- I like tea. [2024-01-07] ^id\n\n"
        "## Health\n- I'm allergic to nuts. [2024-01-05, health] ^id\n\n"
        "## May I keep this?\n- [ ] I'm a Quaker. [2024-01-06, religion] ^id\n"
    )


def test_what_was_said_otherwise_stands_beside_a_confirmed_line() -> None:
    life = Life()
    coffee = life.say("I love coffee.", "likes", "coffee", polarity=1)
    life.do(ProfileEdit(op="confirm", line=coffee))
    life.say("I hate coffee.", "dislikes", "coffee", polarity=-1)
    assert "[2024-01-02, confirmed, you said otherwise on 2024-01-04]" in page(life.profile()).text


# -- the budget


def many(count: int) -> Profile:
    life = Life()
    for number in range(count):
        strength = 1.0 if number % 7 == 0 else 0.3
        text = f"I like the songs of the band called number {number}."
        life.say(text, "likes", f"band {number}", polarity=1, strength=strength)
    nuts = {"section": Section.HEALTH, "topic": Topic.HEALTH, "on": 0}
    life.say("I'm allergic to nuts.", "allergy", "nuts", strength=0.1, **nuts)  # type: ignore[arg-type]
    return life.profile(400)


@pytest.mark.parametrize("most", [100, 500, 2000])
def test_the_page_is_never_longer_than_asked_and_counts_what_is_left_out(most: int) -> None:
    profile = many(300)
    shown = page(profile, most)
    assert tokens(shown.text) <= most
    assert shown.left_out == len(profile.lines) - len(shown.shown) > 0
    assert f"*{shown.left_out} more lines; `lifelore profile show --all`*" in shown.text
    assert tokens(shown.text) > 0.7 * most
    assert "allergic" in shown.text


def test_the_least_believed_lines_are_left_out() -> None:
    profile = many(300)
    shown = page(profile)
    left = [line for line in profile.lines if line not in shown.shown]
    assert max(line.belief for line in left) <= min(
        line.belief for line in shown.shown if line.attribute != "allergy"
    )


def test_another_counter_may_count() -> None:
    shown = page(many(50), 300, count=lambda text: len(text.split()))
    assert len(shown.text.split()) <= 300
    assert shown.left_out > 0


def test_all_lines_on_request() -> None:
    shown = page(many(300), None)
    assert (shown.left_out, len(shown.shown)) == (0, 301)


# -- editing


@settings(max_examples=200, deadline=None)
@given(LINES)
def test_a_page_that_nobody_changed_changes_nothing(
    lines: list[tuple[str, Section, bool]],
) -> None:
    profile = life_of(lines)
    assert edits(editable(page(profile)), profile) == []


@settings(max_examples=200, deadline=None)
@given(LINES.filter(bool), st.data())
def test_what_is_done_to_one_line_is_said_of_that_line_alone(
    lines: list[tuple[str, Section, bool]], data: st.DataObject
) -> None:
    profile = life_of(lines)
    rows = editable(page(profile)).split("\n")
    items = [number for number, row in enumerate(rows) if row.startswith("- ")]
    chosen = data.draw(st.sampled_from(items))
    line_id = rows[chosen][-8:]
    [line] = [line for line in profile.lines if line.id == line_id]
    what = data.draw(st.sampled_from(["remove", "rewrite", "move"]))
    row = rows.pop(chosen)
    if what == "rewrite":
        rows.insert(chosen, f"- something else entirely ^{line_id}")
    elif what == "move":
        rows[2:2] = ["## Work", row.replace("- [ ] ", "- ", 1) if line.topic else row, ""]
    changes = edits("\n".join(rows), profile)
    covers = profile.made_of[line_id]
    if what == "remove" and line.topic:
        assert changes == [Consent(topic="religion", answer="no", line=line_id)]
    elif what == "remove":
        assert changes == [ProfileEdit(op="retire", line=line_id, covers=covers)]
    elif what == "rewrite":
        [edit] = changes
        assert isinstance(edit, ProfileEdit)
        assert (edit.op, edit.line, edit.text) == ("replace", line_id, "something else entirely")
    elif line.section is not Section.WORK:
        moved = next(each for each in changes if isinstance(each, ProfileEdit))
        assert (moved.op, moved.line, moved.section) == ("replace", line_id, "work")


def changed(profile: Profile, old: str, new: str) -> list[ProfileEdit | Consent]:
    text = editable(page(profile))
    assert old in text
    return edits(text.replace(old, new), profile)


def test_new_lines_go_where_they_stand(ada: Profile) -> None:
    assert changed(ada, "## Tastes\n", "## Tastes\n* I love jazz.\n") == [
        ProfileEdit(op="add", section="tastes", text="I love jazz.")
    ]
    assert changed(ada, "## Tastes\n", "## My own\n- I love jazz.\n\n## Tastes\n") == [
        ProfileEdit(op="add", text="I love jazz.")
    ]


def test_ids_and_marks_may_be_removed(ada: Profile) -> None:
    text = re.sub(r"( \[[^\]\n]+\])? \^\w{8}", "", editable(page(ada)))
    assert edits(text, ada) == []


def test_a_copied_line_is_a_new_one(ada: Profile) -> None:
    tea = id_of(ada, "tea")
    item = f"- I like tea. [2024-01-07] ^{tea}\n"
    assert changed(ada, item, item + item.replace("tea", "cocoa")) == [
        ProfileEdit(op="add", section="tastes", text="I like cocoa.")
    ]


def test_ticking_the_box_is_a_yes(ada: Profile) -> None:
    quaker = id_of(ada, "Quaker")
    assert changed(ada, "[ ]", "[x]") == [Consent(topic="religion", answer="yes", line=quaker)]


def test_a_wrapped_line_stays_one(ada: Profile) -> None:
    assert changed(ada, "I like tea.", "I like\n  tea.") == []


def test_lines_without_room_on_the_page_are_not_retired() -> None:
    profile = many(300)
    assert edits(editable(page(profile)), profile) == []


def test_a_page_that_lost_its_last_line_retires_nothing(ada: Profile) -> None:
    text = page(ada).text
    kept = "\n".join(row for row in text.split("\n") if "tea" not in row)
    assert edits(kept, ada) == []


def test_a_page_from_windows_is_read(ada: Profile) -> None:
    assert edits(editable(page(ada)).replace("\n", "\r\n"), ada) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("## Home", "Home", "Line 6 of the page is neither a heading"),
        ("I like tea.", "", "Line 10 of the page has no words"),
        ("I like tea.", "I like tea." * 100, "Line 10 of the page is longer"),
        ("I like tea.", "I like \x00 tea.", "Line 10 of the page holds control"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(
    ada: Profile, old: str, new: str, says: str
) -> None:
    with pytest.raises(RefusedInput, match=says):
        changed(ada, old, new)


def test_an_empty_page_is_no_wish_to_forget_everything(ada: Profile) -> None:
    with pytest.raises(RefusedInput, match="empty"):
        edits("\n \n", ada)


def test_an_empty_profile_has_a_page_to_write_on() -> None:
    nothing = Life().profile(1)
    shown: Page = page(nothing)
    assert shown.text == "# About me\n"
    assert edits(editable(shown) + "\n- I live in Lyon.\n", nothing) == [
        ProfileEdit(op="add", text="I live in Lyon.")
    ]


# -- what changed while the page was open


def test_what_was_forgotten_meanwhile_stays_forgotten() -> None:
    life = Life()
    life.say("I love cake.", "likes", "cake", polarity=1)
    life.say("I like tea.", "likes", "tea", polarity=1)
    handed = editable(page(life.profile()))
    life.said.pop(0)
    profile = life.profile()
    assert edits(handed, profile) == []
    assert edits(re.sub(r"( \[[^\]\n]+\])? \^\w{8}", "", handed), profile) == []
    [change] = edits(handed.replace("I like tea.", "I like green tea."), profile)
    assert isinstance(change, ProfileEdit)
    assert (change.op, change.text) == ("replace", "I like green tea.")
    with pytest.raises(RefusedInput, match="Line 4 of the page was changed or forgotten meanwhile"):
        edits(handed.replace("cake", "carrot cake"), profile)
    with pytest.raises(RefusedInput, match="meanwhile"):
        edits(page_without_list(handed), profile)


def page_without_list(text: str) -> str:
    return text[: text.index("<!--")]


def test_newer_words_are_not_overridden_by_an_open_page() -> None:
    life = Life()
    life.say("I live in Ghent.", "home", "Ghent", section=Section.HOME)
    life.say("I like tea.", "likes", "tea", polarity=1)
    handed = editable(page(life.profile()))
    life.say("I moved to Lyon.", "home", "Lyon", section=Section.HOME)
    life.say("I really like tea.", "likes", "tea", polarity=1)
    profile = life.profile()
    added = handed.replace("## Home\n", "## Home\n- I have a garden.\n")
    assert edits(added, profile) == [ProfileEdit(op="add", section="home", text="I have a garden.")]
    with pytest.raises(RefusedInput, match="meanwhile"):
        edits(handed.replace("I like tea.", "I like green tea."), profile)
    removed = "\n".join(row for row in handed.split("\n") if "tea." not in row)
    with pytest.raises(RefusedInput, match="I really like tea"):
        edits(removed, profile)
    shown = page_without_list(handed)
    with pytest.raises(RefusedInput, match="meanwhile"):
        edits(shown.replace("I like tea.", "I like green tea."), profile)


def test_a_page_may_be_saved_again_after_it_was_saved() -> None:
    life = Life()
    tea = life.say("I like tea.", "likes", "tea", polarity=1)
    text = editable(page(life.profile())).replace("I like tea.", "I like mate.")
    [change] = edits(text, life.profile())
    assert isinstance(change, ProfileEdit)
    assert change.line == tea
    life.write(change, Statement(Section.TASTES, "likes", "mate", "", 1, 1.0, "I like mate."))
    assert edits(text, life.profile()) == []


def test_a_box_that_was_answered_meanwhile_is_left_alone(ada: Profile) -> None:
    handed = editable(page(ada)).replace("[ ]", "[x]")
    quaker = id_of(ada, "Quaker")
    given = replace_line(ada, quaker, consent=True)
    assert edits(handed, given) == []
    gone = Profile(
        tuple(ln for ln in ada.lines if ln.id != quaker), (), {}, ada.made_of, frozenset()
    )
    with pytest.raises(RefusedInput, match="meanwhile"):
        edits(handed, gone)


def replace_line(profile: Profile, line_id: str, *, consent: bool) -> Profile:
    lines = [replace(ln, consent=consent) if ln.id == line_id else ln for ln in profile.lines]
    return replace(profile, lines=tuple(lines))


def test_a_copy_of_what_stands_there_adds_nothing(ada: Profile) -> None:
    assert changed(ada, "## Tastes\n", "## Tastes\n- I live in Lyon.\n") == []


def test_rewriting_a_box_is_no_yes_unless_it_is_ticked(ada: Profile) -> None:
    quaker = id_of(ada, "Quaker")
    [change] = changed(ada, "I'm a Quaker.", "I'm a quaker.")
    assert isinstance(change, ProfileEdit)
    assert (change.op, change.line) == ("replace", quaker)
    assert not change.agreed
    [ticked] = changed(ada, "[ ] I'm a Quaker.", "[x] I'm a quaker.")
    assert ticked == change.model_copy(update={"agreed": True})


@pytest.mark.parametrize("box", ["", "[x] "])
def test_moving_a_sensitive_line_is_no_yes_unless_it_is_ticked(ada: Profile, box: str) -> None:
    row = f"- [ ] I'm a Quaker. [2024-01-06, religion] ^{id_of(ada, 'Quaker')}\n"
    text = editable(page(ada)).replace(row, "")
    moved = text.replace("## Tastes\n", f"## Tastes\n{row.replace('[ ] ', box)}")
    [change] = edits(moved, ada)
    assert isinstance(change, ProfileEdit)
    assert (change.op, change.section, change.agreed) == ("replace", "tastes", bool(box))
    where_it_belongs = text.replace("## Identity\n", f"## Identity\n{row.replace('[ ] ', '')}")
    assert edits(where_it_belongs, ada) == []


def test_a_new_line_may_be_ticked(ada: Profile) -> None:
    assert changed(ada, "## Tastes\n", "## Tastes\n- [x] I eat halal.\n") == [
        ProfileEdit(op="add", section="tastes", text="I eat halal.", agreed=True)
    ]


def test_what_is_about_a_barred_topic_is_not_written(ada: Profile) -> None:
    barred = replace(ada, barred=frozenset({Topic.HEALTH}))
    with pytest.raises(RefusedInput, match="Line 10 of the page is about health"):
        changed(barred, "## Tastes\n", "## Tastes\n- Diabetes since 2010\n")
