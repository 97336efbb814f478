"""`lifelore serve`: the same assistant for other programs on this machine."""

from __future__ import annotations

import shlex
import sys
from typing import Annotated

import typer

from assistant.cli.common import say, settings_of
from assistant.errors import SetupNeeded
from memory.errors import RefusedInput


def register(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    context: typer.Context,
    web: Annotated[bool, typer.Option("--web", help="The screen, in a browser.")] = False,
    port: Annotated[int, typer.Option(min=1024, max=65535, help="On this machine alone.")] = 8421,
) -> None:
    """Open the screen in a browser on this machine. Ctrl-C ends it."""
    if not web:
        raise RefusedInput("Say what to serve: lifelore serve --web.")
    try:
        from assistant.serve.web import Web
    except ImportError as error:
        raise SetupNeeded("This needs the web extra: pip install 'lifelore[web]'.") from error
    home = settings_of(context).home
    command = shlex.join([sys.executable, "-m", "assistant.cli", "--home", str(home)])
    server = Web(command, port)
    say(f"Open this once, in one browser: {server.login_url}\nCtrl-C ends it.")
    try:
        server.serve()
    except OSError as error:
        raise RefusedInput(
            f"Port {port} cannot be used ({error.strerror}); choose another with --port."
        ) from error
