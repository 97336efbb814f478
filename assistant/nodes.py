"""The steps of a turn as plain functions: state and context in, changes of the state out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from time import perf_counter
from typing import Any

from pydantic import BaseModel

from assistant import prompts
from assistant.asking import (
    answer_prompt,
    attached_to,
    choice_prompt,
    found_of,
    history_of,
    scored,
    words_of,
)
from assistant.errors import AssistantFault
from assistant.models.base import (
    ChatMessage,
    Completed,
    LanguageModel,
    PromptProgress,
    TextDelta,
    Usage,
)
from assistant.turn import TurnContext, TurnState
from assistant.updates import (
    Answered,
    Approving,
    Asking,
    Decision,
    Delta,
    Milliseconds,
    Notice,
    Question,
    Recalled,
    Sent,
    ToolUsed,
    Working,
)
from memory.errors import Erased, MemoryFault
from memory.events import Draft, Event, Message, Origin, ToolCalled
from memory.pack import render
from memory.recall import Memory
from memory.text import content_words, words
from tools.approval import Proposal
from tools.registry import NO_TOOL, NOT_APPROVED, ToolOutcome

_RECENT = 6
"""Messages just above the question; they need no repeating as memories."""
_LISTED = 2
"""Times as many memories as usual, for a question that asks for several things."""
_EVERYTHING = 50
"""Memories at most, for a question that asks for all that there is of something."""
_PASSAGES = 48
"""Passages of an attached document at most that a turn tries to put into the prompt."""
_CHOICE_TOKENS = 128
_CATCH_UP = 128
"""Events whose vectors a turn makes before it recalls."""
_CATCH_UP_AHEAD = 8
"""The same where the turn is only anticipated, and must make room at once."""


class ToolChoice(BaseModel):
    """What a model answers when asked for a tool."""

    tool: str
    arguments: dict[str, Any] = {}


def recall(state: TurnState, turn: TurnContext) -> TurnState:
    """Find memories for the user's words. Being without them never stops a turn."""
    if turn.foreseen is not None:
        return turn.foreseen.state
    text = words_of(state, turn)
    recent = history_of(state, turn)[-_RECENT:]
    said = [event.id for event in recent if event.origin is Origin.USER]
    try:
        # A large import is followed in the background; a turn waits for a second of it at most.
        behind = turn.store.catch_up(most=_CATCH_UP_AHEAD if turn.draft else _CATCH_UP)
        turn.emit(Working("Remembering"))
        found = turn.store.recall(
            text,
            max(_LISTED * turn.limits.memories, _EVERYTHING),
            exclude=[*(event.id for event in recent), state["message_id"]],
            context=said,
        )
    except MemoryFault as fault:
        turn.emit(Notice(f"Nothing could be recalled: {fault}"))
        turn.watch.mark("recall")
        return {"found": []}
    if problem := found.degraded or behind:
        turn.emit(Notice(problem))
    turn.watch.mark("recall")
    if attached := attached_to(state, turn):
        return {"found": _of_attached(attached, found.memories, turn), "attached": True}
    if not (found.known or problem or _leans_on(recent, text)):
        return {"found": [(m.id, m.score) for m in found.memories[:1]], "unknown": True}
    best = max((m.score for m in found.memories), default=0.0)
    if found.fitting:
        fitting = found.memories[: max(min(found.fitting, _EVERYTHING), turn.limits.memories)]
        if (more := found.fitting - len(fitting)) > 0:
            turn.emit(Notice(prompts.more_fit(more)))
        return {"found": [(m.id, m.score) for m in fitting]}
    # A list is spread over many memories, each of them less like the question.
    wider = _LISTED if found.lists else 1
    kept = [m for m in found.memories if m.score >= turn.limits.relevance / wider * best]
    return {"found": [(m.id, m.score) for m in kept[: wider * turn.limits.memories]]}


def _of_attached(
    attached: Sequence[Event], found: Sequence[Memory], turn: TurnContext
) -> list[tuple[str, float]]:
    """What was attached to these words, the passages that suit them first, then other memories."""
    scores = {memory.id: memory.score for memory in found}
    ranked = sorted(attached, key=lambda event: (-scores.get(event.id, 0.0), event.seq))
    if (more := len(ranked) - _PASSAGES) > 0:
        turn.emit(Notice(f"{more} more passages of what you attached were not looked at."))
    passages = [event.id for event in ranked[:_PASSAGES]]
    others = [memory.id for memory in found[: turn.limits.memories] if memory.id not in passages]
    return [(each, scores.get(each, 0.0)) for each in [*passages, *others]]


