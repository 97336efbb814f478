"""`lifelore bench`: public benchmarks, in a source checkout."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.common import AsJson, print_json, progress_bars, say, settings_of
from memory.errors import RefusedInput

_SOURCE = Path(__file__).parents[2]


def register(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="One of those in benchmarks/README.md, such as locomo.")
    ],
    data: Annotated[
        Path | None, typer.Option(help="The benchmark's official data.", show_default=False)
    ] = None,
    turns: Annotated[
        str | None,
        typer.Option(help="For scale: 10000,100000 unless told otherwise.", show_default=False),
    ] = None,
    sample: Annotated[
        int, typer.Option(min=1, help="For multiple choice by a model: how many questions to ask.")
    ] = 80,
    seed: Annotated[int, typer.Option(help="Which questions those are.")] = 0,
    contexts: Annotated[
        int,
        typer.Option(min=0, help="For personamem: contexts that the baseline reads whole."),
    ] = 4,
    cache: Annotated[
        Path | None,
        typer.Option(
            help="By which a stopped run goes on: for multiple choice a file of scores, where "
            "adapters are trained a folder; beside --save unless told otherwise. For screen, a "
            "folder that keeps its largest home.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    save: Annotated[
        Path | None, typer.Option(help="Also write the JSON to this file.", show_default=False)
    ] = None,
) -> None:
    """Measure on public data. The data is not part of Lifelore; each benchmark says where it is."""
    if not (_SOURCE / "benchmarks").is_dir():
        raise RefusedInput("Benchmarks run in a source checkout, not in an installed copy.")
    # They are not in the wheel, so that only the checkout itself has them.
    sys.path.insert(0, str(_SOURCE))
    runner = importlib.import_module("benchmarks.runner")
    if cache is None and save is not None and name not in runner.KEPT:
        cache = save.with_suffix(".cache" if name in runner.TRAINED else ".cache.jsonl")
    sampling = importlib.import_module("benchmarks.sampling").Sampling(
        sample, seed, contexts, cache
    )
    settings = settings_of(context)
    with progress_bars() as progress:
        report = runner.run(name, data, settings, progress, _numbers(turns), sampling)
    if save is not None:
        save.write_text(json.dumps(report.json(), indent=1) + "\n")
        say(f"Written to {save}.")
    if as_json:
        print_json(report.json())
    else:
        print(report.table())


def _numbers(given: str | None) -> tuple[int, ...]:
    parts = [part.strip().replace("_", "") for part in (given or "").split(",") if part.strip()]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise RefusedInput(f"--turns takes numbers with commas between, not {given!r}.")
    return tuple(int(part) for part in parts)
