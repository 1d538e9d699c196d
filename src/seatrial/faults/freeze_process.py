"""Stop the processes of a container without ending them: it hangs, as in a deadlock."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

from seatrial.declared.live_probe import LIVENESS, LiveProbe, live_probes
from seatrial.errors import FaultRefused
from seatrial.faults.base import Fault, Impossible, Picking, Plan, Verified
from seatrial.faults.delete_pod import DEFAULT_GRACE_SECONDS
from seatrial.faults.effects.frozen_container import FrozenContainer
from seatrial.faults.kind_nodes import require_kind_node, require_own_cluster
from seatrial.faults.registry import fault
from seatrial.faults.victims import candidates
from seatrial.judge.liveness import is_new
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import ACTS_WITHIN, FROZEN, NO_PROBE, Disruption, Target
from seatrial.model.right import Right, on_own_cluster
from seatrial.model.timeline import PodSeen
from seatrial.waiting import NotYet, Ready

SLACK_SECONDS = 30.0
"""Beyond the probe's own arithmetic, for a busy machine. It ends as soon as the restart is seen."""
LONGEST_SECONDS = 240.0
"""A probe that may take longer to restart a container is not waited for."""
VERIFY_SECONDS = 15.0


@fault(
    "freeze-process",
    disruption=Disruption.INVOLUNTARY,
    expected_seconds=70,
    at_most_seconds=LONGEST_SECONDS + SLACK_SECONDS + VERIFY_SECONDS,
    becomes_available=False,
    rights=[Right(("get",), "Pod", when=on_own_cluster)],
)
class FreezeProcess(Fault):
    """SIGSTOP for all processes of the container of a ready pod that a liveness probe watches.

    The node's container runtime sends it: from inside, process 1 cannot be stopped. It stays in place until
    the container was restarted, or as long as its probe may take by its own arithmetic, and some more. A
    workload without a liveness probe is not frozen, for nothing would ever restart it.

    Args:
        role, pod, selector, seed: see `Fault`.
    """

    def __init__(self, role: str, **picking: Unpack[Picking]) -> None:
        super().__init__(role, **picking)

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        system, kube = recorder.system, recorder.kube
        require_own_cluster(system, "processes are stopped only on nodes of Seatrial's own kind cluster")
        ready = candidates(recorder.snapshot(), system, self.role, spare_last=True)
        victim = self.pick(self.matching(ready, recorder))
        require_kind_node(victim.node)
        target = Target("Pod", kube.namespace, victim.name, victim.uid)
        pod = kube.get("Pod", victim.name)
        watched = next(live_probes(pod, LIVENESS), None)
        if watched is None:
            reason = f"no container of {victim.name} has a liveness probe: nothing would notice that it hangs"
            return Impossible(target, self.role, self.seed, reason, {NO_PROBE: True})
        acts = Acts.of(watched, pod, _age_seconds(victim))
        if acts.seconds > LONGEST_SECONDS:
            reason = f"{acts} before {victim.name} is restarted, and at most {LONGEST_SECONDS:g} s are waited"
            return Impossible(target, self.role, self.seed, reason)
        frozen = container_id(pod, watched.container)
        return Plan(
            target=target,
            workload=self.role,
            seed=self.seed,
            victims=(victim,),
            effects=(FrozenContainer.planned(victim.node, frozen.rpartition("/")[2]),),
            verify_seconds=VERIFY_SECONDS,
            hold_seconds=acts.seconds + SLACK_SECONDS,
            details={
                "node": victim.node, "container": watched.container, "handler": watched.handler,
                "probe": str(watched), ACTS_WITHIN: acts.seconds, "arithmetic": str(acts), FROZEN: frozen,
            },
        )  # fmt: skip

    def verify(
        self,
        plan: Plan,
        recorder: Recorder,  # noqa: ARG002  the node is asked, not the API server
        injected_at: float,  # noqa: ARG002
    ) -> Ready[Verified] | NotYet:
        (frozen,) = plan.effects
        assert isinstance(frozen, FrozenContainer)
        states = frozen.states()
        running = [state for state in states if state not in ("T", "t", "Z")]
        if not states or running:
            return NotYet(f"{len(running)} of {len(states)} processes of {frozen} run")
        words = f"{len(states)} process(es) of {plan.details['container']} in {plan.target.name} stopped"
        return Ready(Verified(time.monotonic(), words, plan.target.name))

    def held_enough(self, plan: Plan, recorder: Recorder, verified_at: float) -> Ready[None] | NotYet:
        """Until the container was restarted, or the pod is going, or the plan's `hold_seconds` are over."""
        victim = plan.victims[0]
        states = recorder.snapshot().pods.get(victim.uid, ())
        frozen = str(plan.details[FROZEN])
        if states and (is_new(states[-1], victim.restarts, frozen) or states[-1].deleting):
            return Ready(None)
        return super().held_enough(plan, recorder, verified_at)


@dataclass(frozen=True)
class Acts:
    """How long kubelet may take to start a container anew that hangs, by what its pod declares."""

    probe: LiveProbe
    young_seconds: float
    grace_seconds: int

    @classmethod
    def of(cls, probe: LiveProbe, pod: Mapping[str, Any], age_seconds: float) -> Acts:
        """For a container that began so long ago."""
        grace = pod["spec"].get("terminationGracePeriodSeconds")
        grace = probe.grace_seconds if probe.grace_seconds is not None else grace
        young_seconds = max(probe.delay_seconds - age_seconds, 0.0)
        return cls(probe, young_seconds, DEFAULT_GRACE_SECONDS if grace is None else int(grace))

    @property
    def seconds(self) -> float:
        """All of it: what hangs does not end when it is told to, so it is killed after its grace period."""
        return self.young_seconds + self.probe.unanswered_at_most_seconds + self.grace_seconds

    def __str__(self) -> str:
        probe, grace = self.probe, f"{self.grace_seconds} s of grace"
        return (
            f"{self.seconds:g} s may pass by its own arithmetic ({probe.threshold} failures of {probe}, "
            f"period {probe.period_seconds} s, timeout {probe.timeout_seconds} s, then {grace})"
        )


def container_id(pod: Mapping[str, Any], container: str) -> str:
    """The id of a container, with its runtime's name, e.g. `containerd://3f..`.

    Raises:
        FaultRefused: it does not run.
    """
    status = pod.get("status") or {}
    every = (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ()))
    found = next((str(one.get("containerID") or "") for one in every if one["name"] == container), "")
    if not found:
        raise FaultRefused(f"container {container} of pod/{pod['metadata']['name']} does not run")
    return found


def _age_seconds(pod: PodSeen) -> float:
    return float("inf") if pod.started_at is None else time.monotonic() - pod.started_at
