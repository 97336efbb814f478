"""Sessions by name in the command palette."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui.widgets.session_list import SessionList, title_of

if TYPE_CHECKING:
    from tui.ports import SummaryLike

_DISCOVERED = 8


class SessionProvider(Provider):
    """Also the way to another session where the terminal is too narrow for the list."""

    async def discover(self) -> Hits:
        for session in list(self._sessions())[:_DISCOVERED]:
            yield DiscoveryHit(
                Content(title_of(session)),
                partial(self._choose, session.id),
                text=title_of(session),
                help="Go back to this session",
            )

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for session in self._sessions():
            title = title_of(session)
            score = matcher.match(title)
            if score > 0:
                # Not matcher.highlight, which would read the title as markup.
                yield Hit(
                    score,
                    Content(title),
                    partial(self._choose, session.id),
                    text=title,
                    help="Go back to this session",
                )

    def _sessions(self) -> Iterator[SummaryLike]:
        for sessions in self.screen.query(SessionList):
            yield from sessions.sessions

    def _choose(self, session_id: str) -> None:
        self.screen.post_message(SessionList.Chosen(session_id))
