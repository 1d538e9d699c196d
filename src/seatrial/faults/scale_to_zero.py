"""Take a workload away as a whole: it wants no pod, and none is left."""

from __future__ import annotations

from seatrial.faults.base import Fault, Plan, Verified
from seatrial.faults.effects.scaled import Scaled
from seatrial.faults.hold_replicas import SCALE
from seatrial.faults.registry import fault
from seatrial.faults.victims import candidates, pods_gone, workload_of
from seatrial.kube.timeline import Recorder, pods_now, workload_now
from seatrial.model.fault import SCALE_TO_ZERO, Disruption, Target
from seatrial.model.right import Right, on_workload
from seatrial.waiting import NotYet, Ready

GONE_SECONDS = 120.0
"""Pods end within their grace period, which is 30 s unless they say otherwise."""


@fault(
    SCALE_TO_ZERO,
    disruption=Disruption.INVOLUNTARY,
    expected_seconds=20,
    at_most_seconds=GONE_SECONDS + 10,
    becomes_available=False,
    rights=[*on_workload("get"), *SCALE, Right(("get",), "Pod")],
)
class ScaleToZero(Fault):
    """Scale a workload to no replicas; an autoscaler leaves that alone, for zero switches it off.

    Meant to be held: its revert scales it to as many as there were.

    Args:
        role, seed: see `Fault`.
    """

    def __init__(self, role: str, *, seed: int = 0) -> None:
        super().__init__(role, seed=seed)

    def plan(self, recorder: Recorder) -> Plan:
        timeline, kube = recorder.snapshot(), recorder.kube
        candidates(timeline, recorder.system, self.role, spare_last=False)
        workload = workload_of(recorder.system, self.role)
        taken = Scaled.planned(kube, workload.kind, workload.name, 0)
        return Plan(
            target=Target(workload.kind, kube.namespace, workload.name, taken.uid),
            workload=self.role,
            seed=self.seed,
            victims=tuple(pods_now(timeline, self.role)),
            effects=(taken,),
            verify_seconds=GONE_SECONDS,
            details={"replicas": taken.original},
        )

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        """Whether none is wanted, none is there, and all that were there are gone."""
        timeline = recorder.snapshot()
        state, left = workload_now(timeline, self.role), pods_now(timeline, self.role)
        if state is None or state.wanted:
            return NotYet(f"{state.wanted if state else 'an unknown number of'} replicas are wanted")
        gone = pods_gone(timeline, [pod.uid for pod in plan.victims])
        if isinstance(gone, NotYet) or left:
            return NotYet(gone.reason if isinstance(gone, NotYet) else f"{left[0].name} is there")
        words = f"no pod of {plan.target} left after {gone.value - injected_at:.1f} s"
        return Ready(Verified(gone.value, words))
