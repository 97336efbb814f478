"""The app over a real home with a scripted model, for a terminal of its own.

Arguments: the home, what the model does ("talks" until it is stopped, or "dies" in mid-answer), a
pipe.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event as Flag
from typing import Any

from assistant.models.base import ChatMessage, Chunk, TextDelta
from assistant.models.fakes import ScriptedModel
from tests.assistant.builders import open_scripted
from tui.app import run

BOOKMARK = "left_off.json"
_BEGUN = 5
"""Pieces of an answer after which it is told that it is being spoken."""
_PACE = 0.1


class Speaking(ScriptedModel):
    """Tells when it is in the middle of an answer; a deadly one ends the process there."""

    pipe = 0
    deadly: Path | None = None
    """The file that must be there before it dies."""

    def complete(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: dict[str, Any] | None = None,
        cancel: Flag | None = None,
    ) -> Iterator[Chunk]:
        cancel = cancel or Flag()
        said = super().complete(
            messages, max_tokens=max_tokens, temperature=temperature, schema=schema, cancel=cancel
        )
        return self._on_and_on(said, cancel)

    def _on_and_on(self, said: Iterator[Chunk], cancel: Flag) -> Iterator[Chunk]:
        for count, chunk in enumerate(said):
            yield chunk
            if count == _BEGUN:
                os.write(self.pipe, b"speaking ")
                while not cancel.wait(_PACE):
                    if self.deadly is not None and self.deadly.exists():
                        os.kill(os.getpid(), signal.SIGKILL)
                    yield TextDelta("and on ")


def main(home: Path, how: str, pipe: int) -> int:
    model = Speaking(lambda _: "one word and then another and then some more")
    model.pipe = pipe
    model.deadly = home / BOOKMARK if how == "dies" else None
    return run(lambda: open_scripted(home, model=model), bookmark=home / BOOKMARK)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
