"""Outages as clients see them: spans of failed requests, and the seconds they cost."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.judge.windows import failures
from seatrial.model.exchange import DROPPED, Exchange

CLEAN_SECONDS = 5.0
"""An outage has ended when no request of this many seconds failed. Faster flapping is one outage."""

RESOLUTION_SECONDS = 1.0
"""Failed time is counted in whole seconds; the traffic must have a request in each of them."""


@dataclass(frozen=True)
class Outage:
    """A span of client-visible trouble.

    Attributes:
        begin: planned time of its first failed request.
        end: planned time of the first answered request after its last failed one; of the last failed one when
            no answer followed.
        closed: whether `CLEAN_SECONDS` of clean traffic followed.
        failed: how many requests failed in it.
    """

    begin: float
    end: float
    closed: bool
    failed: int

    @property
    def length_seconds(self) -> float:
        return self.end - self.begin


def outages(exchanges: Sequence[Exchange]) -> tuple[Outage, ...]:
    """The outages in `exchanges`, in order of time. Counted by planned times; dropped arrivals left out."""
    answered = sorted(e.planned_at for e in exchanges if e.ok)
    groups: list[list[float]] = []
    for at in sorted(e.planned_at for e in failures(exchanges)):
        if groups and at - groups[-1][-1] < CLEAN_SECONDS:
            groups[-1].append(at)
        else:
            groups.append([at])
    return tuple(_outage(group, answered) for group in groups)


def _outage(failed: Sequence[float], answered: Sequence[float]) -> Outage:
    after = bisect.bisect_left(answered, failed[-1])
    end = answered[after] if after < len(answered) else failed[-1]
    closed = bool(answered) and answered[-1] - failed[-1] >= CLEAN_SECONDS
    return Outage(failed[0], end, closed, len(failed))


def failed_seconds(exchanges: Sequence[Exchange], origin: float) -> int:
    """How many seconds of the run failed: the charge against the error budget.

    The run is cut into seconds counted from `origin`. A second failed when a request planned in it failed or
    was not answered; so did a second without any request that lies within an outage, for nothing shows that
    the system answered then. Resolution: one second, so that a single failed request is charged one second.
    """
    planned = {math.floor(e.planned_at - origin) for e in exchanges if e.error != DROPPED}
    failed = {math.floor(e.planned_at - origin) for e in failures(exchanges)}
    for outage in outages(exchanges):
        span = range(math.floor(outage.begin - origin), math.floor(outage.end - origin))
        failed.update(second for second in span if second not in planned)
    return len(failed)
