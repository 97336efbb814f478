"""The playback set of a home: built from the log, kept in one file, read by training and gate.

The file is derived and personal. Every line names its source events; `forget` takes out all that
rests on them, and building again from the log gives the same set without them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from finetune import instructions, questions
from finetune.errors import DatasetDamaged, NoRoom
from finetune.examples import OWN, AnyExample, Example, Pair
from finetune.gather import Gathered, gather
from finetune.notes import with_notes
from finetune.ports import Answerer, Framing, NeverStop, StopFlag, unframed
from finetune.preferences import approved, pairs
from finetune.replay import general, general_id, general_prompts, reservoir
from finetune.split import Split, split
from memory.events import Origin
from memory.log import Log
from memory.ports import Extractor, Progress, no_progress

DATASET_FILE = "dataset.jsonl"
VERSION = 2
_SAVE_EVERY = 20
"""Examples worded by a model between two saves; what is done by then is never done again."""
_LEAST_TRIED, _LEAST_WORDED = 12, 0.2
"""A model of whose first dozen wordings less than a fifth can be used is not asked for more; the
next night asks again, for the rest."""
_EXAMPLE: TypeAdapter[Example | Pair] = TypeAdapter(AnyExample)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a life one night trains on; nights stay bounded as the log grows."""

    newest: int = 400
    """Examples since the last promoted adapter, newest first."""
    replayed: int = 400
    """A uniform sample of everything older."""
    general: int = 60
    """Answers of the base itself, at most."""
    general_share: float = 0.5
    """Of them for each text or choice of the user's: more would drown a small life in them."""
    general_least: int = 12
    """Of them in any case, for so few texts can undo a skill as well."""
    questions: float = 0.5
    """Questions per text; more would teach the frame rather than the manner."""
    heldout_share: float = 0.15
    heldout_least: int = 8
    heldout_most: int = 200


@dataclass(frozen=True, slots=True)
class Dataset:
    """What one night trains on and is measured with."""

    train: tuple[Example | Pair, ...] = ()
    heldout: tuple[Example | Pair, ...] = ()
    head: int = 0
    """Log position up to which it was derived."""
    boundary: int = 0
    """Log position from which nothing trains."""
    left_out: int = 0
    """Near-duplicates of held-out texts."""

    @property
    def examples(self) -> list[Example]:
        return [e for e in self.train if isinstance(e, Example)]

    @property
    def preferences(self) -> list[Pair]:
        return [e for e in self.train if isinstance(e, Pair)]

    @property
    def sources(self) -> set[str]:
        """Ids of every event that anything to train on was made of: the adapter's sources."""
        return {source for example in self.train for source in example.rests_on}


def build(
    log: Log,
    earlier: Dataset | None = None,
    *,
    trained_until: int = 0,
    limits: Limits | None = None,
    seed: int = 0,
) -> Dataset:
    """Derive the playback set from the log, without any model; takes seconds.

    What a model worded or answered in an `earlier` dataset is kept where the rest is unchanged.
    `trained_until` is the log position of the adapter in use: what is newer trains, and of what
    is older a reservoir is replayed. Everything older than the boundary may train, nothing newer.
    """
    limits = limits or Limits()
    gathered = gather(log)
    shares = split(
        derive(gathered, limits, seed),
        limits.heldout_share,
        limits.heldout_least,
        limits.heldout_most,
    )
    train = _bounded(shares, trained_until, limits, seed)
    known = {e.id: e for e in (*earlier.train, *earlier.heldout)} if earlier else {}
    kept_general = [e for e in known.values() if e.kind == "general"]
    kept_general = kept_general[: general_count(train, limits)]
    return Dataset(
        train=(*(_reworded(e, known) for e in train), *kept_general),
        heldout=tuple(_reworded(e, known) for e in shares.heldout),
        head=gathered.head,
        boundary=shares.boundary,
        left_out=shares.alike,
    )


