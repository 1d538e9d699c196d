"""What objects of the API say about who wrote them, why a pod goes, and how it is replaced. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from seatrial.kube.clock import server_time
from seatrial.model.ledger import Writer
from seatrial.model.timeline import Change, Clock, ReplicaSetSeen

Object = Mapping[str, Any]

REVISIONS = ("controller-revision-hash", "pod-template-hash")
STATUS = "status"


def writers_of(obj: Object, clock: Clock) -> tuple[Writer, ...]:
    """Everybody who wrote fields that are no status."""
    return tuple(
        Writer(
            str(entry.get("manager") or ""),
            str(entry.get("subresource") or ""),
            server_time(entry.get("time"), clock),
            _digest(entry.get("fieldsV1")),
        )
        for entry in obj["metadata"].get("managedFields") or ()
        if entry.get("subresource") != STATUS
    )


def generation_of(obj: Object) -> int:
    """Grows with each change of the spec."""
    return int(obj["metadata"].get("generation") or 0)


def revision_of_pod(pod: Object) -> str:
    """Of the template that its controller made it from; empty for a pod of none."""
    labels = pod["metadata"].get("labels") or {}
    return next((str(labels[name]) for name in REVISIONS if name in labels), "")


def disruption_of(pod: Object) -> str:
    """Why the pod is about to be ended, as whoever ends it has said; empty when nobody has."""
    for entry in (pod.get("status") or {}).get("conditions") or ():
        if entry.get("type") == "DisruptionTarget" and entry.get("status") == "True":
            return str(entry.get("reason") or "")
    return ""


def strategy_of(workload: Object) -> str:
    """How a rollout replaces the pods of a Deployment or StatefulSet, e.g. `RollingUpdate, maxSurge 25%`."""
    spec = workload.get("spec") or {}
    strategy = spec.get("strategy") or spec.get("updateStrategy") or {}
    rolling = strategy.get("rollingUpdate") or {}
    surge = f", maxSurge {rolling['maxSurge']}" if "maxSurge" in rolling else ""
    return f"{strategy.get('type') or ''}{surge}"


def replica_set_seen(obj: Object, at: float, change: Change) -> ReplicaSetSeen | None:
    """A ReplicaSet; None for one that has been at nought all along, as those of old revisions are."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    wanted = 1 if spec.get("replicas") is None else int(spec["replicas"])
    if change is Change.ADDED and not wanted and not status.get("replicas"):
        return None
    return ReplicaSetSeen(at, change, str(obj["metadata"]["name"]), wanted)


def _digest(fields: Any) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:12]
