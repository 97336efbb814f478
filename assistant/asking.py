"""What the model is asked in a turn, made of the words, the conversation and what was found.

A turn and what reads ahead of it make the same prompts here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from assistant import prompts
from assistant.compose import Composer, Prompt
from assistant.models.base import ChatMessage, LanguageModel
from assistant.person import settled, told
from assistant.prompts import Brief
from assistant.turn import TurnContext, TurnState
from memory.documents import is_passage, put_before
from memory.events import Event
from memory.recall import Memory
from memory.threads import conversation
from memory.user.lines import Line
from tools.base import Offered


@dataclass(frozen=True, slots=True)
class Asked:
    """The prompt of an answer, with the lines of the profile in it."""

    prompt: Prompt
    lines: tuple[Line, ...]
    reserve: int
    """Tokens that are kept for the answer."""


def answer_prompt(state: TurnState, turn: TurnContext, model: LanguageModel) -> Asked:
    """The prompt of the answer. Raises ContextOverflow as Composer does."""
    composer = _composer(model, turn, patience=_PATIENCE if state.get("attached") else 1)
    now = turn.clock.now().astimezone()
    lines, found = settled(
        turn.store, turn.person.lines(state.get("lines", [])), found_of(state, turn), now
    )
    manner = turn.person.lines(state.get("manner", []))
    brief = Brief(
        words_of(state, turn),
        _results(state),
        now,
        [told(line) for line in lines],
        [line.text for line in manner],
    )
    prompt = composer.answer_prompt(history_of(state, turn), brief, found)
    return Asked(prompt, tuple(lines), composer.reserve)


def choice_prompt(
    state: TurnState, turn: TurnContext, model: LanguageModel, candidates: Sequence[Offered]
) -> tuple[ChatMessage, ...]:
    """The prompt by which a tool is chosen."""
    now = turn.clock.now().astimezone()
    final = prompts.tool_choice(words_of(state, turn), candidates, _results(state), now)
    return _composer(model, turn).tool_prompt(history_of(state, turn), final)


def words_of(state: TurnState, turn: TurnContext) -> str:
    """The user's words that are answered."""
    if turn.draft is not None:
        return turn.draft.text or ""
    [message] = turn.log.get([state["message_id"]])
    return message.text or ""


def history_of(state: TurnState, turn: TurnContext) -> list[Event]:
    """The conversation before this turn: messages with words, in order, without documents."""
    return [event for event in _before(state, turn) if not is_passage(event)]


def attached_to(state: TurnState, turn: TurnContext) -> list[Event]:
    """The passages of what was put into the conversation for these words, in order."""
    return put_before(_before(state, turn))


def _before(state: TurnState, turn: TurnContext) -> list[Event]:
    said = conversation(turn.log, state["session_id"])
    before = takewhile(lambda event: event.id != state["message_id"], said)
    return [event for event in before if event.text is not None]


def found_of(state: TurnState, turn: TurnContext) -> tuple[Memory, ...]:
    """The memories that were recalled, best first."""
    scores = dict(state.get("found", []))
    return scored(turn.store.memories(list(scores)), scores)


def scored(memories: Sequence[Memory], scores: dict[str, float]) -> tuple[Memory, ...]:
    return tuple(replace(memory, score=scores.get(memory.id, 0.0)) for memory in memories)


def _results(state: TurnState) -> list[str]:
    return [prompts.result_line(step["tool"], step["result"]) for step in state.get("steps", [])]


_PATIENCE = 4
"""Times as much as usual is read of memories where a document was attached: it was asked for."""


def _composer(model: LanguageModel, turn: TurnContext, *, patience: int = 1) -> Composer:
    reserve = min(turn.limits.answer_tokens, model.context_tokens // 4)
    recall_seconds = turn.watch.marks.get("recall", 0.0) / 1000
    return Composer(
        model,
        turn.store,
        reserve,
        lambda unread: patience * turn.limits.reading.memory_tokens(unread, recall_seconds),
        lambda messages: turn.read.tokens(model, messages),
    )
