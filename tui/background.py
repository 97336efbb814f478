"""What worker threads do. Each function blocks, posts what happens, and never raises.

They are the boundary at which any failure becomes one sentence for the user: a traceback over the
screen would hide the words that matter, and what was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event as Flag
from typing import TYPE_CHECKING

from textual.message import Message

from assistant.errors import AssistantFault
from memory.errors import MemoryFault
from tui.messages import (
    Fetched,
    Hinted,
    Listening,
    ListeningEnded,
    Loaded,
    LoadedWhole,
    LoadFailed,
    Opened,
    OpenFailed,
    SessionsListed,
    TurnBegun,
    TurnEnded,
    TurnUpdated,
    Understood,
    Warmed,
    Warming,
)
from tui.text import one_line
from tui.widgets.transcript import PAGE

if TYPE_CHECKING:
    from assistant.updates import Update
    from tui.outbox import Outgoing
    from tui.ports import AssistantLike, DictationLike, SessionLike
    from tui.widgets.answer import Answer
    from tui.widgets.transcript import Transcript

Post = Callable[[Message], object]


def explain(error: Exception) -> str:
    """One sentence: our own errors already are one, any other is named."""
    if isinstance(error, AssistantFault | MemoryFault):
        return str(error)
    said = one_line(str(error))
    return f"Something unexpected happened: {type(error).__name__}{': ' + said if said else ''}."


def open_and_warm(
    open_assistant: Callable[[], AssistantLike], post: Post, stopped: Callable[[], bool]
) -> None:
    """Open the assistant, then load its models, telling how far that is."""
    try:
        assistant = open_assistant()
        model = assistant.model_name
    except Exception as error:  # noqa: BLE001 - reported
        post(OpenFailed(explain(error)))
        return
    post(Opened(assistant, model))
    context_tokens, problem = 0, None
    try:
        for working in assistant.warm_up():
            if stopped():
                return
            post(Warming(working))
        context_tokens = assistant.context_tokens
    except Exception as error:  # noqa: BLE001 - reported
        problem = explain(error)
    post(Warmed(context_tokens, problem))


def dictate(open_dictation: Callable[[], DictationLike], done: Flag, post: Post) -> None:
    """Listen until told that it is done."""
    # Here, for it brings numpy along.
    from assistant.voice.ports import Partial, Utterance

    problem = None
    try:
        dictation = open_dictation()
        post(Listening())
        said = False
        for heard in dictation.record(done):
            if isinstance(heard, Partial | Utterance):
                said = said or isinstance(heard, Utterance)
                post(Understood(heard.text, isinstance(heard, Utterance)))
        if not said:
            problem = "Nothing was understood."
    except Exception as error:  # noqa: BLE001 - reported
        problem = explain(error)
    post(ListeningEnded(problem))


def list_sessions(assistant: AssistantLike, post: Post) -> None:
    try:
        post(SessionsListed(assistant.sessions()))
    except Exception as error:  # noqa: BLE001 - reported
        post(Hinted(f"The list of sessions could not be read. {explain(error)}"))


def load_session(
    assistant: AssistantLike, session_id: str, transcript: Transcript, post: Post
) -> None:
    try:
        session = assistant.session(session_id)
        post(Loaded(transcript, session, session.last_turns(2 * PAGE)))
        post(LoadedWhole(transcript, session.turns()))
    except Exception as error:  # noqa: BLE001 - reported
        post(LoadFailed(transcript, explain(error)))


def fetch_memories(
    assistant: AssistantLike, ids: tuple[str, ...], answer: Answer, post: Post
) -> None:
    try:
        post(Fetched(answer, assistant.memories(ids)))
    except Exception as error:  # noqa: BLE001 - reported
        post(Hinted(f"The memories of this answer could not be read. {explain(error)}"))


def anticipate(
    assistant: AssistantLike, session: SessionLike | None, draft: str, post: Post
) -> None:
    """Read ahead of a draft. Why it could not be done is told when the words are sent."""
    try:
        (session or assistant).anticipate(draft)
    except Exception as error:  # noqa: BLE001 - reported
        post(Hinted(f"This could not be read ahead. {explain(error)}"))


def _new_session(assistant: AssistantLike, outgoing: Outgoing) -> SessionLike:
    temporary = outgoing.transcript.temporary
    return assistant.temporary_session() if temporary else assistant.session()


def _updates(session: SessionLike, outgoing: Outgoing) -> Iterator[Update]:
    if outgoing.again is not None and outgoing.words.message_id is not None:
        return session.regenerate(outgoing.words.message_id)
    return session.send(outgoing.text, edits=outgoing.edits)


def run_turn(assistant: AssistantLike, outgoing: Outgoing, post: Post) -> None:
    """Run one turn to its end.

    The session of a new conversation is made here, not before: one that nothing was said in
    should leave no trace. The flag is looked at after each update, because a cancel that comes
    before the turn has started may find nothing to cancel.
    """
    # Here, for it brings pydantic along.
    from assistant.updates import Approving

    problem = None
    try:
        session = outgoing.session or _new_session(assistant, outgoing)
        post(TurnBegun(outgoing, session))
        for update in _updates(session, outgoing):
            post(TurnUpdated(outgoing, update))
            if isinstance(update, Approving):
                update.decision.wait(outgoing.cancelled.is_set)
            if outgoing.cancelled.is_set():
                session.cancel()
    except Exception as error:  # noqa: BLE001 - reported
        problem = explain(error)
    post(TurnEnded(outgoing, problem))
