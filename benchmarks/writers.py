"""What the benchmarks of the night share: writers' texts as a log, and adapters trained on them.

Everything made lies in a folder that the caller keeps: a run that was stopped goes on there, from
the training's own checkpoint if it was training.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Flag

from assistant.adapters import training_cache
from assistant.build import local_model
from assistant.errors import SetupNeeded
from assistant.framing import framed
from assistant.night import ServedModel, open_scoring
from assistant.settings import Settings
from finetune import dataset as datasets
from finetune.arguments import Arguments
from finetune.dataset import Dataset, Limits
from finetune.examples import Example, Pair
from finetune.maker import PeftTrainer
from finetune.manifest import ADAPTER_FILE
from finetune.night import Night
from finetune.ports import Answerer, NeverStop
from finetune.replay import general, general_id, general_prompts
from finetune.train import RESULT_FILE
from memory.errors import RefusedInput
from memory.events import Draft, Message, Origin
from memory.log import Log
from memory.ports import Progress

LOG_FILE = "log.sqlite3"
_DAY_ONE = datetime(2024, 1, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mail:
    text: str
    at: datetime


def writers_of(data: Path) -> dict[str, list[Mail]]:
    """Author -> mails, oldest first; undated ones a day apart, in the order of the file.

    `data` is a folder of JSON-lines files, one an author, each line with `email` and maybe `date`.
    Raises RefusedInput.
    """
    files = sorted(data.glob("*.jsonl")) if data.is_dir() else [data]
    found: dict[str, list[Mail]] = {}
    for file in files:
        try:
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
            mails = [
                Mail(
                    row["email"],
                    datetime.fromisoformat(row["date"])
                    if "date" in row
                    else _DAY_ONE + timedelta(days=day),
                )
                for day, row in enumerate(rows)
            ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RefusedInput(f"{file} does not hold mails, one a line, as `email`.") from error
        found[file.stem] = sorted(mails, key=lambda mail: mail.at)
    if not found:
        raise RefusedInput(f"{data} holds no .jsonl file of a writer.")
    return found


def write(log: Log, mails: Sequence[Mail]) -> None:
    """Append the mails as the user's own messages, each a session of its own."""
    before = log.head()
    log.append(
        [
            Draft(
                payload=Message(text=mail.text),
                session_id=f"mail {before + number}",
                origin=Origin.USER,
                at=mail.at,
            )
            for number, mail in enumerate(mails)
        ]
    )


def base_of(settings: Settings) -> Path:
    """The configured model's file. Raises SetupNeeded."""
    _, path = local_model(settings)
    if path is None:
        raise SetupNeeded("No language model is here yet; run `lifelore setup`.")
    return path


def general_of(served: Answerer, count: int, kept: Path, progress: Progress) -> list[Example]:
    """The base's own answers to general instructions, made once and kept in a file."""
    found = datasets.load(kept).examples if kept.exists() else []
    have = {example.id for example in found}
    for done, prompt in enumerate(general_prompts(count)):
        progress("general instructions", done, count)
        if general_id(served.identity, prompt) not in have:
            example = general(served, prompt)
            found += [example] if example else []
            datasets.save(Dataset(train=tuple(found)), kept)
    return found


def dataset_of(
    folder: Path, mails: Sequence[Mail], limits: Limits, replay: list[Example]
) -> Dataset:
    """The playback set of a log with these mails, kept in the folder.

    Instructions are those of the template: letting a small model word them takes longer than
    training does.
    """
    path = folder / datasets.DATASET_FILE
    if path.exists():
        return datasets.load(path)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LOG_FILE).unlink(missing_ok=True)  # of a run that was killed while it wrote
    log = Log(folder / LOG_FILE)
    try:
        write(log, mails)
        built = datasets.build(log, limits=limits)
    finally:
        log.close()
    dataset = replace(built, train=(*built.train, *replay))
    datasets.save(dataset, path)
    return dataset


def trained(
    settings: Settings, dataset: Dataset, folder: Path, arguments: Arguments, progress: Progress
) -> Path:
    """The GGUF adapter of this training in the folder, made unless it is there."""
    path = adapter_in(folder)
    if not path.exists():
        trainer = PeftTrainer(base_of(settings), training_cache(settings), arguments)
        trainer.make(dataset, folder, NeverStop(), progress)
    return path


def adapter_in(folder: Path) -> Path:
    return folder / ADAPTER_FILE


def seconds_of(folder: Path) -> float:
    """How long the training of the folder took, in its last process."""
    result = json.loads((folder / RESULT_FILE).read_text(encoding="utf-8"))
    return float(result["seconds"])


def texts_of(examples: Sequence[Example | Pair]) -> list[Example]:
    """Those that are a text of the writer's."""
    return [e for e in examples if isinstance(e, Example) and e.kind == "text"]


def sleeper(
    settings: Settings,
    home: Path,
    log: Log,
    limits: Limits,
    arguments: Arguments,
    progress: Progress,
) -> Night:
    """The night of a home on the configured model, real but for how much it learns."""
    base = base_of(settings)

    @contextmanager
    def models() -> Iterator[ServedModel]:
        model = open_scoring(settings, base)
        try:
            yield ServedModel(model, Flag())
        finally:
            model.close()

    arguments = arguments.model_copy(update={"threads": settings.threads})
    trainer = PeftTrainer(base, training_cache(settings), arguments, framed)
    return Night(home, log, trainer, models, limits=limits, frame=framed, progress=progress)
