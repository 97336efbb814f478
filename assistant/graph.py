"""The turn as a LangGraph graph: wiring only, the steps are in `nodes`.

    recall -> know_user -> choose_tool -> answer -> record
                              ^  |
                              |  v
                            run_tool

The checkpointer holds turns in flight. A finished turn's thread is deleted, so that no second
copy of anybody's words stays behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol, cast

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langsmith import tracing_context

from assistant import nodes
from assistant.turn import TurnContext, TurnState
from assistant.updates import Update
from memory.database import open_database, translated, truncate_wal
from memory.errors import LogDamaged

Node = Callable[[TurnState, TurnContext], TurnState]
Graph = CompiledStateGraph[TurnState, TurnContext, TurnState, TurnState]


class TurnGraph:
    """Runs turns and keeps those in flight on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._open()
        except LogDamaged:
            # It holds turns in flight only; a damaged one is replaced, and they are closed.
            for suffix in ("", "-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
            self._open()

    def _open(self) -> None:
        self._db = open_database(self._path, durable=False)
        with translated(self._path):
            self._saver = SqliteSaver(self._db.conn)
            self._saver.setup()
            self._graph = _build(self._saver)
            self.threads()

    def run(self, thread: str, state: TurnState, context: TurnContext) -> Iterator[Update]:
        """Stream the updates of a turn; its checkpoints are gone when this ends normally."""
        # A tracing variable set for some other project must not send these words anywhere.
        with tracing_context(enabled=False), translated(self._path):
            updates = self._graph.stream(
                state,
                {"configurable": {"thread_id": thread}},
                context=context,
                stream_mode="custom",
                durability="sync",
            )
            # In this mode LangGraph yields what the steps emit, as it is.
            yield from cast("Iterator[Update]", updates)
        self.discard(thread)

    def threads(self) -> list[str]:
        """Turns in flight, of this process and others."""
        with translated(self._path):
            rows = self._db.conn.execute("SELECT DISTINCT thread_id FROM checkpoints").fetchall()
        return [row[0] for row in rows]

    def discard(self, thread: str) -> None:
        """Forget a turn, bytes included."""
        with translated(self._path):
            self._saver.delete_thread(thread)
        truncate_wal(self._db, self._path)

    def close(self) -> None:
        self._db.close()


def _build(saver: SqliteSaver) -> Graph:
    graph = StateGraph(TurnState, context_schema=TurnContext)
    for name, node in (
        ("recall", nodes.recall),
        ("know_user", nodes.know_user),
        ("choose_tool", nodes.choose_tool),
        ("run_tool", nodes.run_tool),
        ("compose_and_answer", nodes.answer),
        ("record", nodes.record),
    ):
        graph.add_node(name, _with_context(node))
    graph.add_edge(START, "recall")
    graph.add_edge("recall", "know_user")
    graph.add_edge("know_user", "choose_tool")
    graph.add_conditional_edges(
        "choose_tool",
        lambda state: "run_tool" if state.get("call") else "compose_and_answer",
        ["run_tool", "compose_and_answer"],
    )
    graph.add_edge("run_tool", "choose_tool")
    graph.add_edge("compose_and_answer", "record")
    graph.add_edge("record", END)
    return graph.compile(checkpointer=saver)


class Step(Protocol):
    """A node as LangGraph calls it."""

    def __call__(self, state: TurnState, *, runtime: Runtime[TurnContext]) -> TurnState: ...


def _with_context(node: Node) -> Step:
    def step(state: TurnState, *, runtime: Runtime[TurnContext]) -> TurnState:
        return node(state, replace(runtime.context, emit=runtime.stream_writer))

    return step
