"""Hold the replicas of a workload: its autoscaler may neither add nor remove one."""

from __future__ import annotations

from typing import Any

from seatrial.errors import FaultRefused
from seatrial.faults.base import Fault, Plan, Verified
from seatrial.faults.delete_pod import DEFAULT_GRACE_SECONDS
from seatrial.faults.effects.base import Effect
from seatrial.faults.effects.fields import Path
from seatrial.faults.effects.object_fields import ObjectFields
from seatrial.faults.effects.scaled import Scaled, replicas_of
from seatrial.faults.registry import fault
from seatrial.faults.victims import workload_of
from seatrial.kube.client import Kube
from seatrial.kube.manifests import scaled_by_autoscaler
from seatrial.kube.rollout import lacking
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import GRACE, Disruption, Target
from seatrial.model.right import Right, of_kind, on_workload
from seatrial.waiting import NotYet, Ready

AUTOSCALER = "HorizontalPodAutoscaler"
MOST_REPLICAS = 1_000
SCALE = tuple(Right(("patch",), kind, "scale", when=of_kind(kind)) for kind in ("Deployment", "StatefulSet"))


@fault(
    "hold-replicas",
    disruption=Disruption.VOLUNTARY,
    expected_seconds=20,
    at_most_seconds=300,
    rights=[*on_workload("get"), *SCALE, Right(("list", "get", "patch"), AUTOSCALER)],
)
class HoldReplicas(Fault):
    """Writes one number as `minReplicas` and `maxReplicas` of the autoscaler; without one, scales.

    Meant to be held: its revert writes the autoscaler's own bounds again.

    Args:
        role, seed: see `Fault`.
        replicas: how many; 0 for as many as there are.
    """

    def __init__(self, role: str, *, replicas: int = 0, seed: int = 0) -> None:
        super().__init__(role, seed=seed)
        self.replicas = replicas

    def plan(self, recorder: Recorder) -> Plan:
        kube, workload = recorder.kube, workload_of(recorder.system, self.role)
        obj = kube.get(workload.kind, workload.name)
        number = self.replicas or replicas_of(obj)
        target = Target(workload.kind, kube.namespace, workload.name, obj["metadata"]["uid"])
        if not 1 <= number <= MOST_REPLICAS:
            raise FaultRefused(
                f"{target} cannot be held at {number} replicas, nothing was disturbed",
                next_step="hold at least one; scale it up first where it has none",
            )
        return Plan(
            target=target,
            workload=self.role,
            seed=self.seed,
            victims=(),
            effects=tuple(_effects(kube, obj, number)),
            verify_seconds=self.at_most_seconds,
            details={"replicas": number, "autoscaler": autoscaler_of(kube, obj), GRACE: _grace(obj)},
        )

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        """Whether so many are wanted and ready, and the autoscaler's bounds are as they were written."""
        number, name = plan.details["replicas"], plan.details["autoscaler"]
        obj = recorder.kube.get(plan.target.kind, plan.target.name)
        if replicas_of(obj) != number:
            return NotYet(f"{replicas_of(obj)} replicas are wanted, not yet {number}")
        if missing := lacking(obj):
            return NotYet(missing)
        if name and (bounds := bounds_of(recorder.kube.get(AUTOSCALER, name))) != (number, number):
            return NotYet(f"{name} has the bounds {bounds[0]} and {bounds[1]}: somebody writes them again")
        by = f"autoscaler {name} held" if name else "no autoscaler"
        return Ready(Verified(injected_at, f"{number} replicas of {plan.target} are ready, {by}"))


def _effects(kube: Kube, obj: dict[str, Any], number: int) -> list[Effect]:
    if name := autoscaler_of(kube, obj):
        values: dict[Path, Any] = {("spec", "minReplicas"): number, ("spec", "maxReplicas"): number}
        if bounds_of(kube.get(AUTOSCALER, name)) == (number, number):
            return []
        return [ObjectFields.planned(kube, AUTOSCALER, name, values, namespace=kube.namespace)]
    if replicas_of(obj) == number:
        return []
    return [Scaled.planned(kube, obj["kind"], obj["metadata"]["name"], number)]


def _grace(obj: dict[str, Any]) -> int:
    spec = obj["spec"]["template"]["spec"]
    return int(spec.get("terminationGracePeriodSeconds", DEFAULT_GRACE_SECONDS))


def autoscaler_of(kube: Kube, obj: dict[str, Any]) -> str:
    """Name of the autoscaler that scales a workload, whatever the system file says; empty without one."""
    found = scaled_by_autoscaler(kube.objects(AUTOSCALER))
    return found.get((obj["kind"], obj["metadata"]["name"]), "")


def bounds_of(autoscaler: dict[str, Any]) -> tuple[int, int]:
    """Its least and most replicas."""
    spec = autoscaler["spec"]
    least = spec.get("minReplicas")
    return (1 if least is None else int(least), int(spec["maxReplicas"]))
