"""What Lifelore wants of the user: a yes to something it would do, an answer, an offer taken.

One quiet line at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from tui.hears import hears
from tui.screens.sessions import Sessions
from tui.widgets.offer_line import OfferLine
from tui.widgets.prompt import Prompt
from tui.widgets.proposal_line import ProposalLine
from tui.widgets.question_line import QuestionLine

if TYPE_CHECKING:
    from assistant.updates import Approving, Question
    from tui.clock import Clock
    from tui.ports import OfferLike
    from tui.widgets.transcript import Transcript

OFFERS_EVERY = 15 * 60.0
"""Seconds between two looks at what could be offered."""


class Asides(Sessions):
    """The part of the chat screen above the prompt."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._offers: list[OfferLike] = []
        self._offers_done: set[str] = set()

    def show_aside(self) -> None:
        """What waits for a yes and the question of the visible conversation, else an offer."""
        running = self.outbox.running
        approving = running.approving if running is not None else None
        self.query_one(ProposalLine).propose(approving)
        question = self.conversations.current.question
        self.query_one(QuestionLine).show(question, self.key_of("focus_aside"))
        free = approving is None and question is None
        offer = self._offers[0] if self._offers and free else None
        self.query_one(OfferLine).offered(offer)

    def action_focus_aside(self) -> None:
        question, offer = self.query_one(QuestionLine), self.query_one(OfferLine)
        if (approving := self.query_one(ProposalLine).approving) is not None:
            from tui.screens.proposal import ProposalScreen

            seen = partial(self._proposal_seen, approving)
            self.app.push_screen(ProposalScreen(approving.proposal), seen)
        elif question.display:
            question.take_focus()
        elif offer.display:
            offer.focus()
        else:
            self.status.hint("Nothing is asked or offered now.")

    # What waits for a yes.

    def _proposal_seen(self, approving: Approving, wanted: bool | None) -> None:
        """Decide what was shown, which need not be what is proposed by now."""
        if wanted is None:
            return
        if not approving.decision.make(wanted):
            self.status.hint("That is decided already, or the turn that wanted it has ended.")
        running = self.outbox.running
        if running is not None and running.approving is approving:
            running.approving = None
        self._leave_aside()

    def action_decide_proposal(self, wanted: bool) -> None:
        if (approving := self.query_one(ProposalLine).approving) is not None:
            self._proposal_seen(approving, wanted)

    # Questions.

    def action_question_choose(self, number: int) -> None:
        self.query_one(QuestionLine).choose(number)

    def action_question_why(self) -> None:
        self.query_one(QuestionLine).why()

    def action_question_skip(self) -> None:
        self.query_one(QuestionLine).reply(None)

    @hears(QuestionLine.Replied)
    def _replied(self, event: QuestionLine.Replied) -> None:
        if (assistant := self.assistant) is None:
            return
        transcript = self.conversations.current
        transcript.question = None
        self._leave_aside()
        self.errands.run(
            self,
            lambda: assistant.answer_question(event.question.id, event.answer),
            self.status.hint,
            partial(self._not_taken, transcript, event.question),
        )

    def _not_taken(self, transcript: Transcript, question: Question, problem: str) -> None:
        """The question stands again: what was answered is not kept."""
        transcript.question = transcript.question or question
        self.show_aside()
        self.status.hint(f"Your answer could not be kept. {problem}")

    # Offers.

    def fetch_offers(self) -> None:
        if (assistant := self.assistant) is not None and self.awake:
            self.errands.run(self, assistant.offers, self._fetched_offers)

    def _fetched_offers(self, offers: Sequence[OfferLike]) -> None:
        # What was offered before and not answered stays first: it is not made twice.
        known = self._offers_done | {one.id for one in self._offers}
        self._offers += [one for one in offers if one.id not in known]
        self.show_aside()

    def action_offer(self, answer: str) -> None:
        self.query_one(OfferLine).answer(answer)

    def action_offer_why(self) -> None:
        self.query_one(OfferLine).why()

    @hears(OfferLine.Answered)
    def _offer_answered(self, event: OfferLine.Answered) -> None:
        if (assistant := self.assistant) is None:
            return
        self._offers_done.add(event.offer.id)
        self._offers = [one for one in self._offers if one.id != event.offer.id]
        self._leave_aside()
        done = {"accepted": "Good.", "snoozed": "Later, then.", "dismissed": "Not this, then."}
        self.errands.run(
            self,
            lambda: assistant.answer_offer(event.offer.id, event.outcome, event.rating),
            lambda _: self.status.hint(done[event.outcome]),
            lambda problem: self.status.hint(f"This could not be kept. {problem}"),
        )

    def _leave_aside(self) -> None:
        self.show_aside()
        self.query_one(Prompt).focus()
