"""What a scenario may measure. Another measurement is one decorated function.

A measurement is a function of the context and its bound in seconds, with the step's arguments by name; it
yields one `Measurement` after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from seatrial.adapters.invariants import measure_invariants
from seatrial.harness.context import Context
from seatrial.model.measurement import Measurement
from seatrial.registry import Registry
from seatrial.traffic.http import Http

Measuring = Callable[..., Iterator[Measurement]]
MEASUREMENTS: Registry[Measuring] = Registry("measurement", "seatrial.scenarios")


def measurement(name: str) -> Callable[[Measuring], Measuring]:
    """Register a measurement under the name that `measure` steps use."""
    return MEASUREMENTS.decorator(name, lambda function: function)


@measurement("read-back")
def read_back(context: Context, within_seconds: float, *, journey: str) -> Iterator[Measurement]:
    """Looks for every write of a journey that was sent, where its `acknowledged.read` says."""
    began_at = time.monotonic()
    with Http(context.session.base_url) as http:
        spec = context.session.system.journeys[journey]
        for read in http.read_back(context.exchanges, journey, spec, within_seconds=within_seconds):
            yield read.measurement(began_at)


@measurement("invariants")
def invariants(context: Context, within_seconds: float) -> Iterator[Measurement]:
    """Asks every invariant of the system file until it holds, or its time to converge is over."""
    session = context.session
    with Http(session.base_url) as http:
        yield from measure_invariants(session.system, session.kube, http, within_seconds=within_seconds)
