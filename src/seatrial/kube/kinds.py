"""Where each kind lives in the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Resource:
    """A kind's place in the API: group and version, plural, and whether it lies in a namespace."""

    api_version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]

    def path(self, namespace: str, name: str = "", subresource: str = "") -> str:
        """Path of the object, or of the list when `name` is empty."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        parts = [root]
        if self.namespaced and namespace:
            parts.append(f"namespaces/{namespace}")
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)


_TABLE = (
    Resource("v1", "namespaces", "Namespace", namespaced=False),
    Resource("v1", "nodes", "Node", namespaced=False),
    Resource("v1", "persistentvolumes", "PersistentVolume", namespaced=False),
    Resource("v1", "pods", "Pod"),
    Resource("v1", "services", "Service"),
    Resource("v1", "endpoints", "Endpoints"),
    Resource("v1", "configmaps", "ConfigMap"),
    Resource("v1", "secrets", "Secret"),
    Resource("v1", "serviceaccounts", "ServiceAccount"),
    Resource("v1", "persistentvolumeclaims", "PersistentVolumeClaim"),
    Resource("v1", "resourcequotas", "ResourceQuota"),
    Resource("v1", "limitranges", "LimitRange"),
    Resource("v1", "events", "Event"),
    Resource("apps/v1", "deployments", "Deployment"),
    Resource("apps/v1", "statefulsets", "StatefulSet"),
    Resource("apps/v1", "daemonsets", "DaemonSet"),
    Resource("apps/v1", "replicasets", "ReplicaSet"),
    Resource("batch/v1", "jobs", "Job"),
    Resource("batch/v1", "cronjobs", "CronJob"),
    Resource("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
    Resource("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget"),
    Resource("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy"),
    Resource("networking.k8s.io/v1", "ingresses", "Ingress"),
    Resource("gateway.networking.k8s.io/v1", "gateways", "Gateway"),
    Resource("gateway.networking.k8s.io/v1", "httproutes", "HTTPRoute"),
    Resource("discovery.k8s.io/v1", "endpointslices", "EndpointSlice"),
    Resource("coordination.k8s.io/v1", "leases", "Lease"),
    Resource("rbac.authorization.k8s.io/v1", "roles", "Role"),
    Resource("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding"),
    Resource("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", namespaced=False),
    Resource("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False),
    Resource("storage.k8s.io/v1", "storageclasses", "StorageClass", namespaced=False),
    Resource("metrics.k8s.io/v1beta1", "pods", "PodMetrics"),
    Resource("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", namespaced=False),
    Resource("apiregistration.k8s.io/v1", "apiservices", "APIService", namespaced=False),
)

KNOWN: dict[str, Resource] = {resource.kind: resource for resource in _TABLE}


def known(api_version: str, kind: str) -> Resource | None:
    """The table's entry for a kind in exactly this version, or None: then the server must be asked."""
    resource = KNOWN.get(kind)
    return resource if resource is not None and resource.api_version == api_version else None


def discovered(api_version: str, kind: str, answer: dict[str, Any]) -> Resource | None:
    """The kind's entry in the server's APIResourceList `answer`."""
    for entry in answer.get("resources", ()):
        if entry.get("kind") == kind and "/" not in entry.get("name", ""):
            return Resource(api_version, entry["name"], kind, bool(entry.get("namespaced")))
    return None
