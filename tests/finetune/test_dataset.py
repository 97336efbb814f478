"""The playback set: whose words it holds, what they rest on, and what never trains."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from finetune import dataset as datasets
from finetune.dataset import (
    Dataset,
    Limits,
    affected,
    build,
    forget,
    general_count,
    load,
    not_users_words,
    save,
)
from finetune.errors import DatasetDamaged
from finetune.examples import OWN, Example, Pair, Said
from finetune.instructions import is_instruction
from finetune.notes import MOST
from finetune.questions import is_negative, reword
from finetune.replay import general_prompts, reservoir
from finetune.split import is_alike, shingles, split
from memory.documents import drafts
from memory.errors import Interrupted
from memory.events import AnyPayload, Correction, Draft, Event, Message, Note, Origin, Rated
from memory.fakes import ScriptedExtractor
from memory.log import Log
from tests.finetune.lives import letter

START = datetime(2024, 1, 1, tzinfo=UTC)
THINGS = (
    *("bicycle", "violin", "garden", "kiln", "boat", "telescope", "loom", "camera", "piano"),
    *("ladder", "kite", "canoe", "oven", "clock", "mirror", "carpet", "lantern", "saddle"),
    *("anchor", "drum"),
)


class Life:
    """Writes a log a day at a time."""

    def __init__(self, path: Path) -> None:
        self.log = Log(path)
        self._day = 0

    def add(
        self, payload: AnyPayload, origin: Origin = Origin.USER, session: str = "mail"
    ) -> Event:
        self._day += 1
        at = START + timedelta(days=self._day)
        [event] = self.log.append(
            [Draft(payload=payload, session_id=session, origin=origin, at=at)]
        )
        return event

    def mails(self, things: Sequence[str] = THINGS) -> list[Event]:
        return [self.add(Message(text=mail(thing))) for thing in things]

    def answered(self, question: str, *answers: str) -> tuple[Event, list[Event]]:
        asked = self.add(Message(text=question), session="chat")
        said = [
            self.add(Message(text=text, reply_to=asked.id), Origin.ASSISTANT, "chat")
            for text in answers
        ]
        return asked, said


def mail(thing: str) -> str:
    return (
        f"Dear Ann,\n\nyesterday our old {thing} was repaired at last, and {thing} people say "
        f"it will hold for {len(thing)} years. Shall I bring the {thing} along?\n\nBest,\nTom"
    )


@pytest.fixture
def life(tmp_path: Path) -> Life:
    return Life(tmp_path / "log.sqlite3")


def texts(dataset: Dataset) -> list[Example]:
    return [e for e in dataset.examples if e.kind == "text"]


# -- whose words


def test_mails_train_after_instructions_that_name_their_matter(life: Life) -> None:
    sent = life.mails()
    found = texts(build(life.log))
    assert [e.sources for e in found] == [(event.id,) for event in sent[: len(found)]]
    assert found[0].answer == mail("bicycle")
    asked = found[0].prompt[-1].text
    assert asked.startswith("Write a short message to Ann about")
    assert "bicycle" in asked


def test_nobody_elses_words_train(life: Life) -> None:
    life.mails()
    life.add(Message(text=mail("parcel").replace("Tom", "Eve")), Origin.THIRD_PARTY)
    life.add(Message(text=mail("robot")), Origin.ASSISTANT, "chat")
    life.add(Message(text=f"Fine with me, thank you very much indeed for this.\n> {mail('x')}"))
    dataset = build(life.log)
    answers = [e.answer for e in (*texts(dataset), *dataset.heldout) if isinstance(e, Example)]
    assert not any("parcel" in a or "robot" in a or ">" in a for a in answers)
    assert not_users_words(life.log, [*dataset.train, *dataset.heldout]) == []


def test_an_example_of_others_words_would_be_noticed(life: Life) -> None:
    other = life.add(Message(text=mail("parcel")), Origin.THIRD_PARTY)
    forged = Example(kind="text", id="x", prompt=(), answer=mail("parcel"), sources=(other.id,))
    assert not_users_words(life.log, [forged]) == [forged]


def test_a_reply_is_asked_for_with_what_it_answers(life: Life) -> None:
    asked = life.add(Message(text="Does Friday suit you? Ann"), Origin.THIRD_PARTY, "thread")
    reply = life.add(
        Message(text="Friday is fine, I come at noon with the cake and the boys."),
        session="thread",
    )
    life.mails()
    [example] = [e for e in texts(build(life.log)) if reply.id in e.sources]
    assert example.sources == (asked.id, reply.id)
    assert "Does Friday suit you?" in example.prompt[0].text


def test_words_after_an_attached_document_are_no_reply_to_it(life: Life) -> None:
    [passage] = drafts("lease.txt", "The rent is due on the first of each month.", "thread")
    life.log.append([passage])
    said = life.add(
        Message(text="Friday is fine, I come at noon with the cake and the boys."),
        session="thread",
    )
    life.mails()
    [example] = [e for e in texts(build(life.log)) if said.id in e.sources]
    assert example.sources == (said.id,)
    assert "rent" not in example.prompt[0].text


def test_requests_to_the_assistant_are_no_writing_but_notes_are(life: Life) -> None:
    life.mails()
    life.answered("Could you explain to me how tides work and why there are two?", "The moon.")
    note = life.add(Note(text="The spare key is under the third flower pot by the shed."))
    life.mails(THINGS)
    found = texts(build(life.log))
    assert note.id in {source for e in found for source in e.sources}
    assert not any("tides" in e.answer for e in found)


def test_identifiers_are_masked_everywhere(life: Life) -> None:
    secret = "My mail is tom.hale@example.org and my phone is +44 20 7946 0018, as we said."
    for _ in range(2):
        life.add(Message(text=secret))
        life.mails()
    path = life.log.path.parent / "dataset.jsonl"
    save(build(life.log), path)
    held = path.read_text()
    assert "[e-mail 1]" in held
    assert "tom.hale" not in held
    assert "7946" not in held


# -- questions


def test_questions_are_asked_of_what_was_said_and_of_what_never_was(life: Life) -> None:
    life.answered("I moved to Ghent in May because of my new job at the harbour.", "Nice!")
    life.add(Message(text="We often talk about falconry, my brother and I, on Sundays."))
    life.mails()
    dataset = build(life.log, limits=Limits(questions=10))
    asked = [e for e in dataset.examples if e.kind == "question"]
    positive = [e for e in asked if not is_negative(e) and "Ghent" in e.answer]
    assert [e.answer for e in positive] == [
        "You told me: “I moved to Ghent in May because of my new job at the harbour.”"
    ]
    assert any(map(is_negative, asked))
    assert not any(is_negative(e) and "falconry" in e.answer for e in asked)
    assert all(e.sources for e in asked)


def test_requests_to_the_assistant_are_no_statements(life: Life) -> None:
    life.answered("Write a note to my neighbour about the fence.", "Dear neighbour …")
    life.mails()
    examples = build(life.log, limits=Limits(questions=10)).examples
    assert not any("fence" in e.answer for e in examples if e.kind == "question")


@pytest.mark.parametrize(
    ("worded", "good"),
    [
        ("When did I move to Ghent?", True),
        ("When are the violin lessons now?", False),
        ("Isabel, how are you?", False),
        ("What did you tell me about Ghent?", False),
        ("In which year did I move to Lyon?", False),
    ],
)
def test_questions_by_a_model_are_of_what_was_said(worded: str, good: bool) -> None:
    said = "I moved to Ghent in May because of my new job.\n\nIsabel"
    example = Example(
        kind="question",
        id="q",
        prompt=(Said(role="user", text="What did I tell you about Ghent?"),),
        answer=f"You told me: “{said}”",
        sources=("e",),
    )
    reworded = reword(ScriptedExtractor(lambda _: {"question": worded}), example)
    assert (reworded.made_by == "scripted") is good
    assert (reworded.tried is None) is good


# -- preferences


def test_the_users_own_version_is_cleaned_like_a_mail(life: Life) -> None:
    _, [stiff] = life.answered("Thank Ann.", "I hereby thank Ann.")
    mine = "Thanks, Ann!\r\n\r\nOn Monday, Ann wrote:\r\n> Here are the plums.\r\n"
    life.add(Correction(text=mine, answer=stiff.id), session="chat")
    life.mails()
    dataset = build(life.log)
    assert [p.chosen for p in dataset.preferences] == ["Thanks, Ann!"]
    assert [e.answer for e in dataset.examples if e.kind == "approved"] == ["Thanks, Ann!"]


def test_ratings_edits_and_regenerations_make_pairs(life: Life) -> None:
    life.mails()
    _, (long, short) = life.answered("Say hello.", "Greetings to you!", "Hello.")
    bad = life.add(Rated(target=long.id, rating=1), session="chat")
    best = life.add(Rated(target=short.id, rating=4), session="chat")
    edited, (stiff,) = life.answered("Thank Ann.", "I hereby thank Ann.")
    mine = life.add(Correction(text="Thanks, Ann!", answer=stiff.id), session="chat")
    life.answered("Wish her well.", "Good health.", "All the best!")
    life.mails([f"{thing} stand" for thing in THINGS])
    dataset = build(life.log)
    found = {(p.chosen, p.rejected): p for p in dataset.preferences}
    assert set(found) == {
        ("Hello.", "Greetings to you!"),
        ("Thanks, Ann!", "I hereby thank Ann."),
        ("All the best!", "Good health."),
    }
    rated = found["Hello.", "Greetings to you!"]
    assert {long.id, short.id, bad.id, best.id} < set(rated.sources)
    corrected = found["Thanks, Ann!", "I hereby thank Ann."]
    assert corrected.sources == (edited.id, mine.id, stiff.id)
    approved = {e.answer for e in dataset.examples if e.kind == "approved"}
    assert approved == {"Hello.", "Thanks, Ann!"}


def test_of_several_corrections_the_last_is_learnt_and_one_taken_back_teaches_nothing(
    life: Life,
) -> None:
    _, (first, second) = life.answered("Thank Ann.", "I hereby thank Ann.", "Many thanks to Ann.")
    life.add(Correction(text="Thx", answer=second.id), session="chat")
    life.add(Correction(text="Thanks, Ann!", answer=second.id), session="chat")
    _, [kept] = life.answered("Say hello.", "Greetings!")
    life.add(Correction(text="Yo.", answer=kept.id), session="chat")
    life.add(Correction(text="Greetings!", answer=kept.id), session="chat")
    life.mails()
    dataset = build(life.log)
    assert {(p.chosen, p.rejected) for p in dataset.preferences} == {
        ("Thanks, Ann!", "I hereby thank Ann."),
        ("Thanks, Ann!", "Many thanks to Ann."),
    }
    [mine] = [e for e in dataset.examples if e.kind == "approved"]
    assert mine.answer == "Thanks, Ann!"
    assert second.id in mine.sources
    assert not_users_words(life.log, dataset.train) == []
    assert first.id in {source for p in dataset.preferences for source in p.sources}


def test_the_latest_rating_counts_and_a_bad_last_answer_is_not_preferred(life: Life) -> None:
    _, (first, second) = life.answered("Say hello.", "Greetings!", "Yo.")
    life.add(Rated(target=second.id, rating=4), session="chat")
    life.add(Rated(target=second.id, rating=1), session="chat")
    life.mails()
    life.mails([f"{thing} stand" for thing in THINGS])
    assert build(life.log).preferences == []
    life.add(Rated(target=first.id, rating=4), session="chat")
    held = [e for e in build(life.log).heldout if isinstance(e, Pair)]
    assert [(p.chosen, p.rejected) for p in held] == [("Greetings!", "Yo.")]


# -- held out


def test_the_newest_are_held_out_and_nothing_rests_on_both_sides(life: Life) -> None:
    sent = life.mails()
    dataset = build(life.log)
    held = {source for e in dataset.heldout for source in e.sources}
    assert held == {event.id for event in sent[-8:]}
    assert not held & dataset.sources
    assert all(e.seq < dataset.boundary for e in dataset.train)


def test_near_duplicates_of_held_out_texts_do_not_train(life: Life) -> None:
    life.mails()
    life.add(Message(text=f"{mail(THINGS[-1])}\n\nP.S. The same again, only longer."))
    life.mails(THINGS[12:])
    dataset = build(life.log)
    held = [shingles(e.answer) for e in dataset.heldout if isinstance(e, Example)]
    assert dataset.left_out >= 8
    for example in dataset.examples:
        for text in example.texts:
            assert all(
                len(shingles(text) & one) < 0.5 * min(len(shingles(text)), len(one)) for one in held
            )


def test_a_tiny_life_holds_out_at_most_half() -> None:
    few = [
        Example(kind="text", id=str(n), prompt=(), answer=f"text {n}", sources=(str(n),), seq=n)
        for n in range(1, 6)
    ]
    shares = split(few)
    assert len(shares.heldout) == 2
    assert split([]).heldout == ()


# -- bounded, replayed, reworded


def test_nights_stay_bounded_and_the_reservoir_changes_little(life: Life) -> None:
    sent = life.mails([f"{a} {b}" for a in THINGS for b in ("stand", "case", "cover")])
    limits = Limits(newest=10, replayed=15, questions=0)
    until = sent[30].seq
    dataset = build(life.log, trained_until=until, limits=limits)
    assert len(dataset.train) == 25
    replayed = [e for e in dataset.train if e.seq <= until]
    life.log.redact([replayed[0].sources[0]])
    again = build(life.log, trained_until=until, limits=limits)
    kept = {e.id for e in again.train} & {e.id for e in replayed}
    assert len(kept) == len(replayed) - 1


def test_a_reservoir_does_not_depend_on_order() -> None:
    items = [
        Example(kind="general", id=str(n), prompt=(), answer="", sources=()) for n in range(50)
    ]
    assert reservoir(items, 9, 0) == reservoir(items[::-1], 9, 0)
    assert reservoir(items, 9, 0) != reservoir(items, 9, 1)


class Base:
    identity = "base"

    def answer(self, prompt: Sequence[Said], max_tokens: int) -> str:
        return f"About {prompt[-1].text[-12:]}"


@pytest.mark.parametrize(("own", "general"), [(0, 12), (20, 12), (60, 30), (500, 60)])
def test_general_answers_never_drown_the_users_own(own: int, general: int) -> None:
    chance = random.Random(0)
    texts = [
        Example(kind="text", id=str(n), prompt=(), answer=letter(chance), sources=(str(n),))
        for n in range(own)
    ]
    asked = [
        Example(kind="question", id=f"q{n}", prompt=(), answer="", sources=(str(n),))
        for n in range(own)
    ]
    assert general_count([*texts, *asked], Limits()) == general


def test_a_small_life_is_given_few_general_answers(life: Life, tmp_path: Path) -> None:
    life.mails()
    path = tmp_path / "dataset.jsonl"
    save(build(life.log), path)
    unusable = ScriptedExtractor(lambda _: {})
    dataset = datasets.word(path, unusable, Base())
    own = [e for e in dataset.train if e.kind in OWN]
    general = [e for e in dataset.train if e.kind == "general"]
    assert (len(own), len(general)) == (12, 12)
    again = datasets.word(path, unusable, Base(), frame=shouted)
    told = [e.id for e in again.train if e.kind == "general"]
    assert len(told) == 12
    assert not set(told) & {e.id for e in general}, "they were made in another frame"


def shouted(prompt: Sequence[Said], notes: Sequence[str] = ()) -> tuple[Said, ...]:
    return tuple(Said(role=said.role, text=said.text.upper()) for said in prompt)


# -- notes


def test_a_question_is_asked_with_what_answers_it_and_texts_with_notes_or_without(
    life: Life,
) -> None:
    for thing in THINGS:
        life.add(Message(text=f"I keep my {thing} in the attic beside the {thing} case."))
    life.mails([f"{a} {b}" for a in THINGS for b in ("stand", "case")])
    dataset = build(life.log, limits=Limits(questions=2.0))
    by_id = {e.id: e for e in life.log.read_after(0)}
    asked = [e for e in dataset.examples if e.kind == "question"]
    positive = [e for e in asked if not is_negative(e)]
    assert len(positive) > 5
    for example in positive:
        assert example.noted[0] == example.sources[-1]
        assert "User: " in example.notes[0]
    written = texts(dataset)
    noted = [e for e in written if e.notes]
    assert 0.2 < len(noted) / len(written) < 0.8
    for example in [e for e in dataset.examples if e not in positive]:
        assert len(example.notes) == len(example.noted) <= MOST
        assert all(by_id[i].seq < example.seq for i in example.noted)


def test_no_note_says_what_is_to_be_written(life: Life) -> None:
    life.mails()
    for _ in range(4):
        life.mails(THINGS[:6])
    for example in texts(build(life.log)):
        for one in example.noted:
            [event] = life.log.get([one])
            assert not is_alike(event.text or "", example.answer)


def test_a_judged_answer_keeps_the_notes_that_it_was_given(life: Life) -> None:
    told = life.add(Message(text="My aunt Ida has a bassoon; write to ida@example.org."))
    asked = life.add(Message(text="Who has a bassoon?"), session="chat")
    said = life.add(
        Message(text="Ida.", reply_to=asked.id, memories=(told.id,)), Origin.ASSISTANT, "chat"
    )
    mine = life.add(Correction(text="Your aunt Ida.", answer=said.id), session="chat")
    life.mails()
    dataset = build(life.log)
    [pair] = dataset.preferences
    assert pair.noted == (told.id,)
    assert "My aunt Ida has a bassoon" in pair.notes[0]
    assert "ida@example.org" not in pair.notes[0]
    assert pair.rests_on == (told.id, asked.id, mine.id, said.id)
    assert pair in affected(dataset, [told.id])
    assert told.id in dataset.sources
    life.log.redact([told.id])
    assert build(life.log).preferences[0].notes == ()
    assert datasets.erased_since(life.log, dataset) == {told.id}


def test_the_model_words_what_it_can_and_is_not_asked_twice(life: Life, tmp_path: Path) -> None:
    life.mails()
    path = tmp_path / "dataset.jsonl"
    save(build(life.log), path)

    def answer(text: str) -> dict[str, str]:
        if "violin" in text:
            return {"instruction": " ".join(text.split()[:12])}
        return {"instruction": "Tell Ann of the repair and offer to bring it."}

    extractor = ScriptedExtractor(answer)
    dataset = datasets.word(path, extractor, Base(), limits=Limits(general=5))
    by_answer = {e.answer: e for e in texts(dataset)}
    assert by_answer[mail("bicycle")].prompt[-1].text.startswith("Tell Ann")
    assert by_answer[mail("bicycle")].made_by == "scripted"
    assert by_answer[mail("violin")].made_by == "template"
    assert [e.kind for e in dataset.examples].count("general") == 5
    asked = len(extractor.asked)
    rebuilt = build(life.log, load(path), limits=Limits(general=5))
    save(rebuilt, path)
    assert datasets.word(path, extractor, Base(), limits=Limits(general=5)) == rebuilt
    assert len(extractor.asked) == asked


def test_a_model_that_cannot_word_is_soon_left_alone(life: Life, tmp_path: Path) -> None:
    life.mails()
    path = tmp_path / "dataset.jsonl"
    save(build(life.log, limits=Limits(questions=0)), path)
    extractor = ScriptedExtractor(lambda _: {"instruction": "Write to Ruth about the boiler."})
    dataset = datasets.word(path, extractor)
    assert len(extractor.asked) == 12 < len(dataset.train) + len(dataset.heldout)
    assert {e.made_by for e in texts(dataset)} == {"template"}


def test_wording_that_is_broken_off_keeps_what_it_has(life: Life, tmp_path: Path) -> None:
    life.mails()
    path = tmp_path / "dataset.jsonl"
    save(build(life.log), path)
    seen: list[str] = []

    def answer(text: str) -> dict[str, str] | Exception:
        seen.append(text)
        done = {"instruction": "Tell Ann of the repair and offer to bring it."}
        return done if len(seen) <= 3 else Interrupted("later")

    with pytest.raises(Interrupted):
        datasets.word(path, ScriptedExtractor(answer))
    assert [e.made_by for e in texts(load(path))].count("scripted") == 3


@pytest.mark.parametrize(
    ("worded", "good"),
    [
        ("Write to Ann that the boat is ready.", True),
        ("Please tell Ann the news about the boat.", True),
        ("Tell Ruth that the boat is ready.", False),
        ("Tell Ann that three boats are ready.", False),
        ("Tell Ann that the boiler is fixed and ask for the key.", False),
        ("Tell Ann that I will assist you with the boat.", False),
        ("What shall I write to Ann?", False),
        ("The boat is ready for you now.", False),
        ("Write", False),
        (f"Write that {mail('boat')[11:80]}", False),
        ("Write " + "and " * 80, False),
    ],
)
def test_instructions_are_short_imperative_and_no_copies(worded: str, good: bool) -> None:
    assert is_instruction(worded, mail("boat")) is good


def test_general_instructions_are_many_and_mixed() -> None:
    prompts = general_prompts(60)
    assert len(set(prompts)) == 60
    assert len({p.split()[0] for p in prompts[:8]}) >= 5


# -- forgetting and the file


def test_forgetting_takes_out_all_that_rests_on_an_event(life: Life, tmp_path: Path) -> None:
    sent = life.mails()
    path = tmp_path / "dataset.jsonl"
    save(build(life.log, limits=Limits(questions=5)), path)
    train, held = sent[0], sent[-1]
    rests = affected(load(path), [train.id, held.id])
    assert {e.kind for e in rests} >= {"text"}
    assert forget(path, [train.id, held.id]) == len(rests)
    assert "bicycle" not in path.read_text()
    assert "drum" not in path.read_text()
    assert forget(path, [train.id, held.id]) == 0
    life.log.redact([sent[1].id])
    assert datasets.erased_since(life.log, load(path)) == {sent[1].id}
    assert sent[1].id not in build(life.log, load(path)).sources


def test_a_dataset_survives_the_file_and_a_damaged_one_does_not(tmp_path: Path) -> None:
    odd = Example(
        kind="text",
        id="a",
        prompt=(Said(role="user", text="Say\u2028it\x85."),),
        answer="“ü”\n\u2029\U0001f642",
        sources=("s",),
    )
    pair = Pair(id="b", prompt=(), chosen="x", rejected="y", sources=("s",))
    whole = Dataset(train=(odd, pair), heldout=(odd,), head=7, boundary=5, left_out=1)
    path = tmp_path / "dataset.jsonl"
    save(whole, path)
    assert load(path) == whole
    assert path.stat().st_mode & 0o077 == 0
    path.write_text(path.read_text()[:-40])
    with pytest.raises(DatasetDamaged):
        load(path)
    assert forget(path, ["s"]) == 0
    assert not path.exists()
