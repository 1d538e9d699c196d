"""Objects of the API as records of the timeline. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from seatrial.kube.clock import server_time
from seatrial.kube.ownership import disruption_of, generation_of, revision_of_pod, strategy_of, writers_of
from seatrial.kube.pod_status import (
    condition,
    ended_at,
    last_end,
    pod_reason,
    pre_stop_seconds,
    running_images,
    waiting_reason,
)
from seatrial.model.metric import metric_body, metric_name
from seatrial.model.pod_resources import staying
from seatrial.model.quantity import thousandths
from seatrial.model.system import System
from seatrial.model.timeline import (
    AutoscalerSeen,
    Change,
    Clock,
    Endpoint,
    EndpointsSeen,
    EventSeen,
    NodeSeen,
    PodSeen,
    ServiceSeen,
    UsageSeen,
    WorkloadSeen,
)

Object = Mapping[str, Any]

SERVICE_LABEL = "kubernetes.io/service-name"


class Roles:
    """Which role of the system file an object plays."""

    def __init__(self, system: System) -> None:
        self._roles: dict[tuple[str, str], str] = {
            (workload.kind, workload.name): role for role, workload in system.workloads.items()
        }

    def of(self, kind: str, name: str) -> str:
        """The role of a Deployment or StatefulSet, or an empty string."""
        return self._roles.get((kind, name), "")

    def of_pod(self, pod: Object) -> str:
        """The role of the workload that the pod belongs to, or an empty string."""
        return self.of(*workload_of_pod(pod))


def workload_of_pod(pod: Object) -> tuple[str, str]:
    """Kind and name of the workload that owns a pod.

    A ReplicaSet of a Deployment is named `<deployment>-<pod-template-hash>`, and its pods carry the hash.
    """
    owner = controller(pod)
    kind, name = str(owner.get("kind", "")), str(owner.get("name", ""))
    template_hash = (pod["metadata"].get("labels") or {}).get("pod-template-hash")
    if kind == "ReplicaSet" and template_hash and name.endswith(f"-{template_hash}"):
        return "Deployment", name.removesuffix(f"-{template_hash}")
    return kind, name


def controller(obj: Object) -> Mapping[str, Any]:
    """The owner reference that controls the object, or an empty mapping."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return dict(reference)
    return {}


def pod_seen(pod: Object, at: float, change: Change, roles: Roles, clock: Clock) -> PodSeen:
    metadata, status = pod["metadata"], pod.get("status") or {}
    containers = status.get("containerStatuses") or []
    starts = [
        server_time(((container.get("state") or {}).get("running") or {}).get("startedAt"), clock)
        for container in containers
    ]
    ready = condition(pod, "Ready")
    is_ready = ready.get("status") == "True"
    scheduled = condition(pod, "PodScheduled")
    owner = controller(pod)
    return PodSeen(
        at=at,
        change=change,
        name=metadata["name"],
        uid=metadata["uid"],
        workload=roles.of_pod(pod),
        node=str((pod.get("spec") or {}).get("nodeName") or ""),
        ip=str(status.get("podIP") or ""),
        phase=str(status.get("phase") or ""),
        ready=is_ready,
        restarts=sum(int(container.get("restartCount") or 0) for container in containers),
        container_ids=tuple(str(container.get("containerID") or "") for container in containers),
        owner=f"{owner['kind']}/{owner['name']}" if owner else "",
        created_at=server_time(metadata.get("creationTimestamp"), clock),
        scheduled_at=(
            server_time(scheduled.get("lastTransitionTime"), clock)
            if scheduled.get("status") == "True"
            else None
        ),
        started_at=max((start for start in starts if start is not None), default=None),
        ready_at=server_time(ready.get("lastTransitionTime"), clock) if is_ready else None,
        deleting=metadata.get("deletionTimestamp") is not None,
        reason=pod_reason(pod),
        requests=by_container(pod, "requests"),
        limits=by_container(pod, "limits"),
        pod_requests=amounts(((pod.get("spec") or {}).get("resources") or {}).get("requests")),
        revision=revision_of_pod(pod),
        disruption=disruption_of(pod),
        images=running_images(containers),
        last_end=(ended := last_end(containers, clock))[0],
        last_end_at=ended[1],
        init_reason=waiting_reason(status.get("initContainerStatuses") or ()),
        pre_stop_seconds=pre_stop_seconds(pod),
        ended_at=ended_at(containers, clock),
    )


def by_container(pod: Object, part: str) -> dict[str, dict[str, int]]:
    """Requests or limits in thousandths; of the init containers only those that stay (sidecars)."""
    return {
        str(container["name"]): amounts((container.get("resources") or {}).get(part))
        for container in staying(pod.get("spec") or {})
    }


def amounts(quantities: Object | None) -> dict[str, int]:
    """Quantities by resource, in thousandths."""
    found = {str(name): thousandths(written) for name, written in (quantities or {}).items()}
    return {name: amount for name, amount in found.items() if amount is not None}


