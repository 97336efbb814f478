"""One pass over the log: whose words there are, what they answer, and what the user thought."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from memory.documents import is_passage
from memory.events import Correction, Event, Message, Note, Origin, Rated
from memory.log import Log
from memory.own_words import own_words
from memory.text import content_words, words

_PAGE = 1000
LONGEST = 6000
"""Characters of a text that trains; longer ones are files rather than writing."""


@dataclass(frozen=True, slots=True)
class Written:
    """Words of the user: the event, the text without others' words, and what it follows on."""

    id: str
    seq: int
    session_id: str
    at: datetime
    text: str
    note: bool
    follows: Event | None
    """The message of somebody else that it answers, if any."""


@dataclass(slots=True)
class Gathered:
    """What a dataset is made of. Erased events are not in it."""

    head: int = 0
    written: list[Written] = field(default_factory=list)
    """In the order of the log."""
    assisted: set[str] = field(default_factory=set)
    """Sessions in which the assistant speaks: there the user asks rather than writes."""
    documents: Counter[str] = field(default_factory=Counter)
    """In how many of the user's texts each content word stands."""
    said: set[str] = field(default_factory=set)
    """Every content word of anybody."""
    answers: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    """Message id -> complete answers of the assistant to it, oldest first."""
    rewrites: dict[str, Event] = field(default_factory=dict)
    """Message id -> the user's own version of an answer to it, the newest."""
    prompts: dict[str, Event] = field(default_factory=dict)
    """Messages of the user by id, as far as something answers them."""
    ratings: dict[str, Event] = field(default_factory=dict)
    """Event id -> its latest rating."""
    notes_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Answer -> ids of the events whose words it was given, as far as they are there."""
    given: dict[str, Event] = field(default_factory=dict)
    """Those events."""

    def rating(self, event_id: str) -> int | None:
        event = self.ratings.get(event_id)
        return event.payload.rating if event and isinstance(event.payload, Rated) else None


def gather(log: Log) -> Gathered:
    """Read the whole log once, a page at a time."""
    found = Gathered()
    before: dict[str, Event] = {}
    replies: dict[str, tuple[str, str]] = {}
    for event in _events(log):
        found.head = event.seq
        payload = event.payload
        if isinstance(payload, Rated) and event.origin is Origin.USER:
            found.ratings[payload.target] = event
        elif isinstance(payload, Correction) and event.origin is Origin.USER:
            _note_correction(found, event, payload, replies)
        elif isinstance(payload, Message):
            if event.origin is Origin.ASSISTANT and payload.reply_to:
                replies[event.id] = payload.reply_to, payload.text
            if payload.status == "complete" and payload.text.strip():
                _note_message(found, event, payload, before.get(event.session_id))
                if not is_passage(event):  # what was attached is not what somebody said
                    before[event.session_id] = event
        elif isinstance(payload, Note) and event.origin is Origin.USER:
            _note_words(found, event, payload.text, note=True, follows=None)
    _look_up_prompts(found, log)
    _look_up_notes(found, log)
    return found


def _events(log: Log) -> Iterator[Event]:
    position = 0
    while events := log.read_after(position, _PAGE):
        position = events[-1].seq
        yield from events


def _note_message(found: Gathered, event: Event, payload: Message, before: Event | None) -> None:
    found.said.update(content_words(payload.text))
    if event.origin is Origin.ASSISTANT:
        found.assisted.add(event.session_id)
        if payload.reply_to:
            found.answers[payload.reply_to].append(event)
    elif event.origin is Origin.USER:
        follows = before if before is not None and before.origin is Origin.THIRD_PARTY else None
        _note_words(found, event, payload.text, note=False, follows=follows)


def _note_correction(
    found: Gathered,
    event: Event,
    correction: Correction,
    replies: Mapping[str, tuple[str, str]],
) -> None:
    """`replies` has, by answer, the message it replies to and its first words."""
    found.said.update(content_words(correction.text))
    prompt_id, first = replies.get(correction.answer, (None, ""))
    if prompt_id is None:
        return  # the answer was erased, or answers nothing
    if correction.text.strip() != first.strip():
        found.rewrites[prompt_id] = event
    elif _answer_of(found.rewrites.get(prompt_id)) == correction.answer:
        del found.rewrites[prompt_id]  # taken back


def _answer_of(correction: Event | None) -> str | None:
    payload = correction.payload if correction else None
    return payload.answer if isinstance(payload, Correction) else None


def _note_words(
    found: Gathered, event: Event, text: str, *, note: bool, follows: Event | None
) -> None:
    own = own_words(text)
    if not own or len(own) > LONGEST:
        return
    found.documents.update(set(content_words(own)))
    found.written.append(
        Written(event.id, event.seq, event.session_id, event.at, own, note, follows)
    )


def _look_up_prompts(found: Gathered, log: Log) -> None:
    for event in log.get(sorted({*found.answers, *found.rewrites})):
        if event.origin is Origin.USER and event.text is not None:
            found.prompts[event.id] = event


def _look_up_notes(found: Gathered, log: Log) -> None:
    """What was given to the answers that somebody judged; to look up all would take long."""
    judged = {answer.id for answers in found.answers.values() for answer in answers}
    judged &= {*found.ratings, *map(_answer_of, found.rewrites.values())}
    for answer in log.get(sorted(judged)):
        if isinstance(answer.payload, Message):
            found.notes_of[answer.id] = answer.payload.memories
    wanted = {i for ids in found.notes_of.values() for i in ids}
    found.given = {e.id: e for e in log.get(sorted(wanted)) if e.text is not None}
    found.notes_of = {
        answer: tuple(i for i in ids if i in found.given) for answer, ids in found.notes_of.items()
    }


def topics(text: str, documents: Counter[str], count: int = 3) -> list[str]:
    """The words that tell this text from the user's others, in the text's own order.

    Ranked by frequency here against the number of texts that hold them (tf-idf without its
    logarithm); digits and names of placeholders are no topics.
    """
    inside = Counter(word for word in content_words(text) if len(word) > 3 and word.isalpha())
    best = sorted(inside, key=lambda word: (-inside[word] / (1 + documents[word]), word))[:count]
    order = words(text)
    return sorted(best, key=order.index)