def know_user(state: TurnState, turn: TurnContext) -> TurnState:
    """Let the gate choose what of the profile the prompt is given."""
    try:
        if turn.foreseen is not None:
            # These words, which recall would have followed, may change what is known.
            turn.store.catch_up_instant()
        known = turn.person.known(words_of(state, turn))
    except MemoryFault:
        return {}  # recall has said why
    if known is None:
        return {}
    seen = {state["message_id"], *(event.id for event in history_of(state, turn)[-_RECENT:])}
    # What was said just now stands in the prompt anyway.
    lines = [line.id for line in known.lines if not seen.issuperset(line.sources)]
    return {"lines": lines, "manner": [line.id for line in known.manner]}


def choose_tool(state: TurnState, turn: TurnContext) -> TurnState:
    """Ask the model for the next tool call where a cheap look says that a tool may help."""
    text, steps = words_of(state, turn), state.get("steps", [])
    candidates = turn.registry.candidates(text)
    # Who said no is not asked again in other words.
    enough = (
        len(steps) >= turn.limits.tool_rounds
        or any(step["result"] == NOT_APPROVED for step in steps)
        or (len(candidates) == 1 and any(step["ok"] for step in steps))
    )
    if not candidates or enough or turn.cancel.is_set():
        return {"call": None}
    try:
        model = turn.model()
        turn.emit(Working("Choosing a tool"))
        chosen = "".join(
            chunk.text
            for chunk in model.complete(
                choice_prompt(state, turn, model, candidates),
                max_tokens=_CHOICE_TOKENS,
                schema=turn.registry.choice_schema(candidates),
                cancel=turn.cancel,
            )
            if isinstance(chunk, TextDelta)
        )
        turn.read.restart()
        call = ToolChoice.model_validate_json(chosen).model_dump()
    except (AssistantFault, ValueError):
        # A model that cannot choose answers without a tool; the answer step reports its state.
        return {"call": None}
    made_before = [{"tool": step["tool"], "arguments": step["arguments"]} for step in steps]
    return {"call": None if call["tool"] == NO_TOOL or call in made_before else call}


def run_tool(state: TurnState, turn: TurnContext) -> TurnState:
    """Make the chosen call and record it."""
    call = state.get("call") or {}
    name, arguments = str(call.get("tool")), call.get("arguments") or {}
    turn.emit(Working(f"Using {name}"))
    try:
        outcome = turn.registry.call(name, arguments, partial(_approved, turn))
    except Exception as error:  # noqa: BLE001
        # A defect of a tool is told to the model and the user; the turn goes on without it.
        outcome = ToolOutcome(False, f"{name} failed unexpectedly ({error}).")
    payload = ToolCalled(
        tool=name,
        arguments=arguments,
        result=outcome.result,
        ok=outcome.ok,
        reply_to=state["message_id"],
    )
    draft = Draft(payload=payload, session_id=state["session_id"], origin=Origin.TOOL)
    try:
        turn.log.append([draft], needs=[state["message_id"]])
    except Erased:
        return {"call": None}
    step = {"tool": name, "arguments": arguments, "result": outcome.result, "ok": outcome.ok}
    steps = [*state.get("steps", []), step]
    if _last_act({"steps": steps}, turn) is None:
        turn.emit(ToolUsed(name, arguments, outcome.result, outcome.ok))
    return {"steps": steps, "call": None}


def _approved(turn: TurnContext, proposal: Proposal) -> bool:
    decision = Decision()
    turn.emit(Working("Waiting for your yes"))
    turn.emit(Approving(proposal, decision))
    return decision.wait(turn.cancel.is_set)


def answer(state: TurnState, turn: TurnContext) -> TurnState:
    """Compose the prompt and stream the answer; whatever goes wrong becomes a failed answer."""
    said: list[str] = []
    state_out: TurnState = {"answer": "", "status": "failed", "problem": None, "used": []}
    if is_answered_without_model(state):
        return _not_remembered(state, turn)
    if (result := _last_act(state, turn)) is not None:
        return _told(result, turn)
    try:
        model = turn.model()
        asked = answer_prompt(state, turn, model)
        prompt = asked.prompt
        for notice in prompt.notices:
            turn.emit(Notice(notice))
        turn.emit(Recalled(prompt.memories, asked.lines))
        turn.emit(Sent(prompt.messages))
        state_out["used"] = [memory.id for memory in prompt.memories]
        state_out["lines"] = [line.id for line in asked.lines]
        state_out["summed_up"] = list(prompt.summed_up)
        done = _stream(model, prompt.messages, asked.reserve, turn, said)
        state_out["usage"] = (
            done.usage.prompt_tokens,
            done.usage.cached_tokens,
            done.usage.completion_tokens,
        )
        state_out["status"] = "cancelled" if done.finish == "cancelled" else "complete"
        if done.finish == "length":
            turn.emit(Notice(f"The answer was stopped at {asked.reserve} tokens."))
    except AssistantFault as fault:
        state_out["problem"] = str(fault)
    except Exception as error:  # noqa: BLE001
        # The boundary to model libraries: their crash must not take the conversation along.
        state_out["problem"] = f"The model stopped unexpectedly ({error}); ask again."
    state_out["answer"] = "".join(said)
    return state_out


