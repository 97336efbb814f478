"""Where the user is, kept for the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.css.query import NoMatches

from tui.bookmark import Place
from tui.screens.sessions import Sessions
from tui.widgets.prompt import Prompt
from tui.widgets.words import Words

if TYPE_CHECKING:
    from tui.bookmark import Bookmark


class Placed(Sessions):
    """The part of the chat screen that knows its place: which conversation, and what is unsent."""

    bookmark: Bookmark | None = None

    def keep_place(self, *, always: bool = False) -> None:
        """Keep the place for the next start if words were not sent yet, or `always`."""
        if self.bookmark is None:
            return
        try:
            place = self._place()
        except NoMatches:  # the screen has gone
            return
        if place is not None and (always or place.draft.strip()):
            self.bookmark.keep(place)
        else:
            self.bookmark.clear()

    def _place(self) -> Place | None:
        """None where nothing is to be kept."""
        current, prompt = self.conversations.current, self.query_one(Prompt)
        if current.temporary:
            return None
        # A new conversation is on disk, and can be opened again, once its first words are.
        begun = not current.ready or any(one.message_id for one in current.query(Words))
        session_id = current.session_id if begun else None
        draft = "\n".join(text for text in (*self.outbox.unsent(), prompt.unsent) if text.strip())
        return Place(session_id, draft) if session_id or draft else None
