"""Journeys beside the subject's: a neighbour that breaks meanwhile has failed, by name."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.judge.blame import only_cpu
from seatrial.judge.evidence import generator_weakness
from seatrial.judge.known import Known, subjects
from seatrial.judge.latency import latencies_ms, limit_ms, p99_ms
from seatrial.judge.outage import failed_seconds, outages
from seatrial.judge.saturation import CPU_HELP, doubted
from seatrial.judge.statistics import MINIMUM_SAMPLES, SLOW_FRACTION_ALLOWED, wilson
from seatrial.judge.windows import failures, windows
from seatrial.judge.wording import errors, percent, plural, seconds
from seatrial.model.exchange import DROPPED, Exchange
from seatrial.model.fault import Disruption
from seatrial.model.objectives import Objectives
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict, merge


@dataclass(frozen=True)
class Bystander:
    """One journey beside the subject's.

    Attributes:
        neighbours: who answered it, by role; empty when no answer says so.
        before: its requests that had ended before anything was disturbed.
        sent: all others.
    """

    journey: str
    neighbours: tuple[str, ...]
    before: tuple[Exchange, ...]
    sent: tuple[Exchange, ...]
    objectives: Objectives

    def __str__(self) -> str:
        return f"{self.journey} of {', '.join(self.neighbours)}" if self.neighbours else self.journey


def bystanders(observation: Observation, since: float | None = None) -> Verdict | None:
    """The worst verdict over the bystanders, each by its own objectives; None when none was sent.

    Args:
        since: when the disturbance began; None for the first fault.
    """
    if since is None:
        since = min((fault.injected_at for fault in observation.faults), default=None)
    if since is None or not observation.journey:
        return None
    found = [_judged(observation, each) for each in bystanders_of(observation, since)]
    return merge(found) if found else None


def bystanders_of(observation: Observation, since: float) -> list[Bystander]:
    """The journeys that were sent beside the subject's; what only makes load for an autoscaler is none."""
    system, known = observation.system, Known.of(observation)
    wanted = None if system is None else {*system.bystanders_of(observation.journey)}
    by_journey: dict[str, list[Exchange]] = {}
    for exchange in observation.exchanges:
        if exchange.journey != observation.journey and exchange.error != DROPPED:
            by_journey.setdefault(exchange.journey, []).append(exchange)
    return [
        Bystander(
            name,
            tuple(sorted({who for e in sent if e.ok for who in known.answered(e)})),
            tuple(e for e in sent if _over_before(e, since)),
            tuple(e for e in sent if not _over_before(e, since)),
            Objectives() if system is None else system.objectives_of(name),
        )
        for name, sent in sorted(by_journey.items())
        if wanted is None or name in wanted
    ]


def _over_before(exchange: Exchange, since: float) -> bool:
    """What was in flight then may have failed by the disturbance."""
    return exchange.completed_at is not None and max(exchange.completed_at, exchange.planned_at) < since


def _judged(observation: Observation, bystander: Bystander) -> Verdict:
    if failed := failures(bystander.before):
        return Verdict(
            Outcome.INCONCLUSIVE,
            f"bystander {bystander}: {plural(len(failed), 'request')} failed before anything was disturbed "
            f"({errors(failed)})",
            "bystanders that answer before",
            "Repair it first: nothing can be said about what the disturbance does to it.",
        )  # fmt: skip
    if observation.disruption is Disruption.INVOLUNTARY:
        return _within_budget(observation, bystander)
    return merge([_available(observation, bystander), _in_time(observation, bystander)])


def _available(observation: Observation, bystander: Bystander) -> Verdict:
    """The fraction of its requests that fail is surely no more than its availability leaves."""
    failed, total = failures(bystander.sent), len(bystander.sent)
    allowed = 1 - bystander.objectives.availability
    expected = f"{percent(allowed)} of the requests of bystander {bystander.journey} failed"
    observed = f"bystander {bystander}: {len(failed)} of {plural(total, 'request')} failed"
    numbers = {f"{bystander.journey}_requests": total, f"{bystander.journey}_failed": len(failed)}
    if total and wilson(len(failed), total).above(allowed):
        if found := only_cpu(observation, failed, windows(observation)):
            observed = f"{observed} ({errors(failed)}); {found}"
            return Verdict(Outcome.INCONCLUSIVE, observed, expected, CPU_HELP, numbers)
        text = _help(observation, bystander)
        return Verdict(Outcome.FAILED, f"{observed} ({errors(failed)})", expected, text, numbers)
    return Verdict(Outcome.PASSED, observed, expected, numbers=numbers)


