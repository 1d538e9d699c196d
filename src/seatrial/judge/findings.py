"""What both availability judges look at, computed once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seatrial.judge.statistics import wilson
from seatrial.judge.windows import Split, Window, failures, split
from seatrial.judge.wording import errors, plural, seconds
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict


@dataclass(frozen=True)
class Findings:
    """The exchanges of an observation, sorted and counted.

    Attributes:
        parts: the exchanges sorted by the windows.
        failed: those of the disruption that a client saw fail, by planned time.
        control_failed: those outside that failed.
    """

    spans: tuple[Window, ...]
    parts: Split
    failed: tuple[Exchange, ...]
    control_failed: tuple[Exchange, ...]
    unavailable: tuple[FaultRecord, ...]
    numbers: Mapping[str, Any] = field(default_factory=dict)


def find(observation: Observation, spans: tuple[Window, ...]) -> Findings:
    parts = split(observation.exchanges, spans)
    failed = tuple(sorted(failures(parts.disturbed), key=by_time))
    control_failed = failures(parts.control)
    begun_failed = len(failures(parts.begun))
    interval = wilson(begun_failed, len(parts.begun))
    gap = longest_gap(parts.disturbed)
    first = _first_failure(spans, failed)
    numbers = {
        "requests_in_disruption": len(parts.begun),
        "requests_in_flight_at_fault": len(parts.in_flight),
        "failed_in_disruption": len(failed),
        "failed_fraction_low": round(interval.low, 6),
        "failed_fraction_high": round(interval.high, 6),
        "repetitions": sum(fault.verified for fault in observation.faults),
        "disruption_seconds": round(_length(observation, spans), 3),
        "longest_gap_seconds": round(gap, 3),
        "first_failure_seconds": None if first is None else round(first, 3),
        "control_requests": len(parts.control),
        "control_failed": len(control_failed),
        "warm_up_requests": len(observation.warm_up),
        "warm_up_failed": len(failures(observation.warm_up)),
        "arrivals_dropped": observation.generator.dropped,
        "arrivals_late_fraction": round(observation.generator.late_fraction, 6),
    }
    unavailable = tuple(fault for fault in observation.faults if fault.available_at is None)
    return Findings(spans, parts, failed, control_failed, unavailable, numbers)


def control_verdict(found: Findings, seen: str, allowed: str) -> Verdict:
    """ERROR: requests failed when no fault was at work, so the absence of failures inside tells nothing."""
    first = min(found.control_failed, key=by_time)
    where = _where(found.spans, first.planned_at)
    return Verdict(
        Outcome.ERROR,
        f"{seen}; but {plural(len(found.control_failed), 'request')} of the control failed "
        f"({errors(found.control_failed)})",
        f"{allowed}; and no failure outside the disruption",
        f"Not the fault's doing: request {first.sequence} failed {where}. Find what else is wrong.",
        found.numbers,
    )


def warm_up_words(observation: Observation) -> str:
    """What a reader must know of the traffic before it was steady; empty when nothing failed then."""
    failed = failures(observation.warm_up)
    if not failed:
        return ""
    requests = plural(len(observation.warm_up), "request")
    return f"; before the traffic was steady {len(failed)} of {requests} failed ({errors(failed)})"


def longest_gap(exchanges: Sequence[Exchange]) -> float:
    """The longest stretch, in seconds, from one answered request to the next with a failed one between them.

    Counted by planned times. At the ends of the traffic the stretch reaches to the failed request itself.
    """
    longest = 0.0
    start: float | None = None
    failing = False
    for exchange in sorted(exchanges, key=by_time):
        start = exchange.planned_at if start is None else start
        if not exchange.ok:
            failing = True
        if failing:
            longest = max(longest, exchange.planned_at - start)
        if exchange.ok:
            start, failing = exchange.planned_at, False
    return longest


def by_time(exchange: Exchange) -> tuple[float, int, bool]:
    """Sort key; of two that are otherwise equal the failed one first, whatever order they came in."""
    return exchange.planned_at, exchange.sequence, exchange.ok


def _first_failure(spans: Sequence[Window], failed: Sequence[Exchange]) -> float | None:
    """Seconds from the last fault before it to the first failure; 0 for a request that was in flight then."""
    if not failed:
        return None
    first = failed[0].planned_at
    accepted = (fault.injected_at for window in spans for fault in window.faults)
    return first - max((at for at in accepted if at <= first), default=first)


def _where(spans: Sequence[Window], moment: float) -> str:
    if moment < spans[0].begin:
        return f"{seconds(spans[0].begin - moment)} before the first fault"
    before = max(window.end for window in spans if window.end < moment)
    return f"{seconds(moment - before)} after the workload was available again"


def _length(observation: Observation, spans: Sequence[Window]) -> float:
    """Seconds in the windows; one that never ended counts to the last planned request."""
    planned = [e.planned_at for e in observation.exchanges]
    return sum((max([w.begin, *planned]) if math.isinf(w.end) else w.end) - w.begin for w in spans)
