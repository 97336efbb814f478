"""The command tree. Heavy parts are imported inside the commands, so that --help is instant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli import (
    bench,
    chat,
    consent,
    facts,
    memories,
    models,
    night,
    nudge,
    profile,
    questions,
    serve,
    transcribe,
    upkeep,
    voice,
)
from assistant.cli.common import Options
from assistant.cli.screen import open_screen

app = typer.Typer(
    name="lifelore",
    help="A personal assistant that remembers what you tell it, on your own machine.\n\n"
    "Run `lifelore` to open it, `lifelore setup` once before.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def lifelore(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="Where your memory lives.", envvar="LIFELORE_HOME", show_default=False),
    ] = None,
    session: Annotated[
        str | None, typer.Option(help="The conversation to continue.", show_default=False)
    ] = None,
    plain: Annotated[
        bool,
        typer.Option("--plain", help="No lines, boxes or colours, to be read aloud."),
    ] = False,
) -> None:
    context.obj = Options(home)
    if context.invoked_subcommand is None:
        raise typer.Exit(open_screen(home, session, plain))


GROUPS = (
    chat,
    memories,
    facts,
    profile,
    questions,
    consent,
    nudge,
    night,
    voice,
    transcribe,
    models,
    upkeep,
    serve,
    bench,
)
for group in GROUPS:
    group.register(app)
