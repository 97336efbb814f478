"""Something to be done outside memory that waits for the user's yes: one quiet line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tui.text import one_line
from tui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from assistant.updates import Approving

_KEYS = (("focus_aside", "look at it", "focus_aside"), ("", "no", "decide_proposal(False)"))


class ProposalLine(KeyLine):
    """It has no key for yes: that is said where the whole of it is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.approving: Approving | None = None

    def on_mount(self) -> None:
        self.display = False

    def propose(self, approving: Approving | None) -> None:
        """Show what is proposed, or nothing."""
        if approving is not self.approving and approving is not None:
            proposal = approving.proposal
            told = f"Save {one_line(proposal.path.name, 120)}? ({proposal.summary})"
            self.show(Content.assemble(("● ", "$warning"), told), _KEYS)
        self.approving = approving
        self.display = approving is not None
