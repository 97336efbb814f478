"""The memories behind an answer: shown, opened, corrected, copied and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from tui import background
from tui.hears import hears
from tui.messages import Fetched
from tui.screens.sessions import Sessions
from tui.widgets.answer import Answer
from tui.widgets.line_card import LineCard
from tui.widgets.memory_card import MemoryCard
from tui.widgets.memory_panel import LOOKING, NONE, NOT_YET, MemoryPanel
from tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from memory.forget import ForgetPlan
    from memory.recall import Memory


class Remembered(Sessions):
    """The part of the chat screen that follows the chosen answer."""

    async def show_memories(self) -> None:
        """Fill the panel for the selected answer, asking for them when they are of an old one."""
        panel, answer = self.query_one(MemoryPanel), self.conversations.current.selected
        if answer is None:
            await panel.show((), (), NOT_YET)
        elif answer.memories is not None:
            await panel.show(answer.memories, answer.lines, NONE)
        else:
            await panel.show((), (), LOOKING)
            ids = answer.memory_ids
            if ids and self.assistant is not None:
                work = partial(background.fetch_memories, self.assistant, ids, answer, self.tell)
                self.in_thread(work, "memories")

    @hears(Fetched)
    async def _fetched(self, event: Fetched) -> None:
        if not event.answer.is_attached:
            return
        event.answer.remember(event.memories)
        if event.answer is self.conversations.current.selected:
            await self.show_memories()

    @hears(Answer.Selected)
    async def _selected(self, event: Answer.Selected) -> None:
        self.conversations.current.select(event.answer)
        await self.show_memories()

    async def action_older_answer(self) -> None:
        await self._step(-1)

    async def action_newer_answer(self) -> None:
        await self._step(1)

    async def _step(self, step: int) -> None:
        current = self.conversations.current
        answer = current.neighbour(step)
        if answer is not None:
            current.select(answer)
            answer.scroll_visible(animate=False)
            await self.show_memories()

    # One card.

    def action_show_memory(self, number: int) -> None:
        """Light the memory that an answer cites by this number."""
        if not self.query_one(MemoryPanel).show_number(number):
            self.status.hint(f"This answer has no memory {number}.")

    def action_open_memory(self) -> None:
        card = self.query_one(MemoryPanel).chosen
        if isinstance(card, MemoryCard):
            self.jump(card.memory)
        elif isinstance(card, LineCard) and (assistant := self.assistant) is not None:
            sources = card.line.sources
            self.errands.run(self, lambda: assistant.memories(sources), self._jump_to_last)

    def _jump_to_last(self, memories: Sequence[Memory]) -> None:
        if memories:
            self.jump(memories[-1])
        else:
            self.status.hint("What this line was taken from is not there any more.")

    async def action_correct_memory(self) -> None:
        """What was said stays as it was said; a correction is what the user says now."""
        card, prompt = self.query_one(MemoryPanel).chosen, self.query_one(Prompt)
        if isinstance(card, LineCard):
            await self.run_action("profile")
        elif card is None:
            return
        elif card.memory.origin.value == "assistant":
            self.jump(card.memory)
            self.status.hint(f"{self.key_of('correct')} on the answer corrects it.")
        elif prompt.text:
            self.status.hint("Send or clear what you are writing, then correct this.")
        else:
            # These words are not typed yet: they end no hint, and nothing is read ahead of them.
            with prompt.prevent(Prompt.Changed):
                prompt.put_back(card.memory.text)
            prompt.focus()
            self.status.hint("Write it as it is now. What was said then stays until you forget it.")

    def action_copy_memory(self) -> None:
        card = self.query_one(MemoryPanel).chosen
        if card is not None:
            self.copy(card.memory.text if isinstance(card, MemoryCard) else card.line.text)

    def action_forget_memory(self) -> None:
        card = self.query_one(MemoryPanel).chosen
        if isinstance(card, MemoryCard):
            self.forget([card.memory.id])
        elif card is not None:
            self.forget(card.line.sources)

    def copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        self.status.hint("Copied.")

    # Forgetting.

    def forget(self, ids: Sequence[str]) -> None:
        """Show what would go with these events, and ask once."""
        if (assistant := self.assistant) is not None:
            self.errands.run(self, lambda: assistant.plan_forgetting(ids), self._ask_to_forget)

    def _ask_to_forget(self, plan: ForgetPlan) -> None:
        if not plan.ids:
            self.status.hint("It is not there any more; nothing is left to forget.")
            return

        def decided(wanted: bool | None) -> None:
            assistant = self.assistant
            if not wanted or assistant is None:
                self.status.hint("Nothing was forgotten.")
            else:
                self.status.work("Forgetting")
                self.errands.run(
                    self,
                    lambda: assistant.forget(plan),
                    partial(self._forgotten, plan),
                    self._not_forgotten,
                )

        from tui.screens.forget import ForgetScreen

        self.app.push_screen(ForgetScreen(plan, self.clock), decided)

    def _not_forgotten(self, problem: str) -> None:
        self.status.rest()
        self.status.hint(problem)

    async def _forgotten(self, plan: ForgetPlan, sentence: str) -> None:
        """What was erased must not go on standing on the screen."""
        self.status.rest()
        self.status.hint(sentence)
        gone = set(plan.ids)
        for transcript in self.conversations.all():
            await transcript.forget(gone)
        self.refresh_sessions()
        await self.show_memories()
