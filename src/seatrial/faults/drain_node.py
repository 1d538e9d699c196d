"""Cordon a node and evict the system's pods from it: a planned disruption. Its undo uncordons."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar

from seatrial.errors import FaultRefused, WaitExpired
from seatrial.faults.base import Fault, Plan, Proof, candidates, pods_gone
from seatrial.faults.evict_pod import evict_all
from seatrial.faults.journal import FieldChange, ObjectChange, new_id
from seatrial.faults.revert import merge_patch
from seatrial.kube.client import Kube
from seatrial.kube.errors import Forbidden
from seatrial.kube.records import controller
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.fault import Disruption, Target
from seatrial.model.timeline import Change, NodeSeen, PodSeen, Timeline
from seatrial.waiting import NotYet, Ready

MARK = "seatrial.dev/cordoned-by"
HOSTNAME = "kubernetes.io/hostname"
MIRROR = "kubernetes.io/config.mirror"


class DrainNode(Fault):
    """Drain the node that holds a pod of a role.

    Only pods in the system's own namespace are evicted: consent is given for no other. Pods of DaemonSets
    stay, as with kubectl; so do pods that could not come back elsewhere: those that nothing would replace,
    and those whose volume lies on the node. All that stays is named in the details.

    Args:
        role, pod, selector, seed: pick the node; see `Fault`.
        node: name of the node instead.
        evict_seconds: how long disruption budgets may forbid evictions.
    """

    name: ClassVar[str] = "drain-node"
    disruption: ClassVar[Disruption] = Disruption.VOLUNTARY

    def __init__(
        self,
        role: str,
        *,
        pod: str = "",
        selector: str = "",
        node: str = "",
        seed: int = 0,
        evict_seconds: float = 120.0,
    ) -> None:
        super().__init__(role, pod=pod, selector=selector, seed=seed)
        self.node = node
        self.evict_seconds = evict_seconds

    def plan(self, recorder: Recorder) -> Plan:
        timeline, kube = recorder.snapshot(), recorder.kube
        ready = candidates(timeline, recorder.system, self.role, spare_last=False)
        name = self.node or self.pick(self.matching(ready, recorder)).node
        if not any(pod.node == name for pod in ready):
            raise FaultRefused(
                f"node {name} holds no ready pod of role {self.role!r}, nothing was disturbed",
                next_step=f"nodes that do: {', '.join(sorted({pod.node for pod in ready}))}",
            )
        node = kube.get("Node", name)
        require_refuge(node, kube.objects("Node"))
        pods = kube.objects("Pod", fields=f"spec.nodeName={name}")
        claims = claims_on_nodes(kube)
        left = {pod["metadata"]["name"]: stays(pod, claims) for pod in pods if stays(pod, claims)}
        evictable = {pod["metadata"]["uid"] for pod in pods if pod["metadata"]["name"] not in left}
        victims = tuple(pod for pod in pods_now(timeline) if pod.uid in evictable)
        require_replicas(victims, timeline, [r for r, w in recorder.system.workloads.items() if w.stateless])
        graces = [int(pod["spec"].get("terminationGracePeriodSeconds") or 30) for pod in pods]
        return Plan(
            target=Target("Node", "", name, node["metadata"]["uid"]),
            workload=self.role,
            seed=self.seed,
            victims=victims,
            changes=(cordon(node, new_id(self.name)),),
            verify_seconds=max(graces) + 45,
            details={
                "evicted": [pod.name for pod in victims],
                "left": left,
            },
        )

    def inject(self, plan: Plan, recorder: Recorder) -> float:
        fields = list(plan.changes[0].fields)
        recorder.kube.patch("Node", plan.target.name, merge_patch(fields, written=True))
        try:
            return evict_all(recorder.kube, {pod.name: pod.uid for pod in plan.victims}, self.evict_seconds)
        except WaitExpired as error:
            raise FaultRefused(
                f"{plan.target} could not be drained: {error.where.removeprefix('last answer: ')}",
                where=error.what,
                next_step="loosen the PodDisruptionBudget or run more replicas; the node is uncordoned again",
            ) from error

    def proof(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Proof] | NotYet:
        timeline = recorder.snapshot()
        gone = pods_gone(timeline, [pod.uid for pod in plan.victims])
        if isinstance(gone, NotYet):
            return gone
        cordoned_at = _cordoned_at(timeline, plan.target.name)
        if cordoned_at is None:
            return NotYet(f"{plan.target.name} was not seen unschedulable")
        seconds = gone.value - injected_at
        words = f"{plan.target.name} unschedulable, {len(plan.victims)} pods gone after {seconds:.1f} s"
        return Ready(Proof(gone.value, words))


def cordon(node: Mapping[str, Any], mark: str) -> ObjectChange:
    """What cordoning changes; `mark` tells our cordon from somebody else's."""
    unschedulable = node.get("spec", {}).get("unschedulable")
    return ObjectChange(
        kind="Node",
        name=node["metadata"]["name"],
        namespace="",
        uid=node["metadata"]["uid"],
        fields=(
            FieldChange(("spec", "unschedulable"), unschedulable, True),
            FieldChange(("metadata", "annotations", MARK), None, mark),
        ),
    )


