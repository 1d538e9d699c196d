"""Roll out a version that does not work: a voluntary disruption that a good rollout strategy contains."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, Literal

from seatrial.errors import FaultRefused
from seatrial.faults.bad_server import CONTAINERS, bad_server, require_service, serves_since
from seatrial.faults.base import Fault, Impossible, Plan, Verified
from seatrial.faults.effects.fields import Path
from seatrial.faults.effects.object_fields import ObjectFields
from seatrial.faults.registry import fault
from seatrial.faults.revisions import pods_of, revision_of, rolled_out, still_another
from seatrial.faults.victims import workload_of
from seatrial.judge.hpa.possible import ready_after_seconds
from seatrial.kube.pod_status import condition
from seatrial.kube.rollout import lacking
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import BAD_REVISION, Disruption
from seatrial.model.right import Right, of_kind, on_workload
from seatrial.model.system import HELPER_IMAGE
from seatrial.model.timeline import PodSeen, Timeline
from seatrial.waiting import NotYet, Ready

# An address of the node itself where nobody listens: the pull fails at once, and no packet leaves the node.
MISSING_IMAGE = "127.0.0.1:1/seatrial/there-is-no-such-image:none"
NOT_PULLED = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull")
CLOSED_PORT = 1
NEVER_READY_SECONDS = 5.0
READY_MARGIN_SECONDS = 5
START_SECONDS = 90.0
"""How long the first pod of the new revision may take to be scheduled and started."""

Kind = Literal["image-missing", "crash-after-ready", "never-ready", "answers-500"]


@fault(
    "bad-rollout",
    disruption=Disruption.VOLUNTARY,
    expected_seconds=22,
    at_most_seconds=300,
    becomes_available=False,
    # The controller of a StatefulSet leaves a pod that is stuck on the bad revision: its revert deletes it.
    rights=[*on_workload("get", "patch"), Right(("delete",), "Pod", when=of_kind("StatefulSet"))],
)
class BadRollout(Fault):
    """Change a workload's template so that its new pods do not work, and restore it afterwards.

    It stays in place until the rollout has missed its progress deadline, or for `hold_seconds`, whichever is
    less.

    Args:
        role, seed: see `Fault`.
        kind: `image-missing` (an image that does not exist), `crash-after-ready` (a liveness probe that
            begins to fail after the pod was ready), `never-ready` (a readiness probe of a closed port),
            `answers-500` (the helper image: its probes are answered well, all else by 500).
        container: the container that is changed; empty for the first one.
        ready_seconds: for `crash-after-ready`: when the liveness probe begins, counted from the start; later
            where the pod's own probes let it be ready later.
        image: for `answers-500`: reference of the helper image; its logical name for the session's own.
        hold_seconds: the longest that it stays in place after it was verified.
    """

    def __init__(
        self,
        role: str,
        *,
        kind: Kind = "image-missing",
        container: str = "",
        ready_seconds: int = 10,
        image: str = HELPER_IMAGE,
        hold_seconds: float = 60.0,
        seed: int = 0,
    ) -> None:
        super().__init__(role, seed=seed)
        self.kind = kind
        self.container = container
        self.ready_seconds = ready_seconds
        self.image = image if kind == "answers-500" else ""
        self._hold_for(hold_seconds)

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        found = rolled_out(self, recorder)
        if isinstance(found, Impossible):
            return found
        target, container = found.target, self._container(found.obj)
        # A liveness probe that began before the pod can be Ready would be another flaw than the one wanted.
        delay_seconds = math.ceil(ready_after_seconds(found.obj["spec"]["template"]["spec"]))
        ready_seconds = max(self.ready_seconds, delay_seconds + READY_MARGIN_SECONDS)
        if self.kind == "answers-500":
            values = self._bad_server(recorder, found.obj, container)
        else:
            values = template_values(self.kind, container, ready_seconds)
        effect = ObjectFields.planned(
            recorder.kube, target.kind, target.name, values, namespace=target.namespace
        )
        deadline = (found.obj.get("spec") or {}).get("progressDeadlineSeconds")
        return Plan(
            target=target,
            workload=self.role,
            seed=self.seed,
            victims=found.pods,
            effects=(effect,),
            verify_seconds=START_SECONDS + ready_seconds + NEVER_READY_SECONDS,
            hold_seconds=min(self.hold_seconds, float(deadline or self.hold_seconds)),
            details={
                "kind": self.kind,
                "container": container,
                "revision_before": found.revision,
                "progress_deadline_seconds": deadline,
            },
        )

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        workload = workload_of(recorder.system, self.role)
        before = plan.details["revision_before"]
        new = [pod for pod in pods_of(recorder.kube, workload) if revision_of(pod, workload) != before]
        if not new:
            return NotYet("there is no pod of the new revision yet")
        timeline = recorder.snapshot()
        for pod in new:
            found = self._shown(timeline, pod["metadata"]["uid"], plan.details["container"])
            if found is not None:
                at, shown = found
                details = {BAD_REVISION: revision_of(pod, workload)}
                after = f"(seen {at - injected_at:.1f} s after the change)"
                words = f"{pod['metadata']['name']}, of the new revision, {shown} {after}"
                return Ready(Verified(at, words, details=details))
        return NotYet(f"{len(new)} pods of the new revision, none is {self.kind} yet")

    def held_enough(self, plan: Plan, recorder: Recorder, verified_at: float) -> Ready[None] | NotYet:
        """Until the rollout has missed its progress deadline, or for the plan's `hold_seconds`."""
        obj = recorder.kube.get(plan.target.kind, plan.target.name)
        if condition(obj, "Progressing").get("reason") == "ProgressDeadlineExceeded":
            return Ready(None)
        return super().held_enough(plan, recorder, verified_at)

    def available(self, plan: Plan, recorder: Recorder, since: float) -> Ready[float] | NotYet:
        """As for every fault, and every pod is of the revision of before again."""
        workload = workload_of(recorder.system, self.role)
        before = plan.details["revision_before"]
        others = still_another(pods_of(recorder.kube, workload), workload, before)
        if others:
            return NotYet(f"not of the revision of before: {', '.join(others)}")
        missing = lacking(recorder.kube.get(workload.kind, workload.name))
        return NotYet(missing) if missing else super().available(plan, recorder, since)

    def _shown(self, timeline: Timeline, uid: str, container: str) -> tuple[float, str] | None:
        if self.kind == "answers-500":
            return serves_since(timeline, uid)
        return shows_bad_state(self.kind, container, timeline.pods.get(uid, ()), time.monotonic())

    def _bad_server(self, recorder: Recorder, obj: Mapping[str, Any], container: str) -> dict[Path, Any]:
        require_service(recorder.snapshot(), self.role)
        if self.image == HELPER_IMAGE:
            raise FaultRefused(
                "it is not known where the helper image is, nothing was disturbed",
                next_step="give its reference as the argument `image`",
            )
        journey = recorder.system.journeys[recorder.system.journey_of(self.role)].request.path
        return bad_server(obj["spec"]["template"]["spec"], container, self.image, journey=journey)

    def _container(self, obj: Mapping[str, Any]) -> str:
        names = [str(item["name"]) for item in obj["spec"]["template"]["spec"]["containers"]]
        if self.container and self.container not in names:
            raise FaultRefused(
                f"{obj['kind'].lower()}/{obj['metadata']['name']} has no container {self.container!r}, "
                "nothing was disturbed",
                next_step=f"its containers: {', '.join(names)}",
            )
        return self.container or names[0]


