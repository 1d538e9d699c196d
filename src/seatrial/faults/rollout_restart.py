"""Restart every pod of a workload by a rollout, as `kubectl rollout restart` does: a voluntary disruption."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from seatrial.faults.base import Fault, FaultBlocked, Impossible, Plan, Verified
from seatrial.faults.registry import fault
from seatrial.faults.revisions import rolled_out
from seatrial.faults.victims import pods_gone
from seatrial.judge.refusal import refusals, sentence
from seatrial.kube.pod_status import condition
from seatrial.kube.rollout import lacking
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import PODS_BEFORE, TRACES, TRIED, Disruption
from seatrial.model.right import on_workload
from seatrial.model.timeline import Change, PodSeen, Timeline
from seatrial.waiting import NotYet, Ready

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
BEFORE = "restarted_at_before"
REFUSED_SECONDS = 30.0
"""A rollout whose pods are refused for so long, while none is created, does not move."""


@fault(
    "rollout-restart",
    disruption=Disruption.VOLUNTARY,
    expected_seconds=75,
    at_most_seconds=600,
    rights=on_workload("get", "patch"),
)
class RolloutRestart(Fault):
    """Roll out a workload whose template has a new annotation `restartedAt`.

    The annotation stays, as after `kubectl rollout restart`: taking it away would be a second rollout. Where
    the rollout does not move (its pods are refused, or its progress deadline is over) it is taken away.

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
                PODS_BEFORE: [pod.name for pod in found.pods],
                BEFORE: restarted_at(found.obj),
                TRACES: [RESTARTED_AT],
            },
        )

    def inject(self, plan: Plan, recorder: Recorder) -> float:
        sent_at = time.monotonic()
        # Two restarts within a second would be one, if it had kubectl's resolution of a second.
        _write(recorder, plan, datetime.now(UTC).isoformat())
        return sent_at

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        timeline = recorder.snapshot()
        gone = pods_gone(timeline, [pod.uid for pod in plan.victims])
        if isinstance(gone, NotYet):
            self._require_moving(plan, recorder, timeline, injected_at)
            return gone
        missing = lacking(recorder.kube.get(plan.target.kind, plan.target.name))
        if missing:
            return NotYet(missing)
        seconds = gone.value - injected_at
        words = (
            f"{len(plan.victims)} pod(s) of {plan.target} replaced, the last was gone after {seconds:.1f} s"
        )
        return Ready(Verified(gone.value, words))

    def _require_moving(self, plan: Plan, recorder: Recorder, timeline: Timeline, injected_at: float) -> None:
        """Take the annotation away where the rollout does not move. Raises FaultBlocked: says why."""
        reason = refused_throughout(timeline, self.role, injected_at, time.monotonic())
        if not reason and deadline_is_over(recorder.kube.get(plan.target.kind, plan.target.name)):
            reason = "its progress deadline is over, and not every pod is of the new revision"
        if not reason:
            return
        _write(recorder, plan, plan.details[BEFORE])
        found = Impossible(
            plan.target, self.role, self.seed, f"{plan.target} cannot be rolled out: {reason}", {TRIED: True}
        )
        raise FaultBlocked(found, next_step="read the events of its ReplicaSets and pods")


def restarted_at(obj: Mapping[str, Any]) -> str | None:
    """The annotation of a workload's template, or None."""
    metadata = obj["spec"]["template"].get("metadata") or {}
    value = (metadata.get("annotations") or {}).get(RESTARTED_AT)
    return None if value is None else str(value)


def refused_throughout(timeline: Timeline, role: str, since: float, now: float) -> str:
    """Who has refused the pods of a workload for `REFUSED_SECONDS` while none was created; or nothing."""
    created = [
        seen.at
        for seen in timeline.seen
        if isinstance(seen, PodSeen) and seen.workload == role and seen.change is Change.ADDED
    ]
    found = refusals(timeline, role, max([since, *created]), now)
    if not found or now - found[0].first_at < REFUSED_SECONDS:
        return ""
    return sentence(found[0], since)[:-1]


def deadline_is_over(obj: Mapping[str, Any]) -> bool:
    """Whether a Deployment's rollout has missed its progress deadline."""
    return condition(dict(obj), "Progressing").get("reason") == "ProgressDeadlineExceeded"


def _write(recorder: Recorder, plan: Plan, value: str | None) -> None:
    body = {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: value}}}}}
    recorder.kube.patch(plan.target.kind, plan.target.name, body)