def require_refuge(node: Mapping[str, Any], nodes: Iterable[Mapping[str, Any]]) -> None:
    """Refuse when the node is cordoned already, or when no other node could take its pods.

    Raises:
        FaultRefused: with the reason.
    """
    name = node["metadata"]["name"]
    if node.get("spec", {}).get("unschedulable"):
        mark = (node["metadata"].get("annotations") or {}).get(MARK)
        raise FaultRefused(
            f"node {name} is cordoned already" + (f" by {mark}" if mark else ""),
            next_step="`seatrial heal` if it was ours, else uncordon it",
        )
    others = [other for other in nodes if other["metadata"]["name"] != name and takes_pods(other)]
    if not others:
        raise FaultRefused(f"no other node could take the pods of {name}", next_step="add a node")


def takes_pods(node: Mapping[str, Any]) -> bool:
    """Whether an ordinary pod may be scheduled to the node: ready, not cordoned, no hard taint."""
    spec = node.get("spec") or {}
    if spec.get("unschedulable"):
        return False
    if any(taint.get("effect") in ("NoSchedule", "NoExecute") for taint in spec.get("taints") or ()):
        return False
    conditions = (node.get("status") or {}).get("conditions") or ()
    return any(entry.get("type") == "Ready" and entry.get("status") == "True" for entry in conditions)


def claims_on_nodes(kube: Kube) -> frozenset[str]:
    """Names of the claims whose volume can only be used on one node; none where volumes may not be listed."""
    try:
        volumes = kube.objects("PersistentVolume")
    except Forbidden:
        return frozenset()
    tied = {volume["metadata"]["name"] for volume in volumes if tied_to_node(volume)}
    claims = kube.objects("PersistentVolumeClaim")
    return frozenset(c["metadata"]["name"] for c in claims if c["spec"].get("volumeName") in tied)


def tied_to_node(volume: Mapping[str, Any]) -> bool:
    """Whether a PersistentVolume demands a host by name, as local volumes do."""
    required = ((volume["spec"].get("nodeAffinity") or {}).get("required")) or {}
    terms = required.get("nodeSelectorTerms") or ()
    return any(
        expression.get("key") == HOSTNAME
        for term in terms
        for expression in term.get("matchExpressions") or ()
    )


def stays(pod: Mapping[str, Any], tied_claims: Collection[str] = ()) -> str:
    """Why a drain leaves the pod on its node; empty when it is evicted."""
    metadata, owner = pod["metadata"], controller(pod)
    volumes = (pod.get("spec") or {}).get("volumes") or ()
    claims = [(volume.get("persistentVolumeClaim") or {}).get("claimName") for volume in volumes]
    tied = [claim for claim in claims if claim in tied_claims]
    reasons = (
        ((pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"), "it has ended"),
        (metadata.get("deletionTimestamp"), "it is terminating already"),
        (MIRROR in (metadata.get("annotations") or {}), "it is a static pod of the node"),
        (not owner, "nothing would replace it (no controller)"),
        (owner.get("kind") == "DaemonSet", "it belongs to a DaemonSet"),
        (tied, f"its volume {', '.join(map(str, tied))} lies on this node"),
    )
    return next((words for holds, words in reasons if holds), "")


def require_replicas(victims: Iterable[PodSeen], timeline: Timeline, stateless: Iterable[str]) -> None:
    """Refuse when a stateless workload runs in a single pod and the drain would take it.

    More replicas on one node are not refused: to hold some back is what a disruption budget is for.

    Raises:
        FaultRefused: with the pod's name.
    """
    taken = {pod.workload: pod.name for pod in victims if pod.workload}
    for role in stateless:
        if role in taken and len([pod for pod in pods_now(timeline, role) if pod.ready]) <= 1:
            raise FaultRefused(
                f"{taken[role]} is the last ready replica of role {role!r}, which must stay up",
                next_step="run two or more replicas, or drain another node",
            )


def _cordoned_at(timeline: Timeline, name: str) -> float | None:
    states = [seen for seen in timeline.seen if isinstance(seen, NodeSeen) and seen.name == name]
    for before, after in itertools.pairwise(states):
        if before.schedulable and not after.schedulable and after.change is not Change.DELETED:
            return after.at
    return None