def derive(gathered: Gathered, limits: Limits, seed: int) -> list[Example | Pair]:
    """Everything the log offers, before the split."""
    texts = [
        instructions.playback(text, gathered)
        for text in gathered.written
        if instructions.is_writing(text, gathered)
    ]
    asked = [
        question
        for text in gathered.written
        if questions.is_statement(text, gathered)
        for question in questions.questions(text, gathered)
    ]
    best = list(approved(gathered))
    asked = reservoir(asked, round(limits.questions * (len(texts) + len(best))), seed)
    return with_notes([*texts, *asked, *best, *pairs(gathered)], gathered, seed)


def general_count(train: Sequence[Example | Pair], limits: Limits) -> int:
    """How many general answers go with the user's own examples."""
    own = sum(example.kind in OWN for example in train)
    return min(limits.general, max(limits.general_least, round(limits.general_share * own)))


def _bounded(shares: Split, trained_until: int, limits: Limits, seed: int) -> list[Example | Pair]:
    new = sorted((e for e in shares.train if e.seq > trained_until), key=lambda e: -e.seq)
    taken = {e.id for e in new[: limits.newest]}
    older = [e for e in shares.train if e.id not in taken]
    replayed = {e.id for e in reservoir(older, limits.replayed, seed)}
    return [e for e in shares.train if e.id in taken or e.id in replayed]


def _reworded(example: Example | Pair, known: dict[str, Example | Pair]) -> Example | Pair:
    """The example with the prompt that a model gave it earlier, if its answer is the same."""
    before = known.get(example.id)
    if isinstance(example, Example) and isinstance(before, Example):
        same = before.answer == example.answer
        if same and (before.made_by != "template" or before.tried):
            return before.model_copy(update={"notes": example.notes, "noted": example.noted})
    return example


def word(
    path: Path,
    extractor: Extractor,
    answerer: Answerer | None = None,
    *,
    limits: Limits | None = None,
    frame: Framing = unframed,
    stop: StopFlag | None = None,
    progress: Progress = no_progress,
) -> Dataset:
    """Let the local model word instructions and questions, and answer general instructions.

    Saved as it goes; called again, it goes on. Stops between two examples when `stop` is set.
    Held-out texts are worded too, so that both sides are asked for in the same way. Raises
    ExtractorUnavailable and Interrupted; what was made until then is saved.
    """
    stop, limits = stop or NeverStop(), limits or Limits()
    dataset = load(path)
    train, heldout = list(dataset.train), list(dataset.heldout)
    tasks: list[Callable[[], None]] = []
    replies: list[Callable[[], None]] = []
    if answerer is not None:
        count = general_count(train, limits)
        wanted = {general_id(answerer.identity, p, frame): p for p in general_prompts(count)}
        # Those of another base, or of prompts that are put otherwise today, are of no use.
        train = [e for e in train if e.kind != "general" or e.id in wanted]
        have = {e.id for e in train}
        replies = [
            partial(_answer_one, train, prompt, answerer, frame)
            for key, prompt in wanted.items()
            if key not in have
        ]
    tried: dict[str, list[bool]] = {"text": [], "question": []}
    for side in (train, heldout):
        for index, example in enumerate(side):
            if isinstance(example, Example) and _wants_wording(example, extractor.identity):
                outcomes = tried[example.kind]
                tasks.append(partial(_word_one, side, index, example, extractor, outcomes))
    tasks += replies
    try:
        for done, task in enumerate(tasks):
            if stop.is_set():
                break
            progress("playback", done, len(tasks))
            task()
            if done % _SAVE_EVERY == _SAVE_EVERY - 1:
                save(replace(dataset, train=tuple(train), heldout=tuple(heldout)), path)
    finally:
        dataset = replace(dataset, train=tuple(train), heldout=tuple(heldout))
        save(dataset, path)
    return dataset


def _wants_wording(example: Example, model: str) -> bool:
    if example.kind not in ("text", "question") or example.made_by != "template":
        return False
    return example.tried != model and not questions.is_negative(example)


