"""The ways from the chat to what lies beside it: a file, tastes, people, nights, models.

Each screen is imported when it is first opened: the first paint needs none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tui.messages import Warming
from tui.screens.sessions import Sessions
from tui.text import one_line
from tui.widgets.prompt import Prompt
from tui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from tui.ports import ModelsLike, NightsLike, SessionLike, TurnLike
    from tui.widgets.transcript import Transcript

_ASLEEP = "Lifelore is still opening; try again in a moment."


class Views(Sessions):
    """The part of the chat screen that opens screens beside the conversation."""

    nights: Callable[[], NightsLike] | None = None
    models: Callable[[], ModelsLike] | None = None

    def open_search(self, text: str) -> None:
        raise NotImplementedError

    def action_portrait(self) -> None:
        if self.assistant is None:
            self.status.hint(_ASLEEP)
        else:
            from tui.screens.portrait import PortraitScreen

            screen = PortraitScreen(self.assistant, self.errands, self.clock)
            self.app.push_screen(screen, self._person_chosen)

    def _person_chosen(self, name: str | None) -> None:
        if name is not None:
            self.open_search(name)

    # The first minute.

    def greet(self) -> None:
        """Show the welcome, where nothing was ever said."""
        if (assistant := self.assistant) is not None:
            self.errands.run(self, assistant.welcome.first_time, self._greet)

    def _greet(self, first_time: bool) -> None:
        """Whoever writes already needs no welcome."""
        if first_time and self.assistant is not None and not self.query_one(Prompt).text:
            from tui.screens.welcome import WelcomeScreen

            self.app.push_screen(WelcomeScreen(self.assistant, self.errands), self._greeted)

    def _greeted(self, sentence: str | None) -> None:
        self.status.hint(sentence or "")
        self.query_one(Prompt).focus()

    # A file into the conversation.

    def action_attach(self, path: str) -> None:
        current, assistant = self.conversations.current, self.assistant
        if assistant is None:
            self.status.hint(_ASLEEP)
        elif current.temporary:
            self.status.hint("Nothing can be attached to a temporary conversation.")
        elif not current.ready or self.outbox.concerns(current):
            self.status.hint("Attach it once this conversation is open and answered.")
        else:
            self.status.work(f"Reading {one_line(path, 60)}")
            current.ready = False  # words that are sent meanwhile wait for it

            def progress(what: str, done: int, total: int) -> None:
                from assistant.updates import Working

                self.tell(Warming(Working(what, done / total)))

            def attach() -> tuple[SessionLike, TurnLike]:
                session = current.session or assistant.session(current.session_id)
                return session, session.attach(Path(path.strip("'\"")), progress)

            self.errands.run(
                self,
                attach,
                lambda done: self._attached(current, *done),
                lambda problem: self._not_attached(current, problem),
            )

    async def _attached(self, transcript: Transcript, session: SessionLike, card: TurnLike) -> None:
        self.status.rest()
        transcript.session, transcript.session_id, transcript.ready = session, session.id, True
        await transcript.show_document(card)
        self.status.hint("What of it fits goes along with your next words; later it is recalled.")
        self.refresh_sessions()
        self.send_next()

    def _not_attached(self, transcript: Transcript, problem: str) -> None:
        transcript.ready = True
        self.status.rest()
        self.status.hint(f"This was not attached. {problem}")
        self.send_next()

    def action_nights(self) -> None:
        if self.nights is None:
            self.status.hint("There are no nights here.")
        else:
            from tui.screens.nights import NightsScreen

            def show(nights: NightsLike) -> None:
                self.app.push_screen(NightsScreen(nights, self.errands, self.clock))

            self.errands.run(self, self.nights, show)

    def action_models(self) -> None:
        if self.models is None:
            self.status.hint("There is no choice of models here.")
        else:
            from tui.screens.models import ModelsScreen

            def show(models: ModelsLike) -> None:
                self.app.push_screen(ModelsScreen(models, self.errands), self._model_chosen)

            self.errands.run(self, self.models, show)

    def _model_chosen(self, value: str | None) -> None:
        """The conversation goes on; what is sent meanwhile waits for the model."""
        if value is None or (models := self.models) is None:
            return
        self.status.work(f"Changing to {value}")
        self.errands.run(
            self, lambda: models().choose(value), self._model_changed, self._model_not_changed
        )

    def _model_changed(self, sentence: str) -> None:
        self.status.rest()
        if self.assistant is not None:
            self.query_one(TitleBar).model(self.assistant.model_name)
            self.query_one(TitleBar).capacity(self.assistant.context_tokens)
        self.status.hint(sentence)

    def _model_not_changed(self, problem: str) -> None:
        self.status.rest()
        self.status.hint(f"The model was not changed. {problem}")
