"""What may be imported when: help and the first paint must not wait for models."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "chromadb", "llama_cpp", "transformers", "sentence_transformers", "langgraph")


def modules_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.splitlines()}


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["import", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    loaded = modules_after(
        "from assistant.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit as end: assert end.code == 0, end.code"
    )
    assert not loaded & {*HEAVY, "textual"}


def test_the_tui_paints_before_anything_heavy_is_imported() -> None:
    assert not modules_after("import tui.app") & set(HEAVY)


def test_the_command_line_opens_the_tui_without_importing_models() -> None:
    loaded = modules_after(
        "import tui.app\n"
        "tui.app.run = lambda open_assistant, session, **options: 0\n"
        "from assistant.cli import main\n"
        "try: main([])\n"
        "except SystemExit as end: assert end.code == 0, end.code"
    )
    assert not loaded & {*HEAVY, "numpy", "httpx", "sqlite_utils"}