_REFERS = frozenset(
    {"that", "this", "it", "he", "she", "him", "her", "they", "them", "there", "then"}
)


def _leans_on(recent: Sequence[Event], text: str) -> bool:
    """Whether the words may be about what was just said, which stands in the prompt anyway."""
    said = {word for event in recent for word in content_words(event.text or "")}
    asked = words(text)
    return bool(recent) and bool(_REFERS & set(asked) or said & set(content_words(text)))


def is_answered_without_model(state: TurnState) -> bool:
    """Whether nothing was found that a model could answer from."""
    return bool(state.get("unknown")) and not state.get("steps") and not state.get("lines")


def _not_remembered(state: TurnState, turn: TurnContext) -> TurnState:
    """Say so without the model, which would sooner invent; and show the nearest there is."""
    nearest = found_of(state, turn)
    turn.emit(Recalled(tuple(nearest)))
    text = prompts.not_remembered(render(nearest[0]) if nearest else None)
    return {**_told(text, turn), "used": [memory.id for memory in nearest]}


def _last_act(state: TurnState, turn: TurnContext) -> str | None:
    """What was done outside memory, or was not approved: that is the answer, for no model says it
    better."""
    for step in state.get("steps", [])[-1:]:
        if turn.registry.acts(step["tool"]) and (step["ok"] or step["result"] == NOT_APPROVED):
            return str(step["result"])
    return None


def _told(text: str, turn: TurnContext) -> TurnState:
    """Answer with these words."""
    turn.watch.mark("first_token")
    turn.emit(Delta(text))
    return {"answer": text, "status": "complete", "problem": None, "used": []}


def _stream(
    model: LanguageModel,
    messages: Sequence[ChatMessage],
    max_tokens: int,
    turn: TurnContext,
    said: list[str],
) -> Completed:
    done = Completed(Usage(), "stop")
    turn.read.restart()
    started, read_seconds = perf_counter(), None
    for chunk in model.complete(
        messages,
        max_tokens=max_tokens,
        temperature=turn.limits.temperature,
        cancel=turn.cancel,
    ):
        if isinstance(chunk, PromptProgress):
            turn.emit(Working("Reading", chunk.done / max(chunk.total, 1)))
        elif isinstance(chunk, TextDelta):
            if read_seconds is None:
                read_seconds = perf_counter() - started
            turn.watch.mark("first_token")
            said.append(chunk.text)
            turn.emit(Delta(chunk.text))
        else:
            done = chunk
    if read_seconds is not None:
        unread = done.usage.prompt_tokens - done.usage.cached_tokens
        turn.limits.reading.note(unread, read_seconds)
    return done


def record(state: TurnState, turn: TurnContext) -> TurnState:
    """Store the answer, whole or in part, with the memories it was given."""
    status: Any = state.get("status", "failed")
    used = state.get("used", [])
    about = turn.person.lines(state.get("lines", []))
    lines = [*about, *turn.person.lines(state.get("manner", []))]
    # What is forgotten takes answers along that may repeat it, by way of a summary or a line also.
    # A rule of manner is heeded, not repeated, and often counted from many messages.
    sources = [source for line in about for source in line.sources]
    given = list(dict.fromkeys([*used, *state.get("summed_up", []), *sources]))
    payload = Message(
        text=state.get("answer", ""),
        reply_to=state["message_id"],
        memories=tuple(given),
        lines=tuple(line.id for line in lines),
        status=status,
    )
    draft = Draft(payload=payload, session_id=state["session_id"], origin=Origin.ASSISTANT)
    problem = state.get("problem")
    try:
        [event] = turn.log.append([draft], needs=[state["message_id"], *given])
    except Erased as fault:
        status, problem = "interrupted", str(fault)
        payload = Message(text="", reply_to=state["message_id"], status=status)
        [event] = turn.log.append([draft.model_copy(update={"payload": payload})])
    asked = _ask(state, turn) if status == "complete" and turn.asks else None
    turn.watch.mark("total")
    marks = turn.watch.marks
    scores = dict(state.get("found", []))
    turn.emit(
        Answered(
            message_id=event.id,
            text=payload.text,
            status=status,
            memories=scored(turn.store.memories(used), scores),
            lines=tuple(lines),
            asked=asked,
            usage=Usage(*state.get("usage", (0, 0, 0))),
            ms=Milliseconds(
                marks.get("recall", 0.0), marks.get("first_token", 0.0), marks["total"]
            ),
            context_tokens=turn.model().context_tokens if state.get("usage") else 0,
            problem=problem,
        )
    )
    return {}


def _ask(state: TurnState, turn: TurnContext) -> Question | None:
    """The question that goes with the answer, if one pays; without it nothing is lost."""
    try:
        [message] = turn.log.get([state["message_id"]])
        question = turn.person.questions.after(message)
    except MemoryFault:
        return None
    if question is not None:
        turn.emit(Asking(question))
    return question
