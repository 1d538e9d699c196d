"""Take every pod of a workload away at once: an involuntary disruption, as when all its nodes are lost."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

from seatrial.faults.base import Fault, Plan, Verified
from seatrial.faults.registry import fault
from seatrial.faults.victims import candidates, pods_gone, workload_of
from seatrial.kube.errors import Conflict, NotFound
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.fault import PODS_BEFORE, Disruption, Target
from seatrial.model.right import Right
from seatrial.model.timeline import PodSeen, Timeline
from seatrial.waiting import NotYet, Ready

COME_SECONDS = 60.0
"""How long the controller may take to make as many new pods."""


@fault(
    "delete-all-pods",
    disruption=Disruption.INVOLUNTARY,
    expected_seconds=25,
    at_most_seconds=300,
    rights=[Right(("delete",), "Pod")],
)
class DeleteAllPods(Fault):
    """Delete all pods of a role at once, without a grace period: nobody of before can help the new ones.

    Args:
        role, seed: see `Fault`.
    """

    def __init__(self, role: str, *, seed: int = 0) -> None:
        super().__init__(role, seed=seed)

    def plan(self, recorder: Recorder) -> Plan:
        timeline, workload = recorder.snapshot(), workload_of(recorder.system, self.role)
        candidates(timeline, recorder.system, self.role, spare_last=False)
        victims = tuple(pod for pod in pods_now(timeline, self.role) if not pod.deleting)
        obj = recorder.kube.get(workload.kind, workload.name)
        return Plan(
            target=Target(workload.kind, recorder.kube.namespace, workload.name, obj["metadata"]["uid"]),
            workload=self.role,
            seed=self.seed,
            victims=victims,
            verify_seconds=COME_SECONDS,
            details={PODS_BEFORE: [pod.name for pod in victims]},
        )

    def inject(self, plan: Plan, recorder: Recorder) -> float:
        sent_at = time.monotonic()
        for pod in plan.victims:
            with contextlib.suppress(NotFound, Conflict):  # gone by itself: it is away either way
                recorder.kube.delete("Pod", pod.name, uid=pod.uid, grace_seconds=0)
        return sent_at

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        return all_replaced(recorder.snapshot(), plan.victims, injected_at)


def all_replaced(
    timeline: Timeline, victims: Sequence[PodSeen], injected_at: float
) -> Ready[Verified] | NotYet:
    """Every victim is gone, and as many new pods of their workload have come since."""
    gone = pods_gone(timeline, [pod.uid for pod in victims])
    if isinstance(gone, NotYet):
        return gone
    role = victims[0].workload
    came = [
        states[0] for states in timeline.pods.values()
        if states[0].workload == role and states[0].at >= injected_at
    ]  # fmt: skip
    if len(came) < len(victims):
        return NotYet(f"{len(came)} of {len(victims)} pods of {role} came again")
    words = f"all {len(victims)} pods of {role} gone after {gone.value - injected_at:.1f} s"
    return Ready(Verified(gone.value, words, came[0].name))
