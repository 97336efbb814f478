"""Reverse instructions: what one would have asked for to get a text that the user wrote (Panza).

The template is deterministic and always there; `synthesise` lets the local model word it better.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel, Field

from finetune.examples import Example, Said, identity
from finetune.gather import Gathered, Written, topics
from finetune.mask import Masker
from memory.derive.asking import Asked, ask
from memory.derive.ground import names_in, numbers_in, support
from memory.ports import Example as Shown
from memory.ports import Extractor
from memory.text import words

LEAST_WORDS = 8
"""Of a text to somebody, or a note, that is worth imitating."""
LEAST_WORDS_TO_ASSISTANT = 60
"""What is said to the assistant is mostly a request; only a long text there is writing."""
_CONTEXT = 600
"""Characters of the message answered that stand in the instruction."""
COPIED_WORDS = 6
"""A run of this many words of the text in its own instruction would give it away."""
BORNE_OUT = 0.3
"""Share of an instruction's words that its text holds; paraphrase leaves few the same."""
_SHOWN_TEXT = 1500
_MAX_TOKENS = 96

_GREETING = re.compile(
    r"^\s*(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)|hallo|liebe[rs]?|bonjour|hola)"
    r"[ ,]+(?P<name>[^\n,!.;:]{2,40})[,!.;:]?\s*\n",
    re.IGNORECASE,
)
_SPOKEN = re.compile(r"\b(?:you|your|yours|i|i'm|i'll|i'd)\b", re.IGNORECASE)
_VERBS = """
accept acknowledge address admit advise agree announce answer apologise apologize appeal
arrange ask assure cancel check clarify comment compose confirm congratulate contact convey
create decline describe discuss draft email encourage enquire explain express follow forward
give greet include inform inquire introduce invite jot keep leave let list make mention message
negotiate note notify offer outline pass persuade plan point praise prepare propose provide put
recall recommend record refuse reject remind reply report request reschedule respond say
schedule send set share state submit suggest summarise summarize tell text thank turn update
urge use warn welcome wish write
"""
IMPERATIVES = frozenset(_VERBS.split())


class Instruction(BaseModel):
    """The model's document."""

    instruction: str = Field(max_length=400)


_ASKED = (
    "You see a text that somebody wrote. Give the short instruction they could have given to an "
    "assistant that would then have written it: one sentence that begins with a verb such as "
    "Write, Reply or Tell, names the recipient and the points to make, and copies no sentence."
)
_SHOWN = (
    Shown(
        "Hi Ruth,\n\nThe boiler is fixed at last. Could you come by on Friday for the key?\n\nTom",
        '{"instruction": "Write to Ruth that the heating works again and ask her to fetch the key '
        'at the end of the week."}',
    ),
)


def is_writing(text: Written, gathered: Gathered) -> bool:
    """Whether this is a text of substance rather than a request or a word in passing."""
    count = len(words(text.text))
    if text.note:
        return count >= LEAST_WORDS
    if text.session_id in gathered.assisted:
        return count >= LEAST_WORDS_TO_ASSISTANT and not text.text.rstrip().endswith("?")
    return count >= LEAST_WORDS


def playback(text: Written, gathered: Gathered) -> Example:
    """The text as an answer, after the template's instruction; both masked."""
    masker = Masker()
    answer = masker.mask(text.text)
    asked = template(answer, gathered.documents, note=text.note)
    sources = [text.id]
    if text.follows is not None and text.follows.text is not None:
        sources.insert(0, text.follows.id)
        before = masker.mask(text.follows.text[:_CONTEXT])
        asked = f"Somebody wrote to me:\n\n{before}\n\n{asked}"
    return Example(
        kind="text",
        id=identity("text", sources),
        prompt=(Said(role="user", text=asked),),
        answer=answer,
        sources=tuple(sources),
        seq=text.seq,
    )


def template(text: str, documents: Counter[str], *, note: bool = False) -> str:
    """An instruction made of the text's form, recipient and rarest words."""
    greeting = _GREETING.match(text)
    body = text[greeting.end() :] if greeting else text
    length = len(words(text))
    size = "a short " if length < 40 else "a long " if length > 200 else "a "
    form = "note" if note else "message"
    to = f" to {greeting['name'].strip()}" if greeting else ""
    about = topics(body, documents)
    return f"Write {size}{form}{to}" + (f" about {_listed(about)}." if about else ".")


def _listed(items: Sequence[str]) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def synthesise(extractor: Extractor, example: Example) -> Example:
    """The example with an instruction worded by the model, or marked as tried in vain.

    Raises ExtractorUnavailable and Interrupted as the extractor does.
    """
    asked = Asked(
        _ASKED, _SHOWN, example.answer[:_SHOWN_TEXT], Instruction.model_json_schema(), _MAX_TOKENS
    )
    document = ask(extractor, asked, Instruction)
    worded = "" if document is None else " ".join(document.instruction.split())
    if not is_instruction(worded, example.answer):
        return example.model_copy(update={"tried": extractor.identity})
    before, gap, _ = example.prompt[-1].text.rpartition("\n\n")
    said = Said(role="user", text=before + gap + Masker().mask(worded))
    update = {"prompt": (*example.prompt[:-1], said), "made_by": extractor.identity, "tried": None}
    return example.model_copy(update=update)


def is_instruction(worded: str, text: str) -> bool:
    """Short, imperative, no question, of this text, and without a long stretch of it."""
    said = words(worded)
    if not 3 <= len(said) <= 60 or worded.rstrip().endswith("?"):
        return False
    start = said[1] if said[0] == "please" else said[0]
    spoken = _SPOKEN.search(worded)
    return bool(start in IMPERATIVES and not spoken and not copies(worded, text)) and is_of(
        worded, text
    )


def is_of(worded: str, text: str) -> bool:
    """Whether its names and numbers, and enough of its other words, stand in the text: small
    models repeat what they were shown, or answer the text."""
    held = words(text.rpartition("\n")[0] or text)  # who signs is not who is written to
    order = " ".join(word for word in worded.split() if word.lower() not in IMPERATIVES)
    named = {*names_in(order), *numbers_in(order)} - {"please"}
    return named.issubset(held) and support(order, held) >= BORNE_OUT


def copies(one: str, other: str, run: int = COPIED_WORDS) -> bool:
    """Whether both hold the same run of words."""
    return bool(_runs(words(one), run) & _runs(words(other), run))


def _runs(said: Sequence[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(said[i : i + length]) for i in range(len(said) - length + 1)}
