"""Fit the weights of recall to development conversations.

    python -m benchmarks.fit --locomo PATH --beam PATH --realmem PATH

Recall describes the candidates of every question with its own code. Two linear rankings are fitted
to these features, one among people (LoCoMo) and one with the assistant (BEAM and RealMem), by the
listwise softmax loss of each gold turn against all turns that are not gold (Cao et al., 2007).

Printed are figures on the questions that were fitted to, and with the conversation asked about left
out of the fit; then the weights, scaled so that the sum is the logit of a turn among the ten best
of its question to be gold, beside those in use. Only the features in use are fitted, and only their
weighted sum is measured: no spreading of lists, no times of events.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize  # type: ignore[import-untyped]

from assistant.build import embedder_for, stay_local
from assistant.settings import Settings
from benchmarks import beam, locomo, realmem
from benchmarks.retrieval import Case, Question, QuestionCache, session_of
from memory.events import Origin
from memory.evidence import AMONG_PEOPLE, ASSISTED, FEATURES, Evidence, Weights, vector_of
from memory.importers.base import data_files
from memory.importers.beam import chats_in
from memory.ports import Embedder, no_progress
from memory.recall import Recall

Floats = npt.NDArray[np.float64]
RIDGE = 1e-4
BY_HAND = ("only_asks",)
"""Not fitted; the `span` of ASSISTED is not either, since its questions name no times."""
KS = {"locomo": (5, 10, 25), "beam": (5, 10, 25), "realmem": (5, 10, 20)}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: features (turns, FEATURES), which turns are gold, and what each belongs to."""

    benchmark: str
    conversation: str
    values: Floats
    gold: npt.NDArray[np.bool_]
    names: Sequence[str]
    """External ids; of the sessions, where these are the gold."""
    wanted: frozenset[str]
    fitted: npt.NDArray[np.int64]
    """Rows that the loss compares."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the weights of recall.")
    for name in KS:
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    stay_local()
    settings = Settings()
    embedder = embedder_for(settings, settings.embedder)
    asked = {name: list(described(name, getattr(arguments, name), embedder)) for name in KS}
    report("AMONG_PEOPLE", asked["locomo"], asked["locomo"], AMONG_PEOPLE, BY_HAND)
    # Only the turns of BEAM are known to be gold or not: RealMem's gold are whole sessions.
    together = [*asked["beam"], *asked["realmem"]]
    report("ASSISTED", together, asked["beam"], ASSISTED, (*BY_HAND, "span"))


# -- evidence --------------------------------------------------------------------------------


def cases_of(benchmark: str, data: Path, cache: QuestionCache) -> Iterator[Case]:
    match benchmark:
        case "locomo":
            return locomo.cases(data_files(data), cache, no_progress)
        case "beam":
            return beam.cases(chats_in(data), cache, no_progress)
        case _:
            return realmem.cases(realmem.people_of(data_files(data)), cache, no_progress)


def described(benchmark: str, data: Path, embedder: Embedder) -> Iterator[Asked]:
    """The evidence of every question of a benchmark that has gold among its candidates."""
    for case in cases_of(benchmark, data, QuestionCache(embedder)):
        store = case.store
        recall = Recall(store.log, store.sessions, store.fulltext)
        for question in case.questions:
            said = question.conversation
            evidence = recall.describe(
                question.text,
                embedder=store.vector_search().embedder,
                vectors=store.vector_search(),
                exclude=[event.id for event in said],
                context=[event.id for event in said if event.origin is Origin.USER],
            )
            events = {event.seq: event for event in store.log.at([p.seq for p in evidence.places])}
            ids = [
                getattr(events[place.seq].payload, "external_id", None) or ""
                for place in evidence.places
            ]
            if asked := _asked(benchmark, case.name, question, evidence, ids):
                yield asked


def _asked(
    benchmark: str, conversation: str, question: Question, evidence: Evidence, ids: Sequence[str]
) -> Asked | None:
    by_session = benchmark == "realmem"
    names = [session_of(each) for each in ids] if by_session else list(ids)
    wanted = question.sessions if by_session else question.turns
    if not wanted:
        return None
    gold = np.array([name in wanted for name in names], dtype=bool)
    rows = _speaking(evidence) if by_session else np.arange(len(names))
    values = evidence.values.astype(np.float64)
    return Asked(benchmark, conversation, values, gold, names, wanted, rows)


def _speaking(evidence: Evidence) -> npt.NDArray[np.int64]:
    """The best turn of the user in each session: it speaks for the session."""
    rough = evidence.values[:, [FEATURES.index("meaning"), FEATURES.index("words")]].sum(axis=1)
    chosen: dict[str, int] = {}
    for row in np.argsort(-rough, kind="stable"):
        place = evidence.places[int(row)]
        if place.origin is not Origin.ASSISTANT:
            chosen.setdefault(place.session_id, int(row))
    return np.array(list(chosen.values()), dtype=np.int64)


# -- the fit ---------------------------------------------------------------------------------


def fit(asked: Sequence[Asked], columns: Sequence[int]) -> Floats:
    """Weights of these features, shape (columns,), by L-BFGS; the loss is convex."""
    rows = [(one.values[one.fitted][:, columns], one.gold[one.fitted]) for one in asked]
    told = [(values[gold], values[~gold]) for values, gold in rows if gold.any()]

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = RIDGE * float(weights @ weights), 2 * RIDGE * weights
        for gold, others in told:
            scores, rivals = gold @ weights, others @ weights
            top = max(float(scores.max()), float(rivals.max(initial=-np.inf)))
            mass = np.exp(rivals - top)
            whole = np.exp(scores - top) + mass.sum()
            total += float((np.log(whole) + top - scores).mean()) / len(told)
            # Of the loss by each gold turn's own score, and by those of its rivals.
            own = np.exp(scores - top) / whole - 1
            pushed = (mass[None, :] / whole[:, None]).mean(axis=0)
            slope = slope + (gold.T @ own / len(gold) + others.T @ pushed) / len(told)
        return total, slope

    start = np.zeros(len(columns))
    found: Floats = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return found


def calibrated(
    asked: Sequence[Asked], columns: Sequence[int], weights: Floats
) -> tuple[float, float]:
    """Slope and intercept of a logistic regression: is one of the ten best of a question gold?"""
    scores, gold = [], []
    for one in asked:
        each = one.values[:, columns] @ weights
        best = np.argsort(-each)[:10]
        scores.append(each[best])
        gold.append(one.gold[best])
    x, y = np.concatenate(scores), np.concatenate(gold).astype(float)

    def loss(line: Floats) -> tuple[float, Floats]:
        logits = line[0] * x + line[1]
        off = 1 / (1 + np.exp(-logits)) - y
        total = float((np.logaddexp(0, logits) - y * logits).mean())
        return total, np.array([(off * x).mean(), off.mean()])

    slope, intercept = minimize(loss, np.array([1.0, -1.0]), jac=True, method="L-BFGS-B").x
    return float(slope), float(intercept)


# -- the report ------------------------------------------------------------------------------


def report(
    name: str,
    asked: Sequence[Asked],
    judged: Sequence[Asked],
    used: Weights,
    by_hand: Sequence[str],
) -> None:
    """Fit, leave out, and print; the scale comes from the questions of `judged`."""
    in_use = vector_of(used).astype(np.float64)
    features = [each for each in FEATURES if getattr(used, each) and each not in by_hand]
    columns = [FEATURES.index(each) for each in features]
    weights = fit(asked, columns)
    left_out = {
        conversation: fit([one for one in asked if one.conversation != conversation], columns)
        for conversation in dict.fromkeys(one.conversation for one in asked)
    }
    print(f"\n{name}: {len(asked)} questions")
    for benchmark in dict.fromkeys(one.benchmark for one in asked):
        of = [one for one in asked if one.benchmark == benchmark]
        for label, scored in (
            ("in use", lambda one: one.values @ in_use),
            ("in-sample", lambda one: one.values[:, columns] @ weights),
            ("left out", lambda one: one.values[:, columns] @ left_out[one.conversation]),
        ):
            print(f"  {benchmark:8} {label:10} {figures(of, scored)}")
    slope, bias = calibrated(judged, columns, weights)
    print(f"  {'weight':14} {'fitted':>7} {'in use':>7}")
    print(f"  {'bias':14} {bias:7.2f} {used.bias:7.2f}")
    for feature, weight in zip(features, slope * weights, strict=True):
        print(f"  {feature:14} {weight:7.2f} {getattr(used, feature):7.2f}")


def figures(asked: Sequence[Asked], scored: Callable[[Asked], Floats]) -> str:
    """The mean share of the gold among the first k, for each k."""
    ks = KS[asked[0].benchmark]
    shares = []
    for one in asked:
        ranked = np.argsort(-scored(one), kind="stable")
        names = list(dict.fromkeys(one.names[int(row)] for row in ranked))
        shares.append([len(one.wanted & set(names[:k])) / len(one.wanted) for k in ks])
    means = 100 * np.array(shares).mean(axis=0)
    return "  ".join(f"@{k} {mean:5.1f}" for k, mean in zip(ks, means, strict=True))


if __name__ == "__main__":
    main()
