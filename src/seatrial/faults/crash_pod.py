"""Kill every process of a pod's containers with SIGKILL: a crash, with no warning and no grace."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Unpack

from seatrial.faults.base import Fault, Picking, Plan, Verified
from seatrial.faults.effects.frozen_container import FrozenContainer
from seatrial.faults.kind_nodes import require_kind_node, signal_containers
from seatrial.faults.registry import fault
from seatrial.faults.victims import candidates, workload_of
from seatrial.kube.exec import EXEC, run_in_pod
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import Disruption, Target
from seatrial.model.right import Right, on_foreign_cluster
from seatrial.model.timeline import PodSeen
from seatrial.waiting import NotYet, Ready, consistently

KILLED = 128 + 9
VERIFY_SECONDS = 60.0


@fault(
    "crash-pod",
    disruption=Disruption.INVOLUNTARY,
    expected_seconds=15,
    at_most_seconds=240,
    rights=[Right(("get",), "Pod"), replace(EXEC, when=on_foreign_cluster)],
)
class CrashPod(Fault):
    """SIGKILL for all processes of one pod.

    On an own kind cluster the node's container runtime sends it, so process 1 dies too. Elsewhere
    `kill -9 -1` is run in each container, which spares process 1; where that one is the application itself
    the crash is not verified, and says so.

    Args:
        role, pod, selector, seed: see `Fault`. The last replica is spared only where the role is stateless.
        frozen_seconds: how long its processes are stopped before, on an own kind cluster: so that what it is
            given meanwhile is surely in its hands.
    """

    def __init__(self, role: str, *, frozen_seconds: float = 0.0, **picking: Unpack[Picking]) -> None:
        super().__init__(role, **picking)
        self.frozen_seconds = frozen_seconds
        self.expected_seconds += frozen_seconds
        self.at_most_seconds += frozen_seconds

    def plan(self, recorder: Recorder) -> Plan:
        system = recorder.system
        stateless = workload_of(system, self.role).stateless
        ready = candidates(recorder.snapshot(), system, self.role, spare_last=stateless)
        victim = self.pick(self.matching(ready, recorder))
        by_engine = system.target.kind is not None
        if by_engine:
            require_kind_node(victim.node)
        freezing = victim.container_ids if by_engine and self.frozen_seconds else ()
        return Plan(
            target=Target("Pod", recorder.kube.namespace, victim.name, victim.uid),
            workload=self.role,
            seed=self.seed,
            victims=(victim,),
            effects=tuple(FrozenContainer.planned(victim.node, each.rpartition("/")[2]) for each in freezing),
            verify_seconds=VERIFY_SECONDS,
            details={"node": victim.node, "by": "engine" if by_engine else "exec", "one_of": len(ready)},
        )

    def inject(self, plan: Plan, recorder: Recorder) -> float:
        victim = plan.victims[0]
        pod = recorder.kube.get("Pod", victim.name)
        if plan.effects:
            super().inject(plan, recorder)
            seconds = self.frozen_seconds
            consistently(lambda: Ready(None), for_seconds=seconds, what="work is given to it and not done")
        sent_at = time.monotonic()
        if plan.details["by"] == "engine":
            identifiers = [identifier.rpartition("/")[2] for identifier in victim.container_ids]
            signal_containers(victim.node, identifiers, "SIGKILL", doing="killing the pod's processes")
        else:
            for container in pod["spec"]["containers"]:
                run_in_pod(recorder.kube, victim.name, container["name"], ["sh", "-c", "kill -9 -1"])
        return sent_at

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        victim = plan.victims[0]
        seen_at = _first_effect(victim, recorder, injected_at)
        if seen_at is None:
            return NotYet(f"{victim.name} runs on in the same containers" + _why_not(plan))
        pod = recorder.kube.find("Pod", victim.name)
        if pod is None or pod["metadata"]["uid"] != victim.uid:
            return NotYet(f"{victim.name} was replaced by another pod: that is no crash of its containers")
        codes = exit_codes(pod, victim.container_ids)
        if set(codes) != set(victim.container_ids):
            return NotYet(f"{len(codes)} of {len(victim.container_ids)} containers ended")
        if any(code != KILLED for code in codes.values()):
            return NotYet(
                f"containers ended with exit codes {sorted(codes.values())}, not by SIGKILL ({KILLED})"
            )
        seconds = seen_at - injected_at
        words = f"{len(codes)} container(s) of {victim.name} ended by SIGKILL, seen after {seconds:.1f} s"
        return Ready(Verified(seen_at, words, victim.name))


def exit_codes(pod: Mapping[str, Any], container_ids: tuple[str, ...]) -> dict[str, int]:
    """Exit code of each of these containers that has ended, by container id."""
    codes = {}
    for container in (pod.get("status") or {}).get("containerStatuses") or ():
        for state in (container.get("state") or {}, container.get("lastState") or {}):
            ended = state.get("terminated") or {}
            if ended.get("containerID") in container_ids:
                codes[str(ended["containerID"])] = int(ended.get("exitCode", -1))
    return codes


def _first_effect(victim: PodSeen, recorder: Recorder, injected_at: float) -> float | None:
    for state in recorder.snapshot().pods.get(victim.uid, ()):
        ended = state.restarts > victim.restarts or (not state.ready and bool(state.reason))
        if state.at >= injected_at and (ended or state.container_ids != victim.container_ids):
            return state.at
    return None


def _why_not(plan: Plan) -> str:
    if plan.details["by"] == "exec":
        return " (process 1 ignores SIGKILL from inside its own container; only an init process passes it on)"
    return ""
