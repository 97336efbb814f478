"""`lifelore chat` and `lifelore ask`: talking without the TUI."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.common import AsJson, memory_json, print_json, say, settings_of
from assistant.cli.display import TurnDisplay
from assistant.cli.profile import line_json
from assistant.cli.questions import question_json
from memory.errors import RefusedInput

if TYPE_CHECKING:
    from assistant.session import Assistant, Session
    from assistant.updates import Answered
    from tools.approval import Proposal

Continue = Annotated[
    str | None, typer.Option("--session", help="The conversation to continue.", show_default=False)
]
_RATINGS = {"good": 4, "bad": 1}
"""Of one to five."""

Temporary = Annotated[
    bool,
    typer.Option("--temporary", help="Keep nothing of this; what is remembered still serves it."),
]


def register(app: typer.Typer) -> None:
    app.command()(ask)
    app.command()(chat)


def ask(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="What to say; - reads it from standard input.")],
    session: Continue = None,
    temporary: Temporary = False,
    as_json: AsJson = False,
) -> None:
    """Say one thing and print the answer. It is remembered like everything else."""
    from assistant.build import open_assistant

    if text == "-":
        text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    assistant = open_assistant(settings_of(context))
    try:
        conversation = conversation_of(assistant, session, temporary)
        answered = _turn(conversation, text, streams=not as_json)
    finally:
        assistant.close()
    if as_json:
        print_json(_answer_json(answered, conversation.id))
    if answered.status == "failed":
        say(f"lifelore: {answered.problem}")
    if answered.status != "complete":
        raise typer.Exit(130 if answered.status == "cancelled" else 1)


def chat(context: typer.Context, session: Continue = None, temporary: Temporary = False) -> None:
    """Talk in the plain terminal. /memories shows what the last answer used, /quit leaves.

    /correct and your words put those in the place of the last answer, /rate good and /rate bad say
    what you think of it; the night learns from both.

    A question beside an answer is answered with /1, /2 …, or / and your own words; /skip leaves
    it, /why tells why it is asked. Begin a message with "Don't remember this:" to have it and its
    answer erased at once.

    "Save that as list.md" puts the last answer into a file, once you have seen it and said yes.
    """
    from assistant.build import open_assistant
    from memory.errors import MemoryFault

    assistant = open_assistant(settings_of(context))
    try:
        conversation = conversation_of(assistant, session, temporary)
        say(f"Lifelore · {assistant.model_name} · Ctrl-C stops an answer, Ctrl-D leaves.")
        last: Answered | None = None
        for line in _lines():
            if line in ("/quit", "/exit"):
                break
            if line == "/memories":
                _print_memories(last)
            elif line.startswith("/"):
                _command(assistant, conversation, last, line)
            elif line:
                try:
                    last = _turn(conversation, line, streams=True)
                except MemoryFault as fault:
                    say(f"lifelore: {fault}")
    finally:
        assistant.close()
    if temporary:
        say("Nothing of this conversation was kept.")
    else:
        say(f"To go on: lifelore chat --session {conversation.id}")


def conversation_of(assistant: Assistant, session: str | None, temporary: bool) -> Session:
    """The conversation to continue, or a new one. Raises NotFound and RefusedInput."""
    if not temporary:
        return assistant.session(session)
    if session is not None:
        raise RefusedInput("A temporary conversation is always a new one; leave out --session.")
    return assistant.temporary_session()


def _command(assistant: Assistant, conversation: Session, last: Answered | None, line: str) -> None:
    """What is to become of the last answer, or an answer to its question; told in a sentence."""
    from memory.errors import MemoryFault

    name, _, words = line.partition(" ")
    words = words.strip()
    try:
        if name in ("/correct", "/rate") and last is None:
            said = "There is no answer here yet."
        elif name == "/correct" and last is not None:
            conversation.correct(last.message_id, words)
            said = "Your words stand there now, and the night learns from them."
        elif name == "/rate" and last is not None:
            said = "Rate an answer as good or bad: /rate good, /rate bad."
            if words in _RATINGS:
                assistant.rate(last.message_id, _RATINGS[words])
                said = f"Thank you; rated as {words}."
        elif last is None or last.asked is None:
            said = "Commands: /memories /correct /rate good|bad /quit; /1 /skip /why to a question."
        else:
            answer = line[1:].strip()
            said = assistant.answer_question(last.asked.id, None if answer == "skip" else answer)
    except MemoryFault as fault:
        say(f"lifelore: {fault}")
    else:
        say(f"({said})")


def _lines() -> Iterator[str]:
    """Lines from the terminal, edited with readline where there is one."""
    with suppress(ImportError):
        import readline  # noqa: F401  gives input() its line editing
    while True:
        try:
            yield input("> " if sys.stdin.isatty() else "").strip()
        except KeyboardInterrupt:
            say("\n(Ctrl-D leaves.)")
        except EOFError:
            return


def _turn(conversation: Session, text: str, *, streams: bool) -> Answered:
    """Run one turn, showing it as it comes; Ctrl-C stops the answer and keeps what was said."""
    from assistant.updates import Approving

    display = TurnDisplay(streams=streams)
    with _interrupt_cancels(conversation), closing(conversation.send(text)) as updates:
        for update in updates:
            display.show(update)
            if isinstance(update, Approving) and streams:
                display.clear()
                update.decision.make(_approved(update.proposal))
    display.clear()
    assert display.answered is not None
    return display.answered


@contextmanager
def _interrupt_cancels(conversation: Session) -> Iterator[None]:
    before = signal.signal(signal.SIGINT, lambda *_: conversation.cancel())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _approved(proposal: Proposal) -> bool:
    """Show what would be done, and ask; without a terminal to ask in it is a no."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    say(f"{proposal.path} ({proposal.summary})")
    for line in proposal.diff():
        say(f"  {line}")
    print("Save it? [y/N] ", end="", file=sys.stderr, flush=True)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return sys.stdin.readline().strip().lower() in ("y", "yes")
    except KeyboardInterrupt:
        say("")
        return False
    finally:
        signal.signal(signal.SIGINT, before)


def _print_memories(answered: Answered | None) -> None:
    from memory.when import spoken_date

    if answered is None or not (answered.memories or answered.lines):
        print("No memories were used.")
        return
    for number, memory in enumerate(answered.memories, 1):
        print(
            f"{number}. {spoken_date(memory.at)} {memory.speaker or memory.origin.value}: "
            f"{memory.text}  [{memory.id}]"
        )
    for line in answered.lines:
        print(f"profile, {line.section}: {line.text}  [{line.id}]")


def _answer_json(answered: Answered, session_id: str) -> dict[str, Any]:
    return {
        "answer": answered.text,
        "id": answered.message_id,
        "status": answered.status,
        "problem": answered.problem,
        "session_id": session_id,
        "memories": [memory_json(memory) for memory in answered.memories],
        "lines": [line_json(line) for line in answered.lines],
        "asked": None if answered.asked is None else question_json(answered.asked),
        "usage": {
            "prompt_tokens": answered.usage.prompt_tokens,
            "cached_tokens": answered.usage.cached_tokens,
            "completion_tokens": answered.usage.completion_tokens,
        },
        "ms": {
            "recall": round(answered.ms.recall, 1),
            "first_token": round(answered.ms.first_token, 1),
            "total": round(answered.ms.total, 1),
        },
    }
