"""Kinds of object: those that are read of a namespace for the rules to judge, and those that run pods."""

from __future__ import annotations

from seatrial.declared.values import Path

KINDS = (
    *("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"),
    *("Service", "ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim"),
    *("HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "Ingress", "HTTPRoute", "Gateway"),
    *("Role", "RoleBinding", "ResourceQuota", "LimitRange"),
)

_TEMPLATED = ("spec", "template")
TEMPLATES: dict[str, Path] = {
    "Deployment": _TEMPLATED,
    "StatefulSet": _TEMPLATED,
    "DaemonSet": _TEMPLATED,
    "ReplicaSet": _TEMPLATED,
    "ReplicationController": _TEMPLATED,
    "Job": _TEMPLATED,
    "Rollout.argoproj.io": _TEMPLATED,
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
"""Kinds that run pods, and where their pod template stands."""

REPLICATED = frozenset(
    {"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout.argoproj.io"}
)
FINITE = frozenset({"Job", "CronJob"})
KEDA = "ScaledObject.keda.sh"
"""It makes a HorizontalPodAutoscaler."""
OTHER_SCALERS = "other scalers"
"""Custom resources that scale what their `scaleTargetRef` names, whatever their kind."""

INJECTED = {
    "istio-proxy": "sidecar.istio.io/status",
    "istio-init": "sidecar.istio.io/status",
    "istio-validation": "sidecar.istio.io/status",
    "linkerd-proxy": "linkerd.io/proxy-version",
    "linkerd-init": "linkerd.io/proxy-version",
    "vault-agent": "vault.hashicorp.com/agent-inject-status",
    "vault-agent-init": "vault.hashicorp.com/agent-inject-status",
    "consul-dataplane": "consul.hashicorp.com/connect-inject-status",
    "consul-connect-inject-init": "consul.hashicorp.com/connect-inject-status",
    "daprd": "dapr.io/enabled",
}
"""Containers that a webhook adds, and the annotation that proves it: their owner cannot mend them here."""


class Unread(Exception):
    """A rule asked for objects of a kind that may not be read, or for what they would tell: it cannot judge.

    Attributes:
        why: what is not allowed, and the rule of a Role that lacks.
    """

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")
        self.why = why


_OWN_TEXT = (
    "admissionregistration apiextensions apiregistration authentication authorization certificates "
    "coordination discovery events flowcontrol.apiserver gateway.networking internal.apiserver metrics "
    "networking node rbac.authorization resource scheduling storage storagemigration"
)
_OWN_GROUPS = frozenset(f"{name}.k8s.io" for name in _OWN_TEXT.split())
"""Groups with a domain that are Kubernetes' own, or the Gateway API's; many others end in k8s.io, too."""


def is_kubernetes(group: str) -> bool:
    """Whether an API group is Kubernetes' own, or the Gateway API's."""
    return "." not in group or group in _OWN_GROUPS


def qualified(kind: str, group: str) -> str:
    """`kind` for Kubernetes' own groups, `kind.group` for others, so that equal names do not collide."""
    return kind if is_kubernetes(group) else f"{kind}.{group}"
