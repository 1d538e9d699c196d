"""What a pod says of its containers. Pure."""

from __future__ import annotations

import re
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
    return str(status.get("reason") or "") or _closed_gate(pod)


def _closed_gate(pod: Object) -> str:
    """The readiness gate that alone keeps a pod from being Ready, in words; empty without."""
    if condition(pod, "ContainersReady").get("status") != "True":
        return ""
    gates = [str(gate.get("conditionType")) for gate in (pod.get("spec") or {}).get("readinessGates") or ()]
    for gate in gates:
        found = condition(pod, gate)
        if found.get("status") != "True":
            return f"readiness gate {gate} is {'not True' if found else 'unset: no controller sets it'}"
    return ""


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


def ended_at(containers: Iterable[Object], clock: Clock) -> float | None:
    """When the last of these containers ended; None where one runs, or none has ended yet."""
    ends: list[float] = []
    for container in containers:
        state = container.get("state") or {}
        if "running" in state:
            return None
        ended = state.get("terminated") or (container.get("lastState") or {}).get("terminated") or {}
        if (at := server_time(ended.get("finishedAt"), clock)) is not None:
            ends.append(at)
    return max(ends, default=None)


def waiting_reason(containers: Iterable[Object]) -> str:
    """Why one of these containers waits or ended badly; empty when all is well."""
    for container in containers:
        state = container.get("state") or {}
        for part in ("waiting", "terminated"):
            reason = str((state.get(part) or {}).get("reason") or "")
            if reason and reason not in ("Completed", "PodInitializing", "ContainerCreating"):
                return reason
    return ""


def pre_stop_seconds(pod: Object) -> float | None:
    """How long the pod's preStop hooks sleep before SIGTERM; the shortest, of those that have ports if any.

    0 where one has no hook, None where a hook does what cannot be told from outside.
    """
    containers = (pod.get("spec") or {}).get("containers") or ()
    serving = [container for container in containers if container.get("ports")] or containers
    sleeps = [_sleeps((container.get("lifecycle") or {}).get("preStop") or {}) for container in serving]
    known = [sleep for sleep in sleeps if sleep is not None]
    return min(known) if known and len(known) == len(sleeps) else None


_SLEEP = re.compile(r"(?:^|\s|/)sleep (\d+(?:\.\d+)?)s?$")


def _sleeps(hook: Object) -> float | None:
    """Of `sleep: {seconds: 5}`, `["sleep", "5"]` or `["sh", "-c", "sleep 5"]`."""
    if not hook:
        return 0.0
    if "sleep" in hook:
        return float(hook["sleep"].get("seconds") or 0)
    found = _SLEEP.search(" ".join((hook.get("exec") or {}).get("command") or ()))
    return float(found[1]) if found else None