def endpoints_seen(piece: Object, at: float, change: Change) -> EndpointsSeen:
    """An EndpointSlice. Unset conditions mean ready and not terminating (discovery.k8s.io/v1)."""
    endpoints = []
    for entry in piece.get("endpoints") or ():
        conditions = entry.get("conditions") or {}
        ready = conditions.get("ready") is not False
        target = entry.get("targetRef") or {}
        endpoints.append(
            Endpoint(
                ip=(entry.get("addresses") or [""])[0],
                pod=str(target.get("name") or "") if target.get("kind") == "Pod" else "",
                ready=ready,
                serving=ready if conditions.get("serving") is None else bool(conditions["serving"]),
                terminating=bool(conditions.get("terminating")),
            )
        )
    metadata = piece["metadata"]
    service = str((metadata.get("labels") or {}).get(SERVICE_LABEL, ""))
    return EndpointsSeen(at, change, metadata["name"], service, tuple(endpoints))


def service_seen(service: Object, at: float, change: Change) -> ServiceSeen:
    spec = service.get("spec") or {}
    return ServiceSeen(
        at=at,
        change=change,
        name=service["metadata"]["name"],
        publish_not_ready_addresses=bool(spec.get("publishNotReadyAddresses")),
        session_affinity=str(spec.get("sessionAffinity") or "None"),
        headless=spec.get("clusterIP") == "None",
    )


def workload_seen(obj: Object, at: float, change: Change, roles: Roles, clock: Clock) -> WorkloadSeen:
    metadata, status = obj["metadata"], obj.get("status") or {}
    revision = (metadata.get("annotations") or {}).get("deployment.kubernetes.io/revision", "")
    wanted = (obj.get("spec") or {}).get("replicas")
    return WorkloadSeen(
        at=at,
        change=change,
        kind=obj["kind"],
        name=metadata["name"],
        workload=roles.of(obj["kind"], metadata["name"]),
        wanted=1 if wanted is None else int(wanted),
        current=int(status.get("replicas") or 0),
        ready=int(status.get("readyReplicas") or 0),
        updated=int(status.get("updatedReplicas") or 0),
        revision=str(status.get("updateRevision") or revision),
        generation=generation_of(obj),
        writers=writers_of(obj, clock),
        strategy=strategy_of(obj),
    )


def autoscaler_seen(hpa: Object, at: float, change: Change, clock: Clock) -> AutoscalerSeen:
    spec, status = hpa["spec"], hpa.get("status") or {}
    target = spec["scaleTargetRef"]
    return AutoscalerSeen(
        at=at,
        change=change,
        name=hpa["metadata"]["name"],
        target=f"{target['kind']}/{target['name']}",
        minimum=int(spec.get("minReplicas") or 1),
        maximum=int(spec["maxReplicas"]),
        current=int(status.get("currentReplicas") or 0),
        desired=int(status.get("desiredReplicas") or 0),
        metrics=tuple(metrics_in_words(spec.get("metrics") or (), status.get("currentMetrics") or ())),
        conditions=tuple(conditions_in_words(status.get("conditions") or ())),
        spec=spec,
        current_metrics=tuple(status.get("currentMetrics") or ()),
        writers=writers_of(hpa, clock),
    )


def usage_seen(metrics: Object, at: float, clock: Clock) -> UsageSeen:
    """A PodMetrics of metrics.k8s.io; its time is the end of the window."""
    measured_at = server_time(metrics.get("timestamp"), clock)
    return UsageSeen(
        at=at,
        pod=metrics["metadata"]["name"],
        measured_at=at if measured_at is None else measured_at,
        window_seconds=duration(str(metrics.get("window") or "")),
        containers={
            str(entry["name"]): amounts(entry.get("usage")) for entry in metrics.get("containers") or ()
        },
    )


_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|us|µs|ns|s)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def duration(written: str) -> float:
    """A duration as Go writes it ("15.2s", "1m0.5s"), in seconds; what is none counts 0."""
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(written))


def metrics_in_words(wanted: Any, current: Any) -> list[str]:
    """Each metric of an autoscaler with its value and target, e.g. `cpu 134 % of 60 %`."""
    values = {metric_name(entry): entry for entry in current}
    words = []
    for entry in wanted:
        name = metric_name(entry)
        target = (metric_body(entry).get("target")) or {}
        value = metric_body(values[name]).get("current") or {} if name in values else {}
        words.append(f"{name} {_amount(value)} of {_amount(target)}")
    return words


def conditions_in_words(conditions: Any) -> list[str]:
    """What keeps an autoscaler from scaling: limits that hold, abilities that are missing."""
    words = []
    for entry in conditions:
        kind, holds = str(entry.get("type")), entry.get("status") == "True"
        if holds is (kind == "ScalingLimited"):
            words.append(f"{kind}: {entry.get('reason', '')}")
    return words


def _amount(value: Mapping[str, Any]) -> str:
    if value.get("averageUtilization") is not None:
        return f"{value['averageUtilization']} %"
    amount = value.get("averageValue", value.get("value"))
    return "unknown" if amount is None else str(amount)


def node_seen(node: Object, at: float, change: Change) -> NodeSeen:
    ready = condition(node, "Ready").get("status") == "True"
    schedulable = not (node.get("spec") or {}).get("unschedulable")
    return NodeSeen(at, change, node["metadata"]["name"], ready, schedulable)


def event_seen(event: Object, at: float) -> EventSeen:
    about = event.get("involvedObject") or {}
    series = event.get("series") or {}
    return EventSeen(
        at=at,
        kind=str(about.get("kind", "")),
        name=str(about.get("name", "")),
        reason=str(event.get("reason") or ""),
        message=str(event.get("message") or "").strip(),
        warning=event.get("type") == "Warning",
        count=int(series.get("count") or event.get("count") or 1),
    )
