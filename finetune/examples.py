"""The values that training reads: examples, preference pairs, and the events they come from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Said(BaseModel):
    """One message of a prompt."""

    model_config = ConfigDict(frozen=True)

    role: Literal["system", "user", "assistant"]
    text: str


class _Derived(BaseModel):
    """What examples and pairs share. Nothing trains that does not name where it came from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """Digest of kind, sources and ordinal; holds nothing of the text."""
    prompt: tuple[Said, ...]
    sources: tuple[str, ...]
    """Ids of every event it was made of; empty only for what the base model wrote by itself."""
    notes: tuple[str, ...] = ()
    """Lines that recall would put beside the prompt, best first."""
    noted: tuple[str, ...] = ()
    """Ids of the events in the notes; the example rests on them, too."""
    seq: int = 0
    """Log position of the newest source."""
    made_by: str = "template"
    """The model that worded the prompt, or wrote the answer of a general example."""
    tried: str | None = None
    """The model that last failed to word the prompt, so that it is not asked again."""

    @property
    def rests_on(self) -> tuple[str, ...]:
        """Ids of every event whose words are anywhere in it."""
        return (*self.noted, *self.sources)


class Example(_Derived):
    """A prompt and the answer to learn.

    `text`: something the user wrote, after the instruction that would have asked for it (Panza).
    `question`: a question about what was said, or never was (PLUM). `approved`: an answer of the
    assistant that the user rated best. `general`: what the base itself answers to a general
    instruction, so that it does not forget how.
    """

    kind: Literal["text", "question", "approved", "general"]
    answer: str

    @property
    def texts(self) -> list[str]:
        return [*(said.text for said in self.prompt), *self.notes, self.answer]


class Pair(_Derived):
    """Two answers to one prompt, of which the user preferred the first."""

    kind: Literal["pair"] = "pair"
    chosen: str
    rejected: str

    @property
    def texts(self) -> list[str]:
        return [*(said.text for said in self.prompt), *self.notes, self.chosen, self.rejected]


OWN = ("text", "approved", "pair")
"""Kinds that are the user's: questions only repeat what texts say, and what the base wrote itself
is not theirs."""

AnyExample = Annotated[Example | Pair, Field(discriminator="kind")]


def identity(kind: str, sources: Sequence[str], ordinal: int = 0) -> str:
    """The id of an example: the same each time it is derived from the same events."""
    return hashlib.sha256(json.dumps([kind, list(sources), ordinal]).encode()).hexdigest()[:20]
