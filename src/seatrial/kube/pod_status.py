"""What the status of a pod says of its containers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seatrial.kube.clock import server_time
from seatrial.model.timeline import Clock

Object = Mapping[str, Any]


def condition(obj: Object, kind: str) -> Mapping[str, Any]:
    """The status condition of that type, or an empty mapping."""
    for entry in (obj.get("status") or {}).get("conditions") or ():
        if entry.get("type") == kind:
            return dict(entry)
    return {}


def pod_reason(pod: Object) -> str:
    """Why the pod waits, or how it ended; empty when all is well."""
    status = pod.get("status") or {}
    containers = (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or [])
    if reason := waiting_reason(containers):
        return reason
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return str(scheduled.get("reason") or "Unschedulable")
    return str(status.get("reason") or "")


def running_images(containers: Iterable[Object]) -> tuple[str, ...]:
    """What containers run by digest, in the order of their names."""
    ordered = sorted(containers, key=lambda container: str(container.get("name")))
    return tuple(str(container["imageID"]) for container in ordered if container.get("imageID"))


def last_end(containers: Iterable[Object], clock: Clock) -> tuple[str, float | None]:
    """How and when the container that was started again last had ended; empty when none was."""
    ends = [
        (server_time(ended.get("finishedAt"), clock) or 0.0, str(ended.get("reason") or ""))
        for container in containers
        if (ended := (container.get("lastState") or {}).get("terminated"))
    ]
    at, reason = max(ends, default=(0.0, ""))
    return reason, at or None


def waiting_reason(containers: Iterable[Object]) -> str:
    """Why one of these containers waits or ended badly; empty when all is well."""
    for container in containers:
        state = container.get("state") or {}
        for part in ("waiting", "terminated"):
            reason = str((state.get(part) or {}).get("reason") or "")
            if reason and reason not in ("Completed", "PodInitializing", "ContainerCreating"):
                return reason
    return ""
