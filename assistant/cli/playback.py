"""The playback set for its user to read: what would be learnt, and what is held out to test on."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from finetune.dataset import Dataset
    from finetune.examples import Example, Pair
    from memory.log import Log

_INDENT = " " * 10
_TITLES = {
    "text": "A text of yours",
    "approved": "An answer you approved",
    "pair": "A choice of yours",
    "question": "A question about what you said",
    "general": "A general answer of the model's own",
}


def playback_lines(dataset: Dataset, log: Log) -> Iterator[str]:
    """Every example in words: a heading a side, then what is asked, noted and answered."""
    from finetune.night import counted

    sides = (
        ("Learnt from", dataset.train),
        ("Held out to test on, never learnt", dataset.heldout),
    )
    yield "Mail addresses, phone numbers, secrets and the like stand as [e-mail 1], [phone 1] …"
    for title, examples in sides:
        yield f"\n{title}: {counted(Counter(e.kind for e in examples)) or 'nothing yet'}."
        for kind in _TITLES:
            for example in examples:
                if example.kind == kind:
                    yield from _told(example, log)


def _told(example: Example | Pair, log: Log) -> Iterator[str]:
    from memory.events import Correction

    title, newest = _TITLES[example.kind], log.get(example.sources[-1:])
    if example.kind == "approved" and any(isinstance(e.payload, Correction) for e in newest):
        title = "Your own version of an answer"
    days = [f"{event.at.astimezone():%Y-%m-%d}" for event in newest]
    yield f"\n{', '.join([title, *days])}"
    for said in example.prompt:
        yield _line("Asked", said.text)
    for note in example.notes:
        yield _line("Noted", note)
    if example.kind == "pair":
        yield _line("Rather", example.chosen)
        yield _line("than", example.rejected)
    else:
        yield _line("Yours" if example.kind == "text" else "Answer", example.answer)
    if example.rests_on:
        yield _line("From", " ".join(dict.fromkeys(example.rests_on)))


def _line(name: str, text: str) -> str:
    """A name, and the text beside it, however many lines it has."""
    return f"  {name:<7} " + textwrap.indent(text.strip(), _INDENT).removeprefix(_INDENT)


def playback_json(dataset: Dataset) -> dict[str, Any]:
    """The same for programs."""

    def side(examples: Sequence[Example | Pair]) -> list[dict[str, Any]]:
        return [example.model_dump(mode="json") for example in examples]

    return {"train": side(dataset.train), "heldout": side(dataset.heldout)}
