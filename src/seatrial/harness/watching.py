"""A system watched as it is: no load, no change, no consent needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from seatrial.errors import BadInput
from seatrial.harness.rights import WATCHES
from seatrial.kube import usage
from seatrial.kube.client import Kube
from seatrial.kube.rights import require_rights
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import Disruption
from seatrial.model.observation import TIMELINE, TROUBLE, Arm, Observation, Record
from seatrial.model.right import uses
from seatrial.model.step import Bound, StepRecord
from seatrial.model.system import System
from seatrial.model.timeline import Timeline
from seatrial.record.observations import read_observation
from seatrial.record.writer import RunWriter
from seatrial.waiting import Ready, consistently

SCENARIO = "existing-traffic"
"""What such an observation is called; nothing is planned, so no scenario of that name is carried out."""


def with_autoscalers(kube: Kube, system: System) -> tuple[System, dict[str, Mapping[str, Any]]]:
    """The system with the autoscaler of each of its workloads named, and their specifications by name.

    Raises:
        BadInput: there is none, or one that the system file names is missing.
        SeatrialError: they may not be listed, or the cluster does not answer.
    """
    found: dict[tuple[str, str], str] = {}
    specs: dict[str, Mapping[str, Any]] = {}
    for scaler in kube.objects("HorizontalPodAutoscaler"):
        target, name = scaler["spec"]["scaleTargetRef"], scaler["metadata"]["name"]
        found[target["kind"], target["name"]] = name
        specs[name] = scaler["spec"]
    workloads = {}
    for role, workload in system.workloads.items():
        if workload.autoscaled and workload.autoscaled not in specs:
            raise BadInput(
                f"there is no HorizontalPodAutoscaler {workload.autoscaled}",
                where=f"workloads.{role}.autoscaled, namespace {kube.namespace}",
                next_step=f"It has {', '.join(sorted(specs)) or 'none'}.",
            )
        known = workload.autoscaled or found.get((workload.kind, workload.name))
        workloads[role] = workload.model_copy(update={"autoscaled": known}) if known else workload
    mine = [workload.autoscaled for workload in workloads.values() if workload.autoscaled]
    if not mine:
        others = ", ".join(sorted(specs))
        raise BadInput(
            "no autoscaler scales a workload of the system file", where=f"namespace {kube.namespace}",
            next_step=f"There is {others}: name what it scales." if others else "See `kubectl get hpa`.",
        )  # fmt: skip
    return system.model_copy(update={"workloads": workloads}), {name: specs[name] for name in mine}


def require_watching(kube: Kube) -> None:
    """Check the rights to watch. Raises NotAllowed: names what lacks, and the rule that gives it."""
    require_rights(kube, [*WATCHES, *uses(usage.RIGHTS, "usage of pods", always=True)])


def watch(
    kube: Kube, system: System, *, for_seconds: float, watched: Callable[[float], None]
) -> tuple[Timeline, bool]:
    """Watch for that long; returns what was seen, and whether an interrupt has ended it before.

    Args:
        watched: is told each second for how many it was watched.

    Raises:
        SeatrialError: the watches cannot be started.
    """
    interrupted = False
    began = time.monotonic()

    def watches() -> Ready[None]:
        watched(time.monotonic() - began)
        return Ready(None)

    recorder = Recorder(kube, system)
    with recorder:
        try:
            consistently(watches, for_seconds=for_seconds, every_seconds=1.0, what="the system is watched")
        except KeyboardInterrupt:
            interrupted = True
    return recorder.snapshot(), interrupted


def kept(run: RunWriter, system: System, timeline: Timeline) -> list[Observation]:
    """What was seen as an observation of each workload, kept in the run and read back."""
    missing: dict[Record, str] = {} if timeline.seen else {TIMELINE: "no watch delivered anything"}
    length = timeline.ended_at - timeline.began_at
    found = []
    for role in system.workloads:
        head = Observation(
            {TROUBLE: Arm()}, f"{SCENARIO}.{role}", SCENARIO, role, Disruption.NONE, "", 0, system
        )
        writer = run.observation(head, bound=Bound(length, length))
        writer.step(StepRecord("1", "hold", "existing traffic", timeline.began_at, timeline.ended_at))
        writer.close(timeline, missing=missing, failure=None)
        found.append(read_observation(writer.directory).observation)
    return found
