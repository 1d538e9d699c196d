"""What is said of a pod as a whole: its operating system, its resources."""

from __future__ import annotations

from typing import Any

from seatrial.declared.namespaces import may_be_one
from seatrial.declared.objects import Container, Workload
from seatrial.declared.values import dig, mapping, maps, sequence

_OS_LABELS = ("kubernetes.io/os", "beta.kubernetes.io/os")
_WINDOWS = "windows"
_SIZER = "VerticalPodAutoscaler.autoscaling.k8s.io"


def is_windows(workload: Workload) -> bool:
    """Whether its pods run on Windows: by their own word, or because only Windows nodes may take them."""
    written = dig(workload.pod, "os", "name")
    if written is not None:
        return bool(written == _WINDOWS)
    selector = mapping(workload.pod.get("nodeSelector"))
    if any(selector.get(label) == _WINDOWS for label in _OS_LABELS):
        return True
    required = dig(workload.pod, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    terms = [term for _, term in maps(mapping(required).get("nodeSelectorTerms"))]
    return bool(terms) and all(
        _wants_windows(term) for term in terms
    )  # one of the terms is enough for a node


def _wants_windows(term: dict[str, Any]) -> bool:
    return any(
        expression.get("key") in _OS_LABELS
        and expression.get("operator") == "In"
        and sequence(expression.get("values")) == [_WINDOWS]
        for _, expression in maps(term.get("matchExpressions"))
    )


def capabilities(container: Container, kind: str) -> list[tuple[int, str]]:
    """Names in capabilities.add or .drop, in capitals and without CAP_, each with its index."""
    given = sequence(dig(container.security, "capabilities", kind))
    return [
        (index, name.upper().removeprefix("CAP_"))
        for index, name in enumerate(given)
        if name.__class__ is str
    ]


def pod_resources(workload: Workload, kind: str) -> dict[str, Any]:
    """The pod's own requests or limits (Kubernetes 1.32 and later), which its containers share."""
    return mapping(mapping(workload.pod.get("resources")).get(kind))


def of_pod(container: Container, kind: str, name: str) -> Any:
    """What the pod as a whole asks of a resource, or None; a limit stands for an unwritten request."""
    own = pod_resources(container.workload, kind).get(name)
    if own is None and kind == "requests":
        return pod_resources(container.workload, "limits").get(name)
    return own


def is_given(container: Container, kind: str, name: str) -> bool:
    """Whether a container gets a request or a limit: from itself, its pod, or its namespace's defaults.

    Args:
        kind: "requests" or "limits".
        name: of the resource.
    """
    own = container.requests if kind == "requests" else container.limits
    if own.get(name) is not None or of_pod(container, kind, name) is not None:
        return True
    if kind == "requests" and (container.limits.get(name) is not None or is_sized(container.workload)):
        return True
    graph, namespace = container.workload.graph, container.workload.namespace
    fields = ("default", "defaultRequest") if kind == "requests" else ("default",)
    return any(
        limit.get("type") == "Container" and mapping(limit.get(field)).get(name) is not None
        for limits in graph.of("LimitRange")
        if may_be_one(limits.namespace, namespace)
        for _, limit in maps(limits.spec.get("limits"))
        for field in fields
    )


def is_sized(workload: Workload) -> bool:
    """Whether a VerticalPodAutoscaler of the input writes its pods' requests."""
    for scaler in workload.graph.of(_SIZER):
        target = mapping(scaler.spec.get("targetRef"))
        if (
            not may_be_one(scaler.namespace, workload.namespace)
            or dig(scaler.spec, "updatePolicy", "updateMode") == "Off"
        ):
            continue
        if (target.get("kind"), target.get("name")) == (workload.kind, workload.name):
            return True
    return False
