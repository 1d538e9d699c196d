"""Probes for steady-state hypotheses: what the experiment's own clients feel."""

from __future__ import annotations

from chaoslib.exceptions import ActivityFailed

from seatrial.chaos.experiment import current_experiment
from seatrial.errors import SeatrialError

__all__ = ["clients_are_answered"]


def clients_are_answered(window_seconds: float = 2.0) -> bool:
    """Whether every request that ended in the last `window_seconds` was answered as expected.

    Where a scenario begins and ends the traffic, the first journey is asked for once before that; while none
    flows that must be answered there is nothing to ask. Without a scenario, no request in the window fails
    the probe: it would be no evidence.
    """
    try:
        experiment = current_experiment()
    except SeatrialError as error:
        raise ActivityFailed(str(error)) from error
    execution = experiment.execution
    if execution is None:
        if experiment.scenario is not None:  # between two parts nothing flows that must be answered
            return bool(experiment.parts) or experiment.answers()
        raise ActivityFailed("the experiment sends no traffic")
    was_steady = execution.is_steady  # asked twice, for traffic may begin or end while we look
    recent = execution.recent(window_seconds)
    if experiment.scenario is not None and not recent and not (was_steady and execution.is_steady):
        return True
    if not recent:
        raise ActivityFailed(f"no request ended in the last {window_seconds:g} s")
    return all(recent)