def _in_time(observation: Observation, bystander: Bystander) -> Verdict:
    """Its 99th percentile from the first disturbance on is within its objective.

    A load step means to fill its own workload, so what that one answers may be slow. What was slow before
    is judged where it is the subject.
    """
    limit, p99 = limit_ms(observation, bystander.objectives), p99_ms(bystander.sent)
    expected = f"p99 of bystander {bystander.journey} at most {limit:g} ms"
    if not observation.faults and subjects(observation) & set(bystander.neighbours):
        return Verdict(
            Outcome.PASSED, f"bystander {bystander}: answered by the workload under load", expected
        )
    before = latencies_ms(bystander.before)
    slow = sum(latency > bystander.objectives.latency_p99_ms for latency in before)
    if wilson(slow, len(before)).above(SLOW_FRACTION_ALLOWED):
        words = (
            f"bystander {bystander}: {slow} of {plural(len(before), 'answer')} slow before the disturbance"
        )
        return Verdict(Outcome.PASSED, f"{words}, so not judged", expected)
    if p99 is None:
        answered = sum(exchange.ok for exchange in bystander.sent)
        few = f"bystander {bystander}: {plural(answered, 'answer')} say nothing about a p99"
        text = f"Send {MINIMUM_SAMPLES} requests of it or more."
        return Verdict(Outcome.INCONCLUSIVE, few, expected, text)
    seen = f"bystander {bystander}: p99 {p99:.0f} ms"
    numbers = {f"{bystander.journey}_latency_p99_ms": round(p99, 3)}
    if p99 <= limit:
        return Verdict(Outcome.PASSED, seen, expected, numbers=numbers)
    if doubt := generator_weakness(observation.generator):
        return Verdict(Outcome.INCONCLUSIVE, f"{seen}; {doubt}", expected, numbers=numbers)
    verdict = Verdict(Outcome.FAILED, seen, expected, _help(observation, bystander), numbers)
    late = [e for e in bystander.sent if e.latency_seconds is not None and e.latency_seconds * 1000 > limit]
    return doubted(observation, verdict, late)


def _within_budget(observation: Observation, bystander: Bystander) -> Verdict:
    """Its failed seconds fit its error budget, and no outage is longer than the recovery objective."""
    objectives, sent = bystander.objectives, bystander.sent
    budget = (1 - objectives.availability) * objectives.budget_window_hours * 3600
    charged = failed_seconds(sent, sent[0].planned_at) if sent else 0
    longest = max((spell.length_seconds for spell in outages(sent)), default=0.0)
    expected = (
        f"bystander {bystander.journey}: {seconds(budget)} failed, each outage at most "
        f"{seconds(objectives.recovery_seconds)}"
    )
    observed = f"bystander {bystander}: {plural(charged, 'failed second')}, longest outage {seconds(longest)}"
    numbers = {f"{bystander.journey}_failed_seconds": charged}
    if charged > budget or longest > objectives.recovery_seconds:
        words = f"{observed} ({errors(failures(sent))})"
        return Verdict(Outcome.FAILED, words, expected, _help(observation, bystander), numbers)
    return Verdict(Outcome.PASSED, observed, expected, numbers=numbers)


def _help(observation: Observation, bystander: Bystander) -> str:
    disturbed = ", ".join(sorted(subjects(observation))) or "the subject"
    others = [name for name in bystander.neighbours if name not in subjects(observation)]
    if not others:
        return (
            f"Journey {bystander.journey} broke while {disturbed} was disturbed: see which requests failed."
        )
    return (
        f"{' and '.join(others)} broke while {disturbed} was disturbed (journey {bystander.journey}): look "
        "at what they share, such as connections to a store, the CPU of a node, or a quota."
    )
