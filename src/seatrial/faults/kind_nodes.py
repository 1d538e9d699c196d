"""Commands on the nodes of an own kind cluster, through the container engine that runs them."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.cluster.docker import KIND_LABEL, docker, inspect
from seatrial.errors import FaultRefused

ROLE_LABEL = "io.x-k8s.kind.role"
COMMAND_SECONDS = 20.0


def require_kind_node(node: str) -> str:
    """Check that the engine runs a container of that name and that it is a kind node.

    Returns:
        Its role in the cluster, e.g. `worker`.

    Raises:
        FaultRefused: it is not; nothing was done.
    """
    found = inspect("container", node)
    labels = ((found or {}).get("Config") or {}).get("Labels") or {}
    if KIND_LABEL not in labels:
        raise FaultRefused(
            f"node {node} is no kind node of this machine's engine, nothing was disturbed",
            where=f"docker inspect {node}: {'no label ' + KIND_LABEL if found else 'no such container'}",
            next_step="give `target.context`, not `target.kind`, for a cluster that kind does not run here",
        )
    return str(labels.get(ROLE_LABEL, ""))


def kill_containers(node: str, container_ids: Sequence[str]) -> None:
    """SIGKILL every process of these containers, from the node.

    Raises:
        SeatrialError: the runtime refused; names its answer.
    """
    for identifier in container_ids:
        kill = ("ctr", "--namespace", "k8s.io", "tasks", "kill", "--all", "--signal", "SIGKILL", identifier)
        docker("exec", node, *kill, doing="killing the pod's processes", within_seconds=COMMAND_SECONDS)
