"""Steady state before any fault: the control that makes a later failure mean something."""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.judge.evidence import GENERATOR_HELP, generator_weakness
from seatrial.judge.statistics import MINIMUM_SAMPLES, percentile
from seatrial.judge.windows import failures
from seatrial.judge.wording import errors, plural
from seatrial.model.exchange import DROPPED, Exchange, GeneratorHealth
from seatrial.model.objectives import Objectives
from seatrial.model.verdict import Outcome, Verdict


def steady(
    exchanges: Iterable[Exchange],
    generator: GeneratorHealth,
    objectives: Objectives,
    *,
    minimum_requests: int = MINIMUM_SAMPLES,
) -> Verdict:
    """Whether the system answers well enough that a fault may be injected at all.

    No request may fail and the 99th percentile of latency must be within the objective: else ERROR
    "not steady", for nothing said about a fault after that would be the fault's doing. Too few requests, or a
    generator that did not keep its rate, is INCONCLUSIVE.

    Args:
        exchanges: the traffic before any fault.
        generator: health of the generator over that traffic.
        objectives: of the system; `latency_p99_ms` is used.
        minimum_requests: fewer than this tell nothing.
    """
    sent = [exchange for exchange in exchanges if exchange.error != DROPPED]
    failed = failures(sent)
    latencies = [e.latency_seconds for e in sent if e.ok and e.latency_seconds is not None]
    p99 = percentile(latencies, 99)
    p99_ms = None if p99 is None else p99 * 1000
    numbers = {
        "steady_requests": len(sent),
        "steady_failed": len(failed),
        "steady_latency_p99_ms": None if p99_ms is None else round(p99_ms, 3),
    }
    shown = "no latency" if p99_ms is None else f"p99 {p99_ms:.0f} ms"
    seen = f"{len(failed)} of {plural(len(sent), 'request')} failed before any fault, {shown}"
    allowed = (
        f"no failure in at least {minimum_requests} requests, p99 at most {objectives.latency_p99_ms:g} ms, "
        "before a fault is injected"
    )

    def answer(outcome: Outcome, words: str, next_step: str = "") -> Verdict:
        return Verdict(outcome, words, allowed, next_step, numbers)

    if failed:
        first = min(failed, key=lambda exchange: (exchange.planned_at, exchange.sequence))
        named = f"request {first.sequence} of {first.journey}: {first.error}"
        remediation = "Repair the system, or the journey's `expect`, and run again."
        words = f"not steady: {seen} ({errors(failed)})"
        return answer(Outcome.ERROR, words, f"No fault was injected. First failure: {named}. {remediation}")
    if p99_ms is not None and len(sent) >= minimum_requests and p99_ms > objectives.latency_p99_ms:
        remediation = "The system is too slow at rest: repair it, or lower the rate."
        return answer(Outcome.ERROR, f"not steady: {seen}", f"No fault was injected. {remediation}")
    if doubt := generator_weakness(generator):
        return answer(Outcome.INCONCLUSIVE, f"{seen}; {doubt}", GENERATOR_HELP)
    if len(sent) < minimum_requests:
        return answer(Outcome.INCONCLUSIVE, seen, "Let the steady phase run longer, or raise the rate.")
    return answer(Outcome.PASSED, seen)
