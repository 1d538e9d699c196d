"""What the loss of whole nodes of our own kind cluster needs, does and shows, as when machines lose power."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Unpack

from seatrial.cluster.docker import inspect
from seatrial.errors import FaultRefused
from seatrial.faults.available import available_since
from seatrial.faults.base import Impossible, Plan, Verified
from seatrial.faults.effects.engine_container import EngineContainer
from seatrial.faults.kind_nodes import require_kind_node, require_own_cluster
from seatrial.faults.nodes import (
    CLAIMS,
    NodeFault,
    NodePicking,
    claims_on_nodes,
    no_refuge,
    require_replicas,
    tied_claims,
)
from seatrial.judge.lost import stays_away
from seatrial.kube.api import Object
from seatrial.kube.ours import is_ours
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.fault import LOST_PODS, NODES, TIED, TOLERATED, Target
from seatrial.model.right import Right, on_own_cluster
from seatrial.model.timeline import NodeSeen, PodSeen, Timeline
from seatrial.waiting import NotYet, Ready

NOT_READY_SECONDS = 90.0
"""46 s were measured until the API server called a node NotReady (its grace period is 40 s)."""
UNREACHABLE = "node.kubernetes.io/unreachable"
RIGHTS = [replace(right, when=on_own_cluster) for right in (Right(("get", "list", "watch"), "Node"), *CLAIMS)]


@dataclass(frozen=True)
class Lost:
    """Nodes that would be lost together.

    Attributes:
        target: what is told of them: a node, or a zone.
        nodes: their names.
    """

    target: Target
    nodes: tuple[str, ...]


class NodesLost(NodeFault):
    """Kill the containers of worker nodes; reverting it starts them again.

    Kubernetes notices after about 45 s, and replaces the pods of a node only when their toleration of an
    unreachable node is over (300 s, unless the pod says otherwise); those of a StatefulSet, never.

    Args:
        role, pod, selector, node, seed: see `NodeFault`.
        allow_last_with_data: also when the only replica of a stateful workload is there, with its volume.
    """

    def __init__(
        self, role: str, *, allow_last_with_data: bool = False, **picking: Unpack[NodePicking]
    ) -> None:
        super().__init__(role, **picking)
        self.allow_last_with_data = allow_last_with_data

    @abstractmethod
    def choices(self, recorder: Recorder, nodes: Collection[Object]) -> list[Lost] | Impossible:
        """What may be lost, the first choice first. Raises FaultRefused."""

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        require_own_cluster(
            recorder.system,
            "nodes are stopped only in a kind cluster of Seatrial's own",
            next_step="drain-node works on every cluster",
        )
        nodes = recorder.kube.objects("Node")
        choices = self.choices(recorder, nodes)
        if isinstance(choices, Impossible):
            return choices
        refusals: list[FaultRefused] = []
        for lost in choices:
            try:
                return self._plan(recorder, lost, nodes)
            except FaultRefused as error:
                refusals.append(error)
        raise refusals[0]

    def _plan(self, recorder: Recorder, lost: Lost, nodes: Collection[Object]) -> Plan | Impossible:
        """The plan to stop these nodes. Raises FaultRefused where that would be unsafe."""
        timeline, pods = recorder.snapshot(), []
        for name in lost.nodes:
            if require_kind_node(name) == "control-plane":
                raise FaultRefused(
                    f"node {name} is the control plane: without it nothing could be seen, nor reverted",
                    next_step="name a worker",
                )
            pods += recorder.kube.objects("Pod", fields=f"spec.nodeName={name}")
        victims = tuple(pod for pod in pods_now(timeline) if pod.node in lost.nodes)
        claims = claims_on_nodes(recorder.kube)
        self._require_safe(recorder, lost, victims, pods, claims)
        if reason := no_refuge(lost.nodes, nodes):
            return Impossible(lost.target, self.role, self.seed, reason)
        addresses = {name: [pod.ip for pod in victims if pod.node == name] for name in lost.nodes}
        return Plan(
            target=lost.target,
            workload=self.role,
            seed=self.seed,
            victims=victims,
            effects=tuple(EngineContainer.planned(name, "killed", ips) for name, ips in addresses.items()),
            verify_seconds=NOT_READY_SECONDS,
            details={
                NODES: list(lost.nodes),
                LOST_PODS: [pod.name for pod in victims],
                TOLERATED: {pod["metadata"]["name"]: tolerated_seconds(pod) for pod in pods},
                TIED: sorted(_with_data(pods, claims)),
            },
        )

    def _require_safe(
        self, recorder: Recorder, lost: Lost, victims: Collection[PodSeen], pods: Collection[Object],
        claims: frozenset[str],
    ) -> None:  # fmt: skip
        timeline, roles = recorder.snapshot(), recorder.system.workloads.items()
        require_replicas(victims, timeline, [role for role, workload in roles if workload.stateless])
        if any(is_ours(pod) for pod in pods):
            raise FaultRefused(
                f"the generator of the traffic runs on {lost.target}: without it nothing could be seen",
                next_step="name another node",
            )
        if not self.allow_last_with_data:
            stateful = [role for role, workload in roles if workload.stateful]
            tolerated = {pod["metadata"]["name"]: tolerated_seconds(pod) for pod in pods}
            require_other_data(victims, timeline, stateful, _with_data(pods, claims), tolerated)

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        timeline, last = recorder.snapshot(), injected_at
        for name in plan.details[NODES]:
            found = inspect("container", name)
            if found is not None and found["State"]["Running"]:
                return NotYet(f"the container of {name} runs")
            not_ready_at = lost_at(timeline, name, injected_at)
            if not_ready_at is None:
                return NotYet(
                    f"the container of {name} does not run, but the API server calls the node Ready"
                )
            last = max(last, not_ready_at)
        return Ready(Verified(last, _verified_words(plan.details[NODES], last - injected_at)))

    def available(self, plan: Plan, recorder: Recorder, since: float) -> Ready[float] | NotYet:
        """While nodes are lost: the fault's own workload, on the other nodes; then every one that was hit.

        A StatefulSet's pod is not replaced while its node is lost: nobody knows whether it still runs.
        """
        timeline, names = recorder.snapshot(), plan.details[NODES]
        if all(node_ready(timeline, name) for name in names):
            return super().available(plan, recorder, since)
        return available_since(timeline, plan.workload, since=since, lost_nodes=frozenset(names))


def _verified_words(names: Collection[str], seconds: float) -> str:
    if len(names) == 1:
        (name,) = names
        return f"the container of {name} does not run, the node was NotReady after {seconds:.1f} s"
    return f"the containers of {', '.join(names)} do not run, all were NotReady after {seconds:.1f} s"


def lost_at(timeline: Timeline, node: str, since: float) -> float | None:
    """When the API server first called the node NotReady after `since`; None when it did not."""
    states = [seen for seen in timeline.seen if isinstance(seen, NodeSeen) and seen.name == node]
    return next((seen.at for seen in states if seen.at >= since and not seen.ready), None)


def node_ready(timeline: Timeline, node: str) -> bool:
    """Whether the node was Ready when it was last seen."""
    states = [seen for seen in timeline.seen if isinstance(seen, NodeSeen) and seen.name == node]
    return bool(states) and states[-1].ready


def require_other_data(
    victims: Iterable[PodSeen],
    timeline: Timeline,
    stateful: Iterable[str],
    with_data: frozenset[str],
    tolerated: Mapping[str, float | None],
) -> None:
    """Refuse when the only replica of a stateful workload would be lost together with its volume.

    Raises:
        FaultRefused: with the pod's name, and why nothing would bring it back but the node.
    """
    taken = {pod.workload: pod.name for pod in victims if pod.name in with_data}
    for role in stateful:
        if role in taken and len([pod for pod in pods_now(timeline, role) if pod.ready]) <= 1:
            raise FaultRefused(
                f"{taken[role]} is the only replica of role {role!r}, and its volume lies on the node: "
                f"{stays_away(tolerated.get(taken[role]), tied=True)}",
                next_step="stop another node, or set allow_last_with_data",
            )


def tolerated_seconds(pod: Mapping[str, Any]) -> float | None:
    """How long the pod stays on a lost node before it is replaced; None for ever."""
    for item in (pod.get("spec") or {}).get("tolerations") or ():
        if item.get("key") in (None, "", UNREACHABLE) and item.get("effect") in (None, "", "NoExecute"):
            seconds = item.get("tolerationSeconds")
            return None if seconds is None else float(seconds)
    return 0.0


def _with_data(pods: Iterable[Mapping[str, Any]], claims: frozenset[str]) -> frozenset[str]:
    return frozenset(pod["metadata"]["name"] for pod in pods if tied_claims(pod, claims))
