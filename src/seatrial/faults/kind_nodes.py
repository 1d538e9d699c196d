"""The nodes of an own kind cluster, and commands on them, through the container engine that runs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seatrial.cluster.docker import KIND_LABEL, docker, inspect
from seatrial.errors import FaultRefused, SeatrialError
from seatrial.model.system import System

ROLE_LABEL = "io.x-k8s.kind.role"
COMMAND_SECONDS = 20.0
TASKS = ("ctr", "--namespace", "k8s.io", "tasks")
"""What containers run, as the runtime of a node knows it."""


def require_own_cluster(system: System, reason: str, *, next_step: str = "") -> None:
    """Check that the system runs in a kind cluster of Seatrial's own. Raises FaultRefused: it does not."""
    if system.target.kind is None:
        raise FaultRefused(
            f"{reason}, nothing was disturbed",
            where=f"system {system.metadata.name}",
            next_step=next_step,
        )


def running_container(node: str) -> dict[str, Any]:
    """What the engine knows about the container of a node. Raises SeatrialError: none of that name runs."""
    found = inspect("container", node)
    if found is None or not found["State"]["Running"]:
        raise SeatrialError(f"the engine runs no container called {node}")
    return found


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


def run_on_node(node: str, *command: str, doing: str) -> str:
    """What a command on a node prints. Raises SeatrialError: it failed, or did not end; names its answer."""
    return docker("exec", node, *command, doing=doing, within_seconds=COMMAND_SECONDS)


def signal_containers(node: str, container_ids: Sequence[str], signal: str, *, doing: str) -> None:
    """Send a signal to every process of these containers, from the node.

    Raises:
        SeatrialError: the runtime refused; names its answer.
    """
    for identifier in container_ids:
        run_on_node(node, *TASKS, "kill", "--all", "--signal", signal, identifier, doing=doing)
