"""The command tree. Heavy parts are imported inside the commands, so that --help is instant."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from assistant.session import Assistant
    from assistant.settings import Settings
    from assistant.voice.listener import Listener

_BOOKMARK = "left_off.json"

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
        raise typer.Exit(_open_tui(context.obj, session, plain))


def _open_tui(options: Options, session: str | None, plain: bool) -> int:
    from assistant.choosing import Models
    from assistant.nights import Nights

    settings = options.settings()
    models = Models(settings)

    def opened() -> Assistant:
        # Here, once the screen is painted: it imports what memory and models need.
        from assistant.build import open_assistant

        return models.attend(open_assistant(settings))

    # By name, because the layers below the TUI do not import it.
    tui = importlib.import_module("tui.app")
    code: int = tui.run(
        opened,
        session,
        keymap=settings.keys,
        plain=plain or settings.plain,
        dictation=cache(lambda: _listener(settings)),
        nights=Nights(settings),
        models=models,
        bookmark=settings.home / _BOOKMARK,
    )
    return code


def _listener(settings: Settings) -> Listener:
    """What hears the user in the TUI; its model stays loaded for the next time."""
    from assistant.build import stay_local
    from assistant.voice.build import listener_of

    stay_local()
    return listener_of(settings)


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
