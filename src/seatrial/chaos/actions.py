"""Actions for experiments: one for each kind of step, so that every fault can be injected by the same one.

They run inside an experiment (`seatrial.chaos.control`), which keeps traffic flowing and gives the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaoslib.exceptions import ActivityFailed, InterruptExecution

from seatrial.chaos.experiment import Experiment, current_experiment
from seatrial.errors import SeatrialError
from seatrial.model.failure import NotPassed
from seatrial.model.step import Hold, Inject, Measure, Release, Step, Stop, Traffic, Wait

__all__ = ["hold", "inject", "measure", "release", "stop_traffic", "traffic", "wait"]


def inject(
    fault: str,
    role: str = "",
    arguments: Mapping[str, Any] | None = None,
    times: int = 1,
    held: bool = False,
) -> list[dict[str, Any]]:
    """Inject a fault, each time verified by its effect; the next follows when the workload is available.

    Args:
        fault: its name; `seatrial checks --faults` lists them.
        role: of the workload; empty for the experiment's own.
        arguments: of the fault, by name.
        times: how many times.
        held: leave it in place until `release`, or the end of the experiment.
    """
    own = role or current_role()
    return [_do(Inject(fault, own, arguments or {}, held)) for _ in range(times)]


def release(fault: str) -> dict[str, Any]:
    """Revert a held fault and wait until the workload is available. Does nothing when it is not held."""
    execution = _experiment().execution
    if execution is None or not execution.holds(fault):
        return {"fault": fault, "note": "not held"}
    return _do(Release(fault))


def traffic(
    journey: str, per_second: float = 100.0, name: str = "more", schedule: str = "", behaviour: str = ""
) -> dict[str, Any]:
    """Begin to send a further journey, until `stop_traffic` or the end of the experiment."""
    return _do(Traffic(journey, per_second, schedule, name, steady=False, behaviour=behaviour))


def stop_traffic(name: str = "more") -> dict[str, Any]:
    """End the traffic of that name."""
    return _do(Stop(name))


def hold(seconds: float, reason: str) -> dict[str, Any]:
    """Let things be for a while."""
    return _do(Hold(seconds, reason))


def wait(
    condition: str, within_seconds: float, arguments: Mapping[str, Any] | None = None, required: bool = True
) -> dict[str, Any]:
    """Wait for a condition, see `seatrial.harness.conditions`."""
    return _do(Wait(condition, within_seconds, arguments or {}, required))


def measure(
    measurement: str, within_seconds: float = 90.0, arguments: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Make a measurement, see `seatrial.harness.measuring`."""
    return _do(Measure(measurement, arguments or {}, within_seconds))


def current_role() -> str:
    """Role of the workload that the experiment is about."""
    return _experiment().order.role


def _experiment() -> Experiment:
    try:
        return current_experiment()
    except SeatrialError as error:
        # Anything milder would leave exit code 0 where no control judges.
        raise InterruptExecution(str(error)) from error


def _do(step: Step) -> dict[str, Any]:
    experiment = _experiment()
    try:
        record = experiment.do(step)
    except (SeatrialError, NotPassed) as error:
        raise ActivityFailed(str(error)) from error
    return {"step": record.kind, "name": record.name, "note": record.note}
