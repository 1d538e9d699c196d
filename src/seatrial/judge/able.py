"""Whether pods are able when they say that they are Ready: the first requests of each new one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.judge.asked import PodLife, answers_by_pod, lives_of
from seatrial.judge.disruption import watched
from seatrial.judge.evidence import GENERATOR_HELP, generator_weakness
from seatrial.judge.latency import limit_ms
from seatrial.judge.statistics import percentile, wilson
from seatrial.judge.wording import plural, seconds
from seatrial.model.exchange import Exchange
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

FIRST = 50
"""So many requests to a new pod are its first ones."""
TELLING = 10
"""With fewer answers of a pod nothing is said of it."""
SLOW_FRACTION = 0.1
"""A pod of whose first requests surely more than this were slow or failed was not able: a new process answers
one or two late on any system."""
READY_HELP = (
    "Let readiness mean able: fill caches, open connections and compile before the probe succeeds (readiness "
    "or startup probe), or let the proxy start new pods slowly."
)


@dataclass(frozen=True)
class Beginning:
    """The first requests that a new pod answered, and what older pods answered meanwhile.

    Attributes:
        after: seconds from Ready to the first of them.
        slow: of the first, those that failed or took longer than the limit.
        others, others_slow: the same of answers of other pods of the workload in the same time.
    """

    life: PodLife
    first: tuple[Exchange, ...]
    after: float
    slow: int
    others: int
    others_slow: int

    @property
    def unable(self) -> bool:
        """Whether surely more than `SLOW_FRACTION` of its first requests were slow."""
        return wilson(self.slow, len(self.first)).above(SLOW_FRACTION)

    @property
    def alike(self) -> bool:
        """Whether others were as slow then, so that being new is no reason."""
        return self.others >= TELLING and wilson(self.others_slow, self.others).above(SLOW_FRACTION)


def ready_means_able(observation: Observation) -> Verdict:
    """The first requests of every pod that became Ready are answered as they should be, and in time.

    In time is the objective of the journey's 99th percentile. Where pods that had been there for long were
    as slow then, their age is no reason, and it is INCONCLUSIVE.
    """
    objectives = observation.objectives
    limit = limit_ms(observation, objectives)
    most = f"{SLOW_FRACTION * 100:g} % of the first {FIRST} answers"
    expected = f"at most {most} of each new pod later than {limit:g} ms"
    found = beginnings(observation, limit)
    told = [each for each in found if len(each.first) >= TELLING]
    unable = [each for each in told if each.unable]
    numbers: dict[str, float] = {
        "new_pods": len(told),
        "unable_pods": len(unable),
        "first_answers": sum(len(each.first) for each in told),
        "slow_first_answers": sum(each.slow for each in told),
        "slowest_first_ms": _slowest(told),
    }
    by_age = [each for each in unable if not each.alike]
    if by_age:
        text = "; ".join(_words(each, limit) for each in by_age[:3])
        return Verdict(Outcome.FAILED, text, expected, READY_HELP, numbers)
    if unable:
        text = f"{_words(unable[0], limit)}; but other pods were as slow then"
        hint = "Find what made all of them slow (CPU, a dependency); then run it again."
        return Verdict(Outcome.INCONCLUSIVE, text, expected, hint, numbers)
    needed = max(observation.repetitions, 1)
    if len(told) < needed:
        text = f"{plural(len(told), 'new pod')} gave {TELLING} answers or more, and {needed} are needed"
        hint = "Raise the rate, or check that `served_by` names the pod and that new pods are asked."
        return Verdict(Outcome.INCONCLUSIVE, text, expected, hint, numbers)
    if doubt := generator_weakness(observation.generator):
        return Verdict(Outcome.INCONCLUSIVE, doubt, expected, GENERATOR_HELP, numbers)
    first, slow = sum(len(each.first) for each in told), sum(each.slow for each in told)
    text = (
        f"{slow} of {plural(first, 'first answer')} of {plural(len(told), 'new pod')} took longer than "
        f"{limit:g} ms or failed; the slowest took {_slowest(told):g} ms"
    )
    return watched(observation, Verdict(Outcome.PASSED, text, expected, numbers=numbers))


def beginnings(observation: Observation, limit: float) -> list[Beginning]:
    """The first requests of each pod of the target that was seen to become Ready while there was traffic."""
    answers = answers_by_pod(observation, observation.target)
    journey = observation.journey
    everyone = {
        uid: mine
        for uid, given in answers.items()
        if (mine := [each for each in given if journey in ("", each.journey)])
    }
    if not everyone:
        return []
    began = min(mine[0].planned_at for mine in everyone.values())
    found = []
    for life in lives_of(observation, observation.target):
        if life.ready_at is None or life.ready_at < began:
            continue
        first = tuple(everyone.get(life.uid, [])[:FIRST])
        if not first:
            continue
        others = [
            each
            for uid, mine in everyone.items()
            for each in mine
            if uid != life.uid and first[0].planned_at <= each.planned_at <= first[-1].planned_at
        ]
        after = max(first[0].planned_at - life.ready_at, 0.0)
        found.append(Beginning(life, first, after, _slow(first, limit), len(others), _slow(others, limit)))
    return found


def _slow(exchanges: Sequence[Exchange], limit: float) -> int:
    in_time = (
        e.ok and e.latency_seconds is not None and e.latency_seconds * 1000 <= limit for e in exchanges
    )
    return sum(not each for each in in_time)


def _slowest(told: Sequence[Beginning]) -> float:
    latencies = [e.latency_seconds for each in told for e in each.first if e.latency_seconds is not None]
    return round(max(latencies, default=0.0) * 1000, 1)


def _words(each: Beginning, limit: float) -> str:
    median = percentile([e.latency_seconds for e in each.first if e.latency_seconds is not None], 50)
    half = "" if median is None else f", median {median * 1000:.0f} ms"
    return (
        f"{each.slow} of the first {plural(len(each.first), 'answer')} of {each.life.name} took longer than "
        f"{limit:g} ms or failed{half}, from {seconds(each.after)} after Ready on; of other pods' then "
        f"{each.others_slow} of {each.others}"
    )
