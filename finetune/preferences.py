"""What the user preferred, from ratings, their own versions of answers, and regenerations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finetune.examples import Example, Pair, Said, identity
from finetune.gather import Gathered
from finetune.mask import Masker
from memory.events import Correction, Event, Message
from memory.own_words import own_words

GOOD, BAD = 3, 2
"""Ratings from 3 of 4 speak for an answer, up to 2 against it."""
APPROVED = 4
"""Only the best rating makes the assistant's words something to learn."""


def pairs(gathered: Gathered) -> Iterator[Pair]:
    """For each prompt, every answer that was preferred with every one that was not."""
    for prompt_id, prompt in gathered.prompts.items():
        answers, rewrite = gathered.answers[prompt_id], gathered.rewrites.get(prompt_id)
        for chosen, rejected in _preferred(answers, rewrite, gathered):
            if _said(chosen) and _said(rejected) and _said(chosen) != _said(rejected):
                yield _pair(prompt, chosen, rejected, gathered)


def _preferred(
    answers: Sequence[Event], rewrite: Event | None, gathered: Gathered
) -> Iterator[tuple[Event, Event]]:
    """(chosen, rejected): the user's own version over any answer, a better over a worse rating,
    and, where the ratings say nothing, the answer kept over the one generated before it."""
    if rewrite is not None:
        yield from ((rewrite, answer) for answer in answers)
        return
    rated = [(gathered.rating(answer.id), answer) for answer in answers]
    good = [answer for rating, answer in rated if rating is not None and rating >= GOOD]
    bad = [answer for rating, answer in rated if rating is not None and rating <= BAD]
    if good or bad:
        kept = good or [answer for rating, answer in rated[-1:] if rating is None]
        yield from ((better, worse) for better in kept for worse in bad)
        return
    yield from ((answers[-1], answer) for answer in answers[:-1])


def _said(answer: Event) -> str:
    """The words of an answer as it was given; of the user's own version, only theirs."""
    if isinstance(answer.payload, Correction):
        return own_words(answer.payload.text)
    return answer.payload.text.strip() if isinstance(answer.payload, Message) else ""


def _pair(prompt: Event, chosen: Event, rejected: Event, gathered: Gathered) -> Pair:
    judged = [gathered.ratings[e.id] for e in (chosen, rejected) if e.id in gathered.ratings]
    events = (prompt, chosen, rejected, *judged)
    masker = Masker()
    return Pair(
        id=identity("pair", [prompt.id, chosen.id, rejected.id]),
        prompt=(Said(role="user", text=masker.mask(prompt.text or "")),),
        chosen=masker.mask(_said(chosen)),
        rejected=masker.mask(_said(rejected)),
        sources=tuple(event.id for event in events),
        seq=max(event.seq for event in events),
    )


def approved(gathered: Gathered) -> Iterator[Example]:
    """Answers with the best rating, and the user's own versions of answers."""
    for prompt_id, prompt in gathered.prompts.items():
        best = [a for a in gathered.answers[prompt_id] if gathered.rating(a.id) == APPROVED]
        rewrite = gathered.rewrites.get(prompt_id)
        for answer in [rewrite] if rewrite else best[-1:]:
            if not _said(answer):
                continue
            masker = Masker()
            sources = [prompt.id, answer.id]
            if isinstance(answer.payload, Correction):
                sources.insert(1, answer.payload.answer)
            if answer.id in gathered.ratings:
                sources.append(gathered.ratings[answer.id].id)
            yield Example(
                kind="approved",
                id=identity("approved", sources),
                prompt=(Said(role="user", text=masker.mask(prompt.text or "")),),
                answer=masker.mask(_said(answer)),
                sources=tuple(sources),
                seq=answer.seq,
            )
