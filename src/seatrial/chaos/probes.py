"""Probes for steady-state hypotheses: what the experiment's own clients feel."""

from __future__ import annotations

from chaoslib.exceptions import ActivityFailed

from seatrial.chaos.experiment import current_experiment
from seatrial.errors import SeatrialError

__all__ = ["clients_are_answered"]


def clients_are_answered(window_seconds: float = 2.0) -> bool:
    """Whether every request that ended in the last `window_seconds` was answered as expected.

    No request at all in the window fails the probe: it would be no evidence.
    """
    try:
        execution = current_experiment().execution
    except SeatrialError as error:
        raise ActivityFailed(str(error)) from error
    if execution is None:
        raise ActivityFailed("the experiment sends no traffic")
    recent = execution.recent(window_seconds)
    if not recent:
        raise ActivityFailed(f"no request ended in the last {window_seconds:g} s")
    return all(recent)
