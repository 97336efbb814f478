"""Commands that look after a home: rebuild, verify, doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.common import AsJson, print_json, progress_bars, say, settings_of
from assistant.cli.memories import opened
from memory.errors import RefusedInput


def register(app: typer.Typer) -> None:
    app.command()(rebuild)
    app.command()(verify)
    app.command()(doctor)


def rebuild(
    context: typer.Context,
    view: Annotated[
        str | None,
        typer.Argument(
            help="sessions, fulltext, vectors, index, facts, summaries or patches; "
            "if left out, all that need no language model."
        ),
    ] = None,
) -> None:
    """Derive the indexes again from the log. Loses nothing; can be stopped and goes on.

    Facts and summaries cost the language model hours, so they are made again only when named:
    those that are there serve until `lifelore sleep`, or an open Lifelore, has replaced them.
    Patches, which merge lines of your profile, are dropped when named, and made again by the same.
    """
    from memory.store import MemoryStore

    if view is not None and view not in MemoryStore.VIEWS:
        raise RefusedInput(
            f"There is no view {view!r}; choose one of {', '.join(MemoryStore.VIEWS)}."
        )
    with opened(context) as store, progress_bars() as progress:
        behind = store.rebuild(view, progress)
    if view in ("facts", "summaries", "patches"):
        print(f"All {view} will be derived again; `lifelore sleep --only consolidate` does it now.")
    else:
        print(f"Rebuilt {view or 'everything'}.")
    if behind:
        say(f"({behind})")
        raise typer.Exit(1)


def verify(context: typer.Context, as_json: AsJson = False) -> None:
    """Check that the log is what was written: every event, in order, unchanged."""
    with opened(context) as store:
        result = store.verify()
    if as_json:
        print_json(
            {
                "ok": result.ok,
                "events": result.events,
                "erased": result.erased,
                "problems": result.problems,
            }
        )
    else:
        for problem in result.problems:
            say(problem)
        state = "intact" if result.ok else "DAMAGED"
        print(f"{result.events} events, {result.erased} erased: {state}.")
    raise typer.Exit(0 if result.ok else 1)


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Check models, log, indexes, versions and disk, and say what to do."""
    from assistant.doctor import examine

    settings = settings_of(context)
    with progress_bars() as progress:
        findings = examine(settings, progress)
    if as_json:
        print_json(
            [{"check": f.check, "ok": f.ok, "found": f.found, "do": f.advice} for f in findings]
        )
    else:
        for finding in findings:
            mark = "ok " if finding.ok else "BAD"
            print(f"{mark} {finding.check}: {finding.found}")
            if finding.advice:
                print(f"    -> {finding.advice}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)