def template_values(kind: str, container: str, ready_seconds: int) -> dict[Path, Any]:
    """What a bad rollout writes into the pod template."""
    place = (*CONTAINERS, f"[name={container}]")
    probe = {"tcpSocket": {"port": CLOSED_PORT}, "periodSeconds": 1, "failureThreshold": 1}
    if kind == "image-missing":
        return {(*place, "image"): MISSING_IMAGE}
    if kind == "crash-after-ready":
        return {(*place, "livenessProbe"): {**probe, "initialDelaySeconds": ready_seconds}}
    return {(*place, "readinessProbe"): probe}


def shows_bad_state(
    kind: str, container: str, states: tuple[PodSeen, ...], now: float
) -> tuple[float, str] | None:
    """When the states of a pod first show what is wrong with it, and in words; None while they do not."""
    ready: PodSeen | None = None
    running: PodSeen | None = None
    for state in states:
        if kind == "image-missing" and state.reason in NOT_PULLED:
            return state.at, f"waits with {state.reason} for an image that does not exist"
        if kind == "crash-after-ready" and ready is not None and state.restarts > ready.restarts:
            return state.at, f"was ready, and {container} was killed {state.at - ready.at:.1f} s later"
        if state.ready:
            ready = ready or state
        if state.phase == "Running" and state.started_at is not None:
            running = running or state
    if kind == "never-ready" and running is not None and ready is None:
        shown_at = running.at + NEVER_READY_SECONDS
        return (shown_at, f"runs for {NEVER_READY_SECONDS:g} s and is not ready") if now >= shown_at else None
    return None
