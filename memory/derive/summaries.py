"""Summaries: by a model where there is one, from the most central sentences where there is none.

The sentences of an extract are those most like all the others (centroid scoring as in Radev et
al., MEAD, 2004, over TF-IDF), in the order in which they were said.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from memory.derive.asking import Asked, ask
from memory.derive.ground import fault, names_in
from memory.ports import Example, Extractor
from memory.text import sentences, stems, words
from memory.when import MONTHS

DERIVER = "summaries/1"

EXTRACT_WORDS = 60
"""About 80 tokens."""
LEAST_WORDS = 8
"""Of a summary; what is left of a worse one is no better than an extract."""
PROMPT_CHARACTERS = 2200
"""Of the text to sum up: about 550 tokens, so that the whole prompt stays around 700."""
_ANSWER_TOKENS = 140

_INSTRUCTION = (
    "You sum up conversations in two or three plain sentences: who did, felt or plans what, and "
    "when. Use the names. Copy names, numbers and dates exactly. Leave out greetings, thanks and "
    "compliments. Say nothing that was not said."
)
_EXAMPLES = (
    Example(
        "Tom: Hi Eva! I moved to Ghent on 3 May 2021 with my dog Rex.\n"
        "Eva: Congratulations! How's the new flat?\n"
        "Tom: Small, but Rex loves the park. I start at the bakery in June 2021.\n"
        "Eva: Lovely. My sister Ann just became a nurse, we had a party for her.",
        '{"summary": "Tom moved to Ghent with his dog Rex on 3 May 2021 and starts at a bakery in '
        "June 2021. Eva's sister Ann became a nurse, and they had a party for her.\"}",
    ),
)
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"summary": {"type": "string", "maxLength": 480}},
    "required": ["summary"],
    "additionalProperties": False,
}


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    summary: Annotated[str, StringConstraints(min_length=8, strip_whitespace=True)]


def is_short(lines: Sequence[str]) -> bool:
    """Whether the lines are no longer than a summary: then they are their own."""
    return _words(lines) <= EXTRACT_WORDS


_CALENDAR = frozenset(month.lower() for month in MONTHS)


def summarise(lines: Sequence[str], extractor: Extractor) -> str | None:
    """A summary of these lines ("Name: words", facts or summaries); None where none stands.

    A sentence that its lines do not bear out is left out; what is left must be a summary still.
    """
    text = "\n".join(shortened(lines, PROMPT_CHARACTERS))
    answer = ask(extractor, Asked(_INSTRUCTION, _EXAMPLES, text, _SCHEMA, _ANSWER_TOKENS), _Answer)
    if answer is None:
        return None
    kept = [s for s in sentences(answer.summary) if _whole(s) and unfounded(s, lines) is None]
    text = " ".join(dict.fromkeys(kept))
    return text if len(text.split()) >= LEAST_WORDS else None


def unfounded(sentence: str, lines: Sequence[str]) -> str | None:
    """Why the lines do not bear the sentence out, None where they do.

    What it says of someone must stand in lines by or about them: whose deed it was is the
    easiest to mix up.
    """
    named = {*names_in(sentence), *({"user"} & {*words(sentence)})} - _CALENDAR
    if not named:
        return "nobody"
    speakers = {word for line in lines for word in words(_who(line) or "")}
    wanted = named & speakers or named
    about = [line for line in lines if wanted & {*words(_speaks_for(line, wanted & speakers))}]
    return fault(sentence, about, [who for line in about if (who := _who(line))])


def _speaks_for(line: str, speakers: set[str]) -> str:
    """The part of a line that tells whom it is about: where speakers are meant, its own."""
    return (_who(line) or line) if speakers else line


def _who(line: str) -> str | None:
    """The speaker of a line "Name: words"."""
    return line.partition(": ")[0] if is_spoken(line) else None


def is_spoken(line: str) -> bool:
    """Whether the line is somebody's words, behind their name."""
    return re.match(r"[^.!?,]{1,40}: ", line) is not None


def _whole(sentence: str) -> bool:
    """Whether it was not broken off where the answer had to end."""
    return sentence.rstrip("\"')").endswith((".", "!"))


def extract(lines: Sequence[str], most_words: int = EXTRACT_WORDS) -> str:
    """The most central sentences of the lines, in order, at most that many words.

    What a speaker says in a row stands on one line, behind their name.
    """
    if _words(lines) <= most_words:
        return "\n".join(lines)
    told = [
        (speaker, sentence)
        for line in lines
        for speaker, sentence in _told(line)
        if not sentence.rstrip("\"')").endswith("?") and len(sentence.split()) >= 6
    ]
    chosen = _central([sentence for _, sentence in told], most_words)
    parts: list[str] = []
    before = None
    for place in sorted(chosen):
        speaker, sentence = told[place]
        if speaker == before:
            parts[-1] += f" {sentence}"
        else:
            parts.append(f"{speaker}: {sentence}" if speaker else sentence)
        before = speaker
    return "\n".join(parts) or " ".join(" ".join(lines).split()[:most_words])


def _told(line: str) -> list[tuple[str, str]]:
    speaker, _, said = line.partition(": ") if is_spoken(line) else ("", "", line)
    return [(speaker, sentence) for sentence in sentences(said)]


def _central(texts: Sequence[str], most_words: int) -> list[int]:
    """Places of the sentences nearest to the centroid that fit, each new beside those chosen."""
    bags = [Counter(stems(text)) for text in texts]
    spread = Counter(word for bag in bags for word in bag)
    weights = [{w: n * math.log(1 + len(bags) / spread[w]) for w, n in bag.items()} for bag in bags]
    centroid: dict[str, float] = defaultdict(float)
    for weight in weights:
        for word, value in weight.items():
            centroid[word] += value / _length(weight)
    scores = [_dot(weight, centroid) / _length(weight) for weight in weights]
    chosen: list[int] = []
    room = most_words
    for place in sorted(range(len(texts)), key=lambda i: (-scores[i], i)):
        size = len(texts[place].split())
        repeats = any(
            _dot(weights[place], weights[other])
            > 0.6 * _length(weights[place]) * _length(weights[other])
            for other in chosen
        )
        if size <= room and not repeats:
            chosen.append(place)
            room -= size
    return chosen


def shortened(lines: Sequence[str], most: int) -> list[str]:
    """The lines, the longest cut to their most central sentences where all are over `most`."""
    if sum(map(len, lines)) <= most:
        return list(lines)
    each = max(most // max(len(lines), 1), 40)
    return [line if len(line) <= each else extract([line], each // 6)[:each] for line in lines]


def _words(lines: Sequence[str]) -> int:
    return sum(len(line.split()) for line in lines)


def _dot(one: dict[str, float], other: dict[str, float]) -> float:
    return sum(value * other.get(word, 0.0) for word, value in one.items())


def _length(weight: dict[str, float]) -> float:
    return math.sqrt(sum(value * value for value in weight.values())) or 1.0
