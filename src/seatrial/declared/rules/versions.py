"""Whether objects use API versions that clusters serve."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.objects import Resource
from seatrial.declared.rule import RESOURCE, Found, Level, Severity, rule
from seatrial.declared.values import brief, text

_GONE = {
    ("extensions/v1beta1", ""): "1.22 (1.16 for workloads)",
    ("apps/v1beta1", ""): "1.16",
    ("apps/v1beta2", ""): "1.16",
    ("batch/v2alpha1", "CronJob"): "1.21",
    ("batch/v1beta1", "CronJob"): "1.25",
    ("policy/v1beta1", ""): "1.25",
    ("autoscaling/v2beta1", ""): "1.25",
    ("autoscaling/v2beta2", ""): "1.26",
    ("networking.k8s.io/v1beta1", "Ingress"): "1.22",
    ("networking.k8s.io/v1beta1", "IngressClass"): "1.22",
    ("rbac.authorization.k8s.io/v1beta1", ""): "1.22",
    ("rbac.authorization.k8s.io/v1alpha1", ""): "1.22",
    ("apiextensions.k8s.io/v1beta1", ""): "1.22",
    ("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration"): "1.22",
    ("admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration"): "1.22",
    ("scheduling.k8s.io/v1beta1", "PriorityClass"): "1.22",
    ("storage.k8s.io/v1beta1", "StorageClass"): "1.22",
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity"): "1.27",
    ("discovery.k8s.io/v1beta1", "EndpointSlice"): "1.25",
    ("node.k8s.io/v1beta1", "RuntimeClass"): "1.25",
    ("flowcontrol.apiserver.k8s.io/v1beta1", ""): "1.26",
    ("flowcontrol.apiserver.k8s.io/v1beta2", ""): "1.29",
    ("flowcontrol.apiserver.k8s.io/v1beta3", ""): "1.32",
}


@rule(
    "delivery.served-api",
    RESOURCE,
    Level.CORE,
    Severity.ERROR,
    must="An object MUST use an API version that clusters still serve.",
    why="A removed version cannot be applied any more, nor rolled back to.",
    fix="Move to the stable version of the same kind.",
    source="reference/using-api/deprecation-guide/",
    anchors="CFG-01",
)
def served_api(resource: Resource) -> Iterator[Found]:
    api = text(resource.data.get("apiVersion"))
    kubernetes = resource.graph.server.kubernetes
    gone = _GONE.get((api, resource.kind)) or _GONE.get((api, ""))
    if gone is not None:
        yield ("apiVersion",), f"{brief(f'{api} {resource.kind}')} was removed in Kubernetes {gone}"
    elif _is_own(resource) and kubernetes.definition_of(api, resource.kind) is None:
        span, homes = kubernetes.span_of(api, resource.kind), kubernetes.homes_of(resource.kind)
        seen = f"{brief(f'{api} {resource.kind}')} is not served by Kubernetes {kubernetes.version}"
        hint = (
            f"it is served {span}"
            if span
            else f"the kind is served by {' and '.join(homes)}"
            if homes
            else ""
        )
        yield ("apiVersion",), f"{seen}; {hint}" if hint else seen


def _is_own(resource: Resource) -> bool:
    """Whether a group is Kubernetes' own, or meant to be: it has one of its kinds, and no domain."""
    kubernetes = resource.graph.server.kubernetes
    meant = "." not in resource.group and bool(kubernetes.homes_of(resource.kind))
    return meant or kubernetes.has_group(resource.group)


@rule(
    "delivery.stable-api",
    RESOURCE,
    Level.EXTENDED,
    Severity.NOTE,
    must="An object of Kubernetes itself SHOULD use a stable API version.",
    why="Beta versions are removed after three releases, alpha versions at any time and are off by default.",
    fix="Move to v1 of the kind, or plan for its change.",
    source="reference/using-api/#api-versioning",
    anchors="CFG-01",
)
def stable_api(resource: Resource) -> Iterator[Found]:
    api = text(resource.data.get("apiVersion"))
    served = resource.graph.server.kubernetes.definition_of(api, resource.kind)
    if served is not None and ("alpha" in resource.version or "beta" in resource.version):
        yield ("apiVersion",), f"{brief(api)} is not stable"
