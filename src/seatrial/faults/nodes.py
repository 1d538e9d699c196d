"""What losing or draining a node means for the pods on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Unpack

from seatrial.errors import FaultRefused
from seatrial.faults.base import Fault, Picking
from seatrial.faults.victims import candidates
from seatrial.kube.client import Kube
from seatrial.kube.ours import is_ours
from seatrial.kube.records import controller
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.right import reading
from seatrial.model.timeline import PodSeen, Timeline


class NodePicking(Picking, total=False):
    """What a fault hands on to `NodeFault` where its constructor takes `**picking`."""

    node: str


class NodeFault(Fault):
    """A fault of the node that holds a pod of a role.

    Args:
        role, pod, selector, seed: pick the node; see `Fault`.
        node: name of the node instead.
    """

    def __init__(self, role: str, *, node: str = "", **picking: Unpack[Picking]) -> None:
        super().__init__(role, **picking)
        self.node = node

    def nodes(self, recorder: Recorder) -> list[str]:
        """The node that is hit; where nobody named it or its pod, then those that may be hit in its place.

        Raises:
            FaultRefused: no such node holds a ready pod of the role.
        """
        ready = candidates(recorder.snapshot(), recorder.system, self.role, spare_last=False)
        nodes = sorted({pod.node for pod in ready})
        if self.node and self.node not in nodes:
            raise FaultRefused(
                f"node {self.node} holds no ready pod of role {self.role!r}, nothing was disturbed",
                next_step=f"nodes that do: {', '.join(nodes)}",
            )
        first = self.node or self.pick(self.matching(ready, recorder)).node
        return [first] if self.node or self.pod else [first, *(name for name in nodes if name != first)]


CLAIMS = reading(("PersistentVolume", "PersistentVolumeClaim"), "list")
"""Without them nobody knows which pods could not come back on another node."""
HOSTNAME = "kubernetes.io/hostname"
MIRROR = "kubernetes.io/config.mirror"


def no_refuge(names: Sequence[str], nodes: Iterable[Mapping[str, Any]]) -> str:
    """Why no other node could take the pods of these, with the arithmetic; empty when one could."""
    others = [other for other in nodes if other["metadata"]["name"] not in names]
    if any(takes_pods(other) for other in others):
        return ""
    which = f": {', '.join(sorted(str(other['metadata']['name']) for other in others))}" if others else ""
    return (
        f"no other node could take the pods of {', '.join(names)}: of {len(others)} others 0 take pods{which}"
    )


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
    """Names of the claims whose volume can only be used on one node. Raises Forbidden."""
    volumes = kube.objects("PersistentVolume")
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


def tied_claims(pod: Mapping[str, Any], claims: Collection[str]) -> list[str]:
    """Those of the claims that the pod uses."""
    volumes = (pod.get("spec") or {}).get("volumes") or ()
    used = [str((volume.get("persistentVolumeClaim") or {}).get("claimName") or "") for volume in volumes]
    return [claim for claim in used if claim in claims]


def stays(pod: Mapping[str, Any], claims: Collection[str] = ()) -> str:
    """Why a drain leaves the pod on its node; empty when it is evicted."""
    metadata, owner = pod["metadata"], controller(pod)
    tied = tied_claims(pod, claims)
    reasons = (
        ((pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"), "it has ended"),
        (metadata.get("deletionTimestamp"), "it is terminating already"),
        (MIRROR in (metadata.get("annotations") or {}), "it is a static pod of the node"),
        (is_ours(pod), "it sends the traffic"),
        (not owner, "nothing would replace it (no controller)"),
        (owner.get("kind") == "DaemonSet", "it belongs to a DaemonSet"),
        (tied, f"its volume {', '.join(tied)} lies on this node"),
    )
    return next((words for holds, words in reasons if holds), "")


def require_replicas(victims: Iterable[PodSeen], timeline: Timeline, stateless: Iterable[str]) -> None:
    """Refuse when a stateless workload runs in a single pod and the fault would take it.

    More replicas on one node are not refused: to hold some back is what a disruption budget is for.

    Raises:
        FaultRefused: with the pod's name.
    """
    taken = {pod.workload: pod.name for pod in victims if pod.workload}
    for role in stateless:
        if role in taken and len([pod for pod in pods_now(timeline, role) if pod.ready]) <= 1:
            raise FaultRefused(
                f"{taken[role]} is the last ready replica of role {role!r}, which must stay up",
                next_step="run two or more replicas, or hit another node",
            )
