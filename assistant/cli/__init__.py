"""The `lifelore` command: one file a command group, and one place where errors become sentences."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit: 0 done, 1 could not, 2 asked wrongly, 130 stopped by Ctrl-C."""
    from assistant.errors import AssistantFault
    from finetune.errors import FinetuneFault
    from memory.errors import MemoryFault

    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not stop the answer.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    asked = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _command(asked) if asked else _screen()
    except (MemoryFault, AssistantFault, FinetuneFault) as fault:
        print(f"lifelore: {fault}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The reader of a pipe has enough; Python would complain again while flushing.
        sys.stderr.close()
        code = 0
    if code == 130:
        print("lifelore: stopped; everything accepted is kept.", file=sys.stderr)
    sys.exit(code if isinstance(code, int) else 0)


def _screen() -> int:
    """The TUI as it is opened every day: without the command tree, for it to be there at once."""
    from assistant.cli.screen import open_screen

    return open_screen()


def _command(arguments: list[str]) -> Any:
    import typer

    from assistant.cli.app import app

    # The base of Typer's usage errors, which it has no public name for.
    wrong_usage: type[Any] = next(
        kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
    )
    try:
        return app(args=arguments, standalone_mode=False)
    except typer.Abort:
        return 130
    except wrong_usage as error:
        print(f"lifelore: {error.format_message().rstrip('.')}; try --help.", file=sys.stderr)
        return error.exit_code
