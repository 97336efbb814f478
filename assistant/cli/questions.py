"""Questions to the user outside the TUI: answering one, and the welcome interview."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.common import AsJson, print_json, say, settings_of
from memory.errors import RefusedInput

if TYPE_CHECKING:
    from assistant.questions import Questions
    from assistant.updates import Question


def register(app: typer.Typer) -> None:
    app.command()(answer)
    app.command()(interview)


def answer(
    context: typer.Context,
    question_id: Annotated[str, typer.Argument(help="The id that came with the question.")],
    text: Annotated[
        str | None, typer.Argument(help="A choice, its number, or your own words.")
    ] = None,
    skip: Annotated[bool, typer.Option("--skip", help="Leave it; it is not asked again.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Only tell why it is asked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Answer a question that came with an answer (`asked` in `lifelore ask --json`)."""
    from assistant.build import open_person

    if (text is None) == (not (skip or why)):
        raise typer.BadParameter("give an answer, or --skip, or --why")
    with open_person(settings_of(context)) as person:
        asked = person.questions
        said = asked.why(question_id) if why else asked.answer(question_id, text)
    if as_json:
        print_json({"question_id": question_id, "said": said})
    else:
        print(said)


def interview(context: typer.Context) -> None:
    """A few questions, so that Lifelore knows you sooner. Any may be skipped; Ctrl-D ends it."""
    from ulid import ULID

    from assistant.build import open_person

    if not sys.stdin.isatty():
        raise RefusedInput("The interview needs a terminal; `lifelore profile edit` does not.")
    session = str(ULID())
    with open_person(settings_of(context)) as person:
        for _ in range(5):
            if not (left := person.questions.welcome()):
                break
            question = person.questions.put(session, left[0])
            show_question(question)
            if not _answered(person.questions, question):
                break
    print(
        "Thank you. `lifelore profile show` shows what is known; `lifelore profile edit` mends it."
    )


def _answered(questions: Questions, question: Question) -> bool:
    """Ask until it is answered or skipped; False when the user has had enough."""
    while True:
        try:
            said = input("> ").strip()
        except (EOFError, KeyboardInterrupt):
            print()
            return False
        text = said.removeprefix("/")
        if text in ("", "skip"):
            print(questions.answer(question.id, None))
            return True
        told = questions.answer(question.id, text)
        print(told)
        if told.startswith(("Noted", "Skipped")):
            return True


def show_question(question: Question) -> None:
    """The question with its choices, as a terminal shows it."""
    choices = "  ".join(f"/{number} {each}" for number, each in enumerate(question.options, 1))
    say(f"? {question.text}")
    say(f"  {choices or '/ and your words'}  /skip  /why")


def question_json(question: Question) -> dict[str, Any]:
    """A question as every command prints it."""
    return {
        "id": question.id,
        "question": question.text,
        "form": question.form,
        "options": list(question.options),
        "why": question.why,
    }
