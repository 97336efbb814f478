"""Questions and answers about what was said, and what never was (PLUM's up-sampling).

The negative ones teach the model not to claim what it was never told. Answers quote the user's
own words; only the frame around the quotation is ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import BaseModel, Field

from finetune.examples import Example, Said, identity
from finetune.gather import Gathered, Written, topics
from finetune.instructions import IMPERATIVES, copies, is_of
from finetune.mask import Masker
from memory.derive.asking import Asked, ask
from memory.ports import Example as Shown
from memory.ports import Extractor
from memory.text import content_words, words

_LEAST_WORDS, _MOST_WORDS = 6, 60
_OF_MYSELF = re.compile(r"\b(i|i'm|i've|i'd|i'll|my|me|mine|we|our|us)\b", re.IGNORECASE)
_OF_YOU = re.compile(r"\b(you|your|yours)\b", re.IGNORECASE)
"""What the assistant is asked about itself, or answers, is no question of the user's about them."""
_MAX_TOKENS = 64

_NEVER_SAID = (
    *("beekeeping", "a court case", "a sailing licence", "an inheritance", "ballroom dancing"),
    *("a submarine", "an allergy to walnuts", "a twin brother", "falconry", "a burglary"),
    *("glass blowing", "a lighthouse", "a recall of my car", "a stamp collection", "curling"),
    *("an opera audition", "a parrot", "a solar eclipse", "wood carving", "a ferry strike"),
    *("a chess tournament", "an orchard", "a lost passport", "archery", "a wedding in Peru"),
)
"""Things most people never mention; those of which a word was said are not asked about."""


class Question(BaseModel):
    """The model's document."""

    question: str = Field(max_length=240)


_ASKED = (
    "You see something that a user said. Give the question, in the user's own voice, that this "
    "statement answers: one short question about the main thing in it, without its answer."
)
_SHOWN = (
    Shown(
        "We moved the violin lessons to Tuesday because of the choir.",
        '{"question": "When are the violin lessons now?"}',
    ),
)


def is_statement(text: Written, gathered: Gathered) -> bool:
    """Whether the user says something of themselves here that one could ask about."""
    said = text.text
    short = _LEAST_WORDS <= len(words(said)) <= _MOST_WORDS
    asks = "?" in said or not IMPERATIVES.isdisjoint(words(said.removeprefix("Please"))[:1])
    return bool(short and not asks and _OF_MYSELF.search(said)) and bool(
        topics(said, gathered.documents)
    )


def questions(text: Written, gathered: Gathered) -> Iterator[Example]:
    """A question that the text answers, and one about something that nobody ever said."""
    masked = Masker().mask(text.text)
    about = " and ".join(topics(text.text, gathered.documents, 2))
    yield _question(text, 0, f"What did I tell you about {about}?", f"You told me: “{masked}”")
    absent = [t for t in _NEVER_SAID if not gathered.said.intersection(content_words(t))]
    if absent:
        topic = absent[text.seq % len(absent)]
        answer = f"You have not told me anything about {topic}."
        yield _question(text, 1, f"What did I tell you about {topic}?", answer)


def _question(text: Written, ordinal: int, asked: str, answer: str) -> Example:
    return Example(
        kind="question",
        id=identity("question", [text.id], ordinal),
        prompt=(Said(role="user", text=asked),),
        answer=answer,
        sources=(text.id,),
        seq=text.seq,
    )


def is_negative(example: Example) -> bool:
    return example.kind == "question" and example.answer.startswith("You have not told me")


def reword(extractor: Extractor, example: Example) -> Example:
    """The positive question in the model's words, or marked as tried in vain.

    Raises ExtractorUnavailable and Interrupted as the extractor does.
    """
    statement = example.answer.partition("“")[2].rstrip("”")
    schema = Question.model_json_schema()
    document = ask(extractor, Asked(_ASKED, _SHOWN, statement, schema, _MAX_TOKENS), Question)
    worded = "" if document is None else " ".join(document.question.split())
    asks = worded.endswith("?") and 3 <= len(words(worded)) <= 30 and not _OF_YOU.search(worded)
    if not asks or copies(worded, statement) or not is_of(worded, statement):
        return example.model_copy(update={"tried": extractor.identity})
    prompt = (Said(role="user", text=Masker().mask(worded)),)
    return example.model_copy(update={"prompt": prompt, "made_by": extractor.identity})