def _word_one(
    side: list[Example | Pair],
    index: int,
    example: Example,
    extractor: Extractor,
    outcomes: list[bool],
) -> None:
    """Word this one, unless the model has shown with others of its kind that it cannot."""
    if len(outcomes) >= _LEAST_TRIED and sum(outcomes) < _LEAST_WORDED * len(outcomes):
        return
    word_it = instructions.synthesise if example.kind == "text" else questions.reword
    worded = word_it(extractor, example)
    outcomes.append(worded.made_by != "template")
    side[index] = worded


def _answer_one(
    side: list[Example | Pair], prompt: str, answerer: Answerer, frame: Framing
) -> None:
    if (example := general(answerer, prompt, frame)) is not None:
        side.append(example)


# -- the file


def save(dataset: Dataset, path: Path) -> None:
    """Write the dataset, readable by its owner alone. Raises NoRoom; then the old file stays."""
    header = {
        "version": VERSION,
        "head": dataset.head,
        "boundary": dataset.boundary,
        "left_out": dataset.left_out,
    }
    lines = [json.dumps(header)]
    for side, examples in (("train", dataset.train), ("heldout", dataset.heldout)):
        for example in examples:
            lines.append(json.dumps({"side": side, **example.model_dump()}, ensure_ascii=False))
    temporary = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
            f.write("\n".join(lines) + "\n")
            f.flush()
            os.fsync(f.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise NoRoom(f"{path} cannot be written: {error.strerror or error}.") from error


def load(path: Path) -> Dataset:
    """Read a dataset. Raises DatasetDamaged when it is not there or not whole."""
    try:
        first, *lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        header = json.loads(first)
        sides: dict[str, list[Example | Pair]] = {"train": [], "heldout": []}
        for line in lines:
            data = json.loads(line)
            sides[data.pop("side")].append(_EXAMPLE.validate_python(data))
        if header.pop("version") != VERSION:
            raise ValueError("another version")
        return Dataset(train=tuple(sides["train"]), heldout=tuple(sides["heldout"]), **header)
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        # The error's own text may quote the user.
        raise DatasetDamaged(f"The dataset {path} cannot be read; it is built again.") from error


def affected(dataset: Dataset, event_ids: Collection[str]) -> list[Example | Pair]:
    """Every example, of either side, that rests on any of these events."""
    gone = set(event_ids)
    return [e for e in (*dataset.train, *dataset.heldout) if gone.intersection(e.rests_on)]


def forget(path: Path, event_ids: Collection[str]) -> int:
    """Take everything out of the file that rests on these events; returns how many examples.

    A file that cannot be read is removed, since nobody can tell what it holds.
    """
    path.with_suffix(".tmp").unlink(missing_ok=True)
    if not path.exists():
        return 0
    try:
        dataset = load(path)
    except DatasetDamaged:
        path.unlink()
        return 0
    gone = {e.id for e in affected(dataset, event_ids)}
    if gone:
        save(
            replace(
                dataset,
                train=_without(dataset.train, gone),
                heldout=_without(dataset.heldout, gone),
            ),
            path,
        )
    return len(gone)


def _without(
    examples: Sequence[Example | Pair], gone: Collection[str]
) -> tuple[Example | Pair, ...]:
    return tuple(e for e in examples if e.id not in gone)


def erased_since(log: Log, dataset: Dataset) -> set[str]:
    """Sources of the dataset that the log no longer has, for a caller that missed an erasure."""
    named = sorted({s for e in (*dataset.train, *dataset.heldout) for s in e.rests_on})
    present = {event.id for event in log.get(named) if event.payload is not None}
    return set(named) - present


def not_users_words(log: Log, examples: Sequence[Example | Pair]) -> list[Example | Pair]:
    """Examples whose answer neither the user wrote nor approved of; there should be none.

    The last guard before training: it looks in the log rather than trusting the file. The last
    source of an example is the event that wrote or approved its answer.
    """
    last = sorted({e.sources[-1] for e in examples if e.sources and e.kind != "pair"})
    own = {event.id for event in log.get(last) if event.origin is Origin.USER}
    return [e for e in examples if e.sources and e.kind != "pair" and e.sources[-1] not in own]
