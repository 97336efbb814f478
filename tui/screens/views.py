"""The ways from the chat to what lies beside it: tastes and people, the nights, the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.screens.models import ModelsScreen
from tui.screens.nights import NightsScreen
from tui.screens.portrait import PortraitScreen
from tui.screens.sessions import Sessions
from tui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from tui.ports import ModelsLike, NightsLike


class Views(Sessions):
    """The part of the chat screen that opens screens beside the conversation."""

    nights: NightsLike | None = None
    models: ModelsLike | None = None

    def open_search(self, text: str) -> None:
        raise NotImplementedError

    def action_portrait(self) -> None:
        if self.assistant is None:
            self.status.hint("Lifelore is still opening; try again in a moment.")
        else:
            screen = PortraitScreen(self.assistant, self.errands, self.clock)
            self.app.push_screen(screen, self._person_chosen)

    def _person_chosen(self, name: str | None) -> None:
        if name is not None:
            self.open_search(name)

    def action_nights(self) -> None:
        if self.nights is None:
            self.status.hint("There are no nights here.")
        else:
            self.app.push_screen(NightsScreen(self.nights, self.errands, self.clock))

    def action_models(self) -> None:
        if self.models is None:
            self.status.hint("There is no choice of models here.")
        else:
            self.app.push_screen(ModelsScreen(self.models, self.errands), self._model_chosen)

    def _model_chosen(self, value: str | None) -> None:
        """The conversation goes on; what is sent meanwhile waits for the model."""
        if value is None or (models := self.models) is None:
            return
        self.status.work(f"Changing to {value}")
        self.errands.run(
            self, lambda: models.choose(value), self._model_changed, self._model_not_changed
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
