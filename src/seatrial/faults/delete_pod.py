"""Delete one pod with its own grace period: a voluntary disruption."""

from __future__ import annotations

import time
from typing import Unpack

from seatrial.errors import FaultRefused
from seatrial.faults.base import Fault, Picking, Plan, Verified
from seatrial.faults.registry import fault
from seatrial.faults.victims import candidates, pods_gone, replacement_of
from seatrial.kube.errors import Conflict, NotFound
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import Disruption, Target
from seatrial.model.right import Right
from seatrial.model.timeline import PodSeen
from seatrial.waiting import NotYet, Ready

DEFAULT_GRACE_SECONDS = 30
# On top of the grace period: kubelet, container runtime and API server of a busy two-core machine.
MARGIN_SECONDS = 45
UNREPLACED_SECONDS = 15.0
"""A pod that is gone counts as not replaced when no other has come for so long."""


@fault(
    "delete-pod",
    disruption=Disruption.VOLUNTARY,
    expected_seconds=14,
    at_most_seconds=240,
    rights=[Right(("get", "delete"), "Pod")],
)
class DeletePod(Fault):
    """Delete a ready pod of a role, gracefully.

    Args:
        role, pod, selector, seed: see `Fault`.
        allow_last: also when it is the only ready replica.
    """

    def __init__(self, role: str, *, allow_last: bool = False, **picking: Unpack[Picking]) -> None:
        super().__init__(role, **picking)
        self.allow_last = allow_last

    def plan(self, recorder: Recorder) -> Plan:
        ready = candidates(
            recorder.snapshot(), recorder.system, self.role, spare_last=True, allow_last=self.allow_last
        )
        return plan_for_pod(self, self.pick(self.matching(ready, recorder)), ready, recorder)

    def inject(self, plan: Plan, recorder: Recorder) -> float:
        sent_at = time.monotonic()
        try:
            recorder.kube.delete("Pod", plan.target.name, uid=plan.target.uid)
        except (NotFound, Conflict) as error:
            raise FaultRefused(f"{plan.target} went before it could be hit", where=error.what) from error
        return sent_at

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        return effect_of_replacement(plan.victims[0], recorder, injected_at)


def plan_for_pod(planning: Fault, victim: PodSeen, ready: list[PodSeen], recorder: Recorder) -> Plan:
    """The plan to take away one pod, with bounds that follow from its grace period.

    Raises:
        FaultRefused: the pod went, or takes longer to go than the fault may last.
    """
    pod = recorder.kube.find("Pod", victim.name)
    if pod is None or pod["metadata"]["uid"] != victim.uid:
        raise FaultRefused(f"pod/{victim.name} went before it could be hit")
    grace = pod["spec"].get("terminationGracePeriodSeconds")
    grace = DEFAULT_GRACE_SECONDS if grace is None else int(grace)
    if grace + MARGIN_SECONDS > planning.at_most_seconds:
        raise FaultRefused(
            f"pod/{victim.name} may take {grace} s to end, "
            f"and {planning.name} lasts {planning.at_most_seconds:g} s at most",
            next_step="shorten terminationGracePeriodSeconds, or hit another workload",
        )
    return Plan(
        target=Target("Pod", recorder.kube.namespace, victim.name, victim.uid),
        workload=planning.role,
        seed=planning.seed,
        victims=(victim,),
        verify_seconds=grace + MARGIN_SECONDS,
        details={"node": victim.node, "one_of": len(ready), "grace_seconds": grace},
    )


def effect_of_replacement(
    victim: PodSeen, recorder: Recorder, injected_at: float
) -> Ready[Verified] | NotYet:
    """The victim's uid is gone, and another pod of its workload has come, or none had long enough to come.

    A replacement that is refused is for the judges: what was taken away is gone all the same.
    """
    timeline = recorder.snapshot()
    gone = pods_gone(timeline, [victim.uid])
    if isinstance(gone, NotYet):
        return gone
    replacement = replacement_of(victim, timeline, injected_at)
    if not replacement and timeline.ended_at < gone.value + UNREPLACED_SECONDS:
        return NotYet(f"{victim.name} is gone, no replacement yet")
    if not replacement:
        words = f"uid {victim.uid[:8]} gone after {gone.value - injected_at:.1f} s, not replaced"
        return Ready(Verified(gone.value, f"{words} within {UNREPLACED_SECONDS:g} s"))
    words = f"uid {victim.uid[:8]} gone after {gone.value - injected_at:.1f} s, replaced by {replacement}"
    return Ready(Verified(gone.value, words, replacement))
