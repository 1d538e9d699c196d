"""Add a replica to a workload, as an autoscaler or a person does, and take it back."""

from __future__ import annotations

from seatrial.faults.base import Fault, Impossible, Plan, Verified
from seatrial.faults.effects.scaled import Scaled, replicas_of
from seatrial.faults.hold_replicas import AUTOSCALER, SCALE, autoscaler_of, bounds_of
from seatrial.faults.registry import fault
from seatrial.faults.victims import workload_of
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import ADD_REPLICA, Disruption, Target
from seatrial.model.right import Right, on_workload
from seatrial.waiting import NotYet, Ready

SEEN_SECONDS = 20.0


@fault(
    ADD_REPLICA,
    disruption=Disruption.VOLUNTARY,
    expected_seconds=2,
    at_most_seconds=60,
    becomes_available=False,
    rights=[*on_workload("get"), *SCALE, Right(("list", "get"), AUTOSCALER)],
)
class AddReplica(Fault):
    """Scale a workload out by one, within the bounds of its autoscaler, which goes on deciding.

    Its effect is that one more was wanted. Whether it stays is for a judge: somebody may scale it in again at
    once, and what somebody else has written is left as it is.

    Args:
        role, seed: see `Fault`.
        hold_seconds: how long the replica is left there.
    """

    def __init__(self, role: str, *, hold_seconds: float = 0.0, seed: int = 0) -> None:
        super().__init__(role, seed=seed)
        self._hold_for(hold_seconds)

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        kube, workload = recorder.kube, workload_of(recorder.system, self.role)
        obj = kube.get(workload.kind, workload.name)
        target = Target(workload.kind, kube.namespace, workload.name, obj["metadata"]["uid"])
        number, name = replicas_of(obj) + 1, autoscaler_of(kube, obj)
        if name and number > (most := bounds_of(kube.get(AUTOSCALER, name))[1]):
            reason = f"{target} has {number - 1} replicas, and its autoscaler {name} allows {most} at most"
            return Impossible(target, self.role, self.seed, reason)
        return Plan(
            target=target,
            workload=self.role,
            seed=self.seed,
            victims=(),
            effects=(Scaled.planned(kube, workload.kind, workload.name, number),),
            verify_seconds=SEEN_SECONDS,
            hold_seconds=self.hold_seconds,
            details={"replicas": number},
        )

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        """Whether so many were wanted at any time since: it may have been undone already."""
        number = plan.details["replicas"]
        for state in recorder.snapshot().workload_states(self.role):
            if state.at >= injected_at and state.wanted == number:
                return Ready(Verified(state.at, f"{number} replicas of {plan.target} were wanted"))
        return NotYet(f"{number} replicas of {plan.target} were not wanted")
