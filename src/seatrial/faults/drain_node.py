"""Cordon a node and evict the system's pods from it: a voluntary disruption. Reverting it uncordons."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from seatrial.errors import FaultRefused, WaitExpired
from seatrial.faults.base import FaultBlocked, Impossible, Plan, Verified
from seatrial.faults.budgets import blocking, budgets_over
from seatrial.faults.effects.object_fields import ObjectFields
from seatrial.faults.evict_pod import BUDGETS, EVICT, evict_all
from seatrial.faults.journal import new_id
from seatrial.faults.nodes import (
    CLAIMS,
    NodeFault,
    NodePicking,
    claims_on_nodes,
    no_refuge,
    require_replicas,
    stays,
)
from seatrial.faults.registry import fault
from seatrial.faults.victims import pods_gone
from seatrial.kube.client import Kube
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.fault import BLOCKED, BUDGETS_KEPT, TRIED, Disruption, Target
from seatrial.model.right import Right
from seatrial.model.timeline import Change, NodeSeen, PodSeen, Timeline
from seatrial.waiting import NotYet, Ready

EVICT_SECONDS = 120.0
MARK = "seatrial.dev/cordoned-by"
UNSCHEDULABLE = ("spec", "unschedulable")
MARK_PATH = ("metadata", "annotations", MARK)


@fault(
    "drain-node",
    disruption=Disruption.VOLUNTARY,
    expected_seconds=40,
    at_most_seconds=360,
    rights=[Right(("get", "list", "watch", "patch"), "Node"), EVICT, BUDGETS, *CLAIMS],
)
class DrainNode(NodeFault):
    """Drain the node that holds a pod of a role.

    Only pods in the system's own namespace are evicted: consent is given for no other. Pods of DaemonSets
    stay, as with kubectl; so do pods that could not come back elsewhere: those that nothing would replace,
    and those whose volume lies on the node. All that stays is named in the details.

    Args:
        role, pod, selector, node, seed: see `NodeFault`.
        evict_seconds: how long disruption budgets may forbid evictions.
    """

    def __init__(
        self, role: str, *, evict_seconds: float = EVICT_SECONDS, **picking: Unpack[NodePicking]
    ) -> None:
        super().__init__(role, **picking)
        self.evict_seconds = evict_seconds
        self.at_most_seconds = self.at_most_seconds + max(evict_seconds - EVICT_SECONDS, 0.0)

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        timeline, kube = recorder.snapshot(), recorder.kube
        name, *_ = self.nodes(recorder)
        node = kube.get("Node", name)
        require_uncordoned(node)
        target = Target("Node", "", name, node["metadata"]["uid"])
        pods = kube.objects("Pod", fields=f"spec.nodeName={name}")
        claims = claims_on_nodes(kube)
        left = {pod["metadata"]["name"]: stays(pod, claims) for pod in pods if stays(pod, claims)}
        evictable = {pod["metadata"]["uid"] for pod in pods if pod["metadata"]["name"] not in left}
        victims = tuple(pod for pod in pods_now(timeline) if pod.uid in evictable)
        require_replicas(victims, timeline, [r for r, w in recorder.system.workloads.items() if w.stateless])
        if reason := no_refuge([name], kube.objects("Node")):
            return Impossible(target, self.role, self.seed, reason)
        names = [pod.name for pod in victims]
        budgets = budgets_over(kube, names)
        if reason := blocking(budgets, names):
            return Impossible(target, self.role, self.seed, reason, {BLOCKED: True})
        graces = [int(pod["spec"].get("terminationGracePeriodSeconds") or 30) for pod in pods]
        return Plan(
            target=target,
            workload=self.role,
            seed=self.seed,
            victims=victims,
            effects=(cordon(kube, name, new_id(self.name)),),
            verify_seconds=max(graces) + 45,
            details={"evicted": names, "left": left, BUDGETS_KEPT: [one.plain() for one in budgets]},
        )

    def inject(self, plan: Plan, recorder: Recorder) -> float:
        super().inject(plan, recorder)
        try:
            return evict_all(recorder.kube, {pod.name: pod.uid for pod in plan.victims}, self.evict_seconds)
        except WaitExpired as error:
            reason = f"{error.where.removeprefix('last answer: ')}, for {self.evict_seconds:g} s"
            waiting = still_waiting(plan.victims, recorder.snapshot())
            if waiting:
                reason = f"{reason}; meanwhile {', '.join(waiting)}"
            found = Impossible(plan.target, self.role, self.seed, reason, {BLOCKED: True, TRIED: True})
            raise FaultBlocked(
                found, next_step="loosen the PodDisruptionBudget or run more replicas; the node is uncordoned"
            ) from error

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        timeline = recorder.snapshot()
        gone = pods_gone(timeline, [pod.uid for pod in plan.victims])
        if isinstance(gone, NotYet):
            return gone
        cordoned_at = _cordoned_at(timeline, plan.target.name)
        if cordoned_at is None:
            return NotYet(f"{plan.target.name} was not seen unschedulable")
        seconds = gone.value - injected_at
        words = f"{plan.target.name} unschedulable, {len(plan.victims)} pods gone after {seconds:.1f} s"
        return Ready(Verified(gone.value, words))


def still_waiting(victims: Iterable[PodSeen], timeline: Timeline) -> list[str]:
    """The pods that are to take the place of evicted ones and are not Ready, each with its reason."""
    owners = {pod.owner for pod in victims if pod.owner}
    return sorted(
        f"{pod.name} is {pod.reason or pod.phase}"
        for pod in pods_now(timeline)
        if pod.owner in owners and not pod.ready and not pod.deleting
    )


def cordon(kube: Kube, node: str, mark: str) -> ObjectFields:
    """The effect of cordoning; `mark` tells our cordon from somebody else's."""
    values: dict[tuple[str, ...], Any] = {UNSCHEDULABLE: True, MARK_PATH: mark}
    return ObjectFields.planned(kube, "Node", node, values, namespace="")


def require_uncordoned(node: Mapping[str, Any]) -> None:
    """Refuse when the node is cordoned already.

    Raises:
        FaultRefused: with the mark of whoever did it, where it has one.
    """
    if node.get("spec", {}).get("unschedulable"):
        mark = (node["metadata"].get("annotations") or {}).get(MARK)
        raise FaultRefused(
            f"node {node['metadata']['name']} is cordoned already" + (f" by {mark}" if mark else ""),
            next_step="`seatrial revert` if it was ours, else uncordon it",
        )


def _cordoned_at(timeline: Timeline, name: str) -> float | None:
    states = [seen for seen in timeline.seen if isinstance(seen, NodeSeen) and seen.name == name]
    for before, after in itertools.pairwise(states):
        if before.schedulable and not after.schedulable and after.change is not Change.DELETED:
            return after.at
    return None
