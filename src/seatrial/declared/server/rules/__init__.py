"""The server's rules about fields together; importing this package fills `registry.RULES`."""

from seatrial.declared.server.registry import RULES
from seatrial.declared.server.rules import (
    access,
    batch,
    config,
    containers,
    metadata,
    network,
    placement,
    pods,
    scaling,
    services,
    storage,
    volumes,
    workloads,
)

__all__ = [
    "RULES",
    "access",
    "batch",
    "config",
    "containers",
    "metadata",
    "network",
    "placement",
    "pods",
    "scaling",
    "services",
    "storage",
    "volumes",
    "workloads",
]
