"""What a load summary says of one trial of a search for capacity."""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.judge.statistics import MINIMUM_SAMPLES, SLOW_FRACTION_ALLOWED
from seatrial.load.figures import clock_doubt
from seatrial.load.gaps import generator_doubt
from seatrial.load.parts import own_objectives, parts_of
from seatrial.load.summary import LoadSummary, added_up, slower_than
from seatrial.model.capacity import Trial
from seatrial.model.system import System

LEAST_REQUESTS = 20


def trial_from(
    summary: LoadSummary, system: System, *, per_second: float, seconds: float, stopped: Iterable[str] = ()
) -> Trial:
    """The trial in which `per_second` was offered; each journey is slow by its own objective.

    Args:
        seconds: how long requests were counted.
        stopped: why workers ended it early.
    """
    requests = sum(summary.outcomes.values())
    whole = added_up(summary.journeys.values())
    slow = sum(
        slower_than(latencies, system.objectives_of(name).latency_p99_ms)
        for name, latencies in summary.journeys.items()
    )
    worst, worst_badness = _worst_own(summary, system)
    return Trial(
        per_second=per_second,
        seconds=seconds,
        requests=requests,
        failed=requests - summary.ok,
        slow=slow,
        p99_ms=round(whole.get_value_at_percentile(99) / 1_000, 3) if requests else None,
        void=_void(summary, system, requests),
        stopped="; ".join(dict.fromkeys(why for why in stopped if why)),
        errors=dict(summary.errors),
        worst=worst,
        worst_badness=worst_badness,
    )


def _worst_own(summary: LoadSummary, system: System) -> tuple[str, float]:
    """The journey that is furthest from objectives of its own, and how far: 1 is what they allow.

    A share of few requests tells nothing; these count among the others only.
    """
    own, whole, found = own_objectives(system), system.objectives, [("", 0.0)]
    for part in parts_of(summary, whole, own, "availability"):
        if part.name and part.requests >= MINIMUM_SAMPLES:
            found.append((part.name, part.bad / (part.requests * (1 - part.limit))))
    for part in parts_of(summary, whole, own, "latency_p99_ms"):
        if part.name and part.requests >= MINIMUM_SAMPLES:
            slow = max(part.slower_than(part.limit), 0)
            found.append((part.name, slow / (part.requests * SLOW_FRACTION_ALLOWED)))
    return max(found, key=lambda each: each[1])


def _void(summary: LoadSummary, system: System, requests: int) -> str:
    """Why the trial says nothing of the system.

    A generator that was late makes good answers look late, so it forbids that a trial was held. It does not
    explain answers that failed, or that were slow from the moment they were sent. Figures that break Little's
    law are no evidence for anything.
    """
    if requests < LEAST_REQUESTS:
        return f"only {requests} requests were counted"
    weakness = generator_doubt(summary) or clock_doubt(summary.workers)
    limit = max((system.objectives_of(name).latency_p99_ms for name in summary.journeys), default=0.0)
    slow = slower_than(summary.from_sent, limit) > SLOW_FRACTION_ALLOWED * summary.sent
    failed = requests - summary.ok > (1 - system.objectives.availability) * requests
    return summary.unlikely or ("" if slow or failed else weakness)
