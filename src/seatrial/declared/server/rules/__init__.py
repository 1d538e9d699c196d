"""The server's rules about fields together; importing this package fills `registry.RULES`."""

from seatrial.declared.server.registry import RULES
from seatrial.declared.server.rules import (
    access,
    admission,
    batch,
    config,
    containers,
    control,
    definitions,
    metadata,
    network,
    placement,
    pod_whole,
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
    "admission",
    "batch",
    "config",
    "containers",
    "control",
    "definitions",
    "metadata",
    "network",
    "placement",
    "pod_whole",
    "pods",
    "scaling",
    "services",
    "storage",
    "volumes",
    "workloads",
]
