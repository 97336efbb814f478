"""The `lifelore` command: one file a command group, and one place where errors become sentences."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit: 0 done, 1 could not, 2 asked wrongly, 130 stopped by Ctrl-C."""
    import typer

    from assistant.cli.app import app
    from assistant.errors import AssistantFault
    from finetune.errors import FinetuneFault
    from memory.errors import MemoryFault

    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not stop the answer.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    try:
        code = app(
            args=list(sys.argv[1:] if arguments is None else arguments), standalone_mode=False
        )
    except (MemoryFault, AssistantFault, FinetuneFault) as fault:
        print(f"lifelore: {fault}", file=sys.stderr)
        code = 1
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except _wrong_usage() as error:
        print(f"lifelore: {error.format_message().rstrip('.')}; try --help.", file=sys.stderr)
        code = error.exit_code
    except BrokenPipeError:
        # The reader of a pipe has enough; Python would complain again while flushing.
        sys.stderr.close()
        code = 0
    if code == 130:
        print("lifelore: stopped; everything accepted is kept.", file=sys.stderr)
    sys.exit(code if isinstance(code, int) else 0)


def _wrong_usage() -> type[Any]:
    """The base of Typer's usage errors, which it has no public name for."""
    import typer

    return next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
