"""The kinds of object that are read of a namespace for the rules to judge."""

from __future__ import annotations

from seatrial.model.right import reading

KINDS = (
    *("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"),
    *("Service", "ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim"),
    *("HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "Ingress", "HTTPRoute", "Gateway"),
    *("Role", "RoleBinding", "ResourceQuota", "LimitRange"),
)
RIGHTS = reading(KINDS, "list", without="rules that look at such objects are unsupported")
