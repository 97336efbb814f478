"""What can be done with the chosen answer and the message it answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tui.outbox import Outgoing
from tui.screens.remembered import Remembered
from tui.text import tokens
from tui.widgets.answer import Answer
from tui.widgets.prompt import Prompt
from tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from tui.ports import SessionLike, TurnLike
    from tui.widgets.words import Words

GOOD, BAD = 4, 1
_NOT_KEPT = "Nothing of a temporary session is kept, so this cannot be done here."
_NO_ANSWER = "There is no answer here yet."


class Replies(Remembered):
    """The part of the chat screen that acts on one answer."""

    def _chosen_answer(self) -> Answer | None:
        """The chosen answer, once it is on disk; hints why there is none."""
        answer = self.conversations.current.selected
        if answer is None:
            self.status.hint(_NO_ANSWER)
        elif answer.message_id is None:
            self.status.hint("This answer is still being written.")
        else:
            return answer
        return None

    def _chosen_words(self) -> Words | None:
        """The message that the chosen answer answers, else the last that has none."""
        current = self.conversations.current
        answer = current.selected
        words = current.question_of(answer) if answer is not None else None
        if words is None or words.message_id is None:
            self.status.hint("There is no message here yet that was sent.")
            return None
        return words

    # Rating.

    def action_rate(self, how: str) -> None:
        if how not in ("good", "bad"):
            self.status.hint("Rate an answer as good or bad: /rate good, /rate bad.")
        else:
            self._rate(GOOD if how == "good" else BAD)

    def action_rate_good(self) -> None:
        self._rate(GOOD)

    def action_rate_bad(self) -> None:
        self._rate(BAD)

    def _rate(self, rating: int) -> None:
        answer, assistant = self._chosen_answer(), self.assistant
        if answer is None or assistant is None:
            return
        if self.conversations.current.temporary:
            self.status.hint(_NOT_KEPT)
            return
        message_id, before = answer.message_id or "", answer.rating

        def failed(problem: str) -> None:
            answer.rate(before)
            self.status.hint(f"The rating could not be kept. {problem}")

        answer.rate(rating)
        self.errands.run(
            self,
            lambda: assistant.rate(message_id, rating),
            lambda _: self.status.hint("Thank you; rated as " + _word(rating) + "."),
            failed,
        )

    # Another answer, another message.

    def action_again(self) -> None:
        current = self.conversations.current
        answer, words = self._chosen_answer(), self._chosen_words()
        if answer is None or words is None:
            return
        if self.outbox.concerns(current):
            self.status.hint("One answer at a time: this conversation is being answered.")
            return
        self.outbox.add(Outgoing(current, words, words.said, again=answer))
        self.send_next()

    def action_edit(self) -> None:
        """Put the message back into the prompt; the draft that was there comes back after."""
        self._edit(self._chosen_words())

    def action_correct(self) -> None:
        """Put the answer into the prompt, to be written as it should have been."""
        self._edit(self._chosen_answer())

    def _edit(self, chosen: Words | Answer | None) -> None:
        current, prompt = self.conversations.current, self.query_one(Prompt)
        if chosen is not None and current.editing is None:
            current.editing = chosen
            prompt.lay_aside(current.to_edit)
            self.show_editing()
        prompt.focus()

    def stop_editing(self) -> bool:
        """Give up an edit; say whether there was one."""
        current = self.conversations.current
        if current.editing is None:
            return False
        current.editing = None
        self.query_one(Prompt).take_up()
        self.show_editing()
        return True

    async def send_edited(self, edited: Words | Answer, text: str) -> None:
        """Send words in the place of others, into a fork that begins before those; or keep the
        user's version of an answer.
        """
        self.stop_editing()
        if isinstance(edited, Answer):
            self._correct(edited, text)
        else:
            self._fork_before(edited.message_id or "", text)

    def _correct(self, answer: Answer, text: str) -> None:
        session, message_id = self.conversations.current.session, answer.message_id or ""
        if session is None:
            self.status.hint("This conversation is still being opened.")
            return

        async def failed(problem: str) -> None:
            # A hint would go as soon as the words are back in the prompt.
            current = self.conversations.current
            await current.notice(f"The answer could not be corrected. {problem}")
            self.query_one(Prompt).put_back(text)

        async def corrected(_: None) -> None:
            await answer.correct(text.strip())
            self.status.hint("Your words stand there now, and the night learns from them.")

        self.errands.run(self, lambda: session.correct(message_id, text), corrected, failed)

    async def action_first_words(self) -> None:
        answer = self._chosen_answer()
        if answer is not None and not await answer.turn_over():
            self.status.hint("You have not corrected this answer; it says what it said at first.")

    def action_fork(self) -> None:
        answer = self._chosen_answer()
        if answer is None:
            return
        before = self.conversations.current.after(answer)
        if before is None:
            self.status.hint(
                "Nothing comes after this answer: go on here, or choose an earlier one with "
                f"{self.key_of('older_answer')}."
            )
        else:
            self._fork_before(before)

    def _fork_before(self, message_id: str, text: str | None = None) -> None:
        current = self.conversations.current
        if (session := current.session) is None:
            self.status.hint("This conversation is still being opened.")
            return

        def fork() -> tuple[SessionLike, Sequence[TurnLike]]:
            forked = session.fork(message_id)
            return forked, forked.turns()

        def failed(problem: str) -> None:
            self.status.hint(f"This could not be forked. {problem}")
            if text is not None:
                self.query_one(Prompt).put_back(text)

        forked = partial(self._forked, current.temporary, message_id, text)
        self.errands.run(self, fork, lambda found: forked(*found), failed)

    async def _forked(
        self,
        temporary: bool,
        edits: str,
        text: str | None,
        session: SessionLike,
        turns: Sequence[TurnLike],
    ) -> None:
        transcript = Transcript(self.clock, session.id, temporary=temporary)
        transcript.session = session
        await self.go(transcript)
        await transcript.fill(session, turns)
        await self.arrive(transcript)
        self.status.hint("This is a fork; the conversation it came from stays as it was.")
        if text is not None:
            await self.send_words(transcript, text, edits)

    def action_sent(self) -> None:
        answer = self._chosen_answer()
        if answer is not None and answer.sent:
            from tui.screens.sent import SentScreen

            told = self.conversations.current.answered
            last = told is not None and told.message_id == answer.message_id
            used = f"{tokens(told.usage.prompt_tokens)} tokens · " if told and last else ""
            self.app.push_screen(SentScreen(answer.sent, used))
        elif answer is not None:
            self.status.hint("What was sent is known of the latest answers of this run alone.")

    # Copies.

    def action_copy(self) -> None:
        answer = self.conversations.current.selected
        if answer is None:
            self.status.hint(_NO_ANSWER)
        else:
            self.copy(answer.text)

    def action_export(self) -> None:
        current, assistant = self.conversations.current, self.assistant
        if current.temporary:
            self.status.hint(_NOT_KEPT)
        elif assistant is None or (session_id := current.session_id) is None:
            self.status.hint("Nothing has been said here yet.")
        else:
            title = self.title_of_current()

            def export() -> Path:
                return write_new(assistant.export_session(session_id), title)

            self.errands.run(
                self,
                export,
                lambda path: self.status.hint(f"Written to {path}"),
                lambda problem: self.status.hint(f"This could not be exported. {problem}"),
            )

    def action_forget(self, text: str = "") -> None:
        """Forget the chosen message and its answer; with words, look for them first."""
        if text:
            self.open_search(text)
        elif (words := self._chosen_words()) is not None:
            if self.conversations.current.temporary:
                self.status.hint("Nothing of a temporary session is kept: it goes when you leave.")
            else:
                self.forget([words.message_id or ""])

    def open_search(self, text: str) -> None:
        raise NotImplementedError

    def title_of_current(self) -> str:
        raise NotImplementedError


def _word(rating: int) -> str:
    return "good" if rating == GOOD else "bad"


def write_new(text: str, title: str) -> Path:
    """Write a file that did not exist, in the working folder or else at home; return its path.

    Raises OSError when neither can be written to.
    """
    stem = re.sub(r"[^\w]+", "-", title.lower()).strip("-")[:60] or "conversation"
    problem: OSError | None = None
    for folder in (Path.cwd(), Path.home()):
        for number in range(1, 1000):
            path = folder / f"{stem}{f'-{number}' if number > 1 else ''}.md"
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(text)
            except FileExistsError:
                continue
            except OSError as error:
                problem = error
                break
            return path
    raise problem or FileExistsError(f"{stem}.md and 999 others are there already")
