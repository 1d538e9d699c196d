"""Namespaces of a cluster's own parts, where other rules hold than for applications."""

from __future__ import annotations

_STARTS = ("kube-", "openshift", "calico", "cilium", "tigera-", "istio-", "gke-", "gmp-", "aks-", "amazon-")


def is_platform(namespace: str) -> bool:
    """Whether a namespace is by its name one of the platform, not of an application."""
    return namespace.startswith(_STARTS) or namespace.endswith("-system")
