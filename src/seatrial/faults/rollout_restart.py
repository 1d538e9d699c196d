"""Restart every pod of a workload by a rollout, as `kubectl rollout restart` does: a voluntary disruption."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from seatrial.faults.base import Fault, Impossible, Plan, Verified
from seatrial.faults.registry import fault
from seatrial.faults.revisions import rolled_out
from seatrial.faults.victims import pods_gone
from seatrial.kube.rollout import lacking
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import TRACES, Disruption
from seatrial.model.right import on_workload
from seatrial.waiting import NotYet, Ready

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


@fault(
    "rollout-restart",
    disruption=Disruption.VOLUNTARY,
    expected_seconds=60,
    at_most_seconds=600,
    rights=on_workload("get", "patch"),
)
class RolloutRestart(Fault):
    """Roll out a workload whose template has a new annotation `restartedAt`.

    The annotation stays, as after `kubectl rollout restart`: taking it away would be a second rollout.

    Args:
        role, seed: see `Fault`.
    """

    def __init__(self, role: str, *, seed: int = 0) -> None:
        super().__init__(role, seed=seed)

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        found = rolled_out(self, recorder)
        if isinstance(found, Impossible):
            return found
        return Plan(
            target=found.target,
            workload=self.role,
            seed=self.seed,
            victims=found.pods,
            verify_seconds=self.at_most_seconds,
            details={
                "revision_before": found.revision,
                "pods_before": [pod.name for pod in found.pods],
                TRACES: [RESTARTED_AT],
            },
        )

    def inject(self, plan: Plan, recorder: Recorder) -> float:
        sent_at = time.monotonic()
        # Two restarts within a second would be one, if it had kubectl's resolution of a second.
        now = datetime.now(UTC).isoformat()
        body = {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: now}}}}}
        recorder.kube.patch(plan.target.kind, plan.target.name, body)
        return sent_at

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        gone = pods_gone(recorder.snapshot(), [pod.uid for pod in plan.victims])
        if isinstance(gone, NotYet):
            return gone
        missing = lacking(recorder.kube.get(plan.target.kind, plan.target.name))
        if missing:
            return NotYet(missing)
        seconds = gone.value - injected_at
        words = (
            f"{len(plan.victims)} pod(s) of {plan.target} replaced, the last was gone after {seconds:.1f} s"
        )
        return Ready(Verified(gone.value, words))
