"""Probes for steady-state hypotheses: what the drill's own clients feel."""

from __future__ import annotations

import time

from chaoslib.exceptions import ActivityFailed

from seatrial.chaos.drill import current_experiment
from seatrial.errors import SeatrialError

__all__ = ["clients_are_answered"]


def clients_are_answered(window_seconds: float = 2.0) -> bool:
    """Whether every request that ended in the last `window_seconds` was answered as expected.

    No request at all in the window fails the probe: it would be no evidence.
    """
    try:
        stream = current_experiment().stream
    except SeatrialError as error:
        raise ActivityFailed(str(error)) from error
    if stream is None:
        raise ActivityFailed("the drill sends no traffic")
    since = time.monotonic() - window_seconds
    recent = [e for e in stream.exchanges() if e.completed_at is not None and e.completed_at >= since]
    if not recent:
        raise ActivityFailed(f"no request ended in the last {window_seconds:g} s")
    return all(exchange.ok for exchange in recent)
