"""Latency inside voluntary disruptions, and what a 99th percentile may be said of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from seatrial.judge.evidence import GENERATOR_HELP, generator_weakness
from seatrial.judge.known import Known, subjects
from seatrial.judge.saturation import doubted
from seatrial.judge.statistics import MINIMUM_SAMPLES, percentile
from seatrial.judge.windows import split, windows
from seatrial.judge.wording import plural, seconds
from seatrial.model.exchange import Exchange
from seatrial.model.objectives import Objectives
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

FEWEST_BESIDE = 10
"""With fewer answers of older pods in the same seconds nothing is said of how quick they were."""
RESOLVER_MS, RESOLVER_TRIES = 5000.0, 2
"""How long a resolver waits for an answer, and how often it asks (resolv.conf(5): timeout, attempts)."""
FEWEST_WAITED = 3
ATTRIBUTED = 0.8
"""Slow answers are put down to the age of pods when young ones gave at least this part of them."""


def latencies_ms(exchanges: Iterable[Exchange]) -> list[float]:
    """Of the requests that were answered as expected, from their planned times."""
    return [e.latency_seconds * 1000 for e in exchanges if e.ok and e.latency_seconds is not None]


def p99_ms(exchanges: Iterable[Exchange]) -> float | None:
    """The 99th percentile in ms; None for fewer than `MINIMUM_SAMPLES` answers."""
    found = latencies_ms(exchanges)
    return percentile(found, 99) if len(found) >= MINIMUM_SAMPLES else None


def limit_ms(observation: Observation, objectives: Objectives) -> float:
    """The limit of the 99th percentile in this scenario and its faults, ms."""
    names = {fault.fault for fault in observation.faults} | {observation.scenario}
    return objectives.latency_p99_ms_during(*names)


def latency_inside(observation: Observation, objectives: Objectives) -> Verdict:
    """Whether the requests begun inside the disruptions were answered within the latency objective."""
    limit = limit_ms(observation, objectives)
    begun = split(observation.exchanges, windows(observation)).begun
    answered, p99 = [exchange for exchange in begun if exchange.ok], p99_ms(begun)
    expected = f"p99 at most {limit:g} ms during the disruptions"
    numbers = {
        "disruption_latency_samples": len(answered),
        "disruption_latency_p99_ms": None if p99 is None else round(p99, 3),
    }
    if p99 is None:
        few = f"{plural(len(answered), 'answer')} during the disruptions say nothing about a p99"
        text = f"Raise the rate, or repeat the disruption: {MINIMUM_SAMPLES} answers or more are needed."
        return Verdict(Outcome.INCONCLUSIVE, few, expected, text, numbers)
    seen = f"p99 {p99:.0f} ms of {plural(len(answered), 'answer')} during the disruptions"
    if p99 <= limit:
        return Verdict(Outcome.PASSED, seen, expected, numbers=numbers)
    if doubt := generator_weakness(observation.generator):
        return Verdict(Outcome.INCONCLUSIVE, f"{seen}; {doubt}", expected, GENERATOR_HELP, numbers)
    return _slow(observation, answered, limit, Verdict(Outcome.FAILED, seen, expected, numbers=numbers))


def _slow(observation: Observation, answered: Sequence[Exchange], limit: float, failed: Verdict) -> Verdict:
    """FAILED, and why; INCONCLUSIVE where CPU was gone on our own cluster while requests were slow.

    That the slow answers came from new pods explains nothing then, unless older ones were quick meanwhile.
    """
    aged = _aged(observation, answered)
    late = [e for e in answered if e.latency_seconds is not None and e.latency_seconds * 1000 > limit]
    if lookups := _looked_up(answered, limit):
        return replace(failed, next_step=lookups)
    if young := _young(aged, limit):
        verdict = doubted(observation, failed, late)
        starved = verdict.outcome is Outcome.INCONCLUSIVE and not _older_were_quick(aged, limit)
        return replace(verdict, reasons=(young,)) if starved else replace(failed, next_step=young)
    unknown = "No answer says which pod it came from, so the cause cannot be named: see `entry.served_by`."
    alike = "Answers of old and new pods alike were slow: no cause was found in their age."
    return doubted(observation, replace(failed, next_step=alike if aged else unknown), late)


def _looked_up(answered: Sequence[Exchange], limit: float) -> str:
    """That slow answers waited as long as a resolver does before it asks again; empty where they did not.

    A cause of its own kind: nothing else makes answers late by just that, and leaves none in between.
    """
    found = latencies_ms(answered)
    slow = [each for each in found if each > limit]
    usual = max((each for each in found if each <= limit), default=0.0)
    longest = RESOLVER_TRIES * RESOLVER_MS + usual
    after = [each % RESOLVER_MS for each in slow if RESOLVER_MS <= each <= longest]
    waited = sum(each <= usual for each in after)
    if limit + usual >= RESOLVER_MS or waited < FEWEST_WAITED or waited < ATTRIBUTED * len(slow):
        return ""
    return (
        f"{waited} of {plural(len(slow), 'slow answer')} took 5 s, or twice that, and no more than usual "
        "besides: so long a resolver waits before it asks again, so a question for a name was lost, and not "
        "the application slow. Ask less: full names with a last dot or ndots 1, a DNS cache on the node, "
        "kept connections."
    )


@dataclass(frozen=True)
class _Aged:
    """An answer with the age of the pod that gave it, in seconds since it was first Ready.

    Attributes:
        age: None for a pod that was Ready before it was watched.
    """

    exchange: Exchange
    pod: str
    age: float | None

    def slow(self, limit: float) -> bool:
        latency = self.exchange.latency_seconds
        return latency is not None and latency * 1000 > limit

    def older(self, age: float) -> bool:
        return self.age is None or self.age > age


def _young(aged: Sequence[_Aged], limit: float) -> str:
    """That slow answers came from new pods; empty when that is not what the answers say."""
    slow = [each for each in aged if each.slow(limit)]
    ages = [each.age for each in slow if each.age is not None]
    if not slow or len(ages) < ATTRIBUTED * len(slow):
        return ""
    bound = max(ages)
    older = [each.exchange for each in aged if each.older(bound)]
    young = [each.exchange for each in aged if not each.older(bound)]
    usual = percentile(latencies_ms(older), 99)
    if usual is not None and usual > limit:
        return ""
    there = f"p99 {percentile(latencies_ms(young), 99):.0f} ms"
    there += "" if usual is None else f", {usual:.0f} ms from others"
    names = ", ".join(sorted({each.pod for each in slow if each.age is not None})[:3])
    return (
        f"{len(ages)} of {plural(len(slow), 'slow answer')} came from new pods ({names}) in their first "
        f"{seconds(bound)} after Ready ({there}): be Ready only when warm (readiness or startup probe), or "
        "let the proxy start new pods slowly."
    )


def _older_were_quick(aged: Sequence[_Aged], limit: float) -> bool:
    """Whether older pods answered in time in the very seconds in which young ones did not."""
    slow = [each for each in aged if each.slow(limit)]
    bound = max(each.age for each in slow if each.age is not None)
    there = {int(each.exchange.planned_at) for each in slow}
    older = [each for each in aged if each.older(bound) and int(each.exchange.planned_at) in there]
    late = sum(each.slow(limit) for each in older)
    return len(older) >= FEWEST_BESIDE and late <= (1 - ATTRIBUTED) * len(older)


def _aged(observation: Observation, answered: Iterable[Exchange]) -> list[_Aged]:
    """The answers whose pod of the subject is known."""
    timeline = observation.timeline
    if timeline is None:
        return []
    born: dict[str, float] = {}
    for states in timeline.pods.values():
        if not states[0].ready:
            ready = next((state.at for state in states if state.ready), None)
            if ready is not None:
                born[states[0].uid] = ready
    known, roles = Known.of(observation), subjects(observation)
    found = []
    for exchange in answered:
        pod = next(filter(None, (known.pod(exchange, role) for role in roles)), None)
        if pod is not None:
            at = born.get(pod.uid)
            found.append(_Aged(exchange, pod.name, None if at is None else exchange.planned_at - at))
    return found
