"""The load step that an observation recorded: what each of its judges begins with. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from seatrial.judge.pods import last
from seatrial.model.observation import Observation
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict

LOAD = "load"
"""Name of the traffic that is the load step."""


@dataclass(frozen=True)
class LoadStep:
    """What was asked of the workload. Times are monotonic seconds.

    Attributes:
        workload: its role in the system file.
        autoscaler: name of the HorizontalPodAutoscaler.
        wanted_replicas: ready replicas that the load needs.
    """

    workload: str
    autoscaler: str
    began_at: float
    ended_at: float
    wanted_replicas: int


def load_step_of(observation: Observation) -> LoadStep | None:
    """The load step that an observation recorded; it begins with its first arrival."""
    arm, system = observation.trouble, observation.system
    begun, stopped = arm.step("traffic", LOAD), arm.step("stop", LOAD)
    workload = None if system is None else system.workloads.get(observation.target)
    if begun is None or stopped is None or workload is None or workload.load_step is None:
        return None
    load = workload.load_step
    arrivals = (e.planned_at for e in arm.exchanges if e.journey == load.journey)
    began_at = min((at for at in arrivals if at >= begun.began_at), default=begun.began_at)
    return LoadStep(observation.target, workload.autoscaled or "", began_at, stopped.began_at, load.replicas)


def step_of(observation: Observation) -> tuple[Timeline, LoadStep] | Verdict:
    """The timeline and the load step; an ERROR where one is missing, or the autoscaler was never seen."""
    step, timeline = load_step_of(observation), observation.timeline
    if step is None or timeline is None:
        return Verdict(Outcome.ERROR, "no load step was recorded", "a load step", "Look at the steps.")
    if last(timeline.autoscaler_states(step.autoscaler), math.inf) is None:
        return Verdict(
            Outcome.ERROR,
            f"no HorizontalPodAutoscaler {step.autoscaler} was seen",
            "an autoscaler, as the system file says",
            "Compare `autoscaled` in the system file with `kubectl get hpa`.",
        )
    return timeline, step
