"""Actions for experiments: one for each kind of step, so that every fault can be injected by the same one.

They run inside an experiment (`seatrial.chaos.control`), which keeps what is seen and gives the verdict. What
an action leaves out is as the experiment's scenario has it for the workload, e.g. the journey.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chaoslib.exceptions import ActivityFailed, InterruptExecution

from seatrial.chaos.experiment import Experiment, current_experiment
from seatrial.errors import SeatrialError
from seatrial.model.failure import NotPassed
from seatrial.model.step import Hold, Inject, Measure, Release, Step, StepRecord, Stop, Traffic, Wait

__all__ = ["begin", "hold", "inject", "measure", "release", "step", "stop_traffic", "traffic", "wait"]


def begin(role: str) -> dict[str, Any]:
    """Begin the part of the experiment that is about this workload; the part before is ended."""
    experiment = _experiment()
    _carried_out(lambda: experiment.begin_part(role))
    return {"step": "begin", "name": role, "note": ""}


def step(role: str, path: str) -> dict[str, Any]:
    """Carry out the step of the scenario's plan for this workload that stands at `path`."""
    experiment = _experiment()
    if experiment.current is None or experiment.current.subject.role != role:
        raise ActivityFailed(f"the part of {role} was not begun")
    return _shown(_carried_out(lambda: experiment.part().do_planned(path)))


def inject(
    fault: str,
    role: str = "",
    arguments: Mapping[str, Any] | None = None,
    times: int = 1,
    held: bool = False,
    name: str = "",
) -> list[dict[str, Any]]:
    """Inject a fault, each time verified by its effect; the next follows when the workload is available.

    Args:
        fault: its name; `seatrial checks --faults` lists them.
        role: of the workload; empty for the one that the experiment is carried out on.
        arguments: of the fault, by name.
        times: how many times.
        held: leave it in place until `release`, or the end of the experiment.
        name: what `release` calls it; the fault's name when empty.
    """
    own = role or current_role()
    return [_do(Inject(fault, own, arguments or {}, held, name)) for _ in range(times)]


def release(fault: str) -> dict[str, Any]:
    """Revert a held fault and wait until the workload is available. Does nothing when it is not held."""
    execution = _experiment().execution
    if execution is None or not execution.holds(fault):
        return {"fault": fault, "note": "not held"}
    return _do(Release(fault))


def traffic(
    journey: str = "",
    per_second: float = 0.0,
    name: str = "more",
    schedule: str = "",
    steady: bool = False,
    bystanders: float = 0.0,
    only_reading: bool = False,
    lasting: bool = False,
    behaviour: str = "",
    beside: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Begin to send a journey, until `stop_traffic` or the end of the experiment.

    Args:
        steady: whether it must be judged steady first, as what a disruption is judged by.
        bystanders: arrivals per second of every other journey, sent beside it.
        only_reading: whether bystanders that write are left out.
        lasting: whether they are the journeys whose requests last, and no others.
        behaviour: how a client sends it, see `seatrial.model.step.Traffic`.
        beside: arrivals per second of single journeys by name, in place of `bystanders`.
    """
    return _do(
        Traffic(
            journey, per_second, schedule, name, steady, bystanders, only_reading, lasting, behaviour,
            dict(beside or {}),
        )
    )  # fmt: skip


def stop_traffic(name: str = "more") -> dict[str, Any]:
    """End the traffic of that name."""
    return _do(Stop(name))


def hold(seconds: float, reason: str) -> dict[str, Any]:
    """Let things be for a while."""
    return _do(Hold(seconds, reason))


def wait(
    condition: str,
    within_seconds: float = 0.0,
    arguments: Mapping[str, Any] | None = None,
    required: bool = True,
) -> dict[str, Any]:
    """Wait for a condition, see `seatrial.harness.conditions`."""
    return _do(Wait(condition, within_seconds, arguments or {}, required))


def measure(
    measurement: str,
    within_seconds: float = 0.0,
    arguments: Mapping[str, Any] | None = None,
    expected_seconds: float = 5.0,
) -> dict[str, Any]:
    """Make a measurement, see `seatrial.harness.measuring`."""
    return _do(Measure(measurement, arguments or {}, within_seconds, expected_seconds))


def current_role() -> str:
    """Role of the workload that the experiment is carried out on."""
    experiment = _experiment()
    return experiment.order.role if experiment.current is None else experiment.current.subject.role


def _experiment() -> Experiment:
    try:
        return current_experiment()
    except SeatrialError as error:
        # Anything milder would leave exit code 0 where no control judges.
        raise InterruptExecution(str(error)) from error


def _do(given: Step) -> dict[str, Any]:
    experiment = _experiment()
    return _shown(_carried_out(lambda: experiment.do(given)))


def _carried_out(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except (SeatrialError, NotPassed) as error:
        raise ActivityFailed(str(error)) from error


def _shown(record: StepRecord) -> dict[str, Any]:
    return {"step": record.kind, "name": record.name, "note": record.note}
