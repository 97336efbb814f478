"""A process that runs turns in forked children, so that a test can kill them at any moment.

Reads one message a line; for each, a child opens the home, says the message and prints what
happens, until it is killed or done. Imports are made once, before the first fork.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from assistant.build import open_assistant
from assistant.models.fakes import ScriptedModel
from assistant.session import Assistant
from assistant.settings import Settings
from assistant.updates import Accepted, Delta
from tests.assistant.builders import open_scripted

ANSWER = "this answer has a good number of words to be killed in the middle of " * 20


def open_fake(home: Path) -> Assistant:
    return open_scripted(home, model=ScriptedModel(lambda _: ANSWER, delay_seconds=0.002))


def turn(home: Path, text: str, *, real: bool) -> None:
    assistant = open_assistant(Settings(home=home)) if real else open_fake(home)
    print(f"pid {os.getpid()}", flush=True)
    for update in assistant.session().send(text):
        if isinstance(update, Accepted):
            print(f"accepted {update.message_id}", flush=True)
        elif isinstance(update, Delta):
            print("delta", flush=True)
    assistant.close()


def main() -> None:
    home, real = Path(sys.argv[1]), sys.argv[2] == "real"
    for line in sys.stdin:
        child = os.fork()
        if not child:
            turn(home, line.strip(), real=real)
            os._exit(0)
        os.waitpid(child, 0)
        print("over", flush=True)


if __name__ == "__main__":
    main()
