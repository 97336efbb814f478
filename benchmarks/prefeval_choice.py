"""The multiple choice of PrefEval: does the answer respect what the user once said? (Zhao et al.,
"Do LLMs Recognize Your Preferences?", 2025.)

The data and the users are those of `benchmarks/prefeval.py`: each said one preference of every
topic in passing among 300 turns of other talk, and asks the questions that were written for them.
Of four answers one respects the preference. The model chooses with no memory, and with what the
product puts into the prompt of that turn; options are scored as in `benchmarks/choice.py`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from assistant.build import embedder_for, notes_of
from assistant.reading import NoteLimits
from assistant.settings import Settings
from benchmarks.choice import Answered, KeptScores, ScoringModel, accuracy_rows, choose, open_model
from benchmarks.prefeval import Preference, drafts_of, topics_of
from benchmarks.prompting import Remembering, bare
from benchmarks.report import Report, Row, sha256_of
from benchmarks.retrieval import QuestionCache, empty_home, fill, load_json
from benchmarks.sampling import Sampling
from memory.errors import RefusedInput
from memory.importers.base import data_files
from memory.ports import Embedder, Progress, no_progress
from memory.user.relevance import Prototypes

_WINDOW = 4096
_MARKS = ' \t\n"“”'
Options = dict[tuple[str, str], tuple[str, ...]]
"""By preference and question the possible answers, of which the first is right."""


def run(data: Path, settings: Settings, sampling: Sampling, progress: Progress) -> Report:
    """Measure on one file, plain or gzip, or a folder of topics, with the local model."""
    model = open_model(settings, _WINDOW)
    try:
        embedder = embedder_for(settings, settings.embedder)
        return measure(data, model, embedder, notes_of(settings), sampling, progress)
    finally:
        model.close()


def measure(
    data: Path,
    model: ScoringModel,
    embedder: Embedder,
    limits: NoteLimits,
    sampling: Sampling,
    progress: Progress,
) -> Report:
    """Measure with this model, on the preferences of as many users as the sample needs."""
    options = options_of(data)
    topics = topics_of(data)
    cache = QuestionCache(embedder)
    remembering = Remembering(model, cache, Prototypes.of(cache), limits)
    scores = KeptScores(model, sampling.cache)
    chance = random.Random(sampling.seed)
    asked = _sample(list(topics.values()), options, sampling.questions, chance)
    total = sum(len(questions) for _, _, questions in asked)
    answered: list[Answered] = []
    tokens: list[int] = []
    for user, held, questions in asked:
        with empty_home(cache) as store:
            drafts = list(drafts_of(user, held))
            fill(store, drafts, no_progress)
            now = drafts[-1].at
            assert now is not None, "made talk is dated"
            for each in questions:
                right, *_ = known = options[each.text, each.question]
                # So that it cannot matter that the right one stands first.
                shown = chance.sample(known, len(known))
                prompt = remembering.prompt(store, each.question, now)
                tokens.append(model.count_tokens(prompt) - model.count_tokens(bare(each.question)))
                for system, messages in (("no_memory", bare(each.question)), ("lifelore", prompt)):
                    chosen = choose(scores, messages, shown)
                    hit, by_mean = shown[chosen.by_gain] == right, shown[chosen.by_mean] == right
                    answered.append(Answered(system, (each.topic,), hit, by_mean))
                progress("questions", len(tokens), total)
    report = Report("prefeval_choice", sha256_of(data_files(data)), accuracy_rows(answered))
    mean = round(sum(tokens) / len(tokens), 1)
    report.rows.append(Row("lifelore", "memory_tokens", "all", None, mean, len(tokens)))
    report.rows.append(Row("sample", "seed", "all", None, sampling.seed, total))
    return report


def options_of(data: Path) -> Options:
    """Raises RefusedInput for data without the multiple choice."""
    found: Options = {}
    for file in data_files(data):
        content = load_json(file)
        try:
            for kinds in content.values():
                for entry in kinds["mcq"]:
                    text, question = entry["preference"], entry["question"]
                    given = entry["classification_task_options"]
                    found[text.strip(_MARKS), question.strip(_MARKS)] = tuple(given)
        except (KeyError, TypeError, AttributeError) as error:
            raise RefusedInput(f"{file} does not hold PrefEval's multiple choice.") from error
    return found


def _sample(
    topics: Sequence[Sequence[Preference]], options: Options, n: int, chance: random.Random
) -> list[tuple[int, list[Preference], list[Preference]]]:
    """Users with the preferences they hold and those of them that are asked about: n in all."""
    users = list(range(max(len(each) for each in topics)))
    chance.shuffle(users)
    chosen = []
    for user in users:
        held = [each[user % len(each)] for each in topics]
        questions = [each for each in held if (each.text, each.question) in options][:n]
        n -= len(questions)
        if questions:
            chosen.append((user, held, questions))
    return chosen
