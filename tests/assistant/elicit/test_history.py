"""What was asked and answered is read from the log."""

from __future__ import annotations

from pathlib import Path

from assistant.elicit.history import asked_before, observations_of
from assistant.elicit.prior import load_prior
from memory.events import AskAnswered, Asked, Draft, Origin
from memory.log import Log

PRIOR = load_prior()


def asked_of(attribute: str = "spice") -> Asked:
    options = PRIOR.domains["dining"].attributes["spice"].labels
    return Asked(
        domain="dining", attribute=attribute, form="pick_one", question="?", options=options, why=""
    )


def append(log: Log, payload: Asked | AskAnswered) -> str:
    origin = Origin.ASSISTANT if isinstance(payload, Asked) else Origin.USER
    return log.append([Draft(payload=payload, session_id="s", origin=origin)])[0].id


def test_outcomes_follow_from_the_events(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.sqlite3")
    first = append(log, asked_of())
    reply = append(log, AskAnswered(asked=first, answer="mild"))
    second = append(log, asked_of())
    append(log, AskAnswered(asked=second))
    append(log, asked_of())

    found = asked_before(log.read_after(0))
    assert [one.outcome for one in found] == ["answered", "skipped", "waiting"]
    assert found[0].answer_id == reply
    observations = observations_of(PRIOR, found)
    # The answer and the skip, each in the two domains that share the attribute.
    assert [one.source == reply for one in observations] == [True, True, False, False]
    assert {one.domain for one in observations} == {"dining", "cooking"}
    assert asked_before(log.read_after(0), {reply})[0].outcome == "retracted"
    log.close()


def test_an_erased_answer_is_retracted_and_says_nothing(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.sqlite3")
    first = append(log, asked_of())
    reply = append(log, AskAnswered(asked=first, answer="mild"))
    log.redact([reply])
    [one] = asked_before(log.read_after(0))
    assert (one.outcome, one.answer) == ("retracted", None)
    assert observations_of(PRIOR, [one]) == []
    log.close()


def test_a_question_of_another_prior_says_nothing(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.sqlite3")
    first = append(log, asked_of("an attribute that is gone"))
    append(log, AskAnswered(asked=first, answer="mild"))
    assert observations_of(PRIOR, asked_before(log.read_after(0))) == []
    log.close()
