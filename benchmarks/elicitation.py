"""Elicitation: how quickly questions bring a recommendation in line with hidden tastes.

Alignment is the weight of the attributes that a request hinges on, that matter to the person and
that the recommendation meets, as a share of the weight of those that matter. An oracle reaches 1,
which regret is measured against; `reachable` is what is reached when everything that can be asked
of the domain was asked of the same people, with what they skip, contradict and change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from statistics import fmean

from assistant.elicit.policy import SESSION_LIMIT, Elicitor
from assistant.elicit.prior import Prior, load_prior
from benchmarks.elicitation_sim import (
    CATEGORIES,
    CURVE,
    HERE,
    RANDOM,
    START,
    STEPS,
    Curve,
    Session,
    line_of,
    made_sessions,
    simulate,
    systems_of,
)
from benchmarks.made_users import PLAIN
from benchmarks.report import Report, Row
from memory.ports import Progress
from memory.user.lines import Line

SESSIONS = 6
"""For each request in each category."""
SEED = 1000
"""Of the populations; costs and strengths were set by hand with a look at others (seed 0)."""
GOAL = 0.8
"""Share of the reachable at which questions are counted."""


def run(progress: Progress, sessions: int = SESSIONS, seed: int = SEED) -> Report:
    """Simulate so many sessions of each request in each category."""
    prior = load_prior()
    report = Report("elicitation", None)
    systems = systems_of(prior)
    everybody = list(made_sessions(prior, sessions, seed))
    curves: dict[str, dict[str, list[Curve]]] = {
        name: {category: [] for category in (*CATEGORIES, "all")} for name in systems
    }
    asking = [session for session in everybody if session.wanted_at()]
    for done, session in enumerate(asking):
        progress("sessions", done, len(asking))
        for name, system in systems.items():
            curve = simulate(session, system)
            curves[name][session.category].append(curve)
            curves[name]["all"].append(curve)
    for name in systems:
        report.rows += _curve_rows(name, curves[name])
    for category in (*CATEGORIES, "all"):
        report.rows += _summary_rows(category, {name: of[category] for name, of in curves.items()})
    report.rows += _silence_rows(prior, everybody)
    return report


def _curve_rows(system: str, curves: dict[str, list[Curve]]) -> Iterator[Row]:
    for category, these in curves.items():
        for k in range(CURVE + 1):
            reached = fmean(curve.alignment[k] for curve in these)
            yield Row(system, "alignment", category, k, round(reached, 4), len(these))
            yield Row(system, "regret", category, k, round(1 - reached, 4), len(these))


def _summary_rows(category: str, curves: dict[str, list[Curve]]) -> Iterator[Row]:
    own, ordered = curves["lifelore"], curves[RANDOM]
    n = len(own)
    start, five = fmean(c.alignment[0] for c in own), fmean(c.alignment[SESSION_LIMIT] for c in own)
    reachable = fmean(c.alignment[-1] for c in ordered)

    def row(metric: str, value: float, k: int | None = None) -> Row:
        return Row("lifelore", metric, category, k, round(value, 4), n)

    yield Row("reachable", "alignment", category, None, round(reachable, 4), n)
    yield row("share_of_reachable", five / reachable, SESSION_LIMIT)
    yield row("share_of_gain", (five - start) / (reachable - start), SESSION_LIMIT)
    for k in range(1, SESSION_LIMIT + 1):
        asked = fmean(c.asked[k] for c in own)
        yield row("questions_asked", asked, k)
        level = fmean(c.alignment[k] for c in own)
        yield row("question_ratio", questions_to(level, ordered) / asked, k)
    goal = GOAL * reachable
    for system in ("lifelore", RANDOM, "random, relevant only", "fixed order"):
        to_goal = questions_to(goal, curves[system])
        yield Row(system, "questions_to_80_percent", category, None, round(to_goal, 4), n)
    ratio = questions_to(goal, ordered) / questions_to(goal, own)
    yield row("question_ratio", ratio)


def questions_to(level: float, curves: Sequence[Curve]) -> float:
    """Mean questions asked until the mean alignment reaches a level, between whole ones in
    proportion; where it never does, all that were asked, so that ratios come out too small.
    """
    before, asked_before = -1.0, 0.0
    for k in range(STEPS + 1):
        reached = fmean(curve.alignment[k] for curve in curves)
        asked = fmean(curve.asked[k] for curve in curves)
        if reached >= level:
            if k == 0:
                return 0.0
            share = (level - before) / (reached - before)
            return asked_before + share * (asked - asked_before)
        before, asked_before = reached, asked
    return asked_before


def _silence_rows(prior: Prior, sessions: Sequence[Session]) -> Iterator[Row]:
    """How often no question is asked: where none helps, and where one would."""
    elicitor = Elicitor(prior)

    def silent(request: str, known: Sequence[Line] = ()) -> bool:
        now = START + timedelta(days=1)
        return elicitor.next_question(request, known, (), HERE, now) is None

    def row(category: str, found: Sequence[bool]) -> Row:
        return Row("lifelore", "no_question", category, None, round(fmean(found), 4), len(found))

    yield row("plain request", [silent(text) for text in PLAIN])
    some = [one for one in sessions if one.category == "well-specified" and one.wanted_at()]
    known = []
    for one in some:
        lines = [
            line_of(prior, (one.request.domain, name), taste, START)
            for name, taste in one.wanted_at().items()
        ]
        known.append(silent(one.request.text, lines))
    yield row("all that matters is in the profile", known)
    yield row("nothing is known", [silent(one.request.text) for one in some])
