"""When a workload is available again after a fault: as many ready pods and serving endpoints as wanted."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from seatrial.kube.client import Kube
from seatrial.model.system import Workload
from seatrial.model.timeline import Change, Endpoint, EndpointsSeen, PodSeen, Timeline, WorkloadSeen
from seatrial.waiting import NotYet, Ready


class Availability:
    """The state of one role, followed record by record.

    Status fields of the workload lag behind its pods, so the pods themselves are counted.
    """

    def __init__(self, role: str, lost_nodes: Collection[str] = ()) -> None:
        self.role = role
        self._lost_nodes = lost_nodes
        self._wanted: int | None = None
        self._pods: dict[str, PodSeen] = {}
        self._slices: dict[str, EndpointsSeen] = {}
        self._services: set[str] = set()
        self._names: set[str] = set()

    def take(self, item: object) -> bool:
        """Follow one record; whether it concerned this role."""
        if isinstance(item, WorkloadSeen) and item.workload == self.role:
            self._wanted = 0 if item.change is Change.DELETED else item.wanted
        elif isinstance(item, PodSeen) and item.workload == self.role:
            self._names.add(item.name)
            self._pods[item.uid] = item
            if item.change is Change.DELETED or item.node in self._lost_nodes:
                del self._pods[item.uid]
        elif isinstance(item, EndpointsSeen):
            self._slices[item.slice_name] = item
            if item.change is Change.DELETED:
                del self._slices[item.slice_name]
        else:
            return False
        return True

    def lacking(self) -> str:
        """What is missing, in words; empty when the role is available."""
        if self._wanted is None:
            return f"the workload of role {self.role} was not seen"
        ready = {pod.name: pod for pod in self._pods.values() if pod.ready and not pod.deleting}
        if len(ready) < self._wanted:
            waiting = sorted(pod.reason for pod in self._pods.values() if pod.reason)
            return f"{len(ready)} of {self._wanted} pods ready" + (
                f" ({', '.join(waiting)})" if waiting else ""
            )
        serving: dict[str, set[str]] = {}
        for piece in self._slices.values():
            mine = [endpoint for endpoint in piece.endpoints if endpoint.pod in self._names]
            if mine:
                self._services.add(piece.service)
            serving.setdefault(piece.service, set()).update(
                endpoint.pod
                for endpoint in mine
                if endpoint.ready and not endpoint.terminating and _points_to(endpoint, ready)
            )
        for service in sorted(self._services):
            count = len(serving.get(service, set()))
            if count < self._wanted:
                return f"{count} of {self._wanted} endpoints of service {service} serve"
        return ""


def _points_to(endpoint: Endpoint, ready: Mapping[str, PodSeen]) -> bool:
    """Whether the endpoint is one of these pods, and not an earlier one of the same name."""
    pod = ready.get(endpoint.pod)
    return pod is not None and (pod.ip == endpoint.ip or (":" in pod.ip) != (":" in endpoint.ip))


def available_since(
    timeline: Timeline, role: str, *, since: float, lost_nodes: Collection[str] = ()
) -> Ready[float] | NotYet:
    """The first moment from `since` on at which the role was available.

    Args:
        lost_nodes: their pods do not count: the API server calls them ready for a while after a loss.
    """
    state = Availability(role, lost_nodes)
    reached = False
    for item in timeline.seen:
        if item.at > since and not reached:
            reached = True
            if not state.lacking():
                return Ready(since)
        if state.take(item) and reached and not state.lacking():
            return Ready(item.at)
    missing = state.lacking()
    return NotYet(missing) if missing else Ready(max(since, timeline.began_at))


def lagging(kube: Kube, workload: Workload) -> str:
    """What a workload lacks by the API server's own word; empty when its controller counts enough ready pods.

    Watches lag a little: right after a change they still show the workload as it was before.
    """
    name = f"{workload.kind.lower()}/{workload.name}"
    obj = kube.find(workload.kind, workload.name)
    if obj is None:
        return f"{name} does not exist"
    status, replicas = obj.get("status") or {}, (obj.get("spec") or {}).get("replicas")
    if int(status.get("observedGeneration") or 0) < int(obj["metadata"].get("generation") or 0):
        return f"{name} is not yet seen by its controller"
    wanted, ready = 1 if replicas is None else int(replicas), int(status.get("readyReplicas") or 0)
    return f"{ready} of {wanted} pods of {name} ready" if ready < wanted else ""
